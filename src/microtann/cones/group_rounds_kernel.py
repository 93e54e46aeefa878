"""The flow of groups at many points, eight at once, compiled for speed; resistances do not grow.

The minimum is that of `microtann.cones.group_flow_kernel`: |f_g| ≤ k_g where γ_g = 0, f_g = k_g γ_g/|γ_g|
elsewhere. That is: for any ρ_g > 0, with ζ_g = f_g + ρ_g γ_g, either |ζ_g| ≤ k_g and γ_g = 0, or f_g = k_g u_g
with u_g = ζ_g/|ζ_g|. Points come together in rounds of two steps.

1. **Descent**: one group after the other, the others being held, goes to the minimum of what its block of G, with
   its largest eigenvalue in all directions, would have: γ_g = (1 − k_g/|ζ_g|) ζ_g/ρ_g with ρ_g this eigenvalue.
2. **Newton's method** for f_g = k_g u_g in the groups with |ζ_g| > k_g, those of others going to zero,

       (G_AA + J) dγ = f − k u − Jγ,    J_g = (1 − u_g u_gᵀ)/λ_g,    λ_g = (|ζ_g| − k_g)/(ρ_g k_g),

   by the equations of `microtann.cones.octet_response_kernel`. ρ_g = k_g/|γ_g|, within limits, lets the force and
   the flow have the same say in the direction, as Newton's method does not converge to a far minimum otherwise.

The first descent goes over all groups some times. Few rounds then give all digits, and each of them costs one
factorisation. They need not end, so that points that are not found go on alone, by `flow_groups`. A point is done
when the forces have the resistances, within the accuracy asked for there: that is the certificate.

References
----------
P. Alart and A. Curnier, A mixed formulation for frictional contact problems prone to Newton like solution methods,
Computer Methods in Applied Mechanics and Engineering 92 (1991), 353-375.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.cones.group_flow_kernel import CERTIFICATE, flow_groups
from microtann.cones.octet_response_kernel import factorise_responses
from microtann.slips.lanes_kernel import WIDTH, any_true, read, root, select, splat, store
from microtann.slips.octet_cholesky_kernel import solve_octet_lower, solve_octet_upper
from microtann.slips.slip_equations_kernel import by_count
from microtann.slips.slip_search_kernel import FAILED
from microtann.slips.yield_tolerance import YIELD_TOLERANCE

ROUNDS = 12
"""Rounds before a point goes on alone."""
SWEEPS = 8
"""Times that the first descent goes over all groups."""
SLOWEST, FASTEST = 0.05, 20.0
"""Limits of ρ, relative to the largest eigenvalue of a block."""
ROUND_OFF = 2e-15
"""Error of a force relative to the largest trial force that is none."""
STIFFEST = 1e6
"""Largest 1/λ, relative to the largest eigenvalue of a block; it leaves the solution as it is."""
NOTHING = 1e-200
"""In place of zero, which is divided by."""


class GroupRounds(NamedTuple):
    """Eight points on their way to their flow.

    Parameters
    ----------
    trial, force, flow, unit, wanted : arrays of lanes, places m
        r, f, γ, u and f − k u − Jγ.
    flows, enters, stretch : arrays of lanes, places G
        Whether groups flow, do so in the next step, and √λ.
    change : array of lanes, places d
        Of the flow of a group.
    few : array of lanes
        Some numbers.
    """

    trial: Any
    force: Any
    flow: Any
    unit: Any
    wanted: Any
    flows: Any
    enters: Any
    stretch: Any
    change: Any
    few: Any


@njit(cache=True)
def empty_rounds(fixed):
    """Return the arrays for eight points."""
    m, groups, wide = fixed.first[-1], len(fixed.resistance), fixed.place.shape[1]
    return GroupRounds(
        np.zeros(m * WIDTH),
        np.zeros(m * WIDTH),
        np.zeros(m * WIDTH),
        np.zeros(m * WIDTH),
        np.zeros(m * WIDTH),
        np.zeros(groups * WIDTH),
        np.zeros(groups * WIDTH),
        np.zeros(groups * WIDTH),
        np.zeros(wide * WIDTH),
        np.zeros(WIDTH),
    )


@njit(cache=True, error_model="numpy")
def _push(fixed, start, end, change, force):
    """Take from all forces what a change of one group does."""
    flat, m = fixed.bordered.ravel(), fixed.first[-1]
    stride, i = m + 1, start
    while i + 3 <= end:
        a, b, c = read(change, i - start), read(change, i + 1 - start), read(change, i + 2 - start)
        for j in range(m):
            total = read(force, j) - splat(flat[i * stride + j]) * a
            total = total - splat(flat[(i + 1) * stride + j]) * b
            store(force, j, total - splat(flat[(i + 2) * stride + j]) * c)
        i += 3
    while i < end:
        a = read(change, i - start)
        for j in range(m):
            store(force, j, read(force, j) - splat(flat[i * stride + j]) * a)
        i += 1


@njit(cache=True, error_model="numpy")
def _form_forces(fixed, now):
    """Write f = r − Gγ, and which groups flow."""
    first, change = fixed.first, now.change
    for i in range(first[-1]):
        store(now.force, i, read(now.trial, i))
    for g in range(len(fixed.resistance)):
        square = splat(0.0)
        for i in range(first[g], first[g + 1]):
            own = read(now.flow, i)
            store(change, i - first[g], own)
            square = square + own * own
        flows = square > 0.0
        store(now.flows, g, flows)
        if any_true(flows):
            _push(fixed, first[g], first[g + 1], change, now.force)


@njit(cache=True, error_model="numpy")
def _descend(fixed, now, largest):
    """Bring one group after the other to its minimum, where all directions are as steep as the steepest."""
    first, force, flow, change = fixed.first, now.force, now.flow, now.change
    for g in range(len(fixed.resistance)):
        k, steepest = splat(fixed.resistance[g]), splat(fixed.steepest[g])
        square = splat(0.0)
        for i in range(first[g], first[g + 1]):
            reached = read(force, i) + steepest * read(flow, i)
            square = square + reached * reached
        size, before = root(square), read(now.flows, g)
        after = size > select(before, k, k * splat(1.0 + YIELD_TOLERANCE) + largest)
        store(now.flows, g, after)
        if any_true(before + after):
            part = select(after, (splat(1.0) - k / size) / steepest, 0.0)
            for i in range(first[g], first[g + 1]):
                own = part * (read(force, i) + steepest * read(flow, i))
                store(change, i - first[g], own - read(flow, i))
                store(flow, i, own)
            _push(fixed, first[g], first[g + 1], change, force)


@njit(cache=True, error_model="numpy")
def _judge(fixed, now, largest):
    """Write u, √λ and which groups flow in the next step; return by how much forces differ from resistances."""
    first, worst, total, one = fixed.first, splat(0.0), splat(0.0), splat(1.0)
    for g in range(len(fixed.resistance)):
        start, end, flows = first[g], first[g + 1], read(now.flows, g)
        k, steepest = splat(fixed.resistance[g]), splat(fixed.steepest[g])
        forces, flowed = splat(0.0), splat(0.0)
        for i in range(start, end):
            f, own = read(now.force, i), read(now.flow, i)
            forces, flowed = forces + f * f, flowed + own * own
        n, s = root(forces), max(root(flowed), splat(NOTHING))
        rho = select(flows, min(max(k / s, steepest * SLOWEST), steepest * FASTEST), steepest)
        square, apart = splat(0.0), splat(0.0)
        for i in range(start, end):
            f, own = read(now.force, i), read(now.flow, i)
            reached, away = f + rho * own, f - k * own / s
            store(now.unit, i, reached)
            square, apart = square + reached * reached, apart + away * away
        size = root(square)
        enters = select(flows, size > k, n > k * splat(1.0 + YIELD_TOLERANCE) + largest)
        store(now.enters, g, enters)
        for i in range(start, end):
            store(now.unit, i, select(enters, read(now.unit, i) / size, 0.0))
        ratio = max((size - k) / (rho * k), one / (steepest * STIFFEST))
        store(now.stretch, g, select(enters, root(ratio), 1.0))
        error = max(abs(n - k), root(apart) * min(one, steepest * s / k)) / k
        error = select(enters, select(flows, error, 1.0), select(flows, one, splat(0.0)))
        worst, total = max(worst, error), total + error
    return worst + total * splat(0.0)  # what is not a number is not lost


@njit(cache=True, error_model="numpy")
def _want(fixed, now):
    """Bring groups to rest that leave, and write f − k u − Jγ."""
    first, flow, u = fixed.first, now.flow, now.unit
    for g in range(len(fixed.resistance)):
        leaves = read(now.flows, g) > read(now.enters, g)
        if any_true(leaves):
            for i in range(first[g], first[g + 1]):
                store(now.change, i - first[g], select(leaves, -read(flow, i), 0.0))
                store(flow, i, select(leaves, 0.0, read(flow, i)))
            _push(fixed, first[g], first[g + 1], now.change, now.force)
    for g in range(len(fixed.resistance)):
        if any_true(read(now.enters, g)):
            q, k, along = read(now.stretch, g), splat(fixed.resistance[g]), splat(0.0)
            for i in range(first[g], first[g + 1]):
                along = along + read(u, i) * read(flow, i)
            along = along / (q * q) - k
            for i in range(first[g], first[g + 1]):
                wanted = read(now.force, i) - read(flow, i) / (q * q)
                store(now.wanted, i, wanted + along * read(u, i))


@njit(cache=True, error_model="numpy")
def _step(fixed, now, response, going):
    """Take a step of Newton's method for those of eight points that are not done; write how many groups flow.

    Parameters
    ----------
    fixed : GroupLanes
    now : GroupRounds, in and out
    response : OctetResponse
    going : int64 array, shape (8,)
        Negative where a point is done; takes the number of groups.
    """
    groups, wide, first, slots = len(fixed.resistance), fixed.place.shape[1], fixed.first, np.int64(0)
    listed, vector = response.listed, response.octet.vector
    listed[:] = groups
    for lane in range(WIDTH):
        if going[lane] >= 0:
            a = 0
            for g in range(groups):
                if now.enters[g * WIDTH + lane] > 0.0:
                    listed[a, lane] = g
                    a += 1
            going[lane] = a
            slots = max(slots, np.int64(a))
    for a in range(slots):
        for lane in range(WIDTH):
            g = listed[a, lane]
            inside = g < groups
            response.stretch[a * WIDTH + lane] = now.stretch[g * WIDTH + lane] if inside else 1.0
            for i in range(wide):
                place, c = (a * wide + i) * WIDTH + lane, fixed.place[g, i]
                known = c < first[-1]
                response.direction[place] = now.unit[c * WIDTH + lane] if known else 0.0
                vector[place] = now.wanted[c * WIDTH + lane] if known else 0.0
    vector[slots * wide * WIDTH :] = 0.0
    blocks = factorise_responses(fixed, slots, response)
    solve_octet_lower(blocks, response.octet, vector, np.int64(0))
    solve_octet_upper(blocks, response.octet, vector)
    for lane in range(WIDTH):
        for a in range(going[lane]):
            g = listed[a, lane]
            for i in range(first[g + 1] - first[g]):
                now.flow[(first[g] + i) * WIDTH + lane] += vector[(a * wide + i) * WIDTH + lane]


@njit(cache=True, error_model="numpy")
def _finish(fixed, now, lane, flow):
    """Write the flow of a point that is done; return how many groups flow.

    Where little flows, round-off rules its direction, and that of the force is taken.
    """
    first, count = fixed.first, 0
    for g in range(len(fixed.resistance)):
        n, s = 0.0, 0.0
        for i in range(first[g], first[g + 1]):
            n += now.force[i * WIDTH + lane] ** 2
            s += now.flow[i * WIDTH + lane] ** 2
        ratio = np.sqrt(s / n) if s > 0.0 else 0.0
        count += s > 0.0
        along = np.sqrt(s) * fixed.steepest[g] < fixed.resistance[g]
        for i in range(first[g], first[g + 1]):
            flow[i] = ratio * now.force[i * WIDTH + lane] if along else now.flow[i * WIDTH + lane]
    return count


@njit(cache=True, error_model="numpy")
def _open_points(fixed, trial, count, largest):
    """Return the points that yield, and write by how many groups; FAILED where forces are not finite."""
    n, found, left, first = len(trial), np.empty(len(trial), dtype=np.int64), 0, fixed.first
    for p in range(n):
        most, yields = 0.0, 0
        for g in range(len(fixed.resistance)):
            square, k = 0.0, fixed.resistance[g] * (1.0 + YIELD_TOLERANCE)
            for i in range(first[g], first[g + 1]):
                square += trial[p, i] * trial[p, i]
            most = max(most, square) if np.isfinite(square) else np.inf
            yields += square > k * k
        count[p], largest[p] = yields if most < np.inf else FAILED, np.sqrt(most)
        if count[p] > 0:
            found[left] = p
            left += 1
    return found[:left]


@njit(cache=True, error_model="numpy")
def flow_group_points(fixed, response, now, search, law, trial, flow):
    """Find the flow of n points.

    Parameters
    ----------
    fixed : GroupLanes
    response : OctetResponse
    now : GroupRounds
    search, law : GroupSearch, Resistance
        For points that go on alone.
    trial : (n, ≥ m)
        r.
    flow : (n, m) out
        γ; not touched where nothing flows.

    Returns
    -------
    int64 array, shape (n,)
        Numbers of flowing groups; FAILED where the flow was not found or forces are not finite.
    """
    n, m, groups = len(trial), fixed.first[-1], len(fixed.resistance)
    count, largest, going = np.empty(n, dtype=np.int64), np.empty(n), np.empty(WIDTH, dtype=np.int64)
    waiting = _open_points(fixed, trial, count, largest)
    for p in waiting:
        flow[p] = 0.0
    for number in range(ROUNDS):
        order, left = by_count(waiting, count, groups), 0
        for begin in range(0, len(order), WIDTH):
            points = order[begin : begin + WIDTH]
            now.few[:] = 0.0
            for i in range(m):
                for lane in range(WIDTH):
                    inside = lane < len(points)
                    now.trial[i * WIDTH + lane] = trial[points[lane], i] if inside else 0.0
                    now.flow[i * WIDTH + lane] = flow[points[lane], i] if inside else 0.0
            for lane, p in enumerate(points):
                now.few[lane] = ROUND_OFF * largest[p]
            noise = read(now.few, 0)
            _form_forces(fixed, now)
            for _ in range(1 if number else SWEEPS):
                _descend(fixed, now, noise)
            worst = _judge(fixed, now, noise)
            store(now.few, 0, worst - noise)
            going[:] = FAILED
            for lane, p in enumerate(points):
                if now.few[lane] <= CERTIFICATE:
                    count[p] = _finish(fixed, now, lane, flow[p])
                else:
                    going[lane] = 0
            if going.max() < 0:
                continue
            _want(fixed, now)
            _step(fixed, now, response, going)
            for lane, p in enumerate(points):
                if going[lane] >= 0:
                    count[p], waiting[left] = going[lane], p
                    left += 1
                    for i in range(m):
                        flow[p, i] = now.flow[i * WIDTH + lane]
        waiting = waiting[:left]
        if left == 0:
            return count
    for p in waiting:
        flow[p] = 0.0
        count[p] = flow_groups(search, law, trial[p, :m], flow[p])
    return count
