"""How wrong is a network in this structure, where its microstructure cannot be solved? As held-out data tell.

Along held-out walks the error of the network is known. At every increment of a sampled Gauss point the walks that
came through similar strains and states of the network are looked up, and their errors are interpolated. What the
data do not reach is not judged: `Audit.distance` says how far the nearest of them are.
"""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from microtann.data.file import read_dataset
from microtann.data.increments import Dataset, Increments
from microtann.data.whole_walks import whole_walks
from microtann.errors import InputError, ReadingNote
from microtann.evaluation.audit import Audit, audit, drawn_points, volumes_of
from microtann.evaluation.measures import relative_to_all
from microtann.evaluation.nodal_states import DecodingMaterial
from microtann.fem.model import Result
from microtann.fem.replay import durations, follow, strain_histories
from microtann.tann.agreement import require_agreement
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
NEIGHBOURS = 8
MOST_ROWS = 200_000
"""Held-out increments among which neighbours are looked for."""


def audit_on_data(
    result: Result,
    tann: TANN,
    dataset: Dataset,
    judged: Literal["training", "validation", "test"] = "test",
    count: int = 200,
    seed: int = 0,
    region: str | None = None,
) -> Audit:
    """Estimate the errors of a network at sampled Gauss points from its errors on held-out walks near by.

    Parameters
    ----------
    result : Result
        Of a finite-element model with the network.
    tann : TANN
        The material of the result.
    dataset : Dataset
        Of the same material in the same units.
    judged : {"training", "validation", "test"}
        Set of it from which nothing was learnt.
    count, seed, region
        As in `microtann.evaluation.audit.audit`.

    Returns
    -------
    Audit
        Its errors are of the stress alone; what the whole structure dissipates too much is not known.

    Raises
    ------
    InputError
        If the data are of another material, the set holds no whole walk, or no point is asked for.
    """
    require_agreement(tann.information, dataset)
    if tann.information.extra_names:
        raise InputError("an audit needs a model without extra state variables")
    if count < 1:
        raise InputError(f"an audit needs at least one point, got {count!r}")
    held: Increments = getattr(dataset, judged)
    if not len(held):
        raise InputError(f"the {judged} set of the data is empty: there is nothing to compare with")
    walks = whole_walks(held)
    recalled = tann.recall(walks.strain, walks.dt, outside_training="none")
    known = np.concatenate([walks.strain, recalled.state], axis=2)[walks.there]
    error = ((recalled.stress - walks.stress) ** 2).mean(axis=2)[walks.there]
    chosen = slice(None, None, max(1, len(known) // MOST_ROWS))
    known, error = known[chosen], error[chosen]
    size = np.sqrt((known**2).mean(axis=0))
    scale = np.concatenate([_sizes(size[: tann.components]), _sizes(size[tann.components :])])
    tree, few = cKDTree(known / scale), min(NEIGHBOURS, len(known))
    usual = float(np.median(np.reshape(tree.query(known / scale, min(2, len(known)))[0], (len(known), -1))[:, -1]))
    volume, dissipated = volumes_of(result, region), result.dissipated.ravel()
    points, by_work = drawn_points(volume, dissipated, count, seed)
    strain, dt = strain_histories(result, points), durations(result)
    steps = list(follow(tann, strain, dt))
    stress = np.stack([stress for stress, _ in steps], axis=1)
    state = np.stack([state["isv"] for _, state in steps], axis=1)
    asked = np.concatenate([strain, state], axis=2) / scale
    found = tree.query(asked, few)
    distance, nearest = (np.reshape(values, (*asked.shape[:2], few)) for values in found)
    weight = 1.0 / (distance + 1e-3 * (usual or 1.0)) ** 2
    expected = (weight * error[nearest]).sum(axis=2) / weight.sum(axis=2)
    return Audit(
        points=points,
        by_work=by_work,
        position=result.mesh.positions(points),
        work=dissipated[points],
        errors={"stress": relative_to_all(expected.mean(axis=1), (stress**2).mean(axis=(1, 2)))},
        total_dissipation=None,
        distance=distance[..., 0].max(axis=1) / (usual or 1.0),
    )


def audit_as_possible(result: Result, model: DecodingMaterial, count: int, data: str) -> Audit | None:
    """Return the audit by the exact microstructure, or by a data file; None, with a note, if there is neither.

    Parameters
    ----------
    result : Result
    model : DecodingMaterial
    count : int
        Gauss points.
    data : str
        File whose test walks tell the errors; the exact microstructure does if it is empty.

    Warns
    -----
    ReadingNote
        If the audit is left out.
    """
    if data and isinstance(model, TANN):
        return audit_on_data(result, model, read_dataset(data), count=count)
    if model.microstructure is None or not model.microstructure.solvable:
        warnings.warn(
            "the audit is left out, since the model names no microstructure that can be solved: name held-out "
            "data with simulate.audit_data",
            ReadingNote,
            stacklevel=2,
        )
        return None
    return audit(result, model, count)


def _sizes(size: Float[Array, "k"]) -> Float[Array, "k"]:
    """Return sizes by which variables of one kind are compared; those that hardly move count as the largest."""
    largest = float(size.max(initial=0.0)) or 1.0
    return np.where(size > 1e-3 * largest, size, largest) * np.sqrt(max(len(size), 1))
