"""Sections and beams of eight frames at once: their forces, their stiffness and a step of Newton's method; compiled.

The incremental energy, the plastic strains eliminated by the fibres' return map, is a convex and piecewise
quadratic function of the sections' strains, which the motions of the nodes bind together. With the present
stiffnesses of its sections a beam is a flexibility of a few forces; the inverse goes to the stiffness of the nodes.
A step ends in forces Q of the beams that are in equilibrium at the nodes; what the sections then lack to them,
σ − b Q, is all that is out of equilibrium.

Arrays of lanes are flat (`microtann.slips.lanes_kernel`). Symmetric matrices are stored by rows of their lower
triangle. The argument `planes` is a tuple with a number for every plane of bending: its length is known when the
code is compiled, and the short loops over it are unrolled.
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
    if len(planes) == 1:
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
def evaluate_sections(frame, planes, points, further):
    """Move the sections by a part of their change; return (what they lack to equilibrium, scale of it, slope)."""
    beams, scratch = frame.beams, points.scratch
    g = 1 + len(planes)
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
                read(points.strain, o + len(planes)),
            )
            flows = False
            for f in range(fibres):
                strain = stretch + beams.lever[b, f, 0] * bent
                if len(planes) == 2:
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
                    for i in range(len(planes)):
                        lever = beams.lever[b, f, i]
                        store(points.force, o + 1 + i, read(points.force, o + 1 + i) - lever * less)
                        moved = lever * lost
                        store(scratch, entry_at(i + 1, 0), read(scratch, entry_at(i + 1, 0)) - moved)
                        for j in range(i + 1):
                            k = entry_at(i + 1, j + 1)
                            store(scratch, k, read(scratch, k) - beams.lever[b, f, j] * moved)
            if flows:
                _invert_section(planes, scratch, points.flexibility, q)
            else:
                for i in range(g):
                    for j in range(i + 1):
                        store(points.flexibility, q + entry_at(i, j), splat(beams.flexibility[b, i, j]))
            c = b * (1 + 2 * len(planes))
            lack = read(points.force, o) - read(points.beam_force, c)
            size = max(size, abs(lack))
            work = lack * read(points.move, o)
            reach = abs(stretch)
            for i in range(len(planes)):
                one, two = read(points.beam_force, c + 1 + 2 * i), read(points.beam_force, c + 2 + 2 * i)
                lack = read(points.force, o + 1 + i) - beams.moment[b, s, 0] * one - beams.moment[b, s, 1] * two
                size = max(size, abs(lack) * (1.0 / beams.depth[b]))
                work = work + lack * read(points.move, o + 1 + i)
                reach = reach + beams.depth[b] * abs(read(points.strain, o + 1 + i))
            slope = slope + beams.share[b] * beams.weight[s] * work
            scale = max(scale, beams.stiffness[b, 0, 0] * reach)
    return size + 0.0 * slope, scale, slope  # the sum keeps what is not a number


@njit(cache=True, error_model="numpy")
def _invert_beam(planes, matrix, o):
    """Replace a symmetric positive definite matrix by its inverse: sweeps over the pivots."""
    c = 1 + 2 * len(planes)
    for k in range(c):
        pivot = 1.0 / read(matrix, o + entry_at(k, k))
        for i in range(c):
            if i == k:
                continue
            ratio = read(matrix, o + entry_at(i, k)) * pivot
            for j in range(i + 1):
                if j != k:
                    p = o + entry_at(i, j)
                    store(matrix, p, read(matrix, p) - ratio * read(matrix, o + entry_at(j, k)))
        for i in range(c):
            if i != k:
                p = o + entry_at(i, k)
                store(matrix, p, read(matrix, p) * pivot)
        store(matrix, o + entry_at(k, k), -pivot)
    for i in range(c * (c + 1) // 2):
        store(matrix, o + i, -read(matrix, o + i))


@njit(cache=True, error_model="numpy")
def end_motion(frame, planes, b, k, vector):
    """Return a deformation of a beam due to motions of the nodes."""
    d, r = len(planes) + 1, 2 * len(planes) - 1
    row, places = frame.beams.deformation[b, k], frame.places[b]
    total = splat(0.0)
    if k < 1 + 2 * len(planes):
        for a in range(d):
            apart = read(vector, places[d + r + a]) - read(vector, places[a])
            total = total + row[a] * apart
    if k > 0:
        for a in range(r):
            total = total + row[d + a] * read(vector, places[d + a])
            total = total + row[d + r + a] * read(vector, places[2 * d + r + a])
    return total


@njit(cache=True, error_model="numpy")
def add_forces(frame, planes, b, k, force, vector):
    """Add the forces on the nodes that a force of a beam makes."""
    d, r = len(planes) + 1, 2 * len(planes) - 1
    row, places = frame.beams.deformation[b, k], frame.places[b]
    if k < 1 + 2 * len(planes):
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
def linearise_beams(frame, planes, points, elastic):
    """Write the stiffnesses of the beams, what is out of equilibrium at the nodes, and the matrix unless elastic."""
    beams = frame.beams
    g, c = 1 + len(planes), 1 + 2 * len(planes)
    entries, sections = g * (g + 1) // 2, len(beams.weight)
    known, stiffness = points.known, points.beam_stiffness
    zero = splat(0.0)
    for r in range(3 * (len(frame.order.first) - 1)):
        store(points.direction, r, zero)
    if not elastic:
        for i in range(len(frame.base)):
            store(points.matrix, i, splat(frame.base[i]))
    for b in range(len(beams.area)):
        k0, q0 = b * c, b * (c * (c + 1) // 2)
        for i in range(c):
            store(known, k0 + i, read(points.imposed, k0 + i) + end_motion(frame, planes, b, i, points.motion))
        for i in range(c):
            for j in range(i + 1):
                value = frame.beam_stiffness[b, i, j] if elastic else 0.0
                store(stiffness, q0 + entry_at(i, j), splat(value))
        for s in range(sections):
            section = b * sections + s
            o, q = section * g, section * entries
            w, one, two = beams.weight[s], beams.moment[b, s, 0], beams.moment[b, s, 1]
            for i in range(g):
                free = read(points.strain, o + i)
                for j in range(g):
                    free = free - read(points.flexibility, q + entry_at(i, j)) * read(points.force, o + j)
                if i == 0:
                    store(known, k0, read(known, k0) - w * free)
                else:
                    k = k0 + 2 * i - 1
                    store(known, k, read(known, k) - (w * one) * free)
                    store(known, k + 1, read(known, k + 1) - (w * two) * free)
            if elastic:
                continue
            store(stiffness, q0, read(stiffness, q0) + w * read(points.flexibility, q))
            for i in range(len(planes)):
                value = w * read(points.flexibility, q + entry_at(i + 1, 0))
                k = q0 + entry_at(1 + 2 * i, 0)
                store(stiffness, k, read(stiffness, k) + one * value)
                k = q0 + entry_at(2 + 2 * i, 0)
                store(stiffness, k, read(stiffness, k) + two * value)
                for j in range(i + 1):
                    value = w * read(points.flexibility, q + entry_at(i + 1, j + 1))
                    k = q0 + entry_at(1 + 2 * i, 1 + 2 * j)
                    store(stiffness, k, read(stiffness, k) + (one * one) * value)
                    k = q0 + entry_at(2 + 2 * i, 1 + 2 * j)
                    store(stiffness, k, read(stiffness, k) + (one * two) * value)
                    if j < i:
                        k = q0 + entry_at(1 + 2 * i, 2 + 2 * j)
                        store(stiffness, k, read(stiffness, k) + (one * two) * value)
                    k = q0 + entry_at(2 + 2 * i, 2 + 2 * j)
                    store(stiffness, k, read(stiffness, k) + (two * two) * value)
        if not elastic:
            for i in range(len(planes)):
                for e in range(3):
                    k = q0 + entry_at(1 + 2 * i + (e > 0), 1 + 2 * i + (e > 1))
                    store(stiffness, k, read(stiffness, k) + frame.sheared[b, i, e])
            for i in range(c):
                k = q0 + entry_at(i, i)
                store(stiffness, k, read(stiffness, k) + frame.released[b, i])
            _invert_beam(planes, stiffness, q0)
            _add_stiffness(frame, planes, points, b)
        for i in range(c):
            force = zero
            for j in range(c):
                force = force + read(stiffness, q0 + entry_at(i, j)) * read(known, k0 + j)
            add_forces(frame, planes, b, i, -beams.share[b] * force, points.direction)
        if len(planes) == 2:
            torque = beams.twist[b] * end_motion(frame, planes, b, c, points.motion)
            add_forces(frame, planes, b, c, -beams.share[b] * torque, points.direction)
    for i in range(len(frame.spring)):
        p = frame.spring[i]
        store(points.direction, p, read(points.direction, p) - frame.spring_stiffness[i] * read(points.motion, p))


@njit(cache=True, error_model="numpy")
def _add_stiffness(frame, planes, points, b):
    """Add the stiffness of a beam, without its twist, to the matrix."""
    beams, scratch = frame.beams, points.scratch
    c, d, r = 1 + 2 * len(planes), len(planes) + 1, 2 * len(planes) - 1
    columns, q0 = d + 2 * r, b * (c * (c + 1) // 2)
    row = beams.deformation[b]
    forces = columns * (columns + 1) // 2  # in the scratch after the stiffness
    for i in range(c):
        for a in range(columns):
            total = splat(0.0)
            if a < d:
                for j in range(c):
                    total = total + row[j, a] * read(points.beam_stiffness, q0 + entry_at(i, j))
            else:
                end = 0 if a < d + r else 1
                for j in range(len(planes)):
                    k = 1 + 2 * j + end
                    total = total + row[k, a] * read(points.beam_stiffness, q0 + entry_at(i, k))
            store(scratch, forces + i * columns + a, beams.share[b] * total)
    for a in range(columns):
        for e in range(a + 1):
            total = splat(0.0)
            if a < d:
                for j in range(c):
                    total = total + row[j, a] * read(scratch, forces + j * columns + e)
            else:
                end = 0 if a < d + r else 1
                for j in range(len(planes)):
                    k = 1 + 2 * j + end
                    total = total + row[k, a] * read(scratch, forces + k * columns + e)
            store(scratch, entry_at(a, e), total)
    for i in range(frame.first_entry[b], frame.first_entry[b + 1]):
        p = frame.position[i]
        store(points.matrix, p, read(points.matrix, p) + frame.sense[i] * read(scratch, frame.entry[i]))


@njit(cache=True, error_model="numpy")
def step_beams(frame, planes, points, active):
    """Write the forces of the beams after a full step, and the change of the sections; return (slope, elastic part).

    The elastic part of the slope, that of shear and twist, vanishes linearly along the step.
    """
    beams = frame.beams
    g, c = 1 + len(planes), 1 + 2 * len(planes)
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
        for i in range(len(planes)):
            across = read(points.beam_force, k0 + 1 + 2 * i) - read(points.beam_force, k0 + 2 + 2 * i)
            k = b * len(planes) + i
            change = select(active, across - read(points.shear, k), 0.0)
            store(points.shear_move, k, change)
            elastic = elastic + (beams.share[b] * beams.shear[b, i]) * change * change
        if len(planes) == 2:
            change = end_motion(frame, planes, b, c, points.direction)
            elastic = elastic + (beams.share[b] * beams.twist[b]) * change * change
        for s in range(sections):
            section = b * sections + s
            o, q = section * g, section * entries
            one, two = beams.moment[b, s, 0], beams.moment[b, s, 1]
            work = zero
            for i in range(g):
                lack = read(points.beam_force, k0) - read(points.force, o)
                change = read(points.flexibility, q + entry_at(i, 0)) * lack
                own = lack
                for j in range(len(planes)):
                    k = k0 + 1 + 2 * j
                    lack = one * read(points.beam_force, k) + two * read(points.beam_force, k + 1)
                    lack = lack - read(points.force, o + 1 + j)
                    change = change + read(points.flexibility, q + entry_at(i, j + 1)) * lack
                    if i == j + 1:
                        own = lack
                store(points.move, o + i, select(active, change, 0.0))
                work = work + own * change
            slope = slope - (beams.share[b] * beams.weight[s]) * work
    return slope - elastic, elastic
