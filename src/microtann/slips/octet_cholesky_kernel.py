"""Normal equations of eight sets of slips at once, by Cholesky factorisation in blocks of four by four, compiled.

Eight points have each a list of slips, its members; their matrices G[members, members] fill arrays of lanes, in
blocks of the lower triangle, row of blocks after row of blocks. Lists shorter than the longest end in zeros. A
member in the span of those before it, or beyond the end of its list, has an inverse pivot of zero: then it takes
no part in what follows, and its unknown is zero.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.slips.lanes_kernel import WIDTH, read, root, select, store

BLOCK = 4
DEPENDENT = 1e-9
"""A normal is in the span of others if what they leave of its square is below this fraction."""


class Octet(NamedTuple):
    """Eight factorised matrices and a vector for each.

    Parameters
    ----------
    row, column : int64 arrays
        Place in G, as a flat array, of the row of a member, and of its column; negative beyond the end of a list.
    lower : array of lanes
        Blocks of L with G = L Lᵀ on the members.
    inverse : array of lanes
        Inverse pivots; those in ``lower`` are not used.
    vector : array of lanes
        Right-hand sides, then unknowns.
    """

    row: Any
    column: Any
    lower: Any
    inverse: Any
    vector: Any


@njit(cache=True)
def empty_octet(most):
    """Return the arrays for lists of no more than ``most`` members."""
    blocks = -(-most // BLOCK)
    size = blocks * BLOCK
    return Octet(
        np.full(size * WIDTH, -1),
        np.full(size * WIDTH, -1),
        np.empty(blocks * (blocks + 1) // 2 * BLOCK * BLOCK * WIDTH),
        np.empty(size * WIDTH),
        np.empty(size * WIDTH),
    )


@njit(inline="always")
def blocks_of(count):
    """Return how many blocks hold so many members."""
    return (count + BLOCK - 1) // BLOCK


@njit(inline="always")
def _block(row, column):
    """Return the first place of a block."""
    return (row * (row + 1) // 2 + column) * BLOCK * BLOCK


@njit(cache=True, error_model="numpy")
def gather_octet(bordered, blocks, octet):
    """Write the entries of G between members.

    Parameters
    ----------
    bordered : (s + 1, s + 1)
        G, bordered by zeros.
    blocks : int
        Blocks of four members.
    octet : Octet, in and out
        Its ``row`` and ``column`` say which entries; ``lower`` takes them.
    """
    flat, lower, row, column = bordered.ravel(), octet.lower, octet.row, octet.column
    for r in range(blocks):
        for c in range(r + 1):
            for k in range(BLOCK * BLOCK):
                a, b = r * BLOCK + k // BLOCK, c * BLOCK + k % BLOCK
                place = (_block(r, c) + k) * WIDTH
                for lane in range(WIDTH):
                    lower[place + lane] = flat[row[a * WIDTH + lane] + column[b * WIDTH + lane]]


@njit(inline="always", error_model="numpy")
def _factorise_block(lower, inverse, row, column):
    """Factorise a block of which the blocks to the left are known."""
    own = _block(row, column)
    t00, t01, t02, t03 = read(lower, own), read(lower, own + 1), read(lower, own + 2), read(lower, own + 3)
    t10, t11, t12, t13 = read(lower, own + 4), read(lower, own + 5), read(lower, own + 6), read(lower, own + 7)
    t20, t21, t22, t23 = read(lower, own + 8), read(lower, own + 9), read(lower, own + 10), read(lower, own + 11)
    t30, t31, t32, t33 = read(lower, own + 12), read(lower, own + 13), read(lower, own + 14), read(lower, own + 15)
    d0, d1, d2, d3 = t00, t11, t22, t33
    left, above = _block(row, 0), _block(column, 0)
    for block in range(column):
        for k in range(BLOCK):
            p, q = left + block * 16 + k, above + block * 16 + k
            b0, b1, b2, b3 = read(lower, q), read(lower, q + 4), read(lower, q + 8), read(lower, q + 12)
            a = read(lower, p)
            t00, t01, t02, t03 = t00 - a * b0, t01 - a * b1, t02 - a * b2, t03 - a * b3
            a = read(lower, p + 4)
            t10, t11, t12, t13 = t10 - a * b0, t11 - a * b1, t12 - a * b2, t13 - a * b3
            a = read(lower, p + 8)
            t20, t21, t22, t23 = t20 - a * b0, t21 - a * b1, t22 - a * b2, t23 - a * b3
            a = read(lower, p + 12)
            t30, t31, t32, t33 = t30 - a * b0, t31 - a * b1, t32 - a * b2, t33 - a * b3
    pivot = column * BLOCK
    if row == column:
        x0 = select(t00 > d0 * DEPENDENT, 1.0 / root(t00), 0.0)
        l10, l20, l30 = t10 * x0, t20 * x0, t30 * x0
        t11 = t11 - l10 * l10
        x1 = select(t11 > d1 * DEPENDENT, 1.0 / root(t11), 0.0)
        l21, l31 = (t21 - l20 * l10) * x1, (t31 - l30 * l10) * x1
        t22 = t22 - l20 * l20 - l21 * l21
        x2 = select(t22 > d2 * DEPENDENT, 1.0 / root(t22), 0.0)
        l32 = (t32 - l30 * l20 - l31 * l21) * x2
        t33 = t33 - l30 * l30 - l31 * l31 - l32 * l32
        x3 = select(t33 > d3 * DEPENDENT, 1.0 / root(t33), 0.0)
        store(inverse, pivot, x0)
        store(inverse, pivot + 1, x1)
        store(inverse, pivot + 2, x2)
        store(inverse, pivot + 3, x3)
        store(lower, own + 4, l10)
        store(lower, own + 8, l20)
        store(lower, own + 9, l21)
        store(lower, own + 12, l30)
        store(lower, own + 13, l31)
        store(lower, own + 14, l32)
    else:
        diagonal = _block(column, column)
        x0, x1 = read(inverse, pivot), read(inverse, pivot + 1)
        x2, x3 = read(inverse, pivot + 2), read(inverse, pivot + 3)
        l10, l20, l21 = read(lower, diagonal + 4), read(lower, diagonal + 8), read(lower, diagonal + 9)
        l30, l31, l32 = read(lower, diagonal + 12), read(lower, diagonal + 13), read(lower, diagonal + 14)
        _store_row(lower, own, t00, t01, t02, t03, l10, l20, l21, l30, l31, l32, x0, x1, x2, x3)
        _store_row(lower, own + 4, t10, t11, t12, t13, l10, l20, l21, l30, l31, l32, x0, x1, x2, x3)
        _store_row(lower, own + 8, t20, t21, t22, t23, l10, l20, l21, l30, l31, l32, x0, x1, x2, x3)
        _store_row(lower, own + 12, t30, t31, t32, t33, l10, l20, l21, l30, l31, l32, x0, x1, x2, x3)


@njit(inline="always", error_model="numpy")
def _store_row(lower, place, a, b, c, d, l10, l20, l21, l30, l31, l32, x0, x1, x2, x3):
    """Solve for a row of a block with the block of its pivots."""
    a = a * x0
    b = (b - a * l10) * x1
    c = (c - a * l20 - b * l21) * x2
    d = (d - a * l30 - b * l31 - c * l32) * x3
    store(lower, place, a)
    store(lower, place + 1, b)
    store(lower, place + 2, c)
    store(lower, place + 3, d)


@njit(cache=True, error_model="numpy")
def factorise_octet(blocks, octet):
    """Replace the blocks of G by those of L."""
    for row in range(blocks):
        for column in range(row + 1):
            _factorise_block(octet.lower, octet.inverse, row, column)


@njit(cache=True, error_model="numpy")
def solve_octet_lower(blocks, octet, vector, first):
    """Solve L x = b in place.

    Parameters
    ----------
    blocks : int
        Blocks of four unknowns.
    octet : Octet
        Factorised.
    vector : array of lanes, in and out
        b, then x.
    first : int
        Place in ``vector`` of the first unknown.
    """
    lower, inverse = octet.lower, octet.inverse
    for row in range(blocks):
        b = first + row * BLOCK
        t0, t1, t2, t3 = read(vector, b), read(vector, b + 1), read(vector, b + 2), read(vector, b + 3)
        for column in range(row):
            o, c = _block(row, column), first + column * BLOCK
            for k in range(BLOCK):
                x = read(vector, c + k)
                t0 = t0 - read(lower, o + k) * x
                t1 = t1 - read(lower, o + 4 + k) * x
                t2 = t2 - read(lower, o + 8 + k) * x
                t3 = t3 - read(lower, o + 12 + k) * x
        o, a = _block(row, row), row * BLOCK
        t0 = t0 * read(inverse, a)
        t1 = (t1 - read(lower, o + 4) * t0) * read(inverse, a + 1)
        t2 = (t2 - read(lower, o + 8) * t0 - read(lower, o + 9) * t1) * read(inverse, a + 2)
        t3 = t3 - read(lower, o + 12) * t0 - read(lower, o + 13) * t1 - read(lower, o + 14) * t2
        store(vector, b, t0)
        store(vector, b + 1, t1)
        store(vector, b + 2, t2)
        store(vector, b + 3, t3 * read(inverse, a + 3))


@njit(cache=True, error_model="numpy")
def solve_octet_upper(blocks, octet, vector):
    """Solve Lᵀ x = b in place.

    Parameters
    ----------
    blocks, octet, vector
        As for `solve_octet_lower`; the first unknown is at place 0.
    """
    lower, inverse = octet.lower, octet.inverse
    for row in range(blocks - 1, -1, -1):
        o, a = _block(row, row), row * BLOCK
        t3 = read(vector, a + 3) * read(inverse, a + 3)
        t2 = (read(vector, a + 2) - read(lower, o + 14) * t3) * read(inverse, a + 2)
        t1 = (read(vector, a + 1) - read(lower, o + 13) * t3 - read(lower, o + 9) * t2) * read(inverse, a + 1)
        t0 = read(vector, a) - read(lower, o + 12) * t3 - read(lower, o + 8) * t2 - read(lower, o + 4) * t1
        t0 = t0 * read(inverse, a)
        store(vector, a, t0)
        store(vector, a + 1, t1)
        store(vector, a + 2, t2)
        store(vector, a + 3, t3)
        for column in range(row):
            o, c = _block(row, column), column * BLOCK
            for k in range(BLOCK):
                value = read(vector, c + k) - read(lower, o + k) * t0 - read(lower, o + 4 + k) * t1
                store(vector, c + k, value - read(lower, o + 8 + k) * t2 - read(lower, o + 12 + k) * t3)
