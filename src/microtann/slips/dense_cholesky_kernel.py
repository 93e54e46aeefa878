"""Dense Cholesky factorisation of one small matrix, compiled.

Four pivots are taken at a time, so that the inner loops vectorise. `factorise_large` leaves matrices of a hundred
rows or more to LAPACK, which is slower below that and two to four times faster above. A factor grows by a row and
column at a time where `solve_dense_lower` gives the new column. Arrays are copied in loops, here and wherever a
first answer waits: what numba says of an assignment between different shapes takes three seconds to compile.

The factor is kept as U with K = Uᵀ U in the upper triangle, row by row: all inner loops run along rows. The
functions work in place on the arrays that they are given.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LAPACK_FROM = 100
"""Number of unknowns from which LAPACK factors."""


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def factorise_dense(matrix, count):
    """Replace the upper triangle of matrix[:count, :count] by U with K = Uᵀ U; False if it is not positive."""
    first = 0
    while first < count:
        last = min(first + 4, count)
        for k in range(first, last):
            for q in range(first, k):
                scale = matrix[q, k]
                for j in range(k, count):
                    matrix[k, j] -= scale * matrix[q, j]
            if not matrix[k, k] > 0.0:
                return False
            pivot = np.sqrt(matrix[k, k])
            inverse = 1.0 / pivot
            matrix[k, k] = pivot
            for j in range(k + 1, count):
                matrix[k, j] *= inverse
        if last - first == 4:
            for i in range(last, count):
                a, b = matrix[first, i], matrix[first + 1, i]
                c, d = matrix[first + 2, i], matrix[first + 3, i]
                for j in range(i, count):
                    matrix[i, j] -= (
                        a * matrix[first, j]
                        + b * matrix[first + 1, j]
                        + c * matrix[first + 2, j]
                        + d * matrix[first + 3, j]
                    )
        first = last
    return True


@njit(cache=True)
def _factorise_by_lapack(matrix, count):
    try:
        lower = np.linalg.cholesky(matrix[:count, :count].T.copy())
    except Exception:  # noqa: BLE001, RUF100 (the only kind that compiled code can catch)
        return False
    for i in range(count):
        for j in range(i, count):
            matrix[i, j] = lower[j, i]
    return True


@njit(cache=True, error_model="numpy")
def factorise_large(matrix, count):
    """Do what `factorise_dense` does, by LAPACK where that is faster."""
    return _factorise_by_lapack(matrix, count) if count >= LAPACK_FROM else factorise_dense(matrix, count)


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def solve_dense_lower(upper, count, vector):
    """Solve Uᵀ y = b in place.

    Parameters
    ----------
    upper : (≥ count, ≥ count)
        U in the upper triangle.
    count : int
        Number of unknowns.
    vector : (≥ count,) in and out
        b, then y.
    """
    for k in range(count):
        value = vector[k] / upper[k, k]
        vector[k] = value
        for j in range(k + 1, count):
            vector[j] -= upper[k, j] * value


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def solve_dense_upper(upper, count, vector):
    """Solve U x = b in place.

    Parameters
    ----------
    upper, count, vector
        As for `solve_dense_lower`.
    """
    for k in range(count - 1, -1, -1):
        total = vector[k]
        for j in range(k + 1, count):
            total -= upper[k, j] * vector[j]
        vector[k] = total / upper[k, k]


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def solve_dense_lower_columns(upper, count, block):
    """Solve Uᵀ Y = B in place.

    Parameters
    ----------
    upper : (≥ count, ≥ count)
        U in the upper triangle.
    count : int
        Number of unknowns.
    block : (≥ count, v) in and out
        B, then Y.
    """
    columns = block.shape[1]
    for k in range(count):
        inverse = 1.0 / upper[k, k]
        for c in range(columns):
            block[k, c] *= inverse
        for j in range(k + 1, count):
            scale = upper[k, j]
            for c in range(columns):
                block[j, c] -= scale * block[k, c]


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def solve_dense_upper_columns(upper, count, block):
    """Solve U X = B in place.

    Parameters
    ----------
    upper, count, block
        As for `solve_dense_lower_columns`.
    """
    columns = block.shape[1]
    for k in range(count - 1, -1, -1):
        for j in range(k + 1, count):
            scale = upper[k, j]
            for c in range(columns):
                block[k, c] -= scale * block[j, c]
        inverse = 1.0 / upper[k, k]
        for c in range(columns):
            block[k, c] *= inverse
