"""Rigid-body motions of a set of points: the near-nullspace of multigrid, and a check of supports."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import InputError

Array = NDArray[np.float64]
NO_MOTION = 1e-10
"""Squared motion, relative to the largest, below which there is none."""


def rigid_modes(
    points: Float[Array, "N d"],
    unknowns: NodalUnknowns | None = None,
    *,
    centre: Float[Array, "d"] | None = None,
    size: float = 0.0,
) -> Float[Array, "N u k"]:
    """Return the d translations and the d (d − 1) / 2 small rotations about the centre, scaled to order 1.

    Parameters
    ----------
    points : array, shape (N, d)
    unknowns : NodalUnknowns, optional
        Of every node, u in all; its displacement if left out.
    centre : array, shape (d,), optional
        Of the body, where the points are only some of it; else their mean.
    size : float
        Largest coordinate from there; that of the points if left out.
    """
    n, d = points.shape
    centred = points - (points.mean(axis=0) if centre is None else centre)
    size = size or float(np.abs(centred).max()) or 1.0
    planes = [(i, j) for i in range(d) for j in range(i + 1, d)]
    turning = 0 if unknowns is None else unknowns.rotations
    modes = np.zeros((n, d + turning, d + len(planes)))
    for i in range(d):
        modes[:, i, i] = 1.0
    for k, (i, j) in enumerate(planes, start=d):
        modes[:, i, k] = -centred[:, j] / size
        modes[:, j, k] = centred[:, i] / size
        if unknowns is not None and turning:  # about z, −y and x in space
            axis = 0 if d == 2 else 3 - i - j
            modes[:, d + axis, k] = (-1.0 if (i, j) == (0, 2) else 1.0) * unknowns.length / size
    return modes


def connected_parts(
    first: Int[NDArray[Any], "k"], second: Int[NDArray[Any], "k"], nodes: int
) -> Int[NDArray[np.int32], "N"]:
    """Return the number, from 0, of the connected part that every node is in; pairs of nodes are joined.

    Parameters
    ----------
    first, second : integer array, shape (k,)
        The two nodes of every pair.
    nodes : int
        Number of all nodes.
    """
    joined = sparse.coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(nodes, nodes))
    return np.asarray(csgraph.connected_components(joined.tocsr(), directed=False)[1])


def check_supports(
    points: Float[Array, "N d"],
    held: Bool[NDArray[np.bool_], "N u"],
    parts: Int[NDArray[np.int32], "N"],
    label: str,
    unknowns: NodalUnknowns | None = None,
) -> None:
    """Refuse supports that leave a rigid-body motion of a connected part free.

    Parameters
    ----------
    points : array, shape (N, d)
    held : array of bool, shape (N, u)
        Components that supports hold.
    parts : integer array, shape (N,)
        Number of the connected part of every node.
    label : str
        Of the step, with which a message begins.
    unknowns : NodalUnknowns, optional
        Of every node; its displacement if left out.

    Raises
    ------
    InputError
        It names the part and its motion.
    """
    count = int(parts.max()) + 1
    for part in range(count):
        inside = np.flatnonzero(parts == part) if count > 1 else slice(None)
        motion = _free_motion(points[inside], held[inside], unknowns)
        if motion is None:
            continue
        if count == 1:
            name = "the body"
        else:
            nodes = np.flatnonzero(parts == part)
            some = ", ".join(map(str, nodes[:4])) + (", ..." if len(nodes) > 4 else "")
            name = f"one of {count} parts that nothing joins, of {len(nodes)} nodes ({some}),"
        raise InputError(
            f"{label}: the supports leave {name} free to move ({motion}); prescribe more displacements"
        )


def _free_motion(
    points: Float[Array, "n d"], held: Bool[NDArray[np.bool_], "n u"], unknowns: NodalUnknowns | None
) -> str | None:
    """Return the name of a rigid-body motion that moves no held component."""
    d = points.shape[1]
    modes = rigid_modes(points, unknowns)
    flat = modes.reshape(-1, modes.shape[-1])
    # Rotations of points on a line about that line move nothing and need no support.
    size, vectors = np.linalg.eigh(flat.T @ flat)
    motions = vectors[:, size > NO_MOTION * size[-1]]
    restrained = modes[held] @ motions
    values, free = np.linalg.eigh(restrained.T @ restrained)
    if values[0] > NO_MOTION * max(values[-1], 1.0):
        return None
    axes = "xyz"[:d]
    names = [f"translation along {axis}" for axis in axes]
    names += [f"rotation in the {axes[i]}{axes[j]} plane" for i in range(d) for j in range(i + 1, d)]
    return names[int(np.argmax(np.abs(motions @ free[:, 0])))]
