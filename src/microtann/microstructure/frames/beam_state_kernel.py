"""Sections and beams of eight frames at once: their forces, and a step of Newton's method; compiled for speed.

The incremental energy, the plastic strains eliminated by the fibres' return map, is a convex and piecewise
quadratic function of the sections' strains, which the motions of the nodes bind together. With the present
stiffnesses of its sections a beam is a flexibility of a few forces (`beam_stiffness_kernel` beside this module).
A step ends in forces Q of the beams that are in equilibrium at the nodes; what the sections then lack to them,
σ − b Q, is all that is out of equilibrium.

Arrays of lanes are flat (`microtann.slips.lanes_kernel`). Symmetric matrices are stored by rows of their lower
triangle. The argument `planes` is the number of planes of bending.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.slips.lanes_kernel import WIDTH, any_true, read, select, splat, store
from microtann.slips.return_map_kernel import plastic_increment
from microtann.slips.yield_tolerance import YIELD_TOLERANCE


class EightFrames(NamedTuple):
    """Arrays of lanes that are used over and over.

    Parameters
    ----------
    before : over the fibres
        Plastic strain before the increment.
    taken, strain, move, force : over the strains of the sections
        Forces taken by the plastic strains before, strains, their change in this step, and forces.
    flexibility : over the sections and the entries of a symmetric matrix
    imposed, known, beam_force : over the deformations of the beams
        Due to the average strain; before the step; forces after the step.
    beam_stiffness : over the beams and the entries of a symmetric matrix
    shear, shear_move : over the beams and planes
        Differences of the moments at the ends, which shear the beam.
    motion, direction : over the unknowns in the order of elimination
    matrix : over the blocks
    coupling, tangent : over the unknowns and components, over pairs of components
    scratch : as many as the products of one beam need
    """

    before: Any
    taken: Any
    strain: Any
    move: Any
    force: Any
    flexibility: Any
    imposed: Any
    known: Any
    beam_force: Any
    beam_stiffness: Any
    shear: Any
    shear_move: Any
    motion: Any
    direction: Any
    matrix: Any
    coupling: Any
    tangent: Any
    scratch: Any


@njit(cache=True)
def empty_frames(frame):
    """Return the arrays."""
    beams = frame.beams
    b, c, v = beams.imposed.shape
    s, p = len(beams.weight), beams.lever.shape[2]
    g, u = p + 1, 3 * (len(frame.order.first) - 1)
    sections = b * s * g * WIDTH
    return EightFrames(
        np.empty(s * beams.area.size * WIDTH),
        np.empty(sections),
        np.empty(sections),
        np.empty(sections),
        np.empty(sections),
        np.empty(sections * (g + 1) // 2),
        np.empty(b * c * WIDTH),
        np.empty(b * c * WIDTH),
        np.empty(b * c * WIDTH),
        np.empty(b * c * (c + 1) // 2 * WIDTH),
        np.empty(b * p * WIDTH),
        np.empty(b * p * WIDTH),
        np.empty(u * WIDTH),
        np.empty(u * WIDTH),
        np.empty(len(frame.base) * WIDTH),
        np.empty(u * v * WIDTH),
        np.empty(v * v * WIDTH),
        np.empty(256 * WIDTH),
    )


@njit(cache=True, error_model="numpy")
def entry_at(i, j):
    """Return the place of an entry of a symmetric matrix."""
    return i * (i + 1) // 2 + j if i >= j else j * (j + 1) // 2 + i


@njit(cache=True, error_model="numpy")
def _invert_section(planes, scratch, target, o):
    """Write the inverse of the symmetric matrix in the scratch."""
    a, b, c = read(scratch, 0), read(scratch, 1), read(scratch, 2)
    if planes == 1:
        factor = 1.0 / (a * c - b * b)
        store(target, o, c * factor)
        store(target, o + 1, -(b * factor))
        store(target, o + 2, a * factor)
    else:
        d, e, f = read(scratch, 3), read(scratch, 4), read(scratch, 5)
        x, y, z = c * f - e * e, d * e - b * f, b * e - c * d
        factor = 1.0 / (a * x + b * y + d * z)
        store(target, o, x * factor)
        store(target, o + 1, y * factor)
        store(target, o + 2, (a * f - d * d) * factor)
        store(target, o + 3, z * factor)
        store(target, o + 4, (b * d - a * e) * factor)
        store(target, o + 5, (a * c - b * b) * factor)


@njit(cache=True, error_model="numpy")
def evaluate_sections(frame, planes, points, steps, lengths, report):
    """Move the sections by a part of their change; report what they lack to equilibrium and the slope there.

    Parameters
    ----------
    frame, planes, points : BeamEquations, int, EightFrames
    steps : lanes
        The part of the change.
    lengths : lanes
        Of the step of Newton's method up to there.
    report : array of lanes, in and out
        What sections lack, its scale, -, slopes at the beginning and here, and the elastic part of the former.
    """
    further, length = read(steps, 0), read(lengths, 0)
    beams, scratch = frame.beams, points.scratch
    g = 1 + planes
    entries = g * (g + 1) // 2
    fibres, sections = beams.area.shape[1], len(beams.weight)
    zero = splat(0.0)
    size, scale, slope = zero, zero, zero
    for b in range(len(beams.area)):
        young, limit, hardening = beams.young[b], beams.limit[b], beams.hardening[b]
        bound = limit * (1.0 + YIELD_TOLERANCE)
        loss = young * young / (young + hardening)
        for s in range(sections):
            section = b * sections + s
            o, q = section * g, section * entries
            for i in range(g):
                store(points.strain, o + i, read(points.strain, o + i) + further * read(points.move, o + i))
            for i in range(g):
                total = -read(points.taken, o + i)
                for j in range(g):
                    total = total + beams.stiffness[b, i, j] * read(points.strain, o + j)
                store(points.force, o + i, total)
            stretch, bent, other = (
                read(points.strain, o),
                read(points.strain, o + 1),
                read(points.strain, o + planes),
            )
            flows = False
            for f in range(fibres):
                strain = stretch + beams.lever[b, f, 0] * bent
                if planes == 2:
                    strain = strain + beams.lever[b, f, 1] * other
                old = read(points.before, section * fibres + f)
                if any_true(abs(young * (strain - old) - hardening * old) > bound):
                    if not flows:
                        flows = True
                        for i in range(g):
                            for j in range(i + 1):
                                store(scratch, entry_at(i, j), splat(beams.stiffness[b, i, j]))
                    increment = plastic_increment(strain, old, young, limit, hardening)
                    lost = beams.area[b, f] * loss * abs((increment > 0.0) - (increment < 0.0))
                    less = beams.area[b, f] * young * increment
                    store(points.force, o, read(points.force, o) - less)
                    store(scratch, 0, read(scratch, 0) - lost)
                    for i in range(planes):
                        lever = beams.lever[b, f, i]
                        store(points.force, o + 1 + i, read(points.force, o + 1 + i) - lever * less)
                        moved = lever * lost
                        store(
                            scratch,
                            entry_at(i + 1, np.int64(0)),
                            read(scratch, entry_at(i + 1, np.int64(0))) - moved,
                        )
                        for j in range(i + 1):
                            k = entry_at(i + 1, j + 1)
                            store(scratch, k, read(scratch, k) - beams.lever[b, f, j] * moved)
            if flows:
                _invert_section(planes, scratch, points.flexibility, q)
            else:
                for i in range(g):
                    for j in range(i + 1):
                        store(points.flexibility, q + entry_at(i, j), splat(beams.flexibility[b, i, j]))
            c = b * (1 + 2 * planes)
            lack = read(points.force, o) - read(points.beam_force, c)
            size = max(size, abs(lack))
            work = lack * read(points.move, o)
            reach = abs(stretch)
            for i in range(planes):
                one, two = read(points.beam_force, c + 1 + 2 * i), read(points.beam_force, c + 2 + 2 * i)
                lack = read(points.force, o + 1 + i) - beams.moment[b, s, 0] * one - beams.moment[b, s, 1] * two
                size = max(size, abs(lack) * (1.0 / beams.depth[b]))
                work = work + lack * read(points.move, o + 1 + i)
                reach = reach + beams.depth[b] * abs(read(points.strain, o + 1 + i))
            slope = slope + beams.share[b] * beams.weight[s] * work
            scale = max(scale, beams.stiffness[b, 0, 0] * reach)
    store(report, 0, size + 0.0 * slope)  # the sum keeps what is not a number
    store(report, 1, scale)
    store(report, 4, slope - (1.0 - length) * read(report, 5))


@njit(cache=True, error_model="numpy")
def end_motion(frame, planes, b, k, vector):
    """Return a deformation of a beam due to motions of the nodes."""
    d, r = planes + 1, 2 * planes - 1
    row, places = frame.beams.deformation[b, k], frame.places[b]
    total = splat(0.0)
    if k < 1 + 2 * planes:
        for a in range(d):
            apart = read(vector, places[d + r + a]) - read(vector, places[a])
            total = total + row[a] * apart
    if k > 0:
        for a in range(r):
            total = total + row[d + a] * read(vector, places[d + a])
            total = total + row[d + r + a] * read(vector, places[2 * d + r + a])
    return total


@njit(cache=True, error_model="numpy")
def add_beam_force(frame, planes, b, k, force, vector):
    """Add the forces on the nodes that a force of a beam makes."""
    d, r = planes + 1, 2 * planes - 1
    row, places = frame.beams.deformation[b, k], frame.places[b]
    if k < 1 + 2 * planes:
        for a in range(d):
            part = row[a] * force
            store(vector, places[d + r + a], read(vector, places[d + r + a]) + part)
            store(vector, places[a], read(vector, places[a]) - part)
    if k > 0:
        for a in range(r):
            one, two = places[d + a], places[2 * d + r + a]
            store(vector, one, read(vector, one) + row[d + a] * force)
            store(vector, two, read(vector, two) + row[d + r + a] * force)


@njit(cache=True, error_model="numpy")
def step_beams(frame, planes, points, running, report):
    """Write the forces of the beams after a full step, and the change of the sections; report the slope before it.

    Its elastic part, that of shear and twist, vanishes linearly along the step. Lanes that do not run rest.

    Parameters
    ----------
    frame, planes, points : BeamEquations, int, EightFrames
    running : lanes
    report : array of lanes, in and out
        As for `evaluate_sections`.
    """
    active = read(running, 0)
    for r in range(3 * (len(frame.order.first) - 1)):
        store(points.direction, r, select(active, read(points.direction, r), 0.0))
    beams = frame.beams
    g, c = 1 + planes, 1 + 2 * planes
    entries, sections = g * (g + 1) // 2, len(beams.weight)
    zero = splat(0.0)
    slope, elastic = zero, zero
    for b in range(len(beams.area)):
        k0, q0 = b * c, b * (c * (c + 1) // 2)
        for i in range(c):
            moved = read(points.known, k0 + i) + end_motion(frame, planes, b, i, points.direction)
            store(points.known, k0 + i, moved)
        for i in range(c):
            force = zero
            for j in range(c):
                force = force + read(points.beam_stiffness, q0 + entry_at(i, j)) * read(points.known, k0 + j)
            store(points.beam_force, k0 + i, force)
        for i in range(planes):
            across = read(points.beam_force, k0 + 1 + 2 * i) - read(points.beam_force, k0 + 2 + 2 * i)
            k = b * planes + i
            change = select(active, across - read(points.shear, k), 0.0)
            store(points.shear_move, k, change)
            elastic = elastic + (beams.share[b] * beams.shear[b, i]) * change * change
        if planes == 2:
            change = end_motion(frame, planes, b, c, points.direction)
            elastic = elastic + (beams.share[b] * beams.twist[b]) * change * change
        for s in range(sections):
            section = b * sections + s
            o, q = section * g, section * entries
            one, two = beams.moment[b, s, 0], beams.moment[b, s, 1]
            work = zero
            for i in range(g):
                lack = read(points.beam_force, k0) - read(points.force, o)
                change = read(points.flexibility, q + entry_at(i, np.int64(0))) * lack
                own = lack
                for j in range(planes):
                    k = k0 + 1 + 2 * j
                    lack = one * read(points.beam_force, k) + two * read(points.beam_force, k + 1)
                    lack = lack - read(points.force, o + 1 + j)
                    change = change + read(points.flexibility, q + entry_at(i, j + 1)) * lack
                    if i == j + 1:
                        own = lack
                store(points.move, o + i, select(active, change, 0.0))
                work = work + own * change
            slope = slope - (beams.share[b] * beams.weight[s]) * work
    store(report, 3, slope - elastic)
    store(report, 5, elastic)


@njit(cache=True, error_model="numpy")
def move_nodes(points, lengths):
    """Move the nodes, and what shears the beams, along a step of given lengths."""
    length = read(lengths, 0)
    for r in range(len(points.motion) // WIDTH):
        store(points.motion, r, read(points.motion, r) + length * read(points.direction, r))
    for k in range(len(points.shear) // WIDTH):
        store(points.shear, k, read(points.shear, k) + length * read(points.shear_move, k))
