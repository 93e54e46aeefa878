"""Prolongation of smoothed aggregation to the finest level, whose matrix is too large to be copied.

pyamg scales a copy of the matrix, and then that copy again, before it smooths the prolongation. On a lattice of
13 million bars the matrix takes 2 GB. Here only products of it are formed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

Array = NDArray[np.float64]
DAMPING = 4.0 / 3.0
"""Factor of the smoothing over the largest eigenvalue of D⁻¹ A."""


def smoothed_prolongation(
    matrix: sparse.bsr_array, inverse: Float[Array, "n d d"], modes: Float[Array, "nd m"]
) -> tuple[Any, Float[Array, "k m"]]:
    """Return P = (I − ω D⁻¹ A) T, and the modes of the coarse level.

    Parameters
    ----------
    matrix : sparse array
        A, symmetric, in d × d blocks.
    inverse : array, shape (n, d, d)
        D⁻¹, the inverses of the blocks on the diagonal.
    modes : array, shape (n d, m)
        Near-nullspace, which T, made of aggregates of nodes, reproduces.

    References
    ----------
    P. Vaněk, J. Mandel and M. Brezina, Algebraic multigrid by smoothed aggregation for second and fourth order
    elliptic problems, Computing 56, 1996.
    """
    from pyamg.aggregation.aggregate import standard_aggregation  # slow to import
    from pyamg.aggregation.tentative import fit_candidates
    from pyamg.strength import symmetric_strength_of_connection
    from pyamg.util.linalg import approximate_spectral_radius

    aggregates, _ = standard_aggregation(symmetric_strength_of_connection(matrix))
    tentative, coarse = fit_candidates(aggregates, modes)
    n = len(inverse)
    scaling = sparse.bsr_array((inverse, np.arange(n), np.arange(n + 1)), shape=matrix.shape)
    scaled = LinearOperator(matrix.shape, lambda vector: scaling @ (matrix @ vector), dtype=matrix.dtype)
    factor = DAMPING / approximate_spectral_radius(scaled, restart=0)  # within a percent, which is enough
    smoothing = scaling @ (matrix @ tentative)
    smoothing.data *= factor
    return tentative - smoothing, coarse
