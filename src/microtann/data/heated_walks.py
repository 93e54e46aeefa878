"""Data of a heated solid: random walks of strain and temperature together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from microtann.data.imported.averaged_path import AveragedPath
from microtann.data.imported.path_writer import Split, dataset_of_paths
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan, draw_walks, split_paths
from microtann.errors import ConfigurationError
from microtann.microstructure.continuum.heated_solid import HeatedResponse, HeatedSolid
from microtann.microstructure.strain_metric import provenance_of

TEMPERATURE = "temperature"
"""Name of the extra state variable, and of its entropy among the conjugates of a model."""


def generate_heated(
    cell: HeatedSolid, plan: WalkPlan | None = None, *, units: Mapping[str, str] | None = None
) -> tuple[Dataset, HeatedResponse]:
    """Solve a heated solid along random walks of strain and temperature.

    The temperature walks as one more component of unit strain, `HeatedSolid.unit_temperature` being one.

    Parameters
    ----------
    cell : HeatedSolid
    plan : WalkPlan, optional
        The walks, which do not start again; a bound of single components has one more, that of the temperature.
    units : mapping, optional
        As of `microtann.generate_data`; "temperature" too.

    Returns
    -------
    Dataset, HeatedResponse
        With the extra state variable "temperature"; and the response along all walks, whose entropy no data set
        holds, so that what a model finds can be held against it.

    Raises
    ------
    ConfigurationError
        If walks of the plan start again.

    Examples
    --------
    >>> import microtann as mt
    >>> sheet = mt.voided_cell(0.3, mt.fem.PlaneStress(mt.fem.VonMises()), divisions=2, layers=1)
    >>> data, response = mt.generate_heated(mt.HeatedSolid(sheet, 0.1), mt.WalkPlan(paths=4, steps=3))
    >>> data.extra_names, response.entropy.shape
    (('temperature',), (4, 3))
    """
    plan = plan or WalkPlan()
    if plan.restart > 0.0:
        raise ConfigurationError("walks of temperature do not start again: leave restart at 0")
    solid, v = cell.solid, cell.components
    metric = solid.strain_metric(plan.metric)
    walks = draw_walks(plan, 0, plan.paths, v + 1)
    unit = walks.strain + walks.strain_increment
    strain, temperature = metric.strains(unit[..., :v]), cell.unit_temperature * unit[..., v]
    response = cell.solve(strain, temperature, walks.dt)
    names = [f"walk {number}" for number in range(plan.paths)]
    begin = np.zeros((plan.paths, 1))
    time, lost = (
        np.concatenate([begin, np.cumsum(each, axis=1)], axis=1) for each in (walks.dt, response.dissipation)
    )
    paths = [
        AveragedPath(
            strain=_after_virgin(strain[i]),
            stress=_after_virgin(response.stress[i]),
            time=time[i],
            energy=_after_virgin(response.energy[i]),
            dissipation=lost[i],
            extra=_after_virgin(temperature[i][:, None]),
            coordinates={name: _after_virgin(value[i]) for name, value in response.coordinates.items()},
            name=names[i],
        )
        for i in range(plan.paths)
    ]
    _, validation, test = split_paths(plan)
    dataset = dataset_of_paths(
        paths,
        {"stress": "1", TEMPERATURE: "1", **dict.fromkeys(solid.coordinate_shapes, "1"), **(units or {})},
        Split(*(tuple(names[number] for number in chosen) for chosen in (validation, test))),
        extra_names=(TEMPERATURE,),
        provenance=provenance_of(metric, solid.usual_metric),
    )
    return replace(dataset, provenance={**dataset.provenance, "seed": str(plan.seed)}), response


def _after_virgin(states: np.ndarray) -> np.ndarray:
    """Return states with the virgin one in front."""
    return np.concatenate([np.zeros_like(states[:1]), states])
