"""Stiffness of elements whose change of volume is its mean over the cell, compiled for speed.

Shapes as in `microtann.fem.element_kernels`, for d = 2 or 3 dimensions and v components.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def add_averaged_stiffness(gradients, mean, weights, slots, tangent, pairs, data):
    """Add ∫ B̄ᵀ C B̄ to the blocks ``data``, shape (blocks, d, d).

    ``mean``, shape (E, n, d), holds the averages of the gradients over every cell, ``pairs``, shape (v, 2), the
    indices of the components. Return the largest difference of C from its transpose and its largest entry.
    """
    elements, points, nodes, d = gradients.shape
    components, columns = len(pairs), d * nodes
    strain = np.zeros((components, columns))  # B̄
    stress = np.empty(columns)  # a row of w C B̄
    local = np.empty((columns, columns))
    skew, size = 0.0, 0.0
    for e in range(elements):
        local[:] = 0.0
        for g in range(points):
            p = e * points + g
            for a in range(nodes):
                for i in range(d):
                    for k in range(d):
                        strain[k, d * a + i] = (mean[e, a, i] - gradients[e, g, a, i]) / d
                    strain[i, d * a + i] += gradients[e, g, a, i]
                for k in range(d, components):
                    i, j = pairs[k, 0], pairs[k, 1]
                    strain[k, d * a + i] = gradients[e, g, a, j]
                    strain[k, d * a + j] = gradients[e, g, a, i]
            for k in range(components):
                stress[:] = 0.0
                for m in range(components):
                    modulus = weights[e, g] * tangent[p, k, m]
                    for c in range(columns):
                        stress[c] += modulus * strain[m, c]
                for m in range(k + 1):
                    size = max(size, abs(tangent[p, k, m]))
                    skew = max(skew, abs(tangent[p, k, m] - tangent[p, m, k]))
                for r in range(columns):
                    factor = strain[k, r]
                    if factor != 0.0:
                        for c in range(columns):
                            local[r, c] += factor * stress[c]
        for a in range(nodes):
            for b in range(nodes):
                slot = slots[e, a, b]
                if slot >= len(data):
                    continue
                for i in range(d):
                    for j in range(d):
                        data[slot, i, j] += local[d * a + i, d * b + j]
    return skew, size
