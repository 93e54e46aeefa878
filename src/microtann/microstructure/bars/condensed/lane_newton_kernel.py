"""Newton's method in the fluctuation of eight material points at once, compiled for speed.

It is the method of `newton_kernel` beside it, for cells in three dimensions whose bars all harden: the eight
points share the sparse structure of the tangent and, lane by lane, the instructions. A point that has settled
waits for the others without moving. Points that do not settle are left to the caller.

Arrays of lanes are flat (`microtann.slips.lanes_kernel`); those over the nodes hold three places for each, in the
order of elimination, and three more for the held node.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.microstructure.bars.condensed.line_search_kernel import OVERSHOOT, SEARCH_ROUNDS, SLACK
from microtann.microstructure.bars.condensed.newton_kernel import (
    FORCE_ROUND_OFF,
    ROUNDS,
    SETTLED,
    loss_of_stiffness,
)
from microtann.numbers.illinois_kernel import Bracket, estimate, narrow
from microtann.slips.lanes_kernel import WIDTH, any_true, read, select, splat, store
from microtann.slips.return_map_kernel import plastic_increment
from microtann.slips.sparse_cholesky_kernel import factorise_sparse, solve_sparse_lower, solve_sparse_upper


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
def _empty(m, nodes, blocks, v):
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
def _bar_strain(gradient, i, p, q, affine, w):
    """Return the strain of a bar between places of nodes."""
    x, y, z = gradient[i, 0], gradient[i, 1], gradient[i, 2]
    strain = read(affine, i) + x * (read(w, q) - read(w, p))
    return strain + y * (read(w, q + 1) - read(w, p + 1)) + z * (read(w, q + 2) - read(w, p + 2))


@njit(cache=True, error_model="numpy")
def _forces(cell, one, two, points, free):
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
def _assemble(cell, elastic, block, one, two, points):
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
def _slope(points, free):
    """Return residual · direction."""
    total = splat(0.0)
    for r in range(3 * free):
        total = total + read(points.residual, r) * read(points.direction, r)
    return total


@njit(cache=True, error_model="numpy")
def _step(points, free, lengths):
    """Move the fluctuation along the direction from where it was."""
    length = read(lengths, 0)
    for r in range(3 * free):
        store(points.w, r, read(points.origin, r) + length * read(points.direction, r))


@njit(cache=True, error_model="numpy")
def _equilibrate(cell, elastic, order, one, two, points, running):
    """Find the fluctuation of eight points; leave those ``running`` that did not settle; return a factor's state.

    The result is whether the matrix is the factor for the final senses of flow.
    """
    free = len(order.first) - 1
    steps, polished = np.zeros(WIDTH), np.zeros(WIDTH)
    report = np.empty(5 * WIDTH)  # change, norm, scale, slope before and after the step
    start, values = report[3 * WIDTH : 4 * WIDTH], report[4 * WIDTH :]
    searching, brackets = np.zeros(WIDTH), [Bracket(0.0, 1.0, -1.0, 1.0, 0) for _ in range(WIDTH)]
    for i in range(len(one)):
        store(points.flowing, i, splat(2.0))  # no sense of flow: the first evaluation changes all
    for turn in range(ROUNDS):
        if turn == 0:
            changed, norm, scale = _forces(cell, one, two, points, free)
        store(report, 0, changed)
        store(report, 1, norm)
        store(report, 2, scale)
        for lane in range(WIDTH):
            if running[lane] == 0.0:
                continue
            size, force = report[WIDTH + lane], report[2 * WIDTH + lane] * cell.steepest
            if size <= SETTLED * force:
                running[lane] = 0.0
            elif steps[lane] == 1.0 and report[lane] == 0.0 and size <= FORCE_ROUND_OFF * force:
                if polished[lane] == 1.0:
                    running[lane] = 0.0
                polished[lane] = 1.0  # the step was exact: once more with the same factor, against round-off
        if not any_true(read(running, 0)):
            return not any_true(changed)
        if any_true(changed):
            _assemble(cell, elastic, order.block, one, two, points)
            factorise_sparse(order, points.matrix)
        active = read(running, 0)
        for r in range(3 * free):
            store(points.origin, r, read(points.w, r))
            store(points.direction, r, -read(points.residual, r))
        solve_sparse_lower(order, points.matrix, points.direction, 1)
        solve_sparse_upper(order, points.matrix, points.direction)
        for r in range(3 * free):
            store(points.direction, r, select(active, read(points.direction, r), 0.0))
        store(report, 3, _slope(points, free))
        steps[:] = 1.0
        _step(points, free, steps)
        changed, norm, scale = _forces(cell, one, two, points, free)
        store(report, 4, _slope(points, free))
        for lane in range(WIDTH):
            overshoots = (
                values[lane] > OVERSHOOT * abs(start[lane]) and running[lane] == 1.0 and polished[lane] == 0.0
            )
            searching[lane] = 1.0 if overshoots else 0.0
            brackets[lane] = Bracket(0.0, 1.0, start[lane], values[lane], 0)
        for _ in range(SEARCH_ROUNDS):
            if not any_true(read(searching, 0)):
                break
            for lane in range(WIDTH):
                if searching[lane] == 1.0:
                    steps[lane] = estimate(brackets[lane])
            _step(points, free, steps)
            changed, norm, scale = _forces(cell, one, two, points, free)
            store(report, 4, _slope(points, free))
            for lane in range(WIDTH):
                if searching[lane] == 1.0:
                    if abs(values[lane]) <= SLACK * abs(start[lane]):
                        searching[lane] = 0.0
                    else:
                        brackets[lane] = narrow(brackets[lane], steps[lane], values[lane])
    return False


@njit(cache=True, error_model="numpy")
def _condense_tangent(cell, elastic, order, one, two, points):
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
def _begin(cell, order, guess, strain, plastic_strain, rows, points):
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
def _energies(cell, one, two, points, energy, dissipation):
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


@njit(cache=True, error_model="numpy")
def _ends(cell, order):
    """Return the places of the nodes at the ends of the bars."""
    one, two = order.place[cell.start], order.place[cell.end]
    for i in range(len(one)):
        if one[i] == two[i]:  # a bar between two images of one node feels no fluctuation
            one[i] = two[i] = len(order.place) - 1
    return one, two


@njit(cache=True, error_model="numpy")
def _chosen_rows(sequence, begin, rows):
    """Write which points the lanes take from a place of the sequence on; the last may fill several lanes."""
    for lane in range(WIDTH):
        rows[lane] = sequence[min(begin + lane, len(sequence) - 1)]


@njit(cache=True, nogil=True, error_model="numpy")
def count_flowing(cell, order, guess, strain, plastic_strain):
    """Return how many bars of every point flow under a guess of the fluctuation, shape (n,).

    Parameters
    ----------
    cell, order, guess, strain, plastic_strain
        As for `advance_by_newton`.
    """
    count, m = len(strain), len(cell.young)
    one, two = _ends(cell, order)
    points = _empty(m, len(order.place), 0, cell.elongation.shape[1])
    rows, flowing = np.empty(WIDTH, dtype=np.int64), np.zeros(count, dtype=np.int64)
    sequence = np.arange(count)
    for i in range(m):
        store(points.flowing, i, splat(0.0))
    for begin in range(0, count, WIDTH):
        _chosen_rows(sequence, begin, rows)
        _begin(cell, order, guess, strain, plastic_strain, rows, points)
        _forces(cell, one, two, points, len(order.first) - 1)
        for lane in range(min(WIDTH, count - begin)):
            for i in range(m):
                flowing[begin + lane] += points.increment[i * WIDTH + lane] != 0.0
    return flowing


@njit(cache=True, nogil=True, error_model="numpy")
def advance_by_newton(cell, elastic, order, sequence, guess, strain, plastic_strain, tangent, energy, dissipation):
    """Advance many material points by one increment; return which failed and stay as they are.

    Parameters
    ----------
    cell, elastic, order : FluctuationProblem, ElasticStiffness, Elimination
    sequence : (n,)
        The points in the order in which they are taken, best with points alike together.
    guess : (n, n d)
        Fluctuation of every point if no bar flowed.
    strain : (n, v)
    plastic_strain : (n, m) in and out
    tangent : (n, v, v), or (0, v, v) where it is not wanted, out
    energy, dissipation : (n,) out

    Returns
    -------
    array of bool, shape (n,)
    """
    count, v = strain.shape
    m, nodes = len(cell.young), len(order.place)
    one, two = _ends(cell, order)
    points = _empty(m, nodes, len(elastic.blocks) // 9, v)
    running, stored, lost = np.empty(WIDTH), np.empty(WIDTH), np.empty(WIDTH)
    rows, failed = np.empty(WIDTH, dtype=np.int64), np.zeros(count, dtype=np.bool_)
    for begin in range(0, count, WIDTH):
        _chosen_rows(sequence, begin, rows)
        running[:] = 1.0
        _begin(cell, order, guess, strain, plastic_strain, rows, points)
        factored = _equilibrate(cell, elastic, order, one, two, points, running)
        if tangent.shape[0] > 0:
            if not factored:
                _assemble(cell, elastic, order.block, one, two, points)
                factorise_sparse(order, points.matrix)
            _condense_tangent(cell, elastic, order, one, two, points)
        _energies(cell, one, two, points, stored, lost)
        for lane in range(min(WIDTH, count - begin)):
            p = rows[lane]
            failed[p] = running[lane] != 0.0
            if failed[p]:
                continue
            energy[p], dissipation[p] = stored[lane], lost[lane]
            flows = False
            for i in range(m):
                plastic_strain[p, i] = points.before[i * WIDTH + lane]
                flows |= points.increment[i * WIDTH + lane] != 0.0
            if tangent.shape[0] > 0:
                for c in range(v):
                    for e in range(c + 1):
                        value = points.tangent[(c * v + e) * WIDTH + lane] if flows else elastic.condensed[c, e]
                        tangent[p, c, e] = value
                        tangent[p, e, c] = value
    return failed
