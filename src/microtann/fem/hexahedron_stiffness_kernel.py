"""Stiffness of linear hexahedra whose tangents are symmetric to the last bit, compiled for speed.

It is that of `microtann.fem.space_stiffness_kernel`, to round-off, for eight nodes without mean dilatation.
The lengths of all inner loops are known when they are compiled, which takes a third of the time off.
"""

from __future__ import annotations

import numpy as np
from numba import njit

N = 8
"""Nodes of a cell."""
COLUMNS = 24


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def add_hexahedron_stiffness(gradients, weights, slots, tangent, data):
    """Add ∫ Bᵀ C B to the blocks ``data``, unless some C is not symmetric: then nothing is added.

    Return the largest difference of C from its transpose and its largest entry.
    """
    elements, points, _, _ = gradients.shape
    skew, size = 0.0, 0.0
    for p in range(len(tangent)):
        for i in range(6):
            for j in range(i + 1):
                size = max(size, abs(tangent[p, i, j]))
                skew = max(skew, abs(tangent[p, i, j] - tangent[p, j, i]))
    if skew != 0.0:
        return skew, size
    g = np.empty((3, N))
    stress = np.empty((6, COLUMNS))  # w C B
    local = np.empty((COLUMNS, COLUMNS))
    for e in range(elements):
        for i in range(COLUMNS):
            for j in range(COLUMNS):
                local[i, j] = 0.0
        for q in range(points):
            p, w = e * points + q, weights[e, q]
            for a in range(N):
                for i in range(3):
                    g[i, a] = gradients[e, q, a, i]
            for k in range(6):
                xx, yy, zz = w * tangent[p, k, 0], w * tangent[p, k, 1], w * tangent[p, k, 2]
                yz, xz, xy = w * tangent[p, k, 3], w * tangent[p, k, 4], w * tangent[p, k, 5]
                for a in range(N):
                    gx, gy, gz = g[0, a], g[1, a], g[2, a]
                    stress[k, a] = xx * gx + xz * gz + xy * gy
                    stress[k, N + a] = yy * gy + yz * gz + xy * gx
                    stress[k, 2 * N + a] = zz * gz + yz * gy + xz * gx
            for a in range(N):
                gx, gy, gz = g[0, a], g[1, a], g[2, a]
                for c in range(COLUMNS):
                    local[a, c] += gx * stress[0, c] + gy * stress[5, c] + gz * stress[4, c]
                for c in range(N, COLUMNS):
                    local[N + a, c] += gx * stress[5, c] + gy * stress[1, c] + gz * stress[3, c]
                for c in range(2 * N, COLUMNS):
                    local[2 * N + a, c] += gx * stress[4, c] + gy * stress[3, c] + gz * stress[2, c]
        for i in range(COLUMNS):
            for j in range(i):
                if j // N < i // N:
                    local[i, j] = local[j, i]
                else:
                    local[i, j] = local[j, i] = 0.5 * (local[i, j] + local[j, i])
        for a in range(N):
            for c in range(N):
                slot = slots[e, a, c]
                for i in range(3):
                    for j in range(3):
                        data[slot, i, j] += local[i * N + a, j * N + c]
    return skew, size
