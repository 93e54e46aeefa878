"""Strain and assembly at the Gauss points of a chunk of elements, compiled for speed.

Shapes: gradients (E, G, n, 3), weights (E, G), cells (E, n), slots (E, n, n) places of the node pairs in the block
matrix. Voigt order 11, 22, 33, 23, 13, 12 with engineering shear. The functions work in place. Those in the plane
have two coordinates and the Voigt order 11, 22, 12; all is per unit thickness there.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def gauss_strain(gradients, cells, displacement, strain):
    """Write the strains, shape (E G, 6), of displacements, shape (N, 3)."""
    elements, points, nodes, _ = gradients.shape
    local = np.empty((nodes, 3))
    for e in range(elements):
        for a in range(nodes):
            for i in range(3):
                local[a, i] = displacement[cells[e, a], i]
        for g in range(points):
            xx = yy = zz = yz = xz = xy = 0.0
            for a in range(nodes):
                gx, gy, gz = gradients[e, g, a, 0], gradients[e, g, a, 1], gradients[e, g, a, 2]
                ux, uy, uz = local[a, 0], local[a, 1], local[a, 2]
                xx += gx * ux
                yy += gy * uy
                zz += gz * uz
                yz += gz * uy + gy * uz
                xz += gz * ux + gx * uz
                xy += gy * ux + gx * uy
            p = e * points + g
            strain[p, 0] = xx
            strain[p, 1] = yy
            strain[p, 2] = zz
            strain[p, 3] = yz
            strain[p, 4] = xz
            strain[p, 5] = xy


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def add_forces(gradients, weights, cells, stress, force):
    """Add ∫ Bᵀ σ to the forces, shape (N, 3), of stresses, shape (E G, 6)."""
    elements, points, nodes, _ = gradients.shape
    for e in range(elements):
        for g in range(points):
            p = e * points + g
            w = weights[e, g]
            xx, yy, zz = w * stress[p, 0], w * stress[p, 1], w * stress[p, 2]
            yz, xz, xy = w * stress[p, 3], w * stress[p, 4], w * stress[p, 5]
            for a in range(nodes):
                gx, gy, gz = gradients[e, g, a, 0], gradients[e, g, a, 1], gradients[e, g, a, 2]
                node = cells[e, a]
                force[node, 0] += gx * xx + gz * xz + gy * xy
                force[node, 1] += gy * yy + gz * yz + gx * xy
                force[node, 2] += gz * zz + gy * yz + gx * xz


@njit(cache=True, nogil=True, error_model="numpy")
def plane_gauss_strain(gradients, cells, displacement, strain):
    """Write the strains, shape (E G, 3), of displacements, shape (N, 2)."""
    elements, points, nodes, _ = gradients.shape
    for e in range(elements):
        for g in range(points):
            xx = yy = xy = 0.0
            for a in range(nodes):
                gx, gy = gradients[e, g, a, 0], gradients[e, g, a, 1]
                ux, uy = displacement[cells[e, a], 0], displacement[cells[e, a], 1]
                xx += gx * ux
                yy += gy * uy
                xy += gy * ux + gx * uy
            p = e * points + g
            strain[p, 0] = xx
            strain[p, 1] = yy
            strain[p, 2] = xy


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def plane_add_forces(gradients, weights, cells, stress, force):
    """Add ∫ Bᵀ σ to the forces, shape (N, 2), of stresses, shape (E G, 3)."""
    elements, points, nodes, _ = gradients.shape
    for e in range(elements):
        for g in range(points):
            p = e * points + g
            w = weights[e, g]
            xx, yy, xy = w * stress[p, 0], w * stress[p, 1], w * stress[p, 2]
            for a in range(nodes):
                gx, gy = gradients[e, g, a, 0], gradients[e, g, a, 1]
                node = cells[e, a]
                force[node, 0] += gx * xx + gy * xy
                force[node, 1] += gy * yy + gx * xy


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def plane_add_stiffness(gradients, weights, slots, tangent, data):
    """Add ∫ Bᵀ C B to the blocks ``data``, shape (pairs, 2, 2), of tangents, shape (E G, 3, 3).

    Return the largest difference of C from its transpose and its largest entry.
    """
    elements, points, nodes, _ = gradients.shape
    columns = 2 * nodes
    stress = np.empty((3, columns))  # w C B
    skew, size = 0.0, 0.0
    for e in range(elements):
        for g in range(points):
            p = e * points + g
            w = weights[e, g]
            for i in range(3):
                c0, c1, c2 = w * tangent[p, i, 0], w * tangent[p, i, 1], w * tangent[p, i, 2]
                for b in range(nodes):
                    gx, gy = gradients[e, g, b, 0], gradients[e, g, b, 1]
                    stress[i, 2 * b] = c0 * gx + c2 * gy
                    stress[i, 2 * b + 1] = c1 * gy + c2 * gx
                for j in range(i + 1):
                    size = max(size, abs(tangent[p, i, j]))
                    skew = max(skew, abs(tangent[p, i, j] - tangent[p, j, i]))
            for a in range(nodes):
                gx, gy = gradients[e, g, a, 0], gradients[e, g, a, 1]
                for b in range(nodes):
                    slot = slots[e, a, b]
                    if slot >= len(data):
                        continue
                    for j in range(2):
                        c = 2 * b + j
                        data[slot, 0, j] += gx * stress[0, c] + gy * stress[2, c]
                        data[slot, 1, j] += gy * stress[1, c] + gx * stress[2, c]
    return skew, size
