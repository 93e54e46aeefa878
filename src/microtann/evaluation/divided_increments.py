"""Increments in one part and in several: equal where no mechanism stops or reverses, and convergent elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.materials.protocol import Material, State

Array = NDArray[np.float64]

EQUAL = 1e-9
"""Difference of stresses, relative to the largest at hand, below which they are equal."""
PARTS = (1, 2, 16, 32)
TINY = 1e-150


class Division(NamedTuple):
    """Differences of stresses between numbers of parts, over many increments.

    Parameters
    ----------
    equal : array of bool, shape (n,)
        Whether one part and two lead to the same stress.
    coarse, fine : array, shape (n,)
        Squared differences between one part and two, and between 16 and 32, relative to the squared stress.
    """

    equal: Bool[NDArray[np.bool_], "n"]
    coarse: Float[Array, "n"]
    fine: Float[Array, "n"]

    @classmethod
    def of_all(cls, divisions: Sequence[Division]) -> Division:
        """Return several together."""
        return cls(*(np.concatenate(arrays) for arrays in zip(*divisions, strict=True)))

    @property
    def undivided(self) -> float:
        """Share of the increments that do not depend on their division."""
        return float(self.equal.mean())

    @property
    def size(self) -> float:
        """Root mean square of the relative difference between one part and two."""
        return float(np.sqrt(self.coarse.mean()))

    @property
    def rate(self) -> float:
        """Factor by which differences fall when the numbers of parts are sixteen times as large."""
        whole = self.coarse.sum()
        return float(np.sqrt(self.fine.sum() / whole)) if not self.size <= EQUAL else 0.0


def divide(material: Material, increment: Float[Array, "n v"], state: State) -> Division:
    """Return how the stress at the end of n increments depends on their division.

    Parameters
    ----------
    material : Material
    increment : array, shape (n, v)
    state : dict of arrays
        Left as it is.
    """
    once, twice, many, more = (_in_parts(material, increment, state, parts) for parts in PARTS)
    size = np.linalg.norm(once, axis=1) + np.linalg.norm(twice, axis=1)
    size = np.maximum(size, EQUAL * size.max(initial=0.0) + TINY)  # round-off is not relative to a stress of none
    coarse, fine = np.linalg.norm(twice - once, axis=1) / size, np.linalg.norm(more - many, axis=1) / size
    return Division(np.asarray(coarse <= EQUAL), coarse**2, fine**2)


def _in_parts(material: Material, increment: Float[Array, "n v"], state: State, parts: int) -> Float[Array, "n v"]:
    stress = np.zeros_like(increment)
    for _ in range(parts):
        stress, _, state = material.update(increment / parts, state, 1.0 / parts, tangent=False)
    return stress
