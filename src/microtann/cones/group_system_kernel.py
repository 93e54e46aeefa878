"""The equations of flowing groups at one point, compiled for speed.

The problem is that of `microtann.cones.group_flow_kernel`: with λ_g = s_g/R_g(s_g) of the flowing groups, the
forces are f = (1 + GΛ)⁻¹ r, found by the factors of 1 + √Λ G √Λ, and Newton's method for |f_g| = R_g(s_g) takes
the derivatives of the forces from the same factors.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.cones.resistance_kernel import resist
from microtann.cones.row_cholesky_kernel import eliminate_right, eliminate_rows, substitute_back
from microtann.slips.lanes_kernel import WIDTH, read, splat, store

DEPENDENT = 1e-14
"""What is added to the diagonal of Newton's matrix, relative to what it would be at rest."""
PROPORTIONAL = 1e-9
"""Distance from 1 of the growth of λ over that of s at which λ does not depend on s, as in viscoelastic groups."""
LEAST = 1e-200
"""In place of λ = 0, whose root is divided by."""


class GroupSearch(NamedTuple):
    """Groups, and the arrays in which the flow of a point is looked for, used over and over.

    Parameters
    ----------
    gram, flat : array, shape (m, W), (m W,)
        G, with columns of zeros up to a multiple of eight, twice.
    first : int64 array, shape (G + 1,)
        First component of every group, and m.
    chosen, rows, right, small : flat arrays of lanes
        G among flowing components, the system of these, derivatives of their forces, Newton's system.
    force : array, shape (W,)
    root, inverse, unknown : array, shape (m,)
    member : int64 array, shape (m,)
        Components that flow.
    active : int64 array, shape (G,)
        Groups that flow, and
    flows : array of bool, shape (G,)
        which these are.
    norm, size, before, step, scale : array, shape (G,)
        |f|, s, s of the step before, its change, and what makes Newton's matrix symmetric.
    steps : int64 array, shape (3,)
        Steps, of these with care, and points that flowed, in all: for measurements.
    """

    gram: Any
    flat: Any
    first: Any
    chosen: Any
    rows: Any
    right: Any
    small: Any
    force: Any
    root: Any
    inverse: Any
    unknown: Any
    member: Any
    active: Any
    flows: Any
    norm: Any
    size: Any
    before: Any
    step: Any
    scale: Any
    steps: Any


@njit(cache=True)
def empty_group_search(gram, first):
    """Return the arrays for groups.

    Parameters
    ----------
    gram : (m, W)
    first : (G + 1,)
    """
    m, groups = len(gram), len(first) - 1
    wide, narrow = (m + 1 + WIDTH - 1) // WIDTH * WIDTH, (groups + 1 + WIDTH - 1) // WIDTH * WIDTH
    return GroupSearch(
        gram,
        gram.ravel(),
        first,
        np.zeros(m * wide),
        np.zeros(m * wide),
        np.zeros(m * narrow),
        np.zeros(groups * narrow),
        np.zeros(gram.shape[1]),
        np.zeros(m),
        np.zeros(max(m, groups)),
        np.zeros(max(m, groups)),
        np.zeros(m, dtype=np.int64),
        np.zeros(groups, dtype=np.int64),
        np.zeros(groups, dtype=np.bool_),
        np.zeros(groups),
        np.zeros(groups),
        np.zeros(groups),
        np.zeros(groups),
        np.zeros(groups),
        np.zeros(3, dtype=np.int64),
    )


@njit(inline="always", error_model="numpy")
def norm_of(vector, start, end):
    """Return the Euclidean norm of some components."""
    total = 0.0
    for i in range(start, end):
        total += vector[i] * vector[i]
    return np.sqrt(total)


@njit(inline="always", error_model="numpy")
def flow_ratio(law, g, s):
    """Return λ = s/R(s), R, R' and ∫R ds."""
    value, slope, total = resist(law, g, s)
    if value > 0.0:
        return s / value, value, slope, total
    return 1.0 / slope, value, slope, total


