"""Which slips bring the forces of a given set of slips to their bounds, for eight points at once, compiled.

The slips γ of the members of a set obey G γ = b on the members and vanish elsewhere. The matrices that are
factorised are those of the members, or, where most slips flow and G has an inverse P, those of the slips at rest:
with γ = P (b + d) and d ≠ 0 at rest only, γ = 0 at rest asks for P d = −P b there. Either matrix has no more than
half as many rows as there are slips, if these are independent.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.slips.lanes_kernel import WIDTH
from microtann.slips.octet_cholesky_kernel import (
    BLOCK,
    Octet,
    blocks_of,
    empty_octet,
    factorise_octet,
    gather_octet,
    solve_octet_lower,
    solve_octet_upper,
)

WORST_CONDITION = 1e8
"""The inverse of products of normals with a larger condition number, in the 1-norm, is not used."""


class Slips(NamedTuple):
    """What is fixed of the slips; the last row and column of matrices is zero, for lists that are too short.

    Parameters
    ----------
    gram : array, shape (s + 1, s + 1)
        G = Nᵀ N. Normals may be zero: then their slips are.
    inverse : array, shape (s + 1, s + 1)
        P, zero for normals that are zero; empty if normals are dependent.
    scale : array, shape (s,)
        1 / |nᵢ|: the distance of a force from its bound is the excess times this.
    number : int
        Normals that are not zero.
    most : int
        No more normals than this are independent.
    """

    gram: Any
    inverse: Any
    scale: Any
    number: Any
    most: Any


class Group(NamedTuple):
    """Eight points whose equations are solved together.

    Parameters
    ----------
    octet : Octet
        Their factorised matrices.
    listed, size : int64 arrays, shapes (8, s), (8,)
        The slips of these matrices: members, or slips at rest.
    right, slips : arrays, shape (8, s)
        b, of members, to be written after the factorisation, and γ.
    """

    octet: Octet
    listed: Any
    size: Any
    right: Any
    slips: Any


def slips_of(normals: np.ndarray) -> Slips:
    """Return what is fixed of slips with normals in columns, shape (z, s)."""
    return slips_of_products(normals.T @ normals, normals.shape[0])


def slips_of_products(products: np.ndarray, most: int) -> Slips:
    """Return what is fixed of slips whose normals have the products G.

    Parameters
    ----------
    products : array, shape (s, s)
        G; s is a multiple of eight, filled up with zeros.
    most : int
        No more normals than this are independent.
    """
    s = len(products)
    chosen = np.flatnonzero(np.diag(products))
    gram, inverse = np.zeros((s + 1, s + 1)), np.zeros((0, 0))
    gram[:s, :s] = products
    if 0 < len(chosen) <= most:
        square = gram[np.ix_(chosen, chosen)]
        found = _inverse(square)
        if np.abs(square).sum(axis=0).max() * np.abs(found).sum(axis=0).max() < WORST_CONDITION:
            inverse = np.zeros((s + 1, s + 1))
            inverse[np.ix_(chosen, chosen)] = found
    with np.errstate(divide="ignore"):
        scale = 1.0 / np.sqrt(np.diag(gram)[:s])
    return Slips(gram, inverse, scale, len(chosen), min(most, len(chosen)))


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse, not a number if there is none."""
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return np.full_like(matrix, np.nan)


@njit(cache=True)
def empty_group(fixed):
    """Return the arrays of a group."""
    s = len(fixed.scale)
    return Group(
        empty_octet(fixed.most),
        np.empty((WIDTH, s), dtype=np.int64),
        np.empty(WIDTH, dtype=np.int64),
        np.empty((WIDTH, s)),
        np.empty((WIDTH, s)),
    )


@njit(cache=True, error_model="numpy")
def list_members(slips, members):
    """Write which slips flow at one point; return how many."""
    count = 0
    for i in range(len(slips)):
        if slips[i] != 0.0 and count < len(members):
            members[count] = i
            count += 1
    return count


@njit(cache=True)
def by_count(points, count, most):
    """Return points in the order of their numbers of members.

    Parameters
    ----------
    points : int64 array, shape (p,)
    count : int64 array, shape (n,)
        Numbers of members of all points.
    most : int
        Largest of these at most.
    """
    first = np.zeros(most + 2, dtype=np.int64)
    for p in points:
        first[count[p] + 1] += 1
    for c in range(most + 1):
        first[c + 1] += first[c]
    order = np.empty(len(points), dtype=np.int64)
    for p in points:
        order[first[count[p]]] = p
        first[count[p]] += 1
    return order


