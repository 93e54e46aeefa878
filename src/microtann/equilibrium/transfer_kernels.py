"""Transfer between two levels of multigrid, by a prolongation of r × c blocks in single precision, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def restrict(indptr, indices, data, fine, coarse):
    """Write Pᵀ fine into ``coarse``; indptr and indices are those of the block rows of P, data (pairs, r, c)."""
    _, height, width = data.shape
    coarse[:] = 0.0
    for row in range(len(indptr) - 1):
        for k in range(indptr[row], indptr[row + 1]):
            first = width * indices[k]
            for i in range(height):
                value = fine[height * row + i]
                for j in range(width):
                    coarse[first + j] += data[k, i, j] * value


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def subtract_prolonged(indptr, indices, data, coarse, fine):
    """Take P coarse off ``fine``; see `restrict`."""
    _, height, width = data.shape
    sums = np.empty(height)
    for row in range(len(indptr) - 1):
        sums[:] = 0.0
        for k in range(indptr[row], indptr[row + 1]):
            first = width * indices[k]
            for i in range(height):
                total = 0.0
                for j in range(width):
                    total += data[k, i, j] * coarse[first + j]
                sums[i] += total
        for i in range(height):
            fine[height * row + i] -= sums[i]
