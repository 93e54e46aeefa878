"""Stiffnesses of the beams of eight frames at once, and what they add to that of the nodes; compiled for speed.

With the present stiffnesses of its sections a beam is a flexibility of a few forces, the sum of what its sections
give. Its inverse goes to the stiffness of the nodes. Arrays are as in `beam_state_kernel` beside this module.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.microstructure.frames.beam_state_kernel import add_beam_force, end_motion, entry_at
from microtann.slips.lanes_kernel import read, splat, store


@njit(cache=True, error_model="numpy")
def _invert_beam(planes, matrix, o):
    """Replace a symmetric positive definite matrix by its inverse: sweeps over the pivots."""
    c = 1 + 2 * planes
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
def _add_stiffness(frame, planes, points, b):
    """Add the stiffness of a beam, without its twist, to the matrix."""
    beams, scratch = frame.beams, points.scratch
    c, d, r = 1 + 2 * planes, planes + 1, 2 * planes - 1
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
                for j in range(planes):
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
                for j in range(planes):
                    k = 1 + 2 * j + end
                    total = total + row[k, a] * read(scratch, forces + k * columns + e)
            store(scratch, entry_at(a, e), total)
    for i in range(frame.first_entry[b], frame.first_entry[b + 1]):
        p = frame.position[i]
        store(points.matrix, p, read(points.matrix, p) + frame.sense[i] * read(scratch, frame.entry[i]))


@njit(cache=True, error_model="numpy")
def linearise_beams(frame, planes, points, elastic):
    """Write the stiffnesses of the beams and what is out of equilibrium at the nodes, for a step of Newton.

    Parameters
    ----------
    frame, planes, points : BeamEquations, int, EightFrames
    elastic : bool
        Whether all fibres are taken for elastic; the matrix of the nodes, which never changes then, is left alone.
    """
    beams = frame.beams
    g, c = 1 + planes, 1 + 2 * planes
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
            for i in range(planes):
                value = w * read(points.flexibility, q + entry_at(i + 1, np.int64(0)))
                k = q0 + entry_at(1 + 2 * i, np.int64(0))
                store(stiffness, k, read(stiffness, k) + one * value)
                k = q0 + entry_at(2 + 2 * i, np.int64(0))
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
            for i in range(planes):
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
            add_beam_force(frame, planes, b, i, -beams.share[b] * force, points.direction)
        if planes == 2:
            torque = beams.twist[b] * end_motion(frame, planes, b, c, points.motion)
            add_beam_force(frame, planes, b, c, -beams.share[b] * torque, points.direction)
    for i in range(len(frame.spring)):
        p = frame.spring[i]
        store(points.direction, p, read(points.direction, p) - frame.spring_stiffness[i] * read(points.motion, p))