@njit(inline="always")
def end_of_group(fixed, order, count, first):
    """Return the end of a group of eight points or fewer, all of them best solved in the same way.

    Which points are neighbours then makes no difference to any of them, not even in the last bit.

    Parameters
    ----------
    fixed : Slips
    order : int64 array, shape (p,)
        Points in the order of their numbers of members.
    count : int64 array, shape (n,)
        Numbers of members of all points.
    first : int
        Where in ``order`` the group begins.
    """
    last = min(first + WIDTH, len(order))
    if not _best_from_rest(fixed, count[order[first]]):
        while _best_from_rest(fixed, count[order[last - 1]]):
            last -= 1
    return last


@njit(inline="always")
def _best_from_rest(fixed, count):
    """Return whether the slips at rest are fewer, and can be solved for."""
    return len(fixed.inverse) > 0 and 2 * count > fixed.number


@njit(cache=True)
def _list_rest(fixed, members, flows, rest):
    """Write the slips at rest; return how many. Scratch: flows."""
    flows[:] = 0.0
    for i in members:
        flows[i] = 1.0
    found = 0
    for i in range(len(flows)):
        if flows[i] == 0.0 and fixed.gram[i, i] > 0.0:
            rest[found] = i
            found += 1
    return found


@njit(cache=True, error_model="numpy")
def factorise_group(fixed, members, count, points, group):
    """Factorise the equations of a group of points.

    Parameters
    ----------
    fixed : Slips
    members : int64 array, shape (n, most)
        Which slips flow at every point of all.
    count : int64 array, shape (n,)
        How many of ``members`` these are.
    points : int64 array, shape (at most 8,)
        The group, in the order of their counts, as `end_of_group` gives it.
    group : Group, out

    Returns
    -------
    blocks : int
    from_rest : bool
        Whether the matrices are those of the slips at rest.
    """
    octet, listed, size = group.octet, group.listed, group.size
    from_rest = _best_from_rest(fixed, count[points[0]])
    most = 0
    for lane in range(WIDTH):
        size[lane] = 0
        if lane < len(points):
            own = members[points[lane], : count[points[lane]]]
            if from_rest:
                size[lane] = _list_rest(fixed, own, group.right[lane], listed[lane])
            else:
                size[lane] = len(own)
                listed[lane, : len(own)] = own
        most = max(most, size[lane])
    blocks, s = blocks_of(most), len(fixed.scale)
    for lane in range(WIDTH):
        for a in range(blocks * BLOCK):
            i = listed[lane, a] if a < size[lane] else s
            octet.row[a * WIDTH + lane] = i * (s + 1)
            octet.column[a * WIDTH + lane] = i
    gather_octet(fixed.inverse if from_rest else fixed.gram, blocks, octet)
    factorise_octet(blocks, octet)
    return blocks, from_rest


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def add_rows(matrix, rows, factors, sign, result):
    """Add rows of a matrix, each times its factor and a sign.

    Parameters
    ----------
    matrix : (≥ s, ≥ s)
    rows : int64 array, shape (p,)
        Which rows.
    factors : (s,)
        A factor for every row of the matrix.
    sign : float
    result : (s,) in and out
    """
    count, width = len(rows), len(result)
    for a in range(0, count - 3, 4):
        i, j, k, m = rows[a], rows[a + 1], rows[a + 2], rows[a + 3]
        w, x, y, z = sign * factors[i], sign * factors[j], sign * factors[k], sign * factors[m]
        one, two, three, four = matrix[i], matrix[j], matrix[k], matrix[m]
        for c in range(width):
            result[c] += w * one[c] + x * two[c] + y * three[c] + z * four[c]
    for a in range(count - count % 4, count):
        w, one = sign * factors[rows[a]], matrix[rows[a]]
        for c in range(width):
            result[c] += w * one[c]


@njit(cache=True, error_model="numpy")
def solve_group(fixed, members, count, points, blocks, from_rest, group):
    """Write the slips of the members of a group of points; what is written elsewhere is no slip.

    Parameters
    ----------
    fixed, members, count, points
        As for `factorise_group`.
    blocks, from_rest
        As it has returned them.
    group : Group, in and out
        ``right`` holds b on the members; ``slips`` takes γ.
    """
    octet, listed, size, right, slips = group
    for lane in range(len(points)):
        own = members[points[lane], : count[points[lane]]]
        if from_rest:
            slips[lane] = 0.0
            add_rows(fixed.inverse, own, right[lane], 1.0, slips[lane])
        for a in range(blocks * BLOCK):
            value = 0.0
            if a < size[lane]:
                i = listed[lane, a]
                value = -slips[lane, i] if from_rest else right[lane, i]
            octet.vector[a * WIDTH + lane] = value
    solve_octet_lower(blocks, octet, octet.vector, np.int64(0))
    solve_octet_upper(blocks, octet, octet.vector)
    for lane in range(len(points)):
        rest = listed[lane, : size[lane]]
        for a, i in enumerate(rest):
            (right if from_rest else slips)[lane, i] = octet.vector[a * WIDTH + lane]
        if from_rest:
            add_rows(fixed.inverse, rest, right[lane], 1.0, slips[lane])
