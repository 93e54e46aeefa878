"""Errors of a model in closed loop on whole walks of a data set, by which models are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.data.increments import Dataset, Increments
from microtann.data.whole_walks import WholeWalks, whole_walks
from microtann.errors import InputError
from microtann.evaluation.measures import relative_rms
from microtann.evaluation.plain_errors import plain_errors
from microtann.microstructure.metric_of_data import metric_in
from microtann.microstructure.strain_metric import MetricName, StrainMetric
from microtann.numbers.coordinates import split, width
from microtann.tann.agreement import require_agreement
from microtann.tann.form import compiled_update
from microtann.tann.recall import follow_paths
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
RUNAWAY_ERROR = 10.0
"""A model whose error is larger than so many times the response has run away; how far says nothing."""
WalkSquares = tuple[Array, Array]
"""Sums of squares of the error of the stress, and of the stress, of every walk."""
SetName = Literal["training", "validation", "test"]


@dataclass(frozen=True)
class WalkErrors:
    """Relative RMS errors over all walks, increments and components; infinite past `RUNAWAY_ERROR`.

    Parameters
    ----------
    stress, energy, dissipation : float
        The dissipation is the accumulated one. NaN for what the data do not hold.
    coordinates : mapping
        Errors of the decoded groups ("displacement", "force").
    violations : int
        Increments whose dissipation is negative, beyond 1e-12 of the largest energy.
    metric : {"uniform", "stiffness"}
        In which errors of stresses are measured (`microtann.microstructure.strain_metric`).
    """

    stress: float
    energy: float
    dissipation: float
    coordinates: Mapping[str, float]
    violations: int
    metric: MetricName = "uniform"

    def to_dict(self) -> dict[str, Any]:
        """Return the errors as plain values for JSON, which has no infinity: it becomes None."""
        return plain_errors(self)


def closed_loop_error(tann: TANN, data: Increments) -> float:
    """Return the relative root mean square error of the stress in closed loop; infinite if it is not finite.

    Models are chosen by this error on validation walks, never on the protocol.

    Parameters
    ----------
    tann : TANN
    data : Increments
        Whole walks.

    Raises
    ------
    InputError
        If the data have other strain components or extra state variables, or hold no whole walk.
    """
    y = len(tann.scaling.driving)
    if (data.strain.shape[1], data.strain.shape[1] + data.extra.shape[1]) != (tann.components, y):
        raise InputError(
            f"the model has {tann.components} strain components and {y - tann.components} extra state variables, "
            f"the data have {data.strain.shape[1]} and {data.extra.shape[1]}"
        )
    return relative_error(squares_of_walks(tann, data))


def relative_error(squares: WalkSquares) -> float:
    """Return the relative root mean square error of all walks together; infinite if it is not finite."""
    error, size = (values.sum() for values in squares)
    return float(np.sqrt(error / size)) if np.isfinite(error) and size > 0.0 else np.inf


def runaway_sentence(squares: WalkSquares) -> str:
    """Return a sentence on the validation walks on which a model runs away; empty if it does on none.

    Parameters
    ----------
    squares : pair of arrays
        As `squares_of_walks` returns them.
    """
    error, size = squares
    lost = ~(error <= RUNAWAY_ERROR**2 * size.mean())
    if not lost.any():
        return ""
    return (
        f"the model runs away on {np.count_nonzero(lost)} of {len(lost)} validation walks: its stress there is no "
        f"number, or wrong by more than {RUNAWAY_ERROR:g} times the usual stress; train longer, on more walks, or "
        "in another form, or use tann.safe()"
    )


def squares_of_walks(tann: TANN, data: Increments) -> WalkSquares:
    """Return the sums of squares of the error of the stress in closed loop, and of the stress, of every walk.

    Parameters
    ----------
    tann : TANN
    data : Increments
        Whole walks.

    Raises
    ------
    InputError
        If there is no whole walk.
    """
    walks = whole_walks(data)
    stress = _stress_along(tann, walks)
    with np.errstate(over="ignore", invalid="ignore"):  # a model may run away
        measured = tann.information.strain_metric.measured
        error, size = ((measured(values) ** 2).sum(axis=2) for values in (stress - walks.stress, walks.stress))
    return np.where(walks.there, error, 0.0).sum(axis=1), np.where(walks.there, size, 0.0).sum(axis=1)


def _stress_along(tann: TANN, walks: WholeWalks) -> Float[Array, "B T v"]:
    """Return the stresses of a model along walks; a compiled update needs not be compiled for them once more."""
    together = (walks.dt == walks.dt[:1]).all()
    if walks.extra.shape[2] or not together or compiled_update(tann.form, tann.point) is None:
        driving = np.concatenate([walks.strain, walks.extra], axis=2)
        return np.asarray(follow_paths(tann.point, driving, walks.dt)[0])
    state, stress = tann.initial_state(len(walks.strain)), np.empty_like(walks.strain)
    for step, strain in enumerate(np.moveaxis(walks.strain, 1, 0)):
        stress[:, step], _, state = tann.update(
            strain - state["strain"], state, float(walks.dt[0, step]), tangent=False
        )
    return stress


def dataset_errors(tann: TANN, dataset: Dataset, judged: SetName = "test") -> WalkErrors:
    """Return the errors of a model in closed loop on the whole walks of a set of data.

    Parameters
    ----------
    tann : TANN
    dataset : Dataset
        Of the same material in the same units, be it the model's own or another one.
    judged : {"training", "validation", "test"}

    Raises
    ------
    InputError
        If the data have other strain components, extra state variables, units or shapes of internal coordinates
        than the model, or the set is empty or holds no whole walk.

    Examples
    --------
    >>> import microtann as mt
    >>> from microtann.training import dataset_errors
    >>> data = mt.generate_data(mt.Lattice(mt.cube_cell()), plan=mt.WalkPlan(paths=8, steps=20))
    >>> dataset_errors(mt.load("cube"), data).stress < 1e-12
    True
    """
    require_agreement(tann.information, dataset)
    increments: Increments = getattr(dataset, judged)
    if not len(increments):
        raise InputError(f"the {judged} set of the data is empty: there are no walks to measure errors on")
    metric = metric_in(dataset.provenance, dataset.microstructure, dataset.components)
    return walk_errors(tann, whole_walks(increments), dataset.coordinate_shapes, metric)


def walk_errors(
    tann: TANN,
    walks: WholeWalks,
    coordinate_shapes: Mapping[str, tuple[int, ...]] | None = None,
    metric: StrainMetric | None = None,
) -> WalkErrors:
    """Return the errors of a model in closed loop: only strain increments go in, its own state is fed back.

    Parameters
    ----------
    tann : TANN
    walks : WholeWalks
        Of data of the same material.
    coordinate_shapes : mapping, optional
        Groups of internal coordinates that the walks hold; those of the model if not given. What one of the two
        lacks is left out.
    metric : StrainMetric, optional
        In which errors of stresses are measured; that of the model if not given.

    Raises
    ------
    InputError
        If the walks have other strain components or extra state variables than the model, or other coordinates
        than is said.
    """
    names = tann.information.extra_names
    if (walks.strain.shape[2], walks.extra.shape[2]) != (tann.components, len(names)):
        raise InputError(
            f"the model has {tann.components} strain components and {len(names)} extra state variables, the data "
            f"have {walks.strain.shape[2]} and {walks.extra.shape[2]}"
        )
    shapes = tann.information.coordinate_shapes if coordinate_shapes is None else coordinate_shapes
    if walks.coordinates.shape[2] != width(shapes):
        raise InputError(
            f"the walks hold {walks.coordinates.shape[2]} internal coordinates, but {', '.join(shapes) or 'no'} "
            f"groups of {width(shapes)} are expected: say which they hold"
        )
    extra = walks.extra if names else None
    metric = tann.information.strain_metric if metric is None else metric
    with np.errstate(over="ignore", invalid="ignore"):  # a model may run away
        found = tann.recall(walks.strain, walks.dt, decode=True, extra=extra, outside_training="none")
        pairs = {
            "stress": (metric.measured(found.stress), metric.measured(walks.stress)),
            "energy": (found.energy, walks.energy),
            "dissipation": (np.cumsum(found.dissipation, axis=1), np.cumsum(walks.dissipation, axis=1)),
        }
        errors = {
            name: float("nan") if np.isnan(pair[1][0, 0]).any() else _relative(*pair, walks.there)
            for name, pair in pairs.items()
        }
        exact = split(walks.coordinates, shapes)
        shared = {name: value for name, value in found.coordinates.items() if name in exact}
        kept = walks.there & ~np.isnan(walks.coordinates).any(axis=2)
        groups = {name: _relative(value, exact[name], kept) for name, value in shared.items()}
        energy = found.energy if np.isnan(walks.energy[0, 0]) else walks.energy
        least = -1e-12 * float(np.abs(energy).max())
        violations = int(np.count_nonzero(~(found.dissipation >= least) & walks.there))
    return WalkErrors(**errors, coordinates=groups, violations=violations, metric=metric.name)


def _relative(
    found: Float[Array, "B T *k"], exact: Float[Array, "B T *k"], there: Bool[NDArray[np.bool_], "B T"]
) -> float:
    error = relative_rms(found, exact, there)
    return error if error <= RUNAWAY_ERROR else np.inf
