"""The product of many short rows with one matrix, compiled for speed.

The products of libraries may start threads, which costs more than a few hundred rows are worth.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.slips.lanes_kernel import WIDTH, read, splat, store


def padded_columns(matrix: np.ndarray) -> np.ndarray:
    """Return a matrix with columns of zeros up to a multiple of eight."""
    return np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % WIDTH)))


@njit(cache=True, error_model="numpy")
def multiply(rows, matrix, result):
    """Write the product of rows and a matrix.

    Parameters
    ----------
    rows : (n, z)
    matrix : (z, s)
        Contiguous, s being a multiple of eight.
    result : (n, s) out
        Contiguous.
    """
    n, z = rows.shape
    vectors = matrix.shape[1] // WIDTH
    right, out = matrix.ravel(), result.ravel()
    for p in range(0, n - 3, 4):
        for j in range(0, vectors - 1, 2):
            a0 = a1 = b0 = b1 = c0 = c1 = d0 = d1 = splat(0.0)
            for m in range(z):
                x, y = read(right, m * vectors + j), read(right, m * vectors + j + 1)
                a, b, c, d = splat(rows[p, m]), splat(rows[p + 1, m]), splat(rows[p + 2, m]), splat(rows[p + 3, m])
                a0, a1, b0, b1 = a0 + a * x, a1 + a * y, b0 + b * x, b1 + b * y
                c0, c1, d0, d1 = c0 + c * x, c1 + c * y, d0 + d * x, d1 + d * y
            o = p * vectors + j
            store(out, o, a0)
            store(out, o + 1, a1)
            store(out, o + vectors, b0)
            store(out, o + vectors + 1, b1)
            store(out, o + 2 * vectors, c0)
            store(out, o + 2 * vectors + 1, c1)
            store(out, o + 3 * vectors, d0)
            store(out, o + 3 * vectors + 1, d1)
        if vectors % 2 == 1:
            for q in range(p, p + 4):
                _one(rows[q], right, out, vectors, vectors - 1, q)
    for p in range(n - n % 4, n):
        for j in range(vectors):
            _one(rows[p], right, out, vectors, j, p)


@njit(inline="always", error_model="numpy")
def _one(row, right, out, vectors, j, p):
    """Write one vector of the product of one row."""
    total = splat(0.0)
    for m in range(len(row)):
        total = total + splat(row[m]) * read(right, m * vectors + j)
    store(out, p * vectors + j, total)
