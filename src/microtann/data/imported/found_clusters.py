"""Clusters of points whose fields move alike, found while paths are read one at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.data.imported.averaged_path import AveragedPath, PathSource
from microtann.data.imported.cluster_means import ClusterMeans
from microtann.errors import InputError
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]
PATHS = 12
"""Paths, evenly spread, of which states are looked at."""
STATES = 120
"""Most states that are looked at, evenly spread over these paths."""
BYTES = 256_000_000
"""Most bytes of the histories of all points; large fields are seen in fewer states."""
SAMPLE = 1_500
"""Points that are merged; the others join the closest cluster."""
ROUNDS = 10
"""Most reassignments of points to clusters."""
FEEBLE = 1e-3
"""Part of the largest history below which a smaller one is not scaled to unit size."""


def clustered_paths(
    paths: Sequence[PathSource], count: int, field: str = "", volume: ArrayLike | None = None
) -> list[ClusterMeans]:
    """Return paths whose fields become means over clusters of points, which are found in some of the paths.

    Points belong together whose field moves in proportion: their histories, scaled to unit size, are merged by
    Ward's method, then each point joins the closest mean history. Paths are read one at a time, some of them
    again when they are written.

    Parameters
    ----------
    paths : sequence of PathSource
        Whose coordinates have shape (K, points, ...).
    count : int
        Most clusters.
    field : str
        The internal coordinate that tells points apart; by default the first.
    volume : array, shape (points,), optional
        Of every point; by default all are equal.

    Raises
    ------
    InputError
        If there is no such field, paths differ in their points, or nothing moves.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> strain = [np.linspace(0.0, reach, 5)[:, None] for reach in (0.1, -0.2, 0.3)]
    >>> fields = [E[:, :, None] * np.array([1.0, 3.0, -1.0])[:, None] for E in strain]
    >>> made = [mt.AveragedPath(E, E, coordinates={"plastic": f}) for E, f in zip(strain, fields)]
    >>> [path.labels.tolist() for path in mt.clustered_paths(made, 2)][0]
    [0, 0, 1]
    """
    if count < 1:
        raise InputError(f"there is at least one cluster, got {count!r}")
    histories = _histories(paths, field)
    weight = np.ones(len(histories)) if volume is None else as_floats("volume", volume)
    if weight.shape != (len(histories),) or not (weight > 0.0).all():
        raise InputError(f"volume has a positive number for each of {len(histories)} points, got {weight.shape}")
    labels = _labels(histories, weight, count)
    return [ClusterMeans(path, labels, weight) for path in paths]


def _histories(paths: Sequence[PathSource], field: str) -> Float[Array, "p r"]:
    """Return the field of every point in some states of some paths."""
    chosen = [paths[place] for place in _spread(len(paths), PATHS)]
    parts: list[Array] = []
    for source in chosen:
        path = source.read()
        values = _field(path, field)
        there = np.flatnonzero(np.isfinite(values.reshape(len(values), -1)).all(axis=1))
        size = max(1, values[0].nbytes)
        most = max(1, min(STATES, BYTES // size) // len(chosen))
        rows = there[_spread(len(there), most)]  # of the virgin state nothing is learnt, nor is anything lost
        flat = np.moveaxis(values[rows], 0, 1).reshape(values.shape[1], -1)
        if parts and len(parts[0]) != len(flat):
            raise InputError(f"{path.name} has {len(flat)} points, the paths before {len(parts[0])}")
        parts.append(flat)
    found = np.concatenate(parts, axis=1) if parts else np.zeros((0, 0))
    if not np.abs(found).max(initial=0.0) > 0.0:
        raise InputError("the field is zero in all states that were looked at: there is nothing to cluster")
    return found


def _field(path: AveragedPath, name: str) -> Array:
    """Return the field of a path, shape (K, points, ...)."""
    known = tuple(path.coordinates)
    if not known or (name and name not in known):
        raise InputError(f"{path.name} has no field {name or 'at all'}: it has {', '.join(known) or 'none'}")
    values = path.coordinates[name or known[0]]
    if values.ndim < 2:
        raise InputError(
            f"{path.name}: {name or known[0]} has shape {values.shape}, but points are its second axis"
        )
    return values


def _labels(histories: Float[Array, "p r"], weight: Float[Array, "p"], count: int) -> Int[NDArray[np.int64], "p"]:
    """Return the cluster of every point; each has at least one."""
    from scipy.cluster.hierarchy import fcluster, linkage

    size = np.linalg.norm(histories, axis=1, keepdims=True)
    unit = histories / np.maximum(size, FEEBLE * size.max())
    if count >= len(unit):
        return np.arange(len(unit))
    sample = _spread(len(unit), SAMPLE)
    merged = fcluster(linkage(unit[sample], "ward"), count, "maxclust")
    centres = np.stack([unit[sample][merged == number].mean(axis=0) for number in np.unique(merged)])
    labels = np.zeros(0, dtype=np.int64)
    for _ in range(ROUNDS):
        distance = (centres**2).sum(axis=1) - 2.0 * unit @ centres.T
        moved = np.unique(np.argmin(distance, axis=1), return_inverse=True)[1].astype(np.int64)
        if labels.shape == moved.shape and (moved == labels).all():
            break
        labels = moved
        total = np.bincount(labels, weight)
        centres = np.stack([np.bincount(labels, weight * column) for column in unit.T], axis=1) / total[:, None]
    _, first, numbers = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[numbers]  # in the order of the points


def _spread(count: int, most: int) -> Int[NDArray[np.int64], "k"]:
    """Return at most so many of the numbers below ``count``, evenly spread, the last of them included."""
    return np.unique(np.linspace(count - 1, 0, min(count, most)).astype(np.int64))
