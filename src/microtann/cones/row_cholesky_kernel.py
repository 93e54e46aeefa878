"""Small symmetric systems with right-hand sides, factorised row by row, eight columns at once, compiled for speed.

A matrix fills rows of lanes, of which those left of the diagonal are not used; right-hand sides may stand in
columns behind it. With M = UᵀU, elimination turns the columns b behind it to U⁻ᵀb.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.slips.lanes_kernel import WIDTH, read, splat, store


@njit(cache=True, error_model="numpy", _nrt=False)
def eliminate_rows(rows, inverse, count, width, vectors, least):
    """Turn M to U in place, and what stands behind it in the same rows.

    Parameters
    ----------
    rows : flat array of lanes
        Row p begins with the vector p * width.
    inverse : (n,) out
        Inverse pivots; zero where a pivot is no more than ``least``, so that the unknown becomes zero.
    count, width, vectors : int
        Rows; vectors from one row to the next; vectors of a row that are used.
    least : float
    """
    stride = width * WIDTH
    for k in range(count):
        pivot = rows[k * stride + k]
        scale = 1.0 / np.sqrt(pivot) if pivot > least else 0.0
        inverse[k] = scale
        for j in range(k // WIDTH, vectors):
            store(rows, k * width + j, read(rows, k * width + j) * splat(scale))
        for p in range(k + 1, count):
            factor = splat(-rows[k * stride + p])
            for j in range(p // WIDTH, vectors):
                store(rows, p * width + j, read(rows, p * width + j) + factor * read(rows, k * width + j))


@njit(cache=True, error_model="numpy", _nrt=False)
def eliminate_right(rows, inverse, count, width, right, vectors):
    """Turn right-hand sides b, which stand in rows of their own, to U⁻ᵀb.

    Parameters
    ----------
    rows, inverse, count, width
        What `eliminate_rows` has left.
    right : flat array of lanes, in and out
        Row p begins with the vector p * vectors.
    vectors : int
    """
    stride = width * WIDTH
    for k in range(count):
        scale = splat(inverse[k])
        for j in range(vectors):
            store(right, k * vectors + j, read(right, k * vectors + j) * scale)
        for p in range(k + 1, count):
            factor = splat(-rows[k * stride + p])
            for j in range(vectors):
                store(right, p * vectors + j, read(right, p * vectors + j) + factor * read(right, k * vectors + j))


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"}, _nrt=False)
def substitute_back(rows, inverse, count, width, column, unknown):
    """Write the unknowns of one right-hand side.

    Parameters
    ----------
    rows, inverse, count, width
        What `eliminate_rows` has left.
    column : int
        Where the right-hand side stands in the rows.
    unknown : (n,) out
    """
    stride = width * WIDTH
    for k in range(count - 1, -1, -1):
        total = rows[k * stride + column]
        for p in range(k + 1, count):
            total -= rows[k * stride + p] * unknown[p]
        unknown[k] = total * inverse[k]
