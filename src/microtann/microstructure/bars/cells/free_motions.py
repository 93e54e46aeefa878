"""Motions of the nodes of a cell that stretch no bar: they cost nothing, and nothing depends on them.

The bar strains due to a fluctuation w are B w. Whatever lies in the null space of B leaves strains, and with them
stress, energy, dissipation and flow as they are: for every average strain these are unique. What is not unique is
where the nodes are, so that a free motion is left out of displacements, and solvers hold it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import linalg

STRETCH_TOLERANCE = 1e-6
"""Stretch of the bars in a motion that counts as none: what single precision makes of it, relative to the cell."""

EXACT = 1e-10
"""Stretch, relative to the cell, that is round-off."""

SLIGHT = 1e-2
"""Part of the relative motion of a bar's ends, relative to the largest, that is left out when it is corrected."""

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FreeMotions:
    """The k motions of n distinct nodes that stretch no bar, beside the translations of all of them.

    Parameters
    ----------
    motion : array, shape (k, n, d)
        Orthonormal, and each of zero mean.
    held : integer array, shape (k,)
        Degrees of freedom, numbered through all nodes: if they rest, and the first node does, nothing is free.
    stretch : float
        Largest stretch of a bar in these motions, relative to the cell: the inaccuracy of the coordinates.
    """

    motion: Float[Array, "k n d"]
    held: Int[IntArray, "k"]
    stretch: float

    @property
    def count(self) -> int:
        """Number of free motions, k."""
        return len(self.held)

    def without(self, fluctuation: Float[Array, "nd c"]) -> Float[Array, "nd c"]:
        """Return fluctuations in columns less their part along the free motions."""
        basis = self.motion.reshape(self.count, -1)
        return fluctuation - basis.T @ (basis @ fluctuation)

    def exact_gradients(self, ends: Int[IntArray, "m 2"], gradient: Float[Array, "m d"]) -> Float[Array, "m d"]:
        """Return directions of bars such that the free motions stretch no bar at all.

        Parameters
        ----------
        ends : integer array, shape (m, 2)
            Distinct nodes at the ends of the bars.
        gradient : array, shape (m, d)
            Direction over length of every bar.
        """
        if self.stretch <= EXACT:
            return gradient
        relative = self.motion[:, ends[:, 1]] - self.motion[:, ends[:, 0]]
        values, vectors = np.linalg.eigh(np.einsum("kmi,kmj->mij", relative, relative))
        matters = (values > SLIGHT**2 * values[:, -1:]) & (values[:, -1:] > STRETCH_TOLERANCE**2)
        along = np.einsum("mia,mi->ma", vectors, gradient) * matters
        return gradient - np.einsum("mia,ma->mi", vectors, along)

    def local(self, weight: Int[IntArray, "n"]) -> Float[Array, "k n d"]:
        """Return a basis in which every motion moves few nodes and the rest is at rest, for words and pictures.

        Parameters
        ----------
        weight : integer array, shape (n,)
            Number of bars at every node: of nodes that move together, those with most bars rest.
        """
        k, n, d = self.motion.shape
        rest = (self.motion - self.motion[:, :1]).reshape(k, -1)
        basis: Array = np.asarray(np.linalg.solve(rest[:, self.held], rest), dtype=np.float64).reshape(k, n, d)
        for motion in basis:
            rounded = np.round(motion / np.abs(motion).max(), 6)
            _, first, which = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
            motion -= motion[first[np.bincount(which.reshape(-1), weights=weight).argmax()]]
            motion /= np.abs(motion).max()
        return basis


def find_free_motions(vectors: Float[Array, "m d"], ends: Int[IntArray, "m 2"], count: int) -> FreeMotions:
    """Return the free motions of a cell.

    Parameters
    ----------
    vectors : array, shape (m, d)
        Of the distinct bars, in units of the cell.
    ends : integer array, shape (m, 2)
        Distinct nodes at their ends.
    count : int
        Number of distinct nodes.
    """
    m, d = vectors.shape
    stretches = np.zeros((m, count, d))
    stretches[np.arange(m), ends[:, 1]] += vectors
    stretches[np.arange(m), ends[:, 0]] -= vectors
    held = stretches.reshape(m, -1)[:, d:]  # the first node rests
    free = held.shape[1]
    none = FreeMotions(np.zeros((0, count, d)), np.zeros(0, dtype=np.int64), 0.0)
    if free == 0 or _is_definite(held, STRETCH_TOLERANCE):
        return none
    _, values, right = linalg.svd(held, full_matrices=m < free)
    size = np.concatenate([values, np.zeros(free - len(values))])
    basis = right[size <= STRETCH_TOLERANCE]
    if not len(basis):
        return none
    pivots = linalg.qr(basis, mode="r", pivoting=True)[1][: len(basis)]
    motion = np.hstack([np.zeros((len(basis), d)), basis]).reshape(-1, count, d)
    motion -= motion.mean(axis=1, keepdims=True)
    motion = linalg.qr(motion.reshape(len(basis), -1).T, mode="economic")[0].T.reshape(-1, count, d)
    stretch = float(np.abs(held @ basis.T).max())
    return FreeMotions(np.ascontiguousarray(motion), np.sort(pivots).astype(np.int64) + d, stretch)


def _is_definite(mapping: Float[Array, "m f"], least: float) -> bool:
    """Return whether all singular values are larger than a bound, by a factorisation that is cheap."""
    gram = mapping.T @ mapping
    gram[np.diag_indices_from(gram)] -= least**2
    try:
        linalg.cholesky(gram, overwrite_a=True, check_finite=False)
    except linalg.LinAlgError:
        return False
    return True
