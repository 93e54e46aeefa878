"""How the flow of groups answers to small changes of the forces, compiled for speed.

Where the groups A flow, their forces f_g = R_g(s_g) u_g, u_g = γ_g/s_g, stay on their surfaces,

    (G_AA + J) dγ = df_A,    J_g = R_g/s_g (1 − u_g u_gᵀ) + R_g' u_g u_gᵀ,

with the change df of the trial forces less what the resistances grow by themselves. With λ_g = s_g/R_g and
T_g = √λ_g (1 − u_g u_gᵀ) + u_g u_gᵀ, the unknowns x = T⁻¹ dγ have the matrix T G T + 1 − u uᵀ + R' u uᵀ, in which
no number is large, however little a group flows.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.cones.group_system_kernel import gather_active, norm_of
from microtann.cones.resistance_kernel import resist
from microtann.cones.row_cholesky_kernel import eliminate_right, eliminate_rows, substitute_back
from microtann.slips.lanes_kernel import WIDTH, read, splat, store

INDEPENDENT = 1e-12
"""Pivot, relative to the largest entry of the diagonal, above which a flow is not one of others."""


@njit(cache=True, error_model="numpy", _nrt=False)
def list_flowing(search, flow):
    """Note which groups flow, and how much; return how many there are."""
    count = 0
    for g in range(len(search.first) - 1):
        s = norm_of(flow, search.first[g], search.first[g + 1])
        search.size[g] = s
        if s > 0.0:
            search.active[count] = g
            count += 1
    return count


@njit(cache=True, error_model="numpy", _nrt=False)
def _transform(search, count, flow, vector):
    """Multiply a vector on flowing components by T."""
    p = 0
    for a in range(count):
        g = search.active[a]
        start, end, along = search.first[g], search.first[g + 1], 0.0
        for i in range(start, end):
            along += flow[i] * vector[p + i - start]
        along *= (1.0 - search.scale[g]) / search.size[g] ** 2
        for i in range(start, end):
            vector[p] = search.scale[g] * vector[p] + along * flow[i]
            p += 1


@njit(cache=True, error_model="numpy", _nrt=False)
def factorise_response(search, law, flow, count):
    """Factorise T G T + 1 − u uᵀ + R' u uᵀ for the flowing groups; return how many components they have.

    Parameters
    ----------
    search : GroupSearch
        After `list_flowing`.
    law : Resistance
    flow : (m,)
    count : int
        Flowing groups.
    """
    c = gather_active(search, count)
    width, rows = (len(search.gram) + WIDTH) // WIDTH, search.chosen
    stride = width * WIDTH
    for a in range(count):
        g = search.active[a]
        value, slope, _total = resist(law, g, search.size[g])
        search.scale[g] = np.sqrt(search.size[g] / value) if value > 0.0 else 1.0 / np.sqrt(slope)
    for p in range(c):
        _transform(search, count, flow, rows[p * stride : p * stride + c])
    column = search.rows
    for q in range(c):
        for p in range(c):
            column[p] = rows[p * stride + q]
        _transform(search, count, flow, column[:c])
        for p in range(c):
            rows[p * stride + q] = column[p]
    start = 0
    for a in range(count):
        g = search.active[a]
        first = search.first[g]
        size = search.first[g + 1] - first
        value, slope, _total = resist(law, g, search.size[g])
        # (1 − u uᵀ) J (1 − u uᵀ) in these unknowns is 1 − u uᵀ, where λ is s/R
        for i in range(size):
            rows[(start + i) * stride + start + i] += 1.0
            for j in range(size):
                pair = flow[first + i] * flow[first + j] / search.size[g] ** 2
                rows[(start + i) * stride + start + j] += (slope - 1.0) * pair
        start += size
    largest = 0.0
    for p in range(c):
        largest = max(largest, rows[p * stride + p])
    for k in range(c * stride):
        search.rows[k] = rows[k]
    eliminate_rows(search.rows, search.inverse, c, width, (c + WIDTH - 1) // WIDTH, INDEPENDENT * largest)
    return c


@njit(cache=True, error_model="numpy", _nrt=False)
def solve_response(search, flow, count, c, change):
    """Turn changes of the forces on flowing components to those of their flow, in place.

    Parameters
    ----------
    search : GroupSearch
        After `factorise_response`.
    flow : (m,)
    count, c : int
        Flowing groups, and their components.
    change : (c,) in and out
    """
    width = (len(search.gram) + WIDTH) // WIDTH
    stride = width * WIDTH
    _transform(search, count, flow, change)
    right = search.right
    for p in range(c):
        store(right, p, splat(0.0))
        right[p * WIDTH] = change[p]
    eliminate_right(search.rows, search.inverse, c, width, right, np.int64(1))
    for p in range(c):
        search.rows[p * stride + c] = right[p * WIDTH]
    substitute_back(search.rows, search.inverse, c, width, c, change)
    _transform(search, count, flow, change)


@njit(cache=True, error_model="numpy")
def soften_by_groups(search, law, flow, count, on_groups, scale, tangent):
    """Take Qᵀ_A (G_AA + J)⁻¹ Q_A from the tangent of a point.

    Parameters
    ----------
    search : GroupSearch
        After `list_flowing`.
    law : Resistance
    flow : (m,)
    count : int
    on_groups : (m, v)
        Q = NᵀB: forces on the groups due to a unit strain.
    scale : float
        Factor of what is taken.
    tangent : (v, v) in and out
    """
    v, c = len(tangent), factorise_response(search, law, flow, count)
    vectors = (v + WIDTH - 1) // WIDTH
    narrow, right = vectors * WIDTH, np.zeros(c * vectors * WIDTH)
    column = search.unknown
    for k in range(v):
        for p in range(c):
            column[p] = on_groups[search.member[p], k]
        _transform(search, count, flow, column[:c])
        for p in range(c):
            right[p * narrow + k] = column[p]
    eliminate_right(search.rows, search.inverse, c, (len(search.gram) + WIDTH) // WIDTH, right, vectors)
    for k in range(v):
        for j in range(vectors):
            total = splat(0.0)
            for p in range(c):
                total = total + splat(right[p * narrow + k]) * read(right, p * vectors + j)
            store(search.chosen, j, total)
        for e in range(v):
            tangent[k, e] -= scale * search.chosen[e]
