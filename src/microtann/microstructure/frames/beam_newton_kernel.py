"""Newton's method in the motions of a frame's nodes, beam by beam, for eight material points at once; compiled.

What a step consists of is in `beam_state_kernel` beside this module. After a step on which the flow of no fibre
changes the sections are in equilibrium to round-off. Steps are shortened where the energy rises along them; after
`PATIENT` steps the line search is exact, with which the method converges from anywhere, since the energy is
convex. A point that has settled waits for the others without moving.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.microstructure.bars.condensed.line_search_kernel import OVERSHOOT, SEARCH_ROUNDS, SLACK
from microtann.microstructure.frames.beam_state_kernel import (
    empty_frames,
    end_motion,
    entry_at,
    evaluate_sections,
    linearise_beams,
    step_beams,
)
from microtann.numbers.illinois_kernel import Bracket, estimate, narrow
from microtann.slips.lanes_kernel import WIDTH, any_true, read, select, splat, store
from microtann.slips.return_map_kernel import plastic_increment
from microtann.slips.sparse_cholesky_kernel import factorise_sparse, solve_sparse_lower, solve_sparse_upper

ROUNDS = 200
PATIENT = 15
SETTLED = 1e-13
"""What sections lack to equilibrium, relative to their largest elastic forces, that is taken for round-off."""
STALLED = 1e-10
"""The same where a further step does not lessen it."""


@njit(cache=True, error_model="numpy")
def factorise_elastic(order, matrix):
    """Factorise the same matrix in eight lanes in place."""
    factorise_sparse(order, matrix)


@njit(cache=True, error_model="numpy")
def _begin(frame, planes, points, strain, plastic_strain, rows):
    """Write eight points into the lanes: sections without strain, from which an elastic step leads to a guess."""
    beams = frame.beams
    v = strain.shape[1]
    g, c = 1 + len(planes), 1 + 2 * len(planes)
    entries, sections, fibres = g * (g + 1) // 2, len(beams.weight), beams.area.shape[1]
    zero = splat(0.0)
    average = np.empty(v * WIDTH)
    for lane in range(WIDTH):
        for i in range(v):
            average[i * WIDTH + lane] = strain[rows[lane], i]
        for i in range(plastic_strain.shape[1]):
            points.before[i * WIDTH + lane] = plastic_strain[rows[lane], i]
    for r in range(3 * (len(frame.order.first) - 1)):
        store(points.motion, r, zero)
    for b in range(len(beams.area)):
        for i in range(c):
            total = zero
            for a in range(v):
                total = total + beams.imposed[b, i, a] * read(average, a)
            store(points.imposed, b * c + i, total)
        for i in range(len(planes)):
            store(points.shear, b * len(planes) + i, zero)
        for s in range(sections):
            section = b * sections + s
            o, q = section * g, section * entries
            for i in range(g):
                total = zero
                for f in range(fibres):
                    lever = beams.lever[b, f, i - 1] if i > 0 else 1.0
                    force = beams.young[b] * beams.area[b, f] * lever
                    total = total + force * read(points.before, section * fibres + f)
                store(points.taken, o + i, total)
                store(points.force, o + i, -total)
                store(points.strain, o + i, zero)
                for j in range(i + 1):
                    store(points.flexibility, q + entry_at(i, j), splat(beams.flexibility[b, i, j]))


@njit(cache=True, error_model="numpy")
def _solve(frame, planes, points, factor, active, report):
    """Write the direction of a step and take the sections along it; report lack, scale and slope before and after."""
    solve_sparse_lower(frame.order, factor, points.direction, 1)
    solve_sparse_upper(frame.order, factor, points.direction)
    for r in range(3 * (len(frame.order.first) - 1)):
        store(points.direction, r, select(active, read(points.direction, r), 0.0))
    slope, elastic = step_beams(frame, planes, points, active)
    store(report, 3, slope)
    store(report, 5, elastic)
    _move(frame, planes, points, splat(1.0), splat(1.0), report)


@njit(cache=True, error_model="numpy")
def _move(frame, planes, points, further, length, report):
    """Move the sections further along the direction, to a length of the step; report lack, scale and slope."""
    size, scale, slope = evaluate_sections(frame, planes, points, further)
    store(report, 0, size)
    store(report, 1, scale)
    store(report, 4, slope - (1.0 - length) * read(report, 5))


@njit(cache=True, error_model="numpy")
def _search(frame, planes, points, report, steps, running, bound):
    """Shorten steps along which the energy rises by more than a bound allows."""
    start, values = report[3 * WIDTH : 4 * WIDTH], report[4 * WIDTH : 5 * WIDTH]
    further, searching = np.zeros(WIDTH), np.zeros(WIDTH)
    brackets = [Bracket(0.0, 1.0, -1.0, 1.0, 0) for _ in range(WIDTH)]
    for lane in range(WIDTH):
        steps[lane] = 1.0
        searching[lane] = 1.0 if running[lane] == 1.0 and values[lane] > bound * abs(start[lane]) else 0.0
        brackets[lane] = Bracket(0.0, 1.0, start[lane], values[lane], 0)
    for _ in range(SEARCH_ROUNDS):
        if not any_true(read(searching, 0)):
            return
        for lane in range(WIDTH):
            further[lane] = 0.0
            if searching[lane] == 1.0:
                length = estimate(brackets[lane])
                further[lane] = length - steps[lane]
                steps[lane] = length
        _move(frame, planes, points, read(further, 0), read(steps, 0), report)
        for lane in range(WIDTH):
            if searching[lane] == 1.0:
                if abs(values[lane]) <= SLACK * abs(start[lane]):
                    searching[lane] = 0.0
                else:
                    brackets[lane] = narrow(brackets[lane], steps[lane], values[lane])


@njit(cache=True, error_model="numpy")
def _equilibrate(frame, planes, points, failed):
    """Find the equilibrium of eight points; write which failed; return whether a matrix was factorised."""
    running, steps, last = np.ones(WIDTH), np.ones(WIDTH), np.full(WIDTH, np.inf)
    report = np.empty(6 * WIDTH)  # lack, scale, spare, slope before and after the step, its elastic part
    linearise_beams(frame, planes, points, True)
    _solve(frame, planes, points, frame.factor, splat(1.0), report)
    for turn in range(ROUNDS):
        length = read(steps, 0)
        for r in range(3 * (len(frame.order.first) - 1)):
            store(points.motion, r, read(points.motion, r) + length * read(points.direction, r))
        for k in range(len(frame.beams.area) * len(planes)):
            store(points.shear, k, read(points.shear, k) + length * read(points.shear_move, k))
        for lane in range(WIDTH):
            if running[lane] == 0.0:
                continue
            size, scale = report[lane], report[WIDTH + lane]
            if size <= SETTLED * scale or (size <= STALLED * scale and size >= 0.5 * last[lane]):
                running[lane] = 0.0
            elif not size < np.inf:
                running[lane] = 0.0
                failed[lane] = True
            last[lane] = size
        if not any_true(read(running, 0)):
            return turn > 0
        linearise_beams(frame, planes, points, False)
        factorise_sparse(frame.order, points.matrix)
        _solve(frame, planes, points, points.matrix, read(running, 0), report)
        _search(frame, planes, points, report, steps, running, OVERSHOOT if turn < PATIENT else SLACK)
    for lane in range(WIDTH):
        failed[lane] |= running[lane] == 1.0
    return True


@njit(cache=True, error_model="numpy")
def _condense_tangent(frame, planes, points):
    """Write the consistent tangents from the stiffnesses of the beams and the factor of that of the nodes."""
    beams, coupling, tangent, scratch = frame.beams, points.coupling, points.tangent, points.scratch
    c, v = 1 + 2 * len(planes), beams.imposed.shape[2]
    unknowns = 3 * (len(frame.order.first) - 1)
    zero = splat(0.0)
    for r in range(unknowns * v):
        store(coupling, r, zero)
    for r in range(v * v):
        store(tangent, r, zero)
    for b in range(len(beams.area)):
        q0 = b * (c * (c + 1) // 2)
        for i in range(c):
            for a in range(v):
                total = zero
                for j in range(c):
                    total = total + beams.imposed[b, j, a] * read(points.beam_stiffness, q0 + entry_at(i, j))
                store(scratch, i * v + a, beams.share[b] * total)
        for i in range(c):
            for a in range(v):
                for e in range(a + 1):
                    k = a * v + e
                    part = beams.imposed[b, i, e] * read(scratch, i * v + a)
                    store(tangent, k, read(tangent, k) + part)
        _add_coupling(frame, planes, points, b)
    solve_sparse_lower(frame.order, points.matrix, coupling, v)
    for r in range(unknowns):
        for a in range(v):
            one_side = read(coupling, r * v + a)
            for e in range(a + 1):
                k = a * v + e
                store(tangent, k, read(tangent, k) - one_side * read(coupling, r * v + e))


@njit(cache=True, error_model="numpy")
def _add_coupling(frame, planes, points, b):
    """Add the forces on the nodes due to unit average strains."""
    c, v = 1 + 2 * len(planes), frame.beams.imposed.shape[2]
    d, r = len(planes) + 1, 2 * len(planes) - 1
    places, coupling = frame.places[b], points.coupling
    for i in range(c):
        row = frame.beams.deformation[b, i]
        end = d if i % 2 == 1 else d + r
        turned = d if i % 2 == 1 else 2 * d + r
        for e in range(v):
            force = read(points.scratch, i * v + e)
            for a in range(d):
                one, two = places[a] * v + e, places[d + r + a] * v + e
                store(coupling, two, read(coupling, two) + row[a] * force)
                store(coupling, one, read(coupling, one) - row[a] * force)
            if i > 0:
                for a in range(r):
                    k = places[turned + a] * v + e
                    store(coupling, k, read(coupling, k) + row[end + a] * force)


@njit(cache=True, error_model="numpy")
def _finish(frame, planes, points, report):
    """Write the plastic strains in place of those before; report energy, dissipation and which lanes flow."""
    beams = frame.beams
    g, c = 1 + len(planes), 1 + 2 * len(planes)
    sections, fibres = len(beams.weight), beams.area.shape[1]
    zero = splat(0.0)
    stored, lost, flows = zero, zero, zero
    for b in range(len(beams.area)):
        young, limit, hardening = beams.young[b], beams.limit[b], beams.hardening[b]
        for s in range(sections):
            section = b * sections + s
            share = beams.share[b] * beams.weight[s]
            stretch, bent = read(points.strain, section * g), read(points.strain, section * g + 1)
            other = read(points.strain, section * g + len(planes))
            for f in range(fibres):
                strain = stretch + beams.lever[b, f, 0] * bent
                if len(planes) == 2:
                    strain = strain + beams.lever[b, f, 1] * other
                k = section * fibres + f
                old = read(points.before, k)
                increment = plastic_increment(strain, old, young, limit, hardening)
                plastic = old + increment
                store(points.before, k, plastic)
                flows = max(flows, abs(increment))
                part = strain - plastic
                density = young * part * part + hardening * plastic * plastic
                stored = stored + (0.5 * share * beams.area[b, f]) * density
                lost = lost + (share * beams.area[b, f] * limit) * abs(increment)
        for i in range(len(planes)):
            across = read(points.shear, b * len(planes) + i)
            stored = stored + (0.5 * beams.share[b] * beams.shear[b, i]) * across * across
        if len(planes) == 2:
            twisted = end_motion(frame, planes, b, c, points.motion)
            stored = stored + (0.5 * beams.share[b] * beams.twist[b]) * twisted * twisted
    store(report, 0, stored)
    store(report, 1, lost)
    store(report, 2, flows)


@njit(cache=True, error_model="numpy")
def advance_beams(frame, planes, strain, plastic_strain, tangent, energy, dissipation):
    """Advance many material points of a frame by one increment; return which failed and stay as they are.

    Parameters
    ----------
    frame : BeamEquations
    planes : tuple of floats
        One for every plane of bending; only their number counts.
    strain : (n, v)
        Average strain at the end of the increment.
    plastic_strain : (n, m) in and out
        Of the fibres.
    tangent : (n, v, v), or (0, v, v) where it is not wanted, out
    energy, dissipation : (n,) out

    Returns
    -------
    array of bool, shape (n,)
    """
    count, v = strain.shape
    points = empty_frames(frame)
    report, rows = np.empty(3 * WIDTH), np.empty(WIDTH, dtype=np.int64)
    failed, bad = np.zeros(count, dtype=np.bool_), np.empty(WIDTH, dtype=np.bool_)
    for begin in range(0, count, WIDTH):
        for lane in range(WIDTH):
            rows[lane] = min(begin + lane, count - 1)  # the last point fills what is left
        bad[:] = False
        _begin(frame, planes, points, strain, plastic_strain, rows)
        factored = _equilibrate(frame, planes, points, bad)
        if factored and tangent.shape[0] > 0:
            _condense_tangent(frame, planes, points)
        _finish(frame, planes, points, report)
        for lane in range(min(WIDTH, count - begin)):
            p = begin + lane
            failed[p] = bad[lane]
            if bad[lane]:
                continue
            energy[p], dissipation[p] = report[lane], report[WIDTH + lane]
            for i in range(plastic_strain.shape[1]):
                plastic_strain[p, i] = points.before[i * WIDTH + lane]
            if tangent.shape[0] > 0:
                flows = factored and report[2 * WIDTH + lane] > 0.0
                for a in range(v):
                    for e in range(a + 1):
                        value = points.tangent[(a * v + e) * WIDTH + lane] if flows else frame.elasticity[a, e]
                        tangent[p, a, e] = value
                        tangent[p, e, a] = value
    return failed
