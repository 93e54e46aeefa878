"""The nearest admissible forces of many points at once, by block pivoting, compiled for speed.

The problem, and the method in plain loops, are those of `microtann.slips.reference_kernel`. Here all slips enter
that are violated at least half as much as the most violated one, or all that are violated if slips are
independent, and all leave whose slip opposes its force, until none does either; each round solves the normal
equations of eight points at once, those with about as many flowing slips together. What a point gets does not
depend on the others. This need not end, so that points which have not settled after some rounds go on with the
finite method, from the slips that they have. A point is done when its forces are admissible and none of its
slips opposes its force: that is the certificate of the minimum, however it was found.

References
----------
- J. J. Júdice and F. M. Pires, A block principal pivoting algorithm for large-scale strictly monotone linear
  complementarity problems, Computers & Operations Research 21 (1994), 587-596.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.slips.dual_projection_kernel import project
from microtann.slips.lanes_kernel import WIDTH, read, select, splat, store
from microtann.slips.slip_equations_kernel import (
    add_rows,
    by_count,
    empty_group,
    end_of_group,
    factorise_group,
    solve_group,
)
from microtann.slips.slip_search_kernel import FAILED, ROUND_OFF, empty_search
from microtann.slips.yield_tolerance import YIELD_TOLERANCE

ROUNDS = 25
"""Rounds before a point goes on alone."""
SHARE = 0.5
"""Slips enter that are violated by this part of the largest violation, if they are not independent.

