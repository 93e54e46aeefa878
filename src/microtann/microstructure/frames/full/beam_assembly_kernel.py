"""From motions of nodes to deformations of beams, and from forces of beams to those of nodes; compiled for speed.

Shapes: ends (m, 2) int32; axes (m, d, d) directions along, and across in y (and z) as rows; length (m,); motion
and force (N, u), displacements first and then rotations times ``arm``; deformation q and force Q of the beams
(m, 5) as in `beam_forces_kernel`, twist and its moment (m,). The functions work in place and release the
interpreter's lock.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def _deform(axes, b, length, arm, motion, one, two):
    """Return the deformations of a beam, twist last, due to the motions of its ends."""
    per_length, per_arm = 1.0 / length[b], 1.0 / arm
    if axes.shape[1] == 2:
        x, y = motion[two, 0] - motion[one, 0], motion[two, 1] - motion[one, 1]
        slope = -(axes[b, 1, 0] * x + axes[b, 1, 1] * y) * per_length
        stretch = axes[b, 0, 0] * x + axes[b, 0, 1] * y
        return stretch, slope + motion[one, 2] * per_arm, slope + motion[two, 2] * per_arm, 0.0, 0.0, 0.0
    stretch = slope_y = slope_z = twist = first_y = second_y = first_z = second_z = 0.0
    for i in range(3):
        moved = motion[two, i] - motion[one, i]
        along, y, z = axes[b, 0, i], axes[b, 1, i], axes[b, 2, i]
        first, second = motion[one, 3 + i], motion[two, 3 + i]
        stretch += along * moved
        slope_y -= y * moved
        slope_z -= z * moved
        twist += along * (second - first)
        first_y += z * first
        second_y += z * second
        first_z -= y * first
        second_z -= y * second
    slope_y *= per_length
    slope_z *= per_length
    return (
        stretch,
        slope_y + first_y * per_arm,
        slope_y + second_y * per_arm,
        slope_z + first_z * per_arm,
        slope_z + second_z * per_arm,
        twist * per_arm,
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _load(axes, b, length, arm, forces, force, one, two):
    """Add the forces of a beam, the moment of its twist last, to those of its ends: the transpose of `_deform`."""
    per_length, per_arm = 1.0 / length[b], 1.0 / arm
    stretched, first_y, second_y, first_z, second_z, torque = forces
    across_y, across_z = (first_y + second_y) * per_length, (first_z + second_z) * per_length
    if axes.shape[1] == 2:
        for i in range(2):
            part = axes[b, 0, i] * stretched - axes[b, 1, i] * across_y
            force[one, i] -= part
            force[two, i] += part
        force[one, 2] += first_y * per_arm
        force[two, 2] += second_y * per_arm
        return
    for i in range(3):
        along, y, z = axes[b, 0, i], axes[b, 1, i], axes[b, 2, i]
        part = along * stretched - y * across_y - z * across_z
        force[one, i] -= part
        force[two, i] += part
        force[one, 3 + i] += (z * first_y - y * first_z - along * torque) * per_arm
        force[two, 3 + i] += (z * second_y - y * second_z + along * torque) * per_arm


@njit(cache=True, nogil=True, error_model="numpy")
def deform_beams(ends, axes, length, arm, motion, deformation, twist):
    """Write the deformations of all beams."""
    for b in range(len(ends)):
        q = _deform(axes, b, length, arm, motion, ends[b, 0], ends[b, 1])
        deformation[b, 0], deformation[b, 1], deformation[b, 2], deformation[b, 3], deformation[b, 4], twist[b] = q


@njit(cache=True, nogil=True, error_model="numpy")
def add_beam_forces(ends, axes, length, arm, beam_force, torque, force):
    """Add the forces of all beams to those of the nodes."""
    for b in range(len(ends)):
        q = beam_force
        forces = (q[b, 0], q[b, 1], q[b, 2], q[b, 3], q[b, 4], torque[b])
        _load(axes, b, length, arm, forces, force, ends[b, 0], ends[b, 1])


@njit(cache=True, nogil=True, error_model="numpy")
def beam_product(ends, axes, length, arm, stiffness, torsion, motion, force):
    """Add the forces that small motions cause, without a matrix; stiffness (m, 15) as in `beam_forces_kernel`."""
    k = stiffness
    for b in range(len(ends)):
        one, two = ends[b, 0], ends[b, 1]
        q0, q1, q2, q3, q4, q5 = _deform(axes, b, length, arm, motion, one, two)
        f0 = k[b, 0] * q0 + k[b, 1] * q1 + k[b, 3] * q2
        f1 = k[b, 1] * q0 + k[b, 2] * q1 + k[b, 4] * q2
        f2 = k[b, 3] * q0 + k[b, 4] * q1 + k[b, 5] * q2
        f3 = f4 = 0.0
        if axes.shape[1] == 3:
            f0 += k[b, 6] * q3 + k[b, 10] * q4
            f1 += k[b, 7] * q3 + k[b, 11] * q4
            f2 += k[b, 8] * q3 + k[b, 12] * q4
            f3 = k[b, 6] * q0 + k[b, 7] * q1 + k[b, 8] * q2 + k[b, 9] * q3 + k[b, 13] * q4
            f4 = k[b, 10] * q0 + k[b, 11] * q1 + k[b, 12] * q2 + k[b, 13] * q3 + k[b, 14] * q4
        _load(axes, b, length, arm, (f0, f1, f2, f3, f4, torsion[b] * q5), force, one, two)


@njit(cache=True, nogil=True, error_model="numpy")
def beam_blocks(ends, axes, length, arm, stiffness, torsion, slots, data):
    """Add the stiffness of all beams to the blocks ``data`` (pairs, u, u).

    ``slots`` (m, 4) are the places of the blocks of first and second end with themselves, of the first with the
    second, and of the second with the first.
    """
    u = data.shape[1]
    relation, whole, half = np.empty((6, 2 * u)), np.zeros((6, 6)), np.empty((6, 2 * u))
    unit = np.zeros((2, u))
    for b in range(len(ends)):
        for c in range(2 * u):
            unit[c // u, c % u] = 1.0
            q = _deform(axes, b, length, arm, unit, np.int32(0), np.int32(1))
            unit[c // u, c % u] = 0.0
            relation[0, c], relation[1, c], relation[2, c], relation[3, c], relation[4, c], relation[5, c] = q
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
