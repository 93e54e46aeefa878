"""Flexibility of sections and of beams, five numbers at a time, compiled for speed.

Deformations q and forces Q of a beam are those of `microtann.microstructure.frames.full.beam_forces_kernel`:
stretch, and angles between the ends and the chord across y and z. A section at s has the forces b Q, and adds
L bᵀ f b to the flexibility of its beam, f being the inverse of its stiffness. The functions work in place.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def elastic_section(fibres, young, flexibility, flat):
    """Write the flexibility (3, 3) of an elastic section."""
    stiffness = np.zeros((3, 3))
    for f in range(fibres.shape[1]):
        add_fibre(stiffness, fibres[0, f], fibres[1, f], young * fibres[2, f])
    invert_section(stiffness, flat, flexibility)


@njit(cache=True, nogil=True, error_model="numpy")
def add_fibre(stiffness, y, z, modulus):
    """Add a fibre of modulus times area to the stiffness of its section, lower part."""
    stiffness[0, 0] += modulus
    stiffness[1, 0] -= modulus * y
    stiffness[2, 0] -= modulus * z
    stiffness[1, 1] += modulus * y * y
    stiffness[2, 1] += modulus * y * z
    stiffness[2, 2] += modulus * z * z


@njit(cache=True, nogil=True, error_model="numpy")
def invert_section(stiffness, flat, inverse):
    """Invert the stiffness of a section; in the plane (``flat``) it has no curvature across z."""
    a, b, c = stiffness[0, 0], stiffness[1, 0], stiffness[2, 0]
    d, e, f = stiffness[1, 1], stiffness[2, 1], stiffness[2, 2]
    if flat:
        det = a * d - b * b
        inverse[0, 0], inverse[1, 1] = d / det, a / det
        inverse[0, 1] = inverse[1, 0] = -b / det
        inverse[0, 2] = inverse[2, 0] = inverse[1, 2] = inverse[2, 1] = inverse[2, 2] = 0.0
        return
    aa, bb, cc = d * f - e * e, c * e - b * f, b * e - c * d
    det = a * aa + b * bb + c * cc
    inverse[0, 0], inverse[1, 1], inverse[2, 2] = aa / det, (a * f - c * c) / det, (a * d - b * b) / det
    inverse[0, 1] = inverse[1, 0] = bb / det
    inverse[0, 2] = inverse[2, 0] = cc / det
    inverse[1, 2] = inverse[2, 1] = (b * c - a * e) / det


@njit(cache=True, nogil=True, error_model="numpy")
def add_flexibility(matrix, f, s, weight):
    """Add weight bᵀ f b of a section at s to the flexibility (5, 5) of a beam, lower part."""
    one, two = s - 1.0, s
    matrix[0, 0] += weight * f[0, 0]
    for plane in range(2):
        first, second, k = 1 + 2 * plane, 2 + 2 * plane, 1 + plane
        matrix[first, 0] += weight * one * f[k, 0]
        matrix[second, 0] += weight * two * f[k, 0]
        matrix[first, first] += weight * one * one * f[k, k]
        matrix[second, first] += weight * one * two * f[k, k]
        matrix[second, second] += weight * two * two * f[k, k]
    matrix[3, 1] += weight * one * one * f[2, 1]
    matrix[4, 1] += weight * one * two * f[2, 1]
    matrix[3, 2] += weight * one * two * f[2, 1]
    matrix[4, 2] += weight * two * two * f[2, 1]


@njit(cache=True, nogil=True, error_model="numpy")
def factorise_flexibility(matrix, free):
    """Replace the lower part of a matrix (5, 5) by its Cholesky factor; rows of what is free are those of one."""
    for i in range(5):
        if free[i]:
            for j in range(i):
                matrix[i, j] = 0.0
            for j in range(i + 1, 5):
                matrix[j, i] = 0.0
            matrix[i, i] = 1.0
    for i in range(5):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = math.sqrt(total) if i == j else total / matrix[j, j]


@njit(cache=True, nogil=True, error_model="numpy")
def solve_flexibility(factor, free, vector):
    """Replace a vector by the solution."""
    for i in range(5):
        total = 0.0 if free[i] else vector[i]
        for k in range(i):
            total -= factor[i, k] * vector[k]
        vector[i] = total / factor[i, i]
    for i in range(4, -1, -1):
        total = vector[i]
        for k in range(i + 1, 5):
            total -= factor[k, i] * vector[k]
        vector[i] = total / factor[i, i]


@njit(cache=True, nogil=True, error_model="numpy")
def take_strain(q, i, e, s, weight):
    """Take a strain of a section from the deformations of the beam."""
    if i == 0:
        q[0] -= weight * e
    else:
        q[2 * i - 1] -= weight * (s - 1.0) * e
        q[2 * i] -= weight * s * e


@njit(cache=True, nogil=True, error_model="numpy")
def add_shear(matrix, shear, length):
    """Add the flexibility in shear, which turns both ends alike; ``shear`` is that of a unit length."""
    for plane in range(2):
        first, second = 1 + 2 * plane, 2 + 2 * plane
        part = shear[plane] / length
        matrix[first, first] += part
        matrix[second, first] += part
        matrix[second, second] += part


@njit(cache=True, nogil=True, error_model="numpy")
def section_forces(force, s):
    """Return normal force and moments at s."""
    return force[0], (s - 1.0) * force[1] + s * force[2], (s - 1.0) * force[3] + s * force[4]