Independent slips all enter at once: hardly any of them has to leave again.
"""


@njit(inline="always", error_model="numpy")
def _largest(vector, scratch):
    """Return the largest of lanes."""
    store(scratch, 0, vector)
    largest = 0.0
    for lane in range(WIDTH):
        largest = max(largest, scratch[lane])
    return largest


@njit(cache=True, error_model="numpy")
def _violations(force, sense, scale, largest, distance, excess):
    """Write how far the forces at rest are beyond their bounds; return the largest distance.

    Round-off does not decide who flows: of a force it is measured by the largest trial force on a slip, and by
    what the largest distance of the trial force from a slip's plane does to the force on this slip, if that is
    less.
    """
    worst = splat(0.0)
    for j in range(len(force) // WIDTH):
        size, width = abs(read(force, j)), read(scale, j)
        error = ROUND_OFF * min(splat(largest), splat(distance) / width)
        beyond = select(size - 1.0 > max(error, splat(YIELD_TOLERANCE)), (size - 1.0) * width, 0.0)
        beyond = select(abs(read(sense, j)) > splat(0.5), 0.0, beyond)
        store(excess, j, beyond)
        worst = max(worst, beyond)
    return _largest(worst, excess[len(force) :])


@njit(cache=True, error_model="numpy")
def _revise(fixed, members, count, slips, force, sense, largest, distance, excess):
    """Let slips leave and enter; return how many flow then, and whether nothing has changed."""
    kept = 0
    for a in range(count):
        i = members[a]
        if slips[i] * sense[i] > 0.0:
            members[kept] = i
            kept += 1
        else:
            sense[i] = 0.0
            slips[i] = 0.0
            force[i] = 0.0  # on its bound, or in the span of others: it does not enter at once
    worst = _violations(force, sense, fixed.scale, largest, distance, excess)
    if worst == 0.0:
        return kept, kept == count
    least = SHARE * worst if len(fixed.inverse) == 0 else 0.0
    for i in range(len(force)):
        if excess[i] > 0.0 and excess[i] >= least and kept < len(members):
            sense[i] = 1.0 if force[i] > 0.0 else -1.0
            members[kept] = i
            kept += 1
    return kept, False


@njit(cache=True, error_model="numpy")
def _open_points(trial, scale, count, largest, distance):
    """Return the points that yield; write 0 as the number of flowing slips of the others, FAILED if not finite.

    Of those that yield also write the largest force on a slip, and the largest that is divided by its |nᵢ|.
    """
    n, s = trial.shape
    found, scratch = np.empty(n, dtype=np.int64), np.empty(WIDTH)
    left = 0
    for p in range(n):
        worst, total = splat(0.0), splat(0.0)
        row = trial[p]
        for j in range(s // WIDTH):
            size = abs(read(row, j))
            worst = max(worst, size)
            total = total + size
        force = _largest(worst, scratch)
        store(scratch, 0, total)
        count[p] = 0 if np.isfinite(scratch.sum()) else FAILED
        if count[p] == 0 and force > 1.0 + YIELD_TOLERANCE:
            worst = splat(0.0)
            for j in range(s // WIDTH):
                size = abs(read(row, j))
                worst = max(worst, select(size > splat(0.0), size * read(scale, j), 0.0))
            largest[p], distance[p] = force, _largest(worst, scratch)
            found[left] = p
            left += 1
    return found[:left]


@njit(cache=True, error_model="numpy")
def project_points(fixed, trial, slips):
    """Find the slips of n points.

    Parameters
    ----------
    fixed : Slips
    trial : (n, s)
        r: trial forces on the slips; s is a multiple of eight.
    slips : (n, s) out
        γ; only written where something flows.

    Returns
    -------
    int64 array, shape (n,)
        Numbers of flowing slips; FAILED where they were not found.
    """
    n, s = trial.shape
    count, largest, distance = np.empty(n, dtype=np.int64), np.empty(n), np.empty(n)
    waiting = _open_points(trial, fixed.scale, count, largest, distance)
    if len(waiting) == 0:
        return count
    members, sense = np.empty((n, fixed.most), dtype=np.int64), np.empty((n, s))
    force, excess, group = np.empty(s), np.empty(s + WIDTH), empty_group(fixed)
    for p in waiting:
        slips[p] = 0.0
        sense[p] = 0.0
        for i in range(s):
            force[i] = trial[p, i]
        count[p], _ = _revise(
            fixed, members[p], np.int64(0), slips[p], force, sense[p], largest[p], distance[p], excess
        )
    settled = np.empty(WIDTH, dtype=np.bool_)
    for _ in range(ROUNDS):
        order = by_count(waiting, count, fixed.most)
        left, last = 0, 0
        while last < len(order):
            first, last = last, end_of_group(fixed, order, count, last)
            points = order[first:last]
            blocks, from_rest = factorise_group(fixed, members, count, points, group)
            for lane, p in enumerate(points):
                for i in members[p, : count[p]]:
                    group.right[lane, i] = trial[p, i] - sense[p, i]
            solve_group(fixed, members, count, points, blocks, from_rest, group)
            settled[:] = False
            for lane, p in enumerate(points):
                own = members[p, : count[p]]
                for i in own:
                    slips[p, i] = group.slips[lane, i]
                for i in range(s):
                    force[i] = trial[p, i]
                add_rows(fixed.gram, own, slips[p], -1.0, force)
                count[p], settled[lane] = _revise(
                    fixed, members[p], count[p], slips[p], force, sense[p], largest[p], distance[p], excess
                )
                if settled[lane]:
                    for i in own:
                        group.right[lane, i] = force[i] - sense[p, i]
                else:
                    waiting[left] = p
                    left += 1
            if settled.any():  # once more from the remaining forces, against round-off
                solve_group(fixed, members, count, points, blocks, from_rest, group)
                for lane, p in enumerate(points):
                    if settled[lane]:
                        for i in members[p, : count[p]]:
                            value = slips[p, i] + group.slips[lane, i]
                            slips[p, i] = value if value * sense[p, i] > 0.0 else 0.0
        waiting = waiting[:left]
        if left == 0:
            return count
    search = empty_search(fixed.most, s)
    for p in waiting:
        for a, i in enumerate(members[p, : count[p]]):
            search.active[a] = i
            search.sense[i] = sense[p, i]
        count[p] = project(fixed.gram, trial[p], search, count[p])
        slips[p] = 0.0
        for a in range(count[p]):
            slips[p, search.active[a]] = search.slip[a]
    return count
