"""Prolongation of smoothed aggregation, whose set-up neither copies the matrix nor waits for one thread.

pyamg scales a copy of the matrix, and then that copy again, before it smooths the prolongation. On a lattice of
13 million bars the matrix takes 2 GB. Here only products of it are formed, which threads share.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import linalg, sparse

from microtann.equilibrium.block_products import block_matmul, shared_product
from microtann.system.crew import Crew

Array = NDArray[np.float64]
DAMPING = 4.0 / 3.0
"""Factor of the smoothing over the largest eigenvalue of D⁻¹ A."""
LANCZOS_STEPS = 15
"""Enough for the largest eigenvalue to within a percent."""


def smoothed_prolongation(
    matrix: sparse.bsr_array, inverse: Float[Array, "n d d"], modes: Float[Array, "nd m"], crew: Crew | None = None
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
    crew : Crew, optional
        Threads that share the work; they change no bit of it.

    References
    ----------
    P. Vaněk, J. Mandel and M. Brezina, Algebraic multigrid by smoothed aggregation for second and fourth order
    elliptic problems, Computing 56, 1996.
    """
    from pyamg.aggregation.aggregate import standard_aggregation  # slow to import
    from pyamg.aggregation.tentative import fit_candidates
    from pyamg.strength import symmetric_strength_of_connection

    crew, n = crew or Crew(), len(inverse)
    aggregates, _ = standard_aggregation(symmetric_strength_of_connection(matrix))
    tentative, coarse = fit_candidates(aggregates, modes)
    scaling = sparse.bsr_array((inverse, np.arange(n), np.arange(n + 1)), shape=matrix.shape)
    found = block_matmul(scaling, block_matmul(matrix, tentative, crew), crew)
    found.data *= -DAMPING / largest_eigenvalue(matrix, scaling, crew)
    # The diagonal of A is full, so that the product has a block wherever T has one.
    aggregate = np.full(n, -1, dtype=np.int32)
    nodes = np.diff(tentative.indptr) > 0
    aggregate[nodes] = tentative.indices
    own = found.indices == np.repeat(aggregate, np.diff(found.indptr))
    found.data[own] += tentative.data
    return found, coarse


def largest_eigenvalue(matrix: Any, scaling: Any, crew: Crew) -> float:
    """Return an estimate of the largest eigenvalue of D⁻¹ A, from below.

    Conjugate gradients on A, preconditioned with D⁻¹, are Lanczos' method on D⁻¹ A: their steps are the entries
    of its tridiagonal matrix. They start from random forces, the same ones every time.

    Parameters
    ----------
    matrix, scaling : sparse array
        A and D⁻¹, positive semi-definite, in blocks.
    crew : Crew

    References
    ----------
    Y. Saad, Iterative Methods for Sparse Linear Systems, SIAM 2003, Section 6.7.3.
    """
    product, scaled = shared_product(matrix, crew), shared_product(scaling, crew)
    residual = np.random.default_rng(0).random(matrix.shape[0])
    direction = scaled(residual)
    norm, ratio, before = float(residual @ direction), 0.0, 1.0
    diagonal: list[float] = []
    off: list[float] = []
    for _ in range(min(LANCZOS_STEPS, len(residual))):
        image = product(direction)
        curvature = float(direction @ image)
        if not (curvature > 0.0 and norm > 0.0):
            break
        step = norm / curvature
        diagonal.append(1.0 / step + ratio / before)
        residual -= step * image
        improved = scaled(residual)
        last, norm = norm, float(residual @ improved)
        ratio, before = norm / last, step
        off.append(np.sqrt(max(ratio, 0.0)) / step)
        direction *= ratio
        direction += improved
    return float(linalg.eigvalsh_tridiagonal(diagonal, off[: len(diagonal) - 1])[-1]) if diagonal else 1.0
