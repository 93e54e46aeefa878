"""Matrices of 2 × 2 or 3 × 3 blocks: product with a vector, and the whole of a symmetric one, compiled."""

from __future__ import annotations

from numba import njit


@njit(cache=True, error_model="numpy", fastmath={"contract"})  # with "reassoc" it is up to 30 % slower
def block_product(indptr, indices, data, vector, image):
    """Write data · vector into ``image``; indptr and indices are those of the block rows, data (pairs, d, d)."""
    if data.shape[1] == 3:
        for row in range(len(indptr) - 1):
            x = y = z = 0.0
            for k in range(indptr[row], indptr[row + 1]):
                c = 3 * indices[k]
                u, v, w = vector[c], vector[c + 1], vector[c + 2]
                x += data[k, 0, 0] * u + data[k, 0, 1] * v + data[k, 0, 2] * w
                y += data[k, 1, 0] * u + data[k, 1, 1] * v + data[k, 1, 2] * w
                z += data[k, 2, 0] * u + data[k, 2, 1] * v + data[k, 2, 2] * w
            image[3 * row] = x
            image[3 * row + 1] = y
            image[3 * row + 2] = z
    else:
        for row in range(len(indptr) - 1):
            x = y = 0.0
            for k in range(indptr[row], indptr[row + 1]):
                c = 2 * indices[k]
                u, v = vector[c], vector[c + 1]
                x += data[k, 0, 0] * u + data[k, 0, 1] * v
                y += data[k, 1, 0] * u + data[k, 1, 1] * v
            image[2 * row] = x
            image[2 * row + 1] = y


@njit(cache=True, nogil=True, error_model="numpy")
def write_whole(place, mirror, data, whole):
    """Write all blocks of a symmetric matrix, of which ``data`` has those from the diagonal on.

    ``place`` (pairs,) says where every block is among these, or among the others behind them, whose transposes are
    at ``mirror``.
    """
    half, d = len(data), data.shape[1]
    for k in range(len(place)):
        p = place[k]
        if p < half:
            for i in range(d):
                for j in range(d):
                    whole[k, i, j] = data[p, i, j]
        else:
            p = mirror[p - half]
            for i in range(d):
                for j in range(d):
                    whole[k, i, j] = data[p, j, i]
