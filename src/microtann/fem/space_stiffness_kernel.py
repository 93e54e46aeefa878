"""Stiffness of elements in space, plain or with the mean change of volume of every cell, compiled for speed.

Eight elements are treated together, one in each lane of a vector. Shapes of what is given are as in
`microtann.fem.element_kernels`. Unknowns of an element are ordered component by component. Tangents that are
symmetric to the last bit, as those of potentials are, take two thirds of the work.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.slips.lanes_kernel import WIDTH, read, splat, store


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def add_space_stiffness(gradients, mean, weights, slots, tangent, data):
    """Add ∫ B̄ᵀ C B̄ to the blocks ``data``, shape (blocks, 3, 3), of tangents, shape (E G, 6, 6).

    ``mean``, shape (E, n, 3), holds the averages of the gradients over every cell; without elements, (0, n, 3),
    the strain is the plain one: B̄ = B. Else B̄ = B + m bᵀ with the unit tensor m and a third of what the mean
    gradients differ by, b. Blocks whose place lies beyond ``data`` are left out. Return the largest difference of
    C from its transpose and its largest entry.
    """
    elements, points, nodes, _ = gradients.shape
    averaged = mean.shape[0] > 0
    columns = 3 * nodes
    g, b, middle = np.empty(columns * WIDTH), np.empty(columns * WIDTH), np.empty(columns * WIDTH)
    volume, moduli = np.empty(points * WIDTH), np.empty(points * 36 * WIDTH)
    stress, pressure = np.empty(6 * columns * WIDTH), np.empty(columns * WIDTH)  # w C B̄, and the sum of three rows
    local, found = np.empty(columns * columns * WIDTH), np.empty(2 * WIDTH)
    skew, size = 0.0, 0.0
    for first in range(0, elements, WIDTH):
        count = min(WIDTH, elements - first)  # lanes beyond the last element repeat it
        _gather_moduli(first, count, weights, tangent, volume, moduli, found)
        symmetric = True
        for lane in range(count):
            size, skew = max(size, found[lane]), max(skew, found[WIDTH + lane])
            symmetric = symmetric and found[WIDTH + lane] == 0.0
        if averaged:
            _gather_nodes(first, count, mean, middle)
        for q in range(points):
            _gather_nodes(first, count, gradients[:, q], g)
            if averaged:
                for c in range(columns):
                    store(b, c, (read(middle, c) - read(g, c)) * (1.0 / 3.0))
            w = read(volume, q)
            for k in range(6):
                p = 36 * q + 6 * k
                xx, yy, zz = w * read(moduli, p), w * read(moduli, p + 1), w * read(moduli, p + 2)
                yz, xz, xy = w * read(moduli, p + 3), w * read(moduli, p + 4), w * read(moduli, p + 5)
                trace = xx + yy + zz
                for a in range(nodes):
                    gx, gy, gz = read(g, a), read(g, nodes + a), read(g, 2 * nodes + a)
                    x, y, z = xx * gx + xz * gz + xy * gy, yy * gy + yz * gz + xy * gx, zz * gz + yz * gy + xz * gx
                    if averaged:
                        x = x + trace * read(b, a)
                        y = y + trace * read(b, nodes + a)
                        z = z + trace * read(b, 2 * nodes + a)
                    p = k * columns + a
                    store(stress, p, x)
                    store(stress, p + nodes, y)
                    store(stress, p + 2 * nodes, z)
            for c in range(columns):
                store(pressure, c, read(stress, c) + read(stress, columns + c) + read(stress, 2 * columns + c))
            for i in range(3):
                if i == 0:
                    k0, k1, k2 = 0, 5 * columns, 4 * columns
                elif i == 1:
                    k0, k1, k2 = 5 * columns, columns, 3 * columns
                else:
                    k0, k1, k2 = 4 * columns, 3 * columns, 2 * columns
                for a in range(nodes):
                    row = i * nodes + a
                    gx, gy, gz, shift = read(g, a), read(g, nodes + a), read(g, 2 * nodes + a), read(b, row)
                    for c in range(row if symmetric else 0, columns):
                        total = splat(0.0) if q == 0 else read(local, row * columns + c)
                        total = total + gx * read(stress, k0 + c)
                        total = total + gy * read(stress, k1 + c)
                        total = total + gz * read(stress, k2 + c)
                        if averaged:
                            total = total + shift * read(pressure, c)
                        store(local, row * columns + c, total)
        if symmetric:
            for r in range(columns):
                for c in range(r):
                    store(local, r * columns + c, read(local, c * columns + r))
        _scatter(slots[first : first + count], local, data)
    return skew, size


@njit(cache=True, nogil=True, error_model="numpy")
def _gather_nodes(first, count, values, lanes):
    """Write values at the nodes of eight elements, (E, n, 3), into lanes, component by component."""
    nodes = values.shape[1]
    for lane in range(WIDTH):
        own = values[first + min(lane, count - 1)]
        for a in range(nodes):
            for i in range(3):
                lanes[(i * nodes + a) * WIDTH + lane] = own[a, i]


@njit(cache=True, nogil=True, error_model="numpy")
def _gather_moduli(first, count, weights, tangent, volume, moduli, found):
    """Write weights and tangents of eight elements into lanes; find their largest entries and skew parts."""
    points = weights.shape[1]
    for lane in range(WIDTH):
        e = first + min(lane, count - 1)
        for q in range(points):
            volume[q * WIDTH + lane] = weights[e, q]
            own = tangent[e * points + q]
            for i in range(6):
                for j in range(6):
                    moduli[(36 * q + 6 * i + j) * WIDTH + lane] = own[i, j]
    size, skew = splat(0.0), splat(0.0)
    for q in range(points):
        for i in range(6):
            for j in range(i + 1):
                entry, other = read(moduli, 36 * q + 6 * i + j), read(moduli, 36 * q + 6 * j + i)
                size, skew = max(size, abs(entry)), max(skew, abs(entry - other))
    store(found, 0, size)
    store(found, 1, skew)


@njit(cache=True, nogil=True, error_model="numpy")
def _scatter(slots, local, data):
    """Add the matrices of up to eight elements to the blocks."""
    elements, nodes, _ = slots.shape
    columns = 3 * nodes
    for a in range(nodes):
        for c in range(nodes):
            for lane in range(elements):
                slot = slots[lane, a, c]
                if slot < len(data):
                    for i in range(3):
                        for j in range(3):
                            p = (i * nodes + a) * columns + j * nodes + c
                            data[slot, i, j] += local[p * WIDTH + lane]


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
