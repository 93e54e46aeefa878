"""The singular value decomposition, where the fast algorithm fails by the slower one that does not."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import linalg

Array = NDArray[np.float64]


def singular_vectors(
    matrix: Float[Array, "m n"], full: bool = False
) -> tuple[Float[Array, "m _"], Float[Array, "k"], Float[Array, "_ n"]]:
    """Return U, σ and Vᵀ with ``matrix`` = U diag(σ) Vᵀ, σ falling.

    LAPACK's divide and conquer (gesdd) does not converge for some matrices of many equal singular values; the
    iteration of QR (gesvd) then finds them.

    Parameters
    ----------
    matrix : array, shape (m, n)
    full : bool
        Whether U and V are square.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrix is not finite.
    """
    try:
        left, values, right = np.linalg.svd(matrix, full_matrices=full)
    except np.linalg.LinAlgError:
        if not np.isfinite(matrix).all():
            raise
        left, values, right = linalg.svd(matrix, full_matrices=full, lapack_driver="gesvd")
    return left, values, right
