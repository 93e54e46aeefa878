"""Product of a symmetric matrix of 2 × 2 or 3 × 3 blocks with a vector, which reads half of the blocks."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def symmetric_product(indptr, indices, data, vector, image):
    """Write data · vector into ``image``; of every row the blocks from the diagonal on are given.

    Parameters
    ----------
    indptr, indices : (rows + 1,), (pairs,)
        Of the block rows, each of which begins with the block on the diagonal.
    data : (pairs, d, d)
    vector, image : (rows d,)
    """
    for i in range(len(image)):
        image[i] = 0.0
    if data.shape[1] == 3:
        for row in range(len(indptr) - 1):
            k = indptr[row]
            p, q, r = vector[3 * row], vector[3 * row + 1], vector[3 * row + 2]
            x = image[3 * row] + data[k, 0, 0] * p + data[k, 0, 1] * q + data[k, 0, 2] * r
            y = image[3 * row + 1] + data[k, 1, 0] * p + data[k, 1, 1] * q + data[k, 1, 2] * r
            z = image[3 * row + 2] + data[k, 2, 0] * p + data[k, 2, 1] * q + data[k, 2, 2] * r
            for k in range(indptr[row] + 1, indptr[row + 1]):
                c = 3 * indices[k]
                u, v, w = vector[c], vector[c + 1], vector[c + 2]
                x += data[k, 0, 0] * u + data[k, 0, 1] * v + data[k, 0, 2] * w
                y += data[k, 1, 0] * u + data[k, 1, 1] * v + data[k, 1, 2] * w
                z += data[k, 2, 0] * u + data[k, 2, 1] * v + data[k, 2, 2] * w
                image[c] += data[k, 0, 0] * p + data[k, 1, 0] * q + data[k, 2, 0] * r
                image[c + 1] += data[k, 0, 1] * p + data[k, 1, 1] * q + data[k, 2, 1] * r
                image[c + 2] += data[k, 0, 2] * p + data[k, 1, 2] * q + data[k, 2, 2] * r
            image[3 * row] = x
            image[3 * row + 1] = y
            image[3 * row + 2] = z
    else:
        for row in range(len(indptr) - 1):
            k = indptr[row]
            p, q = vector[2 * row], vector[2 * row + 1]
            x = image[2 * row] + data[k, 0, 0] * p + data[k, 0, 1] * q
            y = image[2 * row + 1] + data[k, 1, 0] * p + data[k, 1, 1] * q
            for k in range(indptr[row] + 1, indptr[row + 1]):
                c = 2 * indices[k]
                u, v = vector[c], vector[c + 1]
                x += data[k, 0, 0] * u + data[k, 0, 1] * v
                y += data[k, 1, 0] * u + data[k, 1, 1] * v
                image[c] += data[k, 0, 0] * p + data[k, 1, 0] * q
                image[c + 1] += data[k, 0, 1] * p + data[k, 1, 1] * q
            image[2 * row] = x
            image[2 * row + 1] = y
