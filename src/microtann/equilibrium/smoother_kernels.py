"""Block Gauss–Seidel sweeps on a symmetric matrix of 2 × 2, 3 × 3 or 6 × 6 blocks, compiled for speed.

Of the matrix L + D + Lᵀ only the blocks of L are kept, those to the rows that come earlier in the order of the
sweep, as indptr, indices and flat data, and the inverses of the diagonal blocks, flat. Sweeps are bound by the
memory that they read; each reads L once and takes the product with L or Lᵀ that goes with it along.

The order is that of parts of the rows: bounds (parts, 2) are their first and last rows. A call treats some parts,
one after the other. ``rhs`` and ``image`` are (rows d,), ``x`` and ``above`` padded for blocks of three and six.
The functions work in place.

- forward, from a zero guess: (D + L) x = rhs; Lᵀ x goes to ``above``.
- backward: (D + Lᵀ) image = rhs − L x; ``above`` is used up and starts at zero. A row is overwritten after all
  rows behind it, whose part it finds in ``above``, and before those before it, whose old values it takes.
"""

from __future__ import annotations

from numba import njit

from microtann.equilibrium.block_rows_kernel import (
    block_row3,
    block_row6,
    node3,
    node6,
    plus,
    row_sum,
    write_node,
    zeros3,
    zeros6,
)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def forward_two(bounds, indptr, indices, data, inverse, rhs, x, above):
    """Sweep over blocks of two from the first row of the parts to the last."""
    for part in range(len(bounds)):
        for row in range(bounds[part, 0], bounds[part, 1]):
            o, d = 2 * row, 4 * row
            p, q = rhs[o], rhs[o + 1]
            for pair in range(indptr[row], indptr[row + 1]):
                k, c = 4 * pair, 2 * indices[pair]
                p -= data[k] * x[c] + data[k + 1] * x[c + 1]
                q -= data[k + 2] * x[c] + data[k + 3] * x[c + 1]
            u, v = inverse[d] * p + inverse[d + 1] * q, inverse[d + 2] * p + inverse[d + 3] * q
            x[o], x[o + 1] = u, v
            above[o] = above[o + 1] = 0.0
            for pair in range(indptr[row], indptr[row + 1]):
                k, c = 4 * pair, 2 * indices[pair]
                above[c] += data[k] * u + data[k + 2] * v
                above[c + 1] += data[k + 1] * u + data[k + 3] * v


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def backward_two(bounds, indptr, indices, data, inverse, rhs, x, above, image):
    """Sweep over blocks of two from the last row of the parts to the first."""
    for part in range(len(bounds) - 1, -1, -1):
        for row in range(bounds[part, 1] - 1, bounds[part, 0] - 1, -1):
            o, d = 2 * row, 4 * row
            p, q = rhs[o] - above[o], rhs[o + 1] - above[o + 1]
            for pair in range(indptr[row], indptr[row + 1]):
                k, c = 4 * pair, 2 * indices[pair]
                p -= data[k] * x[c] + data[k + 1] * x[c + 1]
                q -= data[k + 2] * x[c] + data[k + 3] * x[c + 1]
            u, v = inverse[d] * p + inverse[d + 1] * q, inverse[d + 2] * p + inverse[d + 3] * q
            image[o], image[o + 1] = u, v
            for pair in range(indptr[row], indptr[row + 1]):
                k, c = 4 * pair, 2 * indices[pair]
                above[c] += data[k] * u + data[k + 2] * v
                above[c + 1] += data[k + 1] * u + data[k + 3] * v


@njit(inline="always")
def _left_of_three(row, indptr, indices, data, x):
    """Return L x in a row of blocks of three."""
    a, b, c = zeros3(), zeros3(), zeros3()
    for pair in range(indptr[row], indptr[row + 1]):
        k, other = 9 * pair, node3(x, 4 * indices[pair])
        a = plus(a, block_row3(data, k), other)
        b = plus(b, block_row3(data, k + 3), other)
        c = plus(c, block_row3(data, k + 6), other)
    return row_sum(a), row_sum(b), row_sum(c)


