"""Stiffness of elements in space, plain or with the mean change of volume of every cell, compiled for speed.

Shapes as in `microtann.fem.element_kernels`. Unknowns of an element are ordered component by component, so that
the inner loops run over its nodes. Tangents that are symmetric to the last bit, as those of potentials are, take
two thirds of the work and give a stiffness that is symmetric to the last bit as well.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def add_space_stiffness(gradients, mean, weights, slots, tangent, data):
    """Add ∫ B̄ᵀ C B̄ to the blocks ``data``, shape (blocks, 3, 3), of tangents, shape (E G, 6, 6).

    ``mean``, shape (E, n, 3), holds the averages of the gradients over every cell; without elements, (0, n, 3),
    the strain is the plain one: B̄ = B. Else B̄ = B + m bᵀ with the unit tensor m and a third of what the mean
    gradients differ by, b. Return the largest difference of C from its transpose and its largest entry.
    """
    elements, points, nodes, _ = gradients.shape
    averaged = mean.shape[0] > 0
    columns = 3 * nodes
    g = np.empty((3, nodes))
    b = np.zeros(columns)
    stress = np.empty((6, columns))  # w C B̄
    pressure = np.empty(columns)
    local = np.empty((columns, columns))
    skew, size = 0.0, 0.0
    for e in range(elements):
        differs = 0.0
        for p in range(e * points, (e + 1) * points):
            for i in range(6):
                for j in range(i + 1):
                    size = max(size, abs(tangent[p, i, j]))
                    differs = max(differs, abs(tangent[p, i, j] - tangent[p, j, i]))
        skew = max(skew, differs)
        symmetric = differs == 0.0
        local[:] = 0.0
        for q in range(points):
            p, w = e * points + q, weights[e, q]
            for a in range(nodes):
                for i in range(3):
                    g[i, a] = gradients[e, q, a, i]
                    if averaged:
                        b[i * nodes + a] = (mean[e, a, i] - g[i, a]) / 3.0
            for k in range(6):
                xx, yy, zz = w * tangent[p, k, 0], w * tangent[p, k, 1], w * tangent[p, k, 2]
                yz, xz, xy = w * tangent[p, k, 3], w * tangent[p, k, 4], w * tangent[p, k, 5]
                trace = xx + yy + zz
                for a in range(nodes):
                    gx, gy, gz = g[0, a], g[1, a], g[2, a]
                    stress[k, a] = xx * gx + xz * gz + xy * gy + trace * b[a]
                    stress[k, nodes + a] = yy * gy + yz * gz + xy * gx + trace * b[nodes + a]
                    stress[k, 2 * nodes + a] = zz * gz + yz * gy + xz * gx + trace * b[2 * nodes + a]
            for c in range(columns):
                pressure[c] = stress[0, c] + stress[1, c] + stress[2, c]
            for i in range(3):
                if i == 0:
                    k0, k1, k2 = 0, 5, 4
                elif i == 1:
                    k0, k1, k2 = 5, 1, 3
                else:
                    k0, k1, k2 = 4, 3, 2
                first = i * nodes if symmetric else 0
                for a in range(nodes):
                    gx, gy, gz = g[0, a], g[1, a], g[2, a]
                    row, shift = i * nodes + a, b[i * nodes + a]
                    for c in range(first, columns):
                        local[row, c] += (
                            gx * stress[k0, c] + gy * stress[k1, c] + gz * stress[k2, c] + shift * pressure[c]
                        )
        if symmetric:
            for i in range(columns):
                for j in range(i):
                    if j // nodes < i // nodes:
                        local[i, j] = local[j, i]
                    else:
                        local[i, j] = local[j, i] = 0.5 * (local[i, j] + local[j, i])
        for a in range(nodes):
            for c in range(nodes):
                slot = slots[e, a, c]
                for i in range(3):
                    for j in range(3):
                        data[slot, i, j] += local[i * nodes + a, j * nodes + c]
    return skew, size


@njit(cache=True, nogil=True, error_model="numpy")
def average_trace(tensors, weights, dimension):
    """Give the tensors, shape (E G, v), of every cell the weighted mean of their traces, in place.

    Parameters
    ----------
    tensors : (E G, v)
    weights : (E, G)
    dimension : int
        Of space: the first components are those of the trace.
    """
    elements, points = weights.shape
    for e in range(elements):
        total, whole = 0.0, 0.0
        for q in range(points):
            trace = 0.0
            for i in range(dimension):
                trace += tensors[e * points + q, i]
            total += weights[e, q] * trace
            whole += weights[e, q]
        mean = total / whole
        for q in range(points):
            trace = 0.0
            for i in range(dimension):
                trace += tensors[e * points + q, i]
            for i in range(dimension):
                tensors[e * points + q, i] += (mean - trace) / dimension