@njit(cache=True, error_model="numpy", _nrt=False)
def gather_active(search, count):
    """List the components of active groups, and write G among them; return how many there are."""
    member, first, c = search.member, search.first, 0
    for a in range(count):
        for i in range(first[search.active[a]], first[search.active[a] + 1]):
            member[c] = i
            c += 1
    stride = (len(search.gram) + WIDTH) // WIDTH * WIDTH
    for p in range(c):
        row = search.gram[member[p]]
        for q in range(c):
            search.chosen[p * stride + q] = row[member[q]]
        for q in range(c, (c + WIDTH) // WIDTH * WIDTH):
            search.chosen[p * stride + q] = 0.0
    return c


@njit(cache=True, error_model="numpy", _nrt=False)
def factorise_groups(search, law, trial, count, c):
    """Factorise 1 + √Λ G √Λ among active groups, with √Λ r behind it; return P and the size of its terms."""
    root, rows, constant, p = search.root, search.rows, 0.0, 0
    for a in range(count):
        g = search.active[a]
        ratio, value, _slope, total = flow_ratio(law, g, search.size[g])
        constant += total - 0.5 * value * search.size[g]
        factor = np.sqrt(max(ratio, LEAST))
        for _ in range(search.first[g], search.first[g + 1]):
            root[p] = factor
            p += 1
    width, vectors = (len(search.gram) + WIDTH) // WIDTH, (c + WIDTH) // WIDTH
    padded = search.right
    for p in range(c):
        padded[p] = root[p]
    for p in range(c, vectors * WIDTH):
        padded[p] = 0.0
    for p in range(c):
        for j in range(p // WIDTH, vectors):
            store(rows, p * width + j, read(search.chosen, p * width + j) * read(padded, j) * splat(root[p]))
        rows[p * width * WIDTH + p] += 1.0
        rows[p * width * WIDTH + c] = root[p] * trial[search.member[p]]
    eliminate_rows(rows, search.inverse, c, width, vectors, 0.0)
    total = 0.0
    for p in range(c):
        total += rows[p * width * WIDTH + c] ** 2
    return constant - 0.5 * total, constant + 0.5 * total


@njit(cache=True, error_model="numpy", _nrt=False)
def form_group_forces(search, trial, flow, c):
    """Write the flows of active components and all forces, from what `factorise_groups` has left."""
    gram, force, member, root, unknown = search.gram, search.force, search.member, search.root, search.unknown
    width = (len(gram) + WIDTH) // WIDTH
    substitute_back(search.rows, search.inverse, c, width, c, unknown)
    vectors, flat = gram.shape[1] // WIDTH, search.flat
    for j in range(len(trial)):
        force[j] = trial[j]
    for p in range(c):
        i = member[p]
        flow[i] = root[p] * unknown[p]
        factor = splat(-flow[i])
        for j in range(vectors):
            store(force, j, read(force, j) + factor * read(flat, i * vectors + j))
    for p in range(c):
        force[member[p]] = unknown[p] / root[p]


@njit(cache=True, error_model="numpy", _nrt=False)
def find_group_step(search, law, count, c, careful):
    """Write the change of every s, from what `factorise_groups` and `form_group_forces` have left."""
    first, force, active, size = search.first, search.force, search.active, search.size
    right, small, member, root = search.right, search.small, search.member, search.root
    stride, vectors = (len(search.gram) + WIDTH) // WIDTH * WIDTH, (count + WIDTH) // WIDTH
    narrow = vectors * WIDTH
    for k in range(c * vectors):
        store(right, k, splat(0.0))
    for k in range(count * vectors):
        store(small, k, splat(0.0))
    # derivatives of the forces: N_gᵀ H N_h f_h, with H = (1 + NΛNᵀ)⁻¹ by the factors at hand
    start = 0
    for a in range(count):
        end = start + first[active[a] + 1] - first[active[a]]
        for p in range(c):
            total = 0.0
            for q in range(start, end):
                total += search.chosen[p * stride + q] * force[member[q]]
            right[p * narrow + a] = total
        start = end
    q = 0
    for a in range(count):
        for i in range(first[active[a]], first[active[a] + 1]):
            factor = splat(force[i])
            for j in range(vectors):
                store(small, a * vectors + j, read(small, a * vectors + j) + factor * read(right, q * vectors + j))
            q += 1
    for a in range(count):
        search.step[a] = DEPENDENT * small[a * narrow + a]
    for p in range(c):
        factor = splat(root[p])
        for j in range(vectors):
            store(right, p * vectors + j, read(right, p * vectors + j) * factor)
    eliminate_right(search.rows, search.inverse, c, stride // WIDTH, right, vectors)
    for p in range(c):
        for a in range(count):
            factor = splat(-right[p * narrow + a])
            for j in range(a // WIDTH, vectors):
                store(small, a * vectors + j, read(small, a * vectors + j) + factor * read(right, p * vectors + j))
    for a in range(count):
        g = active[a]
        ratio, value, slope, _total = flow_ratio(law, g, size[g])
        growth = 0.0 if size[g] == 0.0 else slope * ratio
        search.scale[a] = np.sqrt(max((1.0 - growth) / max(value, LEAST), LEAST))
    for a in range(count):
        for b in range(a, count):
            small[a * narrow + b] *= search.scale[a] * search.scale[b]
    for a in range(count):
        g = active[a]
        value, slope, _total = resist(law, g, size[g])
        n, ridge = search.norm[g], search.step[a] * search.scale[a] ** 2
        if careful or value == 0.0:
            weight, wanted = value, 0.5 * (n * n - value * value)
        else:
            weight, wanted = n * n * n / (value * value), n * n * (n - value) / value
        if slope > 0.0 and size[g] > 0.0:
            ridge += weight * slope
        small[a * narrow + a] += ridge
        small[a * narrow + count] = search.scale[a] * wanted
    eliminate_rows(small, search.inverse, count, vectors, vectors, 0.0)
    substitute_back(small, search.inverse, count, vectors, count, search.unknown)
    for a in range(count):
        search.step[active[a]] = 0.0
    for a in range(count):
        search.before[active[a]] = size[active[a]]
    for a in range(count):
        search.right[a] = search.unknown[a] / search.scale[a]
    for a in range(count):
        g = active[a]
        ratio, value, slope, _total = flow_ratio(law, g, size[g])
        if size[g] > 0.0 and 1.0 - slope * ratio < PROPORTIONAL:
            search.step[g] = size[g] * (search.norm[g] / value - 1.0)
        else:
            search.step[g] = search.right[a]
