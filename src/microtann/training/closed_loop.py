"""Errors of a trained model along the paths of a data set, its own state being fed back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from microtann.data.increments import Increments
from microtann.errors import InputError
from microtann.tann.model import TANN
from microtann.tann.recall import follow_paths

Array = NDArray[np.float64]


def closed_loop_error(tann: TANN, data: Increments) -> float:
    """Return the relative root mean square error of the stress in closed loop; infinite if it is not finite.

    Paths are put together from increments that follow each other; a path starts wherever the state before an
    increment is the virgin one. Models are chosen by this error on validation paths, never on the protocol.

    Parameters
    ----------
    tann : TANN
    data : Increments
        Whole paths.

    Raises
    ------
    InputError
        If the data have other strain components or extra state variables, or hold no whole path.
    """
    y = len(tann.scaling.driving)
    if (data.strain.shape[1], data.strain.shape[1] + data.extra.shape[1]) != (tann.components, y):
        raise InputError(
            f"the model has {tann.components} strain components and {y - tann.components} extra state variables, "
            f"the data have {data.strain.shape[1]} and {data.extra.shape[1]}"
        )
    paths = list(_paths(data))
    if not paths:
        raise InputError("the increments make up no whole path from the virgin state: keep the paths together")
    driving = np.concatenate([data.strain + data.strain_increment, data.extra + data.extra_increment], axis=1)
    length = max(len(rows) for rows in paths)
    filled = np.stack([driving[np.pad(rows, (0, length - len(rows)), mode="edge")] for rows in paths])
    durations = np.stack([data.dt[np.pad(rows, (0, length - len(rows)), mode="edge")] for rows in paths])
    stress = follow_paths(tann.point, filled, durations)[0]
    error = size = 0.0
    for found, rows in zip(stress, paths, strict=True):
        with np.errstate(over="ignore", invalid="ignore"):  # a model may run away
            error += float(np.sum((found[: len(rows)] - data.stress_next[rows]) ** 2))
        size += float(np.sum(data.stress_next[rows] ** 2))
    return float(np.sqrt(error / size)) if np.isfinite(error) and size > 0.0 else np.inf


def _paths(data: Increments) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of every path that starts in the virgin state and follows step by step."""
    order = np.lexsort((data.step, data.path))
    before, after = data.strain[order], (data.strain + data.strain_increment)[order]
    follows = np.zeros(len(order), dtype=np.bool_)
    follows[1:] = (
        (np.diff(data.path[order]) == 0)
        & (np.diff(data.step[order]) == 1)
        & np.isclose(before[1:], after[:-1], rtol=1e-9, atol=1e-12 * np.abs(after).max(initial=0.0)).all(axis=1)
    )
    for rows in np.split(order, np.flatnonzero(~follows)[1:] if len(order) else []):
        if len(rows) and not data.strain[rows[0]].any() and not data.stress[rows[0]].any():
            yield rows
