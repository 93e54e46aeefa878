"""Sparse Cholesky factorisation of eight matrices at once, in blocks of three by three, compiled.

The blocks are those of an `Elimination` (`microtann.microstructure.bars.condensed.elimination`): block b holds the
places 9 b to 9 b + 8 of an array of lanes, row by row. The diagonal of the factor holds the inverse pivots.
Vectors hold three places for every node.
"""

from __future__ import annotations

from numba import njit

from microtann.slips.lanes_kernel import load, root, splat, store


@njit(cache=True, error_model="numpy")
def _factorise_diagonal(matrix, o, positive):
    """Factorise the block at a place; return which lanes are positive definite so far."""
    a = load(matrix, o)
    x = 1.0 / root(a)
    l10, l20 = load(matrix, o + 3) * x, load(matrix, o + 6) * x
    b = load(matrix, o + 4) - l10 * l10
    y = 1.0 / root(b)
    l21 = (load(matrix, o + 7) - l20 * l10) * y
    c = load(matrix, o + 8) - l20 * l20 - l21 * l21
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
        x, y, z = load(matrix, o), load(matrix, o + 4), load(matrix, o + 8)
        l10, l20, l21 = load(matrix, o + 3), load(matrix, o + 6), load(matrix, o + 7)
        for t in range(first[k], first[k + 1]):
            for r in range(3):
                i = 9 * (free + t) + 3 * r
                a = load(matrix, i) * x
                b = (load(matrix, i + 1) - a * l10) * y
                store(matrix, i, a)
                store(matrix, i + 1, b)
                store(matrix, i + 2, (load(matrix, i + 2) - a * l20 - b * l21) * z)
        for t in range(first[k], first[k + 1]):
            i = 9 * (free + t)
            a00, a01, a02 = load(matrix, i), load(matrix, i + 1), load(matrix, i + 2)
            a10, a11, a12 = load(matrix, i + 3), load(matrix, i + 4), load(matrix, i + 5)
            a20, a21, a22 = load(matrix, i + 6), load(matrix, i + 7), load(matrix, i + 8)
            for s in range(t, first[k + 1]):
                j = 9 * (free + s)
                c = 9 * block[rows[s], rows[t]]
                for r in range(3):
                    b0, b1, b2 = load(matrix, j + 3 * r), load(matrix, j + 3 * r + 1), load(matrix, j + 3 * r + 2)
                    d = c + 3 * r
                    store(matrix, d, load(matrix, d) - b0 * a00 - b1 * a01 - b2 * a02)
                    store(matrix, d + 1, load(matrix, d + 1) - b0 * a10 - b1 * a11 - b2 * a12)
                    store(matrix, d + 2, load(matrix, d + 2) - b0 * a20 - b1 * a21 - b2 * a22)
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
        x, y, z = load(factor, o), load(factor, o + 4), load(factor, o + 8)
        l10, l20, l21 = load(factor, o + 3), load(factor, o + 6), load(factor, o + 7)
        for c in range(columns):
            p = 3 * k * columns + c
            a = load(vectors, p) * x
            b = (load(vectors, p + columns) - l10 * a) * y
            store(vectors, p, a)
            store(vectors, p + columns, b)
            store(vectors, p + 2 * columns, (load(vectors, p + 2 * columns) - l20 * a - l21 * b) * z)
        for t in range(first[k], first[k + 1]):
            for r in range(3):
                i = 9 * (free + t) + 3 * r
                l0, l1, l2 = load(factor, i), load(factor, i + 1), load(factor, i + 2)
                for c in range(columns):
                    p, q = 3 * k * columns + c, (3 * rows[t] + r) * columns + c
                    moved = l0 * load(vectors, p) + l1 * load(vectors, p + columns)
                    store(vectors, q, load(vectors, q) - moved - l2 * load(vectors, p + 2 * columns))


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
        a, b, c = load(vector, p), load(vector, p + 1), load(vector, p + 2)
        for t in range(first[k], first[k + 1]):
            for r in range(3):
                i = 9 * (free + t) + 3 * r
                value = load(vector, 3 * rows[t] + r)
                a = a - load(factor, i) * value
                b = b - load(factor, i + 1) * value
                c = c - load(factor, i + 2) * value
        c = c * load(factor, o + 8)
        b = (b - load(factor, o + 7) * c) * load(factor, o + 4)
        a = (a - load(factor, o + 3) * b - load(factor, o + 6) * c) * load(factor, o)
        store(vector, p, a)
        store(vector, p + 1, b)
        store(vector, p + 2, c)
