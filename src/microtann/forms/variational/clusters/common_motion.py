"""One motion for many points: each follows it in a size and in directions of its own.

Points i of a cluster have plastic strains α_i = φ_i R_i z with a common motion z, shares φ_i ≥ 0 and orthogonal
matrices R_i. As |α_i| = φ_i |z|, their dissipation Σ c_i k_i |Δα_i| is κ |Δz| exactly, with κ = Σ c_i k_i φ_i.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]
ROUNDS = 15
"""Alternations between the motion and the shares; more do not change the profile visibly."""
BLOCK = 20_000
"""Points whose turns are found at once."""


class CommonMotion(NamedTuple):
    """A motion, and how m points take part in it.

    Parameters
    ----------
    motion : array, shape (a, r)
        z, in the states in which the histories are given.
    share : array, shape (m,)
        φ ≥ 0, with Σ c k φ = Σ c k.
    turn : array, shape (m, a, a)
        R, orthogonal.
    """

    motion: Float[Array, "a r"]
    share: Float[Array, "m"]
    turn: Float[Array, "m a a"]


def common_motion(
    histories: Float[Array, "m a r"],
    volume: Float[Array, "m"],
    resistance: Float[Array, "m"],
    rounds: int = ROUNDS,
) -> CommonMotion:
    """Return the motion with the least Σ c |α − φ R z|², by alternating between it and the shares.

    Parameters
    ----------
    histories : array, shape (m, a, r)
        α of points in r states.
    volume : array, shape (m,)
        c > 0.
    resistance : array, shape (m,)
        k > 0, which with c weighs the mean of the shares, 1.
    rounds : int
        Alternations.
    """
    motion = histories[np.argmax(volume * np.sum(histories**2, axis=(1, 2)))]
    m, a, r = histories.shape
    for _ in range(rounds):
        share, turn = participation(histories, motion)
        weight = volume * share
        total = (weight[:, None, None] * turn).reshape(m * a, a).T @ histories.reshape(m * a, r)
        motion = total / (weight @ share)
    share, turn = participation(histories, motion)
    mean = (volume * resistance) @ share / (volume @ resistance)
    return CommonMotion(motion * mean, share / mean, turn)


def participation(
    histories: Float[Array, "m a r"], motion: Float[Array, "a r"]
) -> tuple[Float[Array, "m"], Float[Array, "m a a"]]:
    """Return the shares φ and turns R of points in a motion that bring φ R z closest to their histories.

    R is the orthogonal factor of the product of both histories (the orthogonal Procrustes problem), and φ |z|² its
    nuclear norm.

    Parameters
    ----------
    histories : array, shape (m, a, r)
    motion : array, shape (a, r)
    """
    (m, a, r), size = histories.shape, float(np.sum(motion**2))
    share, turn = np.empty(m), np.empty((m, a, a))
    for start in range(0, m, BLOCK):
        part = slice(start, start + BLOCK)
        products = (histories[part].reshape(-1, r) @ motion.T).reshape(-1, a, a)
        left, values, right = np.linalg.svd(products)
        share[part], turn[part] = values.sum(axis=1) / size, left @ right
    return share, turn


def closeness(histories: Float[Array, "m a r"], motion: Float[Array, "a r"]) -> Float[Array, "m"]:
    """Return how much of |α|² of every point a motion takes, (φ |z|)².

    Parameters
    ----------
    histories : array, shape (m, a, r)
    motion : array, shape (a, r)
    """
    share, _ = participation(histories, motion)
    return share**2 * float(np.sum(motion**2))
