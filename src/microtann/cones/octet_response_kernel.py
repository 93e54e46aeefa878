"""How the flow of groups answers to changes of the forces, for eight points at once, compiled for speed.

The equations are those of `microtann.cones.group_response_kernel`, for resistances that do not grow. Every point
has a list of groups; their components, filled up to the widest group by ones of which nothing is known, stand at
the same place in the arrays of lanes. Lists that are shorter than the longest end in such groups.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.slips.lanes_kernel import WIDTH, read, root, splat, store
from microtann.slips.octet_cholesky_kernel import (
    BLOCK,
    Octet,
    blocks_of,
    empty_octet,
    factorise_octet,
    gather_octet,
    solve_octet_lower,
)
from microtann.slips.slip_equations_kernel import by_count

STIFFEST = 1e4
"""1/λ, relative to the largest eigenvalue of a block, above which unknowns are T⁻¹ dγ, lest digits are lost."""


class GroupLanes(NamedTuple):
    """What is fixed of groups whose resistances do not grow.

    Parameters
    ----------
    bordered : array, shape (m + 1, m + 1)
        G, bordered by zeros.
    first : int64 array, shape (G + 1,)
        First component of every group, and m.
    place : int64 array, shape (G + 1, d)
        Components of every group, m beyond its size; m in the last row.
    steepest : array, shape (G,)
        Largest eigenvalue of the block of every group in G.
    resistance : array, shape (G,)
    """

    bordered: Any
    first: Any
    place: Any
    steepest: Any
    resistance: Any


class OctetResponse(NamedTuple):
    """Eight systems of flowing groups.

    Parameters
    ----------
    listed : int64 array, shape (G, 8)
        Flowing groups of every point, G beyond the end of a list.
    chosen : array of lanes
        G between them, a block of d × d after the other.
    direction, stretch : arrays of lanes, places G d and G
        u, and √λ.
    octet : Octet
        The factorised matrices; its ``column`` lists the components.
    right : array of lanes
        Right-hand sides of tangents.
    """

    listed: Any
    chosen: Any
    direction: Any
    stretch: Any
    octet: Octet
    right: Any


def lanes_of_groups(gram: np.ndarray, first: np.ndarray, resistance: np.ndarray) -> GroupLanes:
    """Return what is fixed of groups.

    Parameters
    ----------
    gram : array, shape (m, W)
        G, whose columns may go on.
    first : int64 array, shape (G + 1,)
    resistance : array, shape (G,)
    """
    m, sizes = len(gram), np.diff(first)
    bordered = np.zeros((m + 1, m + 1))
    bordered[:m, :m] = gram[:, :m]
    place = np.full((len(sizes) + 1, sizes.max()), m)
    steepest = np.zeros(len(sizes))
    for g, (start, size) in enumerate(zip(first[:-1], sizes, strict=True)):
        place[g, :size] = start + np.arange(size)
        steepest[g] = np.linalg.eigvalsh(gram[start : start + size, start : start + size])[-1]
    return GroupLanes(bordered, first, place, steepest, np.ascontiguousarray(resistance, dtype=np.float64))


@njit(cache=True)
def empty_response(fixed, right):
    """Return the arrays for eight points.

    Parameters
    ----------
    fixed : GroupLanes
    right : int
        Right-hand sides of a point.
    """
    groups, wide = len(fixed.resistance), fixed.place.shape[1]
    components = blocks_of(groups * wide) * BLOCK
    return OctetResponse(
        np.zeros((groups, WIDTH), dtype=np.int64),
        np.zeros(groups * (groups + 1) // 2 * wide * wide * WIDTH),
        np.zeros(components * WIDTH),
        np.zeros(groups * WIDTH),
        empty_octet(components),
        np.zeros(max(right, 1) * components * WIDTH),
    )


@njit(inline="always")
def _place(row, column):
    """Return where an entry of a lower triangle is in the blocks of an octet."""
    r, c = row // BLOCK, column // BLOCK
    return (r * (r + 1) // 2 + c) * BLOCK * BLOCK + (row % BLOCK) * BLOCK + column % BLOCK


@njit(cache=True, error_model="numpy")
def _list_components(fixed, slots, blocks, octet, listed):
    """Write the components of the listed groups."""
    wide, m = fixed.place.shape[1], len(fixed.bordered) - 1
    for a in range(slots):
        for lane in range(WIDTH):
            g = listed[a, lane]
            for i in range(wide):
                place = (a * wide + i) * WIDTH + lane
                octet.column[place] = fixed.place[g, i]
                octet.row[place] = fixed.place[g, i] * (m + 1)
    for place in range(slots * wide * WIDTH, blocks * BLOCK * WIDTH):
        octet.column[place] = m
        octet.row[place] = m * (m + 1)


@njit(cache=True, error_model="numpy")
def factorise_responses(fixed, slots, response):
    """Factorise G + J of eight points; return how many blocks it has.

    Parameters
    ----------
    fixed : GroupLanes
    slots : int
        Groups of the longest list.
    response : OctetResponse, in and out
        Its ``listed``, ``direction`` and ``stretch`` are given.
    """
    wide, u, octet, one = fixed.place.shape[1], response.direction, response.octet, splat(1.0)
    blocks = blocks_of(slots * wide)
    _list_components(fixed, slots, blocks, octet, response.listed)
    gather_octet(fixed.bordered, blocks, octet)
    for a in range(slots):
        q = read(response.stretch, a)
        stiffness = one / (q * q)
        for i in range(a * wide, a * wide + wide):
            across = stiffness * read(u, i)
            for j in range(a * wide, i + 1):
                place = _place(i, j)
                value = read(octet.lower, place) - across * read(u, j)
                store(octet.lower, place, value + stiffness if i == j else value)
    factorise_octet(blocks, octet)
    return blocks


@njit(cache=True, error_model="numpy")
def factorise_stretched(fixed, slots, response):
    """Factorise T G T + 1 − u uᵀ, with T = √λ (1 − u uᵀ) + u uᵀ, of eight points; return how many blocks it has.

    Parameters
    ----------
    fixed, slots, response
        As for `factorise_responses`.
    """
    wide, block, u = fixed.place.shape[1], response.chosen, response.direction
    octet, one, o, blocks = response.octet, splat(1.0), 0, blocks_of(slots * wide)
    flat = fixed.bordered.ravel()
    _list_components(fixed, slots, blocks, octet, response.listed)
    for row in range(slots * wide, blocks * BLOCK):
        for column in range(row + 1):
            store(octet.lower, _place(row, column), splat(0.0))
    for a in range(slots):
        p, q = a * wide, read(response.stretch, a)
        for b in range(a + 1):
            s, t = b * wide, read(response.stretch, b)
            for i in range(wide):
                for j in range(wide):
                    for lane in range(WIDTH):
                        place = octet.row[(p + i) * WIDTH + lane] + octet.column[(s + j) * WIDTH + lane]
                        block[(o + i * wide + j) * WIDTH + lane] = flat[place]
            for j in range(wide):
                along = splat(0.0)
                for i in range(wide):
                    along = along + read(u, p + i) * read(block, o + i * wide + j)
                along = along * (one - q)
                for i in range(wide):
                    store(block, o + i * wide + j, q * read(block, o + i * wide + j) + read(u, p + i) * along)
            for i in range(wide):
                along = splat(0.0)
                for j in range(wide):
                    along = along + read(u, s + j) * read(block, o + i * wide + j)
                along = along * (one - t)
                for j in range(wide if a != b else i + 1):
                    value = t * read(block, o + i * wide + j) + read(u, s + j) * along
                    if a == b:
                        value = value - read(u, p + i) * read(u, p + j)
                        if i == j:
                            value = value + one
                    store(octet.lower, _place(p + i, s + j), value)
            o += wide * wide
    factorise_octet(blocks, octet)
    return blocks


@njit(inline="always", error_model="numpy")
def _stretch_vector(response, slots, wide, vector, start):
    """Multiply vectors of eight points by T, in place.

    Parameters
    ----------
    response : OctetResponse
    slots, wide : int
        Groups of the longest list, and components of each.
    vector : array of lanes, in and out
    start : int
        Place of its first component.
    """
    u = response.direction
    for a in range(slots):
        q, along = read(response.stretch, a), splat(0.0)
        for i in range(a * wide, a * wide + wide):
            along = along + read(u, i) * read(vector, start + i)
        along = along * (splat(1.0) - q)
        for i in range(a * wide, a * wide + wide):
            store(vector, start + i, q * read(vector, start + i) + read(u, i) * along)


@njit(cache=True, error_model="numpy")
def soften_group_points(fixed, response, flow, count, on_groups, scale, tangent):
    """Take Qᵀ_A (G_AA + J)⁻¹ Q_A from the tangents of n points, for the groups A that flow.

    Parameters
    ----------
    fixed : GroupLanes
    response : OctetResponse
        With room for v right-hand sides.
    flow : (n, ≥ m)
        γ, zero where groups rest.
    count : (n,)
        Flowing groups of every point.
    on_groups : (m + 1, v)
        Q = NᵀB: forces on the groups due to a unit strain; the last row is zero.
    scale : float
        Factor of what is taken.
    tangent : (n, v, v) in and out
    """
    groups, wide, v = len(fixed.resistance), fixed.place.shape[1], on_groups.shape[1]
    first, listed, right = fixed.first, response.listed, response.right
    order = by_count(np.flatnonzero(count > 0), count, groups)
    stored = np.zeros(v * v * WIDTH)
    for begin in range(0, len(order), WIDTH):
        points = order[begin : begin + WIDTH]
        slots = count[points[-1]]
        listed[:slots] = groups
        least = np.inf
        for a in range(slots):
            store(response.stretch, a, splat(1.0))
            for i in range(wide):
                store(response.direction, a * wide + i, splat(0.0))
        for lane, p in enumerate(points):
            a = 0
            for g in range(groups):
                square = 0.0
                for i in range(first[g], first[g + 1]):
                    square += flow[p, i] ** 2
                if square > 0.0:
                    size = np.sqrt(square)
                    listed[a, lane] = g
                    response.stretch[a * WIDTH + lane] = size / fixed.resistance[g]
                    least = min(least, size / fixed.resistance[g] * fixed.steepest[g])
                    for i in range(first[g + 1] - first[g]):
                        response.direction[(a * wide + i) * WIDTH + lane] = flow[p, first[g] + i] / size
                    a += 1
        for a in range(slots):
            store(response.stretch, a, root(read(response.stretch, a)))
        stretched = least * STIFFEST < 1.0
        blocks = factorise_stretched(fixed, slots, response) if stretched else 0
        if not stretched:
            blocks = factorise_responses(fixed, slots, response)
        rows = blocks * BLOCK
        for k in range(v):
            for i in range(rows * WIDTH):
                right[k * rows * WIDTH + i] = on_groups[response.octet.column[i], k]
            if stretched:
                _stretch_vector(response, slots, wide, right, k * rows)
            solve_octet_lower(blocks, response.octet, right, k * rows)
        for k in range(v):
            for e in range(k + 1):
                total = splat(0.0)
                for i in range(rows):
                    total = total + read(right, k * rows + i) * read(right, e * rows + i)
                store(stored, k * v + e, total)
        for lane, p in enumerate(points):
            for k in range(v):
                for e in range(v):
                    place = k * v + e if e <= k else e * v + k
                    tangent[p, k, e] -= scale * stored[place * WIDTH + lane]
