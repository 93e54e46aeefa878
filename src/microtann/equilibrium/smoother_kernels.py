"""Block Gauss–Seidel sweeps on a matrix of 2 × 2 or 3 × 3 blocks, compiled for speed.

The matrix is given by the blocks left (L) and right (U) of the diagonal, each as indptr, indices and data
(pairs, d, d), and by the inverses of the diagonal blocks (rows, d, d). Vectors are flat, (rows d,). The functions
work in place.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def forward(indptr, indices, data, inverse, rhs, x):
    """Sweep from the first row to the last, from a zero guess: (D + L) x = rhs."""
    if data.shape[1] == 3:
        for row in range(len(indptr) - 1):
            p = q = r = 0.0
            for k in range(indptr[row], indptr[row + 1]):
                c = 3 * indices[k]
                u, v, w = x[c], x[c + 1], x[c + 2]
                p += data[k, 0, 0] * u + data[k, 0, 1] * v + data[k, 0, 2] * w
                q += data[k, 1, 0] * u + data[k, 1, 1] * v + data[k, 1, 2] * w
                r += data[k, 2, 0] * u + data[k, 2, 1] * v + data[k, 2, 2] * w
            p, q, r = rhs[3 * row] - p, rhs[3 * row + 1] - q, rhs[3 * row + 2] - r
            for i in range(3):
                x[3 * row + i] = inverse[row, i, 0] * p + inverse[row, i, 1] * q + inverse[row, i, 2] * r
    else:
        for row in range(len(indptr) - 1):
            p = q = 0.0
            for k in range(indptr[row], indptr[row + 1]):
                c = 2 * indices[k]
                p += data[k, 0, 0] * x[c] + data[k, 0, 1] * x[c + 1]
                q += data[k, 1, 0] * x[c] + data[k, 1, 1] * x[c + 1]
            p, q = rhs[2 * row] - p, rhs[2 * row + 1] - q
            for i in range(2):
                x[2 * row + i] = inverse[row, i, 0] * p + inverse[row, i, 1] * q


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def backward(indptr, indices, data, inverse, rhs, x):
    """Sweep from the last row to the first: (D + U) x = rhs."""
    if data.shape[1] == 3:
        for row in range(len(indptr) - 2, -1, -1):
            p = q = r = 0.0
            for k in range(indptr[row], indptr[row + 1]):
                c = 3 * indices[k]
                u, v, w = x[c], x[c + 1], x[c + 2]
                p += data[k, 0, 0] * u + data[k, 0, 1] * v + data[k, 0, 2] * w
                q += data[k, 1, 0] * u + data[k, 1, 1] * v + data[k, 1, 2] * w
                r += data[k, 2, 0] * u + data[k, 2, 1] * v + data[k, 2, 2] * w
            p, q, r = rhs[3 * row] - p, rhs[3 * row + 1] - q, rhs[3 * row + 2] - r
            for i in range(3):
                x[3 * row + i] = inverse[row, i, 0] * p + inverse[row, i, 1] * q + inverse[row, i, 2] * r
    else:
        for row in range(len(indptr) - 2, -1, -1):
            p = q = 0.0
            for k in range(indptr[row], indptr[row + 1]):
                c = 2 * indices[k]
                p += data[k, 0, 0] * x[c] + data[k, 0, 1] * x[c + 1]
                q += data[k, 1, 0] * x[c] + data[k, 1, 1] * x[c + 1]
            p, q = rhs[2 * row] - p, rhs[2 * row + 1] - q
            for i in range(2):
                x[2 * row + i] = inverse[row, i, 0] * p + inverse[row, i, 1] * q
