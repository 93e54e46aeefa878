"""Eight material points side by side: forces, energies and tangents of their fluctuation, compiled for speed.

They share the sparse structure of the tangent and, lane by lane, the instructions.

Arrays of lanes are flat (`microtann.slips.lanes_kernel`); those over the nodes hold three places for each, in the
order of elimination, and three more for the held node.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.microstructure.bars.condensed.newton_kernel import loss_of_stiffness
from microtann.slips.lanes_kernel import WIDTH, any_true, read, splat, store
from microtann.slips.return_map_kernel import plastic_increment
from microtann.slips.sparse_cholesky_kernel import solve_sparse_lower


class EightPoints(NamedTuple):
    """Arrays of lanes that are used over and over.

    Parameters
    ----------
    affine, before, increment, flowing : over the bars
        Strain without fluctuation, plastic strain before the increment and its increment, and the sense of flow
        that the factor is for.
    w, origin, residual, direction : over the nodes
    matrix : over the blocks
        Tangent of the fluctuation, and its factor.
    coupling, tangent : over the nodes and components, over pairs of components
    """

    affine: Any
    before: Any
    increment: Any
    flowing: Any
    w: Any
    origin: Any
    residual: Any
    direction: Any
    matrix: Any
    coupling: Any
    tangent: Any


@njit(cache=True)
def empty_lanes(m, nodes, blocks, v):
    """Return the arrays; the fluctuation and the direction of the held node stay zero."""
    w, direction = np.zeros(3 * nodes * WIDTH), np.zeros(3 * nodes * WIDTH)
    return EightPoints(
        np.empty(m * WIDTH),
        np.empty(m * WIDTH),
        np.empty(m * WIDTH),
        np.empty(m * WIDTH),
        w,
        np.zeros(3 * nodes * WIDTH),
        np.empty(3 * nodes * WIDTH),
        direction,
        np.empty(9 * blocks * WIDTH),
        np.empty(3 * nodes * v * WIDTH),
        np.empty(v * v * WIDTH),
    )


@njit(cache=True, error_model="numpy")
def lane_ends(cell, order):
    """Return the places of the nodes at the ends of the bars."""
    one, two = order.place[cell.start], order.place[cell.end]
    for i in range(len(one)):
        if one[i] == two[i]:  # a bar between two images of one node feels no fluctuation
            one[i] = two[i] = len(order.place) - 1
    return one, two


@njit(cache=True, error_model="numpy")
def fill_lanes(sequence, begin, rows):
    """Write which points the lanes take from a place of the sequence on; the last may fill several lanes."""
    for lane in range(WIDTH):
        rows[lane] = sequence[min(begin + lane, len(sequence) - 1)]


@njit(cache=True, error_model="numpy")
def begin_lanes(cell, order, guess, strain, plastic_strain, rows, points):
    """Write strains without fluctuation, plastic strains and a guess of the fluctuation into the lanes."""
    m, v = cell.elongation.shape
    average = np.empty(v * WIDTH)
    for lane in range(WIDTH):
        for c in range(v):
            average[c * WIDTH + lane] = strain[rows[lane], c]
        for i in range(m):
            points.before[i * WIDTH + lane] = plastic_strain[rows[lane], i]
        for node in range(1, len(order.place)):
            for a in range(3):
                at = (3 * order.place[node] + a) * WIDTH + lane
                points.w[at] = guess[rows[lane], 3 * node + a] - guess[rows[lane], a]
    for i in range(m):
        total = cell.elongation[i, 0] * read(average, 0)
        for c in range(1, v):
            total = total + cell.elongation[i, c] * read(average, c)
        store(points.affine, i, total)


@njit(cache=True, error_model="numpy")
def _bar_strain(gradient, i, p, q, affine, w):
    """Return the strain of a bar between places of nodes."""
    x, y, z = gradient[i, 0], gradient[i, 1], gradient[i, 2]
    strain = read(affine, i) + x * (read(w, q) - read(w, p))
    return strain + y * (read(w, q + 1) - read(w, p + 1)) + z * (read(w, q + 2) - read(w, p + 2))


@njit(cache=True, error_model="numpy")
def lane_forces(cell, one, two, points, free):
    """Write flow and residual; return (where a sense of flow changed, norm, scale of the forces)."""
    gradient, young = cell.gradient, cell.young
    residual = points.residual
    zero = splat(0.0)
    for r in range(3 * free + 3):
        store(residual, r, zero)
    changed, scale, norm = zero, zero, zero
    for i in range(len(young)):
        p, q = 3 * one[i], 3 * two[i]
        strain, before = _bar_strain(gradient, i, p, q, points.affine, points.w), read(points.before, i)
        increment = plastic_increment(strain, before, young[i], cell.limit[i], cell.hardening[i])
        store(points.increment, i, increment)
        sense = (increment > 0.0) - (increment < 0.0)
        changed = max(changed, abs(sense - read(points.flowing, i)))
        weight = cell.fraction[i] * young[i]
        scale = max(scale, weight * max(abs(strain), abs(before)))
        force = weight * (strain - before - increment)
        for a in range(3):
            part = gradient[i, a] * force
            store(residual, q + a, read(residual, q + a) + part)
            store(residual, p + a, read(residual, p + a) - part)
    total = zero
    for r in range(3 * free):
        value = abs(read(residual, r))
        norm = max(norm, value)
        total = total + value
    return changed, norm + 0.0 * total, scale  # the sum keeps what is not a number


@njit(cache=True, error_model="numpy")
def assemble_lanes(cell, elastic, block, one, two, points):
    """Write the tangent of the fluctuation for the present senses of flow."""
    gradient, matrix = cell.gradient, points.matrix
    for b in range(len(elastic.blocks)):
        store(matrix, b, splat(elastic.blocks[b]))
    for i in range(len(one)):
        increment = read(points.increment, i)
        sense = (increment > 0.0) - (increment < 0.0)
        store(points.flowing, i, sense)
        if not any_true(sense):
            continue
        loss = abs(sense) * loss_of_stiffness(cell, i)
        p, q = one[i], two[i]
        pp, qq, pq = 9 * block[p, p], 9 * block[q, q], 9 * block[p, q]
        for a in range(3):
            row = gradient[i, a] * loss
            for b in range(3):
                value, k = gradient[i, b] * row, 3 * a + b
                store(matrix, pq + k, read(matrix, pq + k) + value)
                if b <= a:
                    store(matrix, pp + k, read(matrix, pp + k) - value)
                    store(matrix, qq + k, read(matrix, qq + k) - value)


@njit(cache=True, error_model="numpy")
def condense_lanes(cell, elastic, order, one, two, points):
    """Write the consistent tangents from the factor of that of the fluctuation."""
    v = cell.elongation.shape[1]
    free = len(order.first) - 1
    coupling, tangent = points.coupling, points.tangent
    for node in range(free + 1):
        for a in range(3):
            for c in range(v):
                store(coupling, (3 * order.place[node] + a) * v + c, splat(elastic.mixed[3 * node + a, c]))
    for c in range(v):
        for e in range(c + 1):
            store(tangent, c * v + e, splat(elastic.affine[c, e]))
    for i in range(len(one)):
        sense = read(points.flowing, i)
        if not any_true(sense):
            continue
        loss = abs(sense) * loss_of_stiffness(cell, i)
        p, q = 3 * one[i], 3 * two[i]
        for c in range(v):
            scaled = cell.elongation[i, c] * loss
            for e in range(c + 1):
                k = c * v + e
                store(tangent, k, read(tangent, k) - cell.elongation[i, e] * scaled)
            for a in range(3):
                part = cell.gradient[i, a] * scaled
                k, j = (q + a) * v + c, (p + a) * v + c
                store(coupling, k, read(coupling, k) - part)
                store(coupling, j, read(coupling, j) + part)
    solve_sparse_lower(order, points.matrix, coupling, v)
    for r in range(3 * free):
        for c in range(v):
            one_side = read(coupling, r * v + c)
            for e in range(c + 1):
                k = c * v + e
                store(tangent, k, read(tangent, k) - one_side * read(coupling, r * v + e))


@njit(cache=True, error_model="numpy")
def lane_energies(cell, one, two, points, energy, dissipation):
    """Write energy and dissipation, and the plastic strains in place of those before."""
    stored, lost = splat(0.0), splat(0.0)
    for i in range(len(one)):
        strain = _bar_strain(cell.gradient, i, 3 * one[i], 3 * two[i], points.affine, points.w)
        increment = read(points.increment, i)
        plastic = read(points.before, i) + increment
        store(points.before, i, plastic)
        elastic = strain - plastic
        density = cell.young[i] * elastic * elastic + cell.hardening[i] * plastic * plastic
        stored = stored + 0.5 * cell.fraction[i] * density
        lost = lost + cell.fraction[i] * cell.limit[i] * abs(increment)
    store(energy, 0, stored)
    store(dissipation, 0, lost)
