"""From motions of nodes to deformations of beams, and from forces of beams to those of nodes; compiled for speed.

Shapes: ends (m, 2) int32; axes (m, d, d) directions along, and across in y (and z) as rows; length (m,); motion
and force (N, u), displacements first and then rotations times ``arm``; deformation q and force Q of the beams
(m, 5) as in `beam_forces_kernel`, twist and its moment (m,). The functions work in place.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def _relation(axes, length, arm, relation):
    """Write the deformations of a beam, twist last, due to the motions of its ends: (6, 2 u)."""
    d = axes.shape[0]
    u = 3 if d == 2 else 6
    relation[:] = 0.0
    for i in range(d):
        relation[0, i], relation[0, u + i] = -axes[0, i], axes[0, i]
        for plane in range(d - 1):
            slope = axes[1 + plane, i] / length
            for end in range(2):
                row = 1 + 2 * plane + end
                relation[row, i], relation[row, u + i] = slope, -slope
    if d == 2:
        relation[1, 2] = relation[2, 5] = 1.0 / arm
    else:
        for i in range(3):
            relation[1, 3 + i] = relation[2, 9 + i] = axes[2, i] / arm
            relation[3, 3 + i] = relation[4, 9 + i] = -axes[1, i] / arm
            relation[5, 3 + i], relation[5, 9 + i] = -axes[0, i] / arm, axes[0, i] / arm


@njit(cache=True, error_model="numpy")
def deform_beams(ends, axes, length, arm, motion, deformation, twist):
    """Write the deformations of all beams."""
    u = motion.shape[1]
    relation, q = np.empty((6, 2 * u)), np.empty(6)
    for b in range(len(ends)):
        _relation(axes[b], length[b], arm, relation)
        _deform(relation, motion[ends[b, 0]], motion[ends[b, 1]], q)
        for i in range(5):
            deformation[b, i] = q[i]
        twist[b] = q[5]


@njit(cache=True, error_model="numpy")
def _deform(relation, first, second, q):
    u = len(first)
    for i in range(6):
        total = 0.0
        for j in range(u):
            total += relation[i, j] * first[j] + relation[i, u + j] * second[j]
        q[i] = total


@njit(cache=True, error_model="numpy")
def _load(relation, forces, first, second):
    u = len(first)
    for i in range(6):
        for j in range(u):
            first[j] += relation[i, j] * forces[i]
            second[j] += relation[i, u + j] * forces[i]


@njit(cache=True, error_model="numpy")
def add_beam_forces(ends, axes, length, arm, beam_force, torque, force):
    """Add the forces of all beams to those of the nodes."""
    u = force.shape[1]
    relation, forces = np.empty((6, 2 * u)), np.empty(6)
    for b in range(len(ends)):
        _relation(axes[b], length[b], arm, relation)
        for i in range(5):
            forces[i] = beam_force[b, i]
        forces[5] = torque[b]
        _load(relation, forces, force[ends[b, 0]], force[ends[b, 1]])


@njit(cache=True, error_model="numpy")
def beam_product(ends, axes, length, arm, stiffness, torsion, motion, force):
    """Add the forces that small motions cause, without a matrix; stiffness (m, 15) as in `beam_forces_kernel`."""
    u = motion.shape[1]
    relation, q, forces = np.empty((6, 2 * u)), np.empty(6), np.empty(6)
    for b in range(len(ends)):
        _relation(axes[b], length[b], arm, relation)
        _deform(relation, motion[ends[b, 0]], motion[ends[b, 1]], q)
        place = 0
        for i in range(5):
            total = stiffness[b, place + i] * q[i]
            for j in range(i):
                value = stiffness[b, place + j]
                total += value * q[j]
                forces[j] += value * q[i]
            forces[i] = total
            place += i + 1
        forces[5] = torsion[b] * q[5]
        _load(relation, forces, force[ends[b, 0]], force[ends[b, 1]])


@njit(cache=True, error_model="numpy")
def beam_blocks(ends, axes, length, arm, stiffness, torsion, slots, data):
    """Add the stiffness of all beams to the blocks ``data`` (pairs, u, u).

    ``slots`` (m, 4) are the places of the blocks of first and second end with themselves, of the first with the
    second, and of the second with the first.
    """
    u = data.shape[1]
    relation, whole, half = np.empty((6, 2 * u)), np.zeros((6, 6)), np.empty((6, 2 * u))
    for b in range(len(ends)):
        _relation(axes[b], length[b], arm, relation)
        place = 0
        for i in range(5):
            for j in range(i + 1):
                whole[i, j] = whole[j, i] = stiffness[b, place + j]
            place += i + 1
        whole[5, 5] = torsion[b]
        for i in range(6):
            for c in range(2 * u):
                total = 0.0
                for j in range(6):
                    total += whole[i, j] * relation[j, c]
                half[i, c] = total
        for r in range(u):
            for c in range(u):
                one = two = both = 0.0
                for i in range(6):
                    one += relation[i, r] * half[i, c]
                    two += relation[i, u + r] * half[i, u + c]
                    both += relation[i, r] * half[i, u + c]
                data[slots[b, 0], r, c] += one
                data[slots[b, 1], r, c] += two
                data[slots[b, 2], r, c] += both
                data[slots[b, 3], c, r] += both
