"""Rigid-body motions of a set of points: the near-nullspace of multigrid, and a check of supports."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.errors import InputError

Array = NDArray[np.float64]


def rigid_modes(points: Float[Array, "N d"]) -> Float[Array, "N d k"]:
    """Return the d translations and the d (d − 1) / 2 small rotations about the centre, scaled to order 1."""
    n, d = points.shape
    centred = points - points.mean(axis=0)
    size = float(np.abs(centred).max()) or 1.0
    planes = [(i, j) for i in range(d) for j in range(i + 1, d)]
    modes = np.zeros((n, d, d + len(planes)))
    for i in range(d):
        modes[:, i, i] = 1.0
    for k, (i, j) in enumerate(planes, start=d):
        modes[:, i, k] = -centred[:, j] / size
        modes[:, j, k] = centred[:, i] / size
    return modes


def check_supports(points: Float[Array, "N d"], held: Bool[NDArray[np.bool_], "N d"], label: str) -> None:
    """Refuse supports that leave a rigid-body motion free.

    Raises
    ------
    InputError
        It names the motion.
    """
    modes = rigid_modes(points)
    restrained = modes[held]
    gram = restrained.T @ restrained
    values, vectors = np.linalg.eigh(gram)
    if values[0] > 1e-10 * max(values[-1], 1.0):
        return
    d = points.shape[1]
    axes = "xyz"[:d]
    names = [f"translation along {axis}" for axis in axes]
    names += [f"rotation in the {axes[i]}{axes[j]} plane" for i in range(d) for j in range(i + 1, d)]
    motion = names[int(np.argmax(np.abs(vectors[:, 0])))]
    raise InputError(f"{label}: the supports leave the body free to move ({motion}); prescribe more displacements")
