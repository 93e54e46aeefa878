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
    move_nodes,
    step_beams,
)
from microtann.microstructure.frames.beam_stiffness_kernel import linearise_beams
from microtann.numbers.illinois_kernel import Bracket, estimate, narrow
from microtann.slips.lanes_kernel import WIDTH, read, splat, store
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
    g, c = 1 + planes, 1 + 2 * planes
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
        for i in range(planes):
            store(points.shear, b * planes + i, zero)
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
def _settle(report, running, last, failed):
    """Stop the lanes that are in equilibrium; return whether some are not."""
    more = False
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
        more |= running[lane] == 1.0
    return more


@njit(cache=True, error_model="numpy")
def _shorten(report, running, length, further, going, brackets, bound, turn):
    """Write how much further lanes go along the direction: back, where the energy rises; return whether any do.

    Parameters
    ----------
    report, running : arrays of lanes
    length, further : lanes, in and out
        Of the steps, and how much further they go.
    going, brackets : array of bool, list of Bracket, in and out
        Which are still shortened, and within what.
    bound : float
        Rise of the energy at the end of a full step, over its fall at the beginning, that is accepted.
    turn : int
        How often the lanes went along this direction.
    """
    start, values = report[3 * WIDTH : 4 * WIDTH], report[4 * WIDTH : 5 * WIDTH]
    more = False
    for lane in range(WIDTH):
        further[lane] = 0.0
        if turn == 0:
            length[lane] = 1.0
            going[lane] = running[lane] == 1.0 and values[lane] > bound * abs(start[lane])
            brackets[lane] = Bracket(0.0, 1.0, start[lane], values[lane], 0)
        elif going[lane]:
            if abs(values[lane]) <= SLACK * abs(start[lane]):
                going[lane] = False
            else:
                brackets[lane] = narrow(brackets[lane], length[lane], values[lane])
        if going[lane]:
            target = estimate(brackets[lane])
            further[lane] = target - length[lane]
            length[lane] = target
            more = True
    return more


@njit(cache=True, error_model="numpy")
def _condense_tangent(frame, planes, points):
    """Write the consistent tangents from the stiffnesses of the beams and the factor of that of the nodes."""
    beams, coupling, tangent, scratch = frame.beams, points.coupling, points.tangent, points.scratch
    c, v = 1 + 2 * planes, beams.imposed.shape[2]
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
    c, v = 1 + 2 * planes, frame.beams.imposed.shape[2]
    d, r = planes + 1, 2 * planes - 1
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
    g, c = 1 + planes, 1 + 2 * planes
    sections, fibres = len(beams.weight), beams.area.shape[1]
    zero = splat(0.0)
    stored, lost, flows = zero, zero, zero
    for b in range(len(beams.area)):
        young, limit, hardening = beams.young[b], beams.limit[b], beams.hardening[b]
        for s in range(sections):
            section = b * sections + s
            share = beams.share[b] * beams.weight[s]
            stretch, bent = read(points.strain, section * g), read(points.strain, section * g + 1)
            other = read(points.strain, section * g + planes)
            for f in range(fibres):
                strain = stretch + beams.lever[b, f, 0] * bent
                if planes == 2:
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
        for i in range(planes):
            across = read(points.shear, b * planes + i)
            stored = stored + (0.5 * beams.share[b] * beams.shear[b, i]) * across * across
        if planes == 2:
            twisted = end_motion(frame, planes, b, c, points.motion)
            stored = stored + (0.5 * beams.share[b] * beams.twist[b]) * twisted * twisted
    store(report, 0, stored)
    store(report, 1, lost)
    store(report, 2, flows)


@njit(cache=True, nogil=True, error_model="numpy")
def advance_beams(frame, planes, strain, plastic_strain, tangent, energy, dissipation):
    """Advance many material points of a frame by one increment; return which failed and stay as they are.

    Parameters
    ----------
    frame : BeamEquations
    planes : int
        Planes of bending: one in the plane, two in space.
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
    report, rows = np.empty(6 * WIDTH), np.empty(WIDTH, dtype=np.int64)
    running, last = np.empty(WIDTH), np.empty(WIDTH)
    length, further, going = np.empty(WIDTH), np.empty(WIDTH), np.zeros(WIDTH, dtype=np.bool_)
    brackets = [Bracket(0.0, 1.0, -1.0, 1.0, 0) for _ in range(WIDTH)]
    failed, bad = np.zeros(count, dtype=np.bool_), np.empty(WIDTH, dtype=np.bool_)
    for begin in range(0, count, WIDTH):
        for lane in range(WIDTH):
            rows[lane] = min(begin + lane, count - 1)  # the last point fills what is left
        bad[:] = False
        running[:] = 1.0
        last[:] = np.inf
        length[:] = 1.0
        _begin(frame, planes, points, strain, plastic_strain, rows)
        factored, turn = False, 0
        while True:
            linearise_beams(frame, planes, points, turn == 0)
            factor = frame.factor
            if turn > 0:
                factor, factored = points.matrix, True
                factorise_sparse(frame.order, factor)
            solve_sparse_lower(frame.order, factor, points.direction, np.int64(1))
            solve_sparse_upper(frame.order, factor, points.direction)
            step_beams(frame, planes, points, running, report)
            further[:] = 1.0
            length[:] = 1.0
            tries = 0
            while True:
                evaluate_sections(frame, planes, points, further, length, report)
                if turn == 0 or tries == SEARCH_ROUNDS:
                    break
                bound = OVERSHOOT if turn < PATIENT else SLACK
                if not _shorten(report, running, length, further, going, brackets, bound, tries):
                    break
                tries += 1
            move_nodes(points, length)
            if turn == ROUNDS or not _settle(report, running, last, bad):
                break
            turn += 1
        bad |= running == 1.0
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