@njit(inline="always")
def _spread_three(row, indptr, indices, data, p, q, r, above):
    """Add what a row of blocks of three has in Lᵀ x."""
    for pair in range(indptr[row], indptr[row + 1]):
        k, c = 9 * pair, 4 * indices[pair]
        total = plus(node3(above, c), block_row3(data, k), p)
        write_node(above, c, plus(plus(total, block_row3(data, k + 3), q), block_row3(data, k + 6), r))


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def forward_three(bounds, indptr, indices, data, inverse, rhs, x, above):
    """Sweep over blocks of three from the first row of the parts to the last."""
    for part in range(len(bounds)):
        for row in range(bounds[part, 0], bounds[part, 1]):
            o, d = 3 * row, 9 * row
            a, b, c = _left_of_three(row, indptr, indices, data, x)
            p, q, r = rhs[o] - a, rhs[o + 1] - b, rhs[o + 2] - c
            found = plus(zeros3(), block_row3(inverse, d), p)  # the inverse is symmetric: its rows are its columns
            found = plus(plus(found, block_row3(inverse, d + 3), q), block_row3(inverse, d + 6), r)
            write_node(x, 4 * row, found)
            write_node(above, 4 * row, zeros3())
            p, q, r = x[4 * row], x[4 * row + 1], x[4 * row + 2]
            _spread_three(row, indptr, indices, data, p, q, r, above)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def backward_three(bounds, indptr, indices, data, inverse, rhs, x, above, image):
    """Sweep over blocks of three from the last row of the parts to the first."""
    for part in range(len(bounds) - 1, -1, -1):
        for row in range(bounds[part, 1] - 1, bounds[part, 0] - 1, -1):
            o, d, e = 3 * row, 9 * row, 4 * row
            a, b, c = _left_of_three(row, indptr, indices, data, x)
            p, q, r = rhs[o] - above[e] - a, rhs[o + 1] - above[e + 1] - b, rhs[o + 2] - above[e + 2] - c
            found = plus(zeros3(), block_row3(inverse, d), p)
            found = plus(plus(found, block_row3(inverse, d + 3), q), block_row3(inverse, d + 6), r)
            write_node(x, e, found)
            p, q, r = x[e], x[e + 1], x[e + 2]
            image[o], image[o + 1], image[o + 2] = p, q, r
            _spread_three(row, indptr, indices, data, p, q, r, above)


@njit(inline="always")
def _solved_six(row, indptr, indices, data, inverse, rhs, x, above, taken):
    """Write D⁻¹ (rhs − L x − taken above) to the node of a row of blocks of six, and add its part of Lᵀ x."""
    found = zeros6()
    for i in range(6):
        total = zeros6()
        for pair in range(indptr[row], indptr[row + 1]):
            total = plus(total, block_row6(data, 36 * pair + 6 * i), node6(x, 8 * indices[pair]))
        left = rhs[6 * row + i] - row_sum(total)
        if taken:
            left -= above[8 * row + i]
        found = plus(found, block_row6(inverse, 36 * row + 6 * i), left)
    write_node(x, 8 * row, found)
    if not taken:
        write_node(above, 8 * row, zeros6())
    for pair in range(indptr[row], indptr[row + 1]):
        c = 8 * indices[pair]
        total = node6(above, c)
        for i in range(6):
            total = plus(total, block_row6(data, 36 * pair + 6 * i), x[8 * row + i])
        write_node(above, c, total)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def forward_six(bounds, indptr, indices, data, inverse, rhs, x, above):
    """Sweep over blocks of six from the first row of the parts to the last."""
    for part in range(len(bounds)):
        for row in range(bounds[part, 0], bounds[part, 1]):
            _solved_six(row, indptr, indices, data, inverse, rhs, x, above, False)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def backward_six(bounds, indptr, indices, data, inverse, rhs, x, above, image):
    """Sweep over blocks of six from the last row of the parts to the first."""
    for part in range(len(bounds) - 1, -1, -1):
        for row in range(bounds[part, 1] - 1, bounds[part, 0] - 1, -1):
            _solved_six(row, indptr, indices, data, inverse, rhs, x, above, True)
            for i in range(6):
                image[6 * row + i] = x[8 * row + i]
