"""Strain and assembly at the Gauss points of a chunk of elements in the plane, compiled for speed.

As in `microtann.fem.element_kernels`, with two coordinates and the Voigt order 11, 22, 12: gradients (E, G, n, 2),
weights (E, G), cells (E, n), slots (E, n, n) places of the node pairs in the block matrix. All is per unit
thickness. The functions work in place.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def gauss_strain(gradients, cells, displacement, strain):
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


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def add_forces(gradients, weights, cells, stress, force):
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


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def add_stiffness(gradients, weights, slots, tangent, data):
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
                    for j in range(2):
                        c = 2 * b + j
                        data[slot, 0, j] += gx * stress[0, c] + gy * stress[2, c]
                        data[slot, 1, j] += gy * stress[1, c] + gx * stress[2, c]
    return skew, size
