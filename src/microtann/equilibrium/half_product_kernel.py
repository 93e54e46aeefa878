"""Product of a symmetric matrix of 2 × 2 or 3 × 3 blocks with a vector, which reads half of the blocks.

Of every row the blocks from the diagonal on are given: indptr (rows + 1,) and indices (pairs,) of the block rows,
each of which begins with the block on the diagonal, and their data, flat. Parts of the rows are treated one after
the other, or side by side where they are far enough from each other: bounds (parts, 2) are their first and last
rows.
"""

from __future__ import annotations

from numba import njit

from microtann.equilibrium.block_rows_kernel import block_row3, node3, plus, row_sum, write_node, zeros3


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def add_plane_product(bounds, indptr, indices, data, vector, image):
    """Add data · vector to ``image``, both (rows 2,)."""
    for part in range(len(bounds)):
        for row in range(bounds[part, 0], bounds[part, 1]):
            k = 4 * indptr[row]
            p, q = vector[2 * row], vector[2 * row + 1]
            x = image[2 * row] + data[k] * p + data[k + 1] * q
            y = image[2 * row + 1] + data[k + 2] * p + data[k + 3] * q
            for pair in range(indptr[row] + 1, indptr[row + 1]):
                k, c = 4 * pair, 2 * indices[pair]
                u, v = vector[c], vector[c + 1]
                x += data[k] * u + data[k + 1] * v
                y += data[k + 2] * u + data[k + 3] * v
                image[c] += data[k] * p + data[k + 2] * q
                image[c + 1] += data[k + 1] * p + data[k + 3] * q
            image[2 * row] = x
            image[2 * row + 1] = y


@njit(cache=True, nogil=True, error_model="numpy")
def add_space_product(bounds, indptr, indices, data, vector, image):
    """Add data · vector to ``image``, both padded, (rows 4,)."""
    for part in range(len(bounds)):
        for row in range(bounds[part, 0], bounds[part, 1]):
            o, k = 4 * row, 9 * indptr[row]
            own, p, q, r = node3(vector, o), vector[o], vector[o + 1], vector[o + 2]
            x = plus(zeros3(), block_row3(data, k), own)
            y = plus(zeros3(), block_row3(data, k + 3), own)
            z = plus(zeros3(), block_row3(data, k + 6), own)
            for pair in range(indptr[row] + 1, indptr[row + 1]):
                k, c = 9 * pair, 4 * indices[pair]
                first, second, third = block_row3(data, k), block_row3(data, k + 3), block_row3(data, k + 6)
                other = node3(vector, c)
                x, y, z = plus(x, first, other), plus(y, second, other), plus(z, third, other)
                write_node(image, c, plus(plus(plus(node3(image, c), first, p), second, q), third, r))
            image[o] += row_sum(x)
            image[o + 1] += row_sum(y)
            image[o + 2] += row_sum(z)


@njit(cache=True, nogil=True, error_model="numpy")
def pad_nodes(vector, entries, padded):
    """Write a vector of nodes of three or six entries, (rows entries,), to a padded one."""
    lanes = 4 if entries == 3 else 8
    for row in range(len(vector) // entries):
        for i in range(lanes):
            padded[lanes * row + i] = vector[entries * row + i] if i < entries else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def unpad_nodes(padded, entries, vector):
    """Write a padded vector to one that is not."""
    lanes = 4 if entries == 3 else 8
    for row in range(len(vector) // entries):
        for i in range(entries):
            vector[entries * row + i] = padded[lanes * row + i]
