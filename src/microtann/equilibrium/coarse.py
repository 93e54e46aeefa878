"""Solution on the coarsest level of multigrid, small enough for a dense inverse."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import linalg

EMPTY = 1e-12
"""Diagonal entry over the largest below which an unknown is empty: its basis function vanished."""


class DenseInverse:
    """Inverse of a symmetric positive semi-definite matrix.

    Unknowns whose basis functions vanish, as where all nodes of an aggregate are held or too few to rotate, are
    left out.

    Parameters
    ----------
    matrix : sparse array, shape (n, n)
    precision : numpy type
        In which the inverse is kept and applied; single is enough below other levels, and twice as fast.
    """

    def __init__(self, matrix: Any, precision: type[np.floating[Any]] = np.float32) -> None:
        dense = matrix.toarray()
        diagonal = dense.diagonal()
        kept = np.flatnonzero(diagonal > EMPTY * diagonal.max(initial=0.0))
        self._inverse = np.zeros(dense.shape, dtype=precision)
        if kept.size:
            self._inverse[np.ix_(kept, kept)] = _inverse(dense[np.ix_(kept, kept)])

    def __call__(self, vector: Float[NDArray[np.float64], "n"]) -> Float[NDArray[np.float64], "n"]:
        """Return the inverse times a vector."""
        return np.asarray(self._inverse @ vector.astype(self._inverse.dtype), dtype=np.float64)


def _inverse(matrix: Float[NDArray[np.float64], "m m"]) -> Float[NDArray[np.float64], "m m"]:
    """Return the inverse by Cholesky factors, or the pseudo-inverse of a matrix that is singular to round-off."""
    factor, failed = linalg.lapack.dpotrf(matrix, lower=True)
    pivots = factor.diagonal() ** 2
    if failed or pivots.min() <= EMPTY * pivots.max():
        return np.asarray(linalg.pinvh(matrix))
    whole, _ = linalg.lapack.dpotri(factor, lower=True)
    lower = np.tril(whole)
    return np.asarray(lower + np.tril(lower, -1).T)
