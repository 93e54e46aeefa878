"""Sparse Cholesky factorisation of eight matrices at once, in blocks of three by three, compiled.

The blocks are those of an `Elimination` (`microtann.microstructure.bars.condensed.elimination`): block b holds the
places 9 b to 9 b + 8 of an array of lanes, row by row. The diagonal of the factor holds the inverse pivots.
Vectors hold three places for every node.
"""

from __future__ import annotations

from numba import njit

from microtann.slips.lanes_kernel import read, root, splat, store


@njit(cache=True, error_model="numpy")
def _factorise_diagonal(matrix, o, positive):
    """Factorise the block at a place; return which lanes are positive definite so far."""
    a = read(matrix, o)
    x = 1.0 / root(a)
    l10, l20 = read(matrix, o + 3) * x, read(matrix, o + 6) * x
    b = read(matrix, o + 4) - l10 * l10
    y = 1.0 / root(b)
    l21 = (read(matrix, o + 7) - l20 * l10) * y
    c = read(matrix, o + 8) - l20 * l20 - l21 * l21
    store(matrix, o, x)
    store(matrix, o + 3, l10)
    store(matrix, o + 4, y)
    store(matrix, o + 6, l20)
    store(matrix, o + 7, l21)
    store(matrix, o + 8, 1.0 / root(c))
    return positive * (a > 0.0) * (b > 0.0) * (c > 0.0)


@njit(cache=True, error_model="numpy")
def factorise_sparse(order, matrix):
    """Replace the blocks of symmetric matrices by those of L with K = L Lᵀ; return where K is positive."""
    first, rows, block = order.first, order.rows, order.block
    free = len(first) - 1
    positive = splat(1.0)
    for k in range(free):
        o = 9 * k
        positive = _factorise_diagonal(matrix, o, positive)
        x, y, z = read(matrix, o), read(matrix, o + 4), read(matrix, o + 8)
        l10, l20, l21 = read(matrix, o + 3), read(matrix, o + 6), read(matrix, o + 7)
        for t in range(first[k], first[k + 1]):
            for r in range(3):
                i = 9 * (free + t) + 3 * r
                a = read(matrix, i) * x
                b = (read(matrix, i + 1) - a * l10) * y
                store(matrix, i, a)
                store(matrix, i + 1, b)
                store(matrix, i + 2, (read(matrix, i + 2) - a * l20 - b * l21) * z)
        for t in range(first[k], first[k + 1]):
            i = 9 * (free + t)
            a00, a01, a02 = read(matrix, i), read(matrix, i + 1), read(matrix, i + 2)
            a10, a11, a12 = read(matrix, i + 3), read(matrix, i + 4), read(matrix, i + 5)
            a20, a21, a22 = read(matrix, i + 6), read(matrix, i + 7), read(matrix, i + 8)
            for s in range(t, first[k + 1]):
                j = 9 * (free + s)
                c = 9 * block[rows[s], rows[t]]
                for r in range(3):
                    b0, b1, b2 = read(matrix, j + 3 * r), read(matrix, j + 3 * r + 1), read(matrix, j + 3 * r + 2)
                    d = c + 3 * r
                    store(matrix, d, read(matrix, d) - b0 * a00 - b1 * a01 - b2 * a02)
                    store(matrix, d + 1, read(matrix, d + 1) - b0 * a10 - b1 * a11 - b2 * a12)
                    store(matrix, d + 2, read(matrix, d + 2) - b0 * a20 - b1 * a21 - b2 * a22)
    return positive


@njit(cache=True, error_model="numpy")
def solve_sparse_lower(order, factor, vectors, columns):
    """Solve L Y = B in place.

    Parameters
    ----------
    order : Elimination
    factor : array of lanes
        Factorised.
    vectors : array of lanes, in and out
        B, then Y: column c of place p is at p · columns + c.
    columns : int
    """
    first, rows = order.first, order.rows
    free = len(first) - 1
    for k in range(free):
        o = 9 * k
        x, y, z = read(factor, o), read(factor, o + 4), read(factor, o + 8)
        l10, l20, l21 = read(factor, o + 3), read(factor, o + 6), read(factor, o + 7)
        for c in range(columns):
            p = 3 * k * columns + c
            a = read(vectors, p) * x
            b = (read(vectors, p + columns) - l10 * a) * y
            store(vectors, p, a)
            store(vectors, p + columns, b)
            store(vectors, p + 2 * columns, (read(vectors, p + 2 * columns) - l20 * a - l21 * b) * z)
        for t in range(first[k], first[k + 1]):
            for r in range(3):
                i = 9 * (free + t) + 3 * r
                l0, l1, l2 = read(factor, i), read(factor, i + 1), read(factor, i + 2)
                for c in range(columns):
                    p, q = 3 * k * columns + c, (3 * rows[t] + r) * columns + c
                    moved = l0 * read(vectors, p) + l1 * read(vectors, p + columns)
                    store(vectors, q, read(vectors, q) - moved - l2 * read(vectors, p + 2 * columns))


@njit(cache=True, error_model="numpy")
def solve_sparse_upper(order, factor, vector):
    """Solve Lᵀ x = b in place.

    Parameters
    ----------
    order, factor
        As for `solve_sparse_lower`.
    vector : array of lanes, in and out
        b, then x.
    """
    first, rows = order.first, order.rows
    free = len(first) - 1
    for k in range(free - 1, -1, -1):
        o, p = 9 * k, 3 * k
        a, b, c = read(vector, p), read(vector, p + 1), read(vector, p + 2)
        for t in range(first[k], first[k + 1]):
            for r in range(3):
                i = 9 * (free + t) + 3 * r
                value = read(vector, 3 * rows[t] + r)
                a = a - read(factor, i) * value
                b = b - read(factor, i + 1) * value
                c = c - read(factor, i + 2) * value
        c = c * read(factor, o + 8)
        b = (b - read(factor, o + 7) * c) * read(factor, o + 4)
        a = (a - read(factor, o + 3) * b - read(factor, o + 6) * c) * read(factor, o)
        store(vector, p, a)
        store(vector, p + 1, b)
        store(vector, p + 2, c)
