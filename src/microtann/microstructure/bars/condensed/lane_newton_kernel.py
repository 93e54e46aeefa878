"""Newton's method in the fluctuation of eight material points at once, compiled for speed.

It is the method of `newton_kernel` beside it, for cells in three dimensions whose bars all harden, at the points
of `lane_points_kernel`. A point that has settled waits for the others without moving. Points that do not settle
are left to the caller.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.microstructure.bars.condensed.lane_points_kernel import (
    assemble_lanes,
    begin_lanes,
    condense_lanes,
    empty_lanes,
    fill_lanes,
    lane_ends,
    lane_energies,
    lane_forces,
)
from microtann.microstructure.bars.condensed.line_search_kernel import OVERSHOOT, SEARCH_ROUNDS, SLACK
from microtann.microstructure.bars.condensed.newton_kernel import FORCE_ROUND_OFF, ROUNDS, SETTLED
from microtann.numbers.illinois_kernel import Bracket, estimate, narrow
from microtann.slips.lanes_kernel import WIDTH, any_true, read, select, splat, store
from microtann.slips.sparse_cholesky_kernel import factorise_sparse, solve_sparse_lower, solve_sparse_upper


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
            changed, norm, scale = lane_forces(cell, one, two, points, free)
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
            assemble_lanes(cell, elastic, order.block, one, two, points)
            factorise_sparse(order, points.matrix)
        active = read(running, 0)
        for r in range(3 * free):
            store(points.origin, r, read(points.w, r))
            store(points.direction, r, -read(points.residual, r))
        solve_sparse_lower(order, points.matrix, points.direction, np.int64(1))
        solve_sparse_upper(order, points.matrix, points.direction)
        for r in range(3 * free):
            store(points.direction, r, select(active, read(points.direction, r), 0.0))
        store(report, 3, _slope(points, free))
        steps[:] = 1.0
        _step(points, free, steps)
        changed, norm, scale = lane_forces(cell, one, two, points, free)
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
            changed, norm, scale = lane_forces(cell, one, two, points, free)
            store(report, 4, _slope(points, free))
            for lane in range(WIDTH):
                if searching[lane] == 1.0:
                    if abs(values[lane]) <= SLACK * abs(start[lane]):
                        searching[lane] = 0.0
                    else:
                        brackets[lane] = narrow(brackets[lane], steps[lane], values[lane])
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def count_flowing(cell, order, guess, strain, plastic_strain):
    """Return how many bars of every point flow under a guess of the fluctuation, shape (n,).

    Parameters
    ----------
    cell, order, guess, strain, plastic_strain
        As for `advance_by_newton`.
    """
    count, m = len(strain), len(cell.young)
    one, two = lane_ends(cell, order)
    points = empty_lanes(m, len(order.place), np.int64(0), cell.elongation.shape[1])
    rows, flowing = np.empty(WIDTH, dtype=np.int64), np.zeros(count, dtype=np.int64)
    sequence = np.arange(count)
    for i in range(m):
        store(points.flowing, i, splat(0.0))
    for begin in range(0, count, WIDTH):
        fill_lanes(sequence, begin, rows)
        begin_lanes(cell, order, guess, strain, plastic_strain, rows, points)
        lane_forces(cell, one, two, points, len(order.first) - 1)
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
    one, two = lane_ends(cell, order)
    points = empty_lanes(m, nodes, len(elastic.blocks) // 9, v)
    running, stored, lost = np.empty(WIDTH), np.empty(WIDTH), np.empty(WIDTH)
    rows, failed = np.empty(WIDTH, dtype=np.int64), np.zeros(count, dtype=np.bool_)
    for begin in range(0, count, WIDTH):
        fill_lanes(sequence, begin, rows)
        running[:] = 1.0
        begin_lanes(cell, order, guess, strain, plastic_strain, rows, points)
        factored = _equilibrate(cell, elastic, order, one, two, points, running)
        if tangent.shape[0] > 0:
            if not factored:
                assemble_lanes(cell, elastic, order.block, one, two, points)
                factorise_sparse(order, points.matrix)
            condense_lanes(cell, elastic, order, one, two, points)
        lane_energies(cell, one, two, points, stored, lost)
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
