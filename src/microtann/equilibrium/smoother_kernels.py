"""Block Gauss–Seidel sweeps on a symmetric matrix of 2 × 2 or 3 × 3 blocks, compiled for speed.

Of the matrix L + D + Lᵀ only the blocks left of the diagonal are kept, as indptr, indices and data (pairs, d, d),
and the inverses of the diagonal blocks (rows, d, d). Vectors are flat, (rows d,). Sweeps are bound by the memory
that they read; each reads L once and takes the product with L or Lᵀ that goes with it along. The functions work in
place.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def forward(indptr, indices, data, inverse, rhs, x, above):
    """Sweep from the first row to the last, from a zero guess: (D + L) x = rhs; write Lᵀ x into ``above``."""
    if data.shape[1] == 3:
        for row in range(len(indptr) - 1):
            p, q, r = rhs[3 * row], rhs[3 * row + 1], rhs[3 * row + 2]
            for k in range(indptr[row], indptr[row + 1]):
                c = 3 * indices[k]
                u, v, w = x[c], x[c + 1], x[c + 2]
                p -= data[k, 0, 0] * u + data[k, 0, 1] * v + data[k, 0, 2] * w
                q -= data[k, 1, 0] * u + data[k, 1, 1] * v + data[k, 1, 2] * w
                r -= data[k, 2, 0] * u + data[k, 2, 1] * v + data[k, 2, 2] * w
            u = inverse[row, 0, 0] * p + inverse[row, 0, 1] * q + inverse[row, 0, 2] * r
            v = inverse[row, 1, 0] * p + inverse[row, 1, 1] * q + inverse[row, 1, 2] * r
            w = inverse[row, 2, 0] * p + inverse[row, 2, 1] * q + inverse[row, 2, 2] * r
            x[3 * row], x[3 * row + 1], x[3 * row + 2] = u, v, w
            above[3 * row] = above[3 * row + 1] = above[3 * row + 2] = 0.0
            for k in range(indptr[row], indptr[row + 1]):
                c = 3 * indices[k]
                above[c] += data[k, 0, 0] * u + data[k, 1, 0] * v + data[k, 2, 0] * w
                above[c + 1] += data[k, 0, 1] * u + data[k, 1, 1] * v + data[k, 2, 1] * w
                above[c + 2] += data[k, 0, 2] * u + data[k, 1, 2] * v + data[k, 2, 2] * w
    else:
        for row in range(len(indptr) - 1):
            p, q = rhs[2 * row], rhs[2 * row + 1]
            for k in range(indptr[row], indptr[row + 1]):
                c = 2 * indices[k]
                p -= data[k, 0, 0] * x[c] + data[k, 0, 1] * x[c + 1]
                q -= data[k, 1, 0] * x[c] + data[k, 1, 1] * x[c + 1]
            u = inverse[row, 0, 0] * p + inverse[row, 0, 1] * q
            v = inverse[row, 1, 0] * p + inverse[row, 1, 1] * q
            x[2 * row], x[2 * row + 1] = u, v
            above[2 * row] = above[2 * row + 1] = 0.0
            for k in range(indptr[row], indptr[row + 1]):
                c = 2 * indices[k]
                above[c] += data[k, 0, 0] * u + data[k, 1, 0] * v
                above[c + 1] += data[k, 0, 1] * u + data[k, 1, 1] * v


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def backward(indptr, indices, data, inverse, rhs, x, above):
    """Sweep from the last row to the first: (D + Lᵀ) x = rhs − L x; ``above`` is used up and starts at zero.

    A row is overwritten after all rows below it, whose part it finds in ``above``, and before those above it,
    whose old values it takes.
    """
    if data.shape[1] == 3:
        for row in range(len(indptr) - 2, -1, -1):
            p = rhs[3 * row] - above[3 * row]
            q = rhs[3 * row + 1] - above[3 * row + 1]
            r = rhs[3 * row + 2] - above[3 * row + 2]
            for k in range(indptr[row], indptr[row + 1]):
                c = 3 * indices[k]
                u, v, w = x[c], x[c + 1], x[c + 2]
                p -= data[k, 0, 0] * u + data[k, 0, 1] * v + data[k, 0, 2] * w
                q -= data[k, 1, 0] * u + data[k, 1, 1] * v + data[k, 1, 2] * w
                r -= data[k, 2, 0] * u + data[k, 2, 1] * v + data[k, 2, 2] * w
            u = inverse[row, 0, 0] * p + inverse[row, 0, 1] * q + inverse[row, 0, 2] * r
            v = inverse[row, 1, 0] * p + inverse[row, 1, 1] * q + inverse[row, 1, 2] * r
            w = inverse[row, 2, 0] * p + inverse[row, 2, 1] * q + inverse[row, 2, 2] * r
            x[3 * row], x[3 * row + 1], x[3 * row + 2] = u, v, w
            for k in range(indptr[row], indptr[row + 1]):
                c = 3 * indices[k]
                above[c] += data[k, 0, 0] * u + data[k, 1, 0] * v + data[k, 2, 0] * w
                above[c + 1] += data[k, 0, 1] * u + data[k, 1, 1] * v + data[k, 2, 1] * w
                above[c + 2] += data[k, 0, 2] * u + data[k, 1, 2] * v + data[k, 2, 2] * w
    else:
        for row in range(len(indptr) - 2, -1, -1):
            p = rhs[2 * row] - above[2 * row]
            q = rhs[2 * row + 1] - above[2 * row + 1]
            for k in range(indptr[row], indptr[row + 1]):
                c = 2 * indices[k]
                p -= data[k, 0, 0] * x[c] + data[k, 0, 1] * x[c + 1]
                q -= data[k, 1, 0] * x[c] + data[k, 1, 1] * x[c + 1]
            u = inverse[row, 0, 0] * p + inverse[row, 0, 1] * q
            v = inverse[row, 1, 0] * p + inverse[row, 1, 1] * q
            x[2 * row], x[2 * row + 1] = u, v
            for k in range(indptr[row], indptr[row + 1]):
                c = 2 * indices[k]
                above[c] += data[k, 0, 0] * u + data[k, 1, 0] * v
                above[c + 1] += data[k, 0, 1] * u + data[k, 1, 1] * v
