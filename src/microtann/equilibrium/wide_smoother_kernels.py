"""Block Gauss–Seidel sweeps of `microtann.equilibrium.smoother_kernels` for 6 × 6 blocks, compiled for speed.

Beams in space have six unknowns a node. The inner loops have a length known when they are compiled.
"""

from __future__ import annotations

import numpy as np
from numba import njit

U = 6
"""Rows of a block."""


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def forward_wide(indptr, indices, data, inverse, rhs, x, above):
    """Sweep from the first row to the last, from a zero guess: (D + L) x = rhs; write Lᵀ x into ``above``."""
    left, found = np.empty(U), np.empty(U)
    for row in range(len(indptr) - 1):
        for i in range(U):
            left[i] = rhs[U * row + i]
        for k in range(indptr[row], indptr[row + 1]):
            c = U * indices[k]
            for i in range(U):
                total = 0.0
                for j in range(U):
                    total += data[k, i, j] * x[c + j]
                left[i] -= total
        for i in range(U):
            total = 0.0
            for j in range(U):
                total += inverse[row, i, j] * left[j]
            found[i] = total
            x[U * row + i] = total
            above[U * row + i] = 0.0
        for k in range(indptr[row], indptr[row + 1]):
            c = U * indices[k]
            for i in range(U):
                value = found[i]
                for j in range(U):
                    above[c + j] += data[k, i, j] * value


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def backward_wide(indptr, indices, data, inverse, rhs, x, above):
    """Sweep from the last row to the first: (D + Lᵀ) x = rhs − L x; ``above`` is used up and starts at zero."""
    left, found = np.empty(U), np.empty(U)
    for row in range(len(indptr) - 2, -1, -1):
        for i in range(U):
            left[i] = rhs[U * row + i] - above[U * row + i]
        for k in range(indptr[row], indptr[row + 1]):
            c = U * indices[k]
            for i in range(U):
                total = 0.0
                for j in range(U):
                    total += data[k, i, j] * x[c + j]
                left[i] -= total
        for i in range(U):
            total = 0.0
            for j in range(U):
                total += inverse[row, i, j] * left[j]
            found[i] = total
            x[U * row + i] = total
        for k in range(indptr[row], indptr[row + 1]):
            c = U * indices[k]
            for i in range(U):
                value = found[i]
                for j in range(U):
                    above[c + j] += data[k, i, j] * value
