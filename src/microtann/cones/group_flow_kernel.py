"""The flow of groups at one point, compiled for speed.

From trial forces r, whose groups have the directions N with the products G = NᵀN, find

    γ = argmin ½ γ·Gγ − r·γ + Σ Φ_g(|γ_g|),    Φ_g' = R_g,

with the Euclidean norm of every group and resistances R_g that may grow with it
(`microtann.cones.resistance_kernel`). The forces f = r − Gγ are those of the minimum if and only if

    |f_g| ≤ R_g(0) where γ_g = 0,    f_g = R_g(|γ_g|) γ_g/|γ_g| elsewhere:

that is the certificate. A flowing group moves along its force, γ_g = λ_g f_g with λ_g = s_g/R_g(s_g), so that the
flows follow from as many numbers s_g = |γ_g| as there are flowing groups:

    f = (1 + GΛ)⁻¹ r

by a matrix that is never singular, whether or not directions depend on each other. What is left is
|f_g| = R_g(s_g), the gradient of a convex function of λ,

    P(λ) = −½ r·γ + Σ (Φ_g(s_g) − ½ R_g(s_g) s_g).

Newton's method for 1/|f_g| = 1/R_g(s_g) finds it in few steps, since 1/|f_g| is a straight line in λ_g for a group
alone; P must not grow in a step. Groups enter whose forces are beyond their resistances, and leave where s_g falls
to zero. This need not end where directions depend on each other, so that after some steps the point starts again
with care: groups enter one at a time, the most violated first, steps are those of Newton's method for the
minimum of P, and end where the first group comes to rest. P falls until no group is left to enter.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.cones.resistance_kernel import resist
from microtann.cones.row_cholesky_kernel import eliminate_right, eliminate_rows, substitute_back
from microtann.slips.lanes_kernel import WIDTH, read, splat, store
from microtann.slips.reference_kernel import FAILED
from microtann.slips.yield_tolerance import YIELD_TOLERANCE

STEPS = 20
"""Steps before a point starts again with care."""
CAREFUL_STEPS = 3000
"""Steps, with care, before a flow counts as not found."""
CERTIFICATE = 2e-13
"""Relative error of a force at which its resistance is met."""
ROUND_OFF = 1e-14
"""Error of a force relative to the largest trial force that is none."""
SLACK = 4.0
"""By which both may be larger where directions of very different size leave no more digits."""
NOISE = 1e-12
"""Growth of P relative to its terms that is none."""
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


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"}, _nrt=False)
def _flow_alone(search, law, g):
    """Return how much a group would flow if no other did and its force kept its direction."""
    force, n, stiffness = search.force, search.norm[g], 0.0
    for i in range(search.first[g], search.first[g + 1]):
        for j in range(search.first[g], search.first[g + 1]):
            stiffness += force[i] * search.gram[i, j] * force[j]
    stiffness /= n * n
    s = (n - law.base[g]) / stiffness
    if len(law.linear) == 0:
        return s
    s *= 1e-3
    for _ in range(4):
        value, slope, _total = resist(law, g, s)
        s = max(s + (n - value - stiffness * s) / (slope + stiffness), 0.1 * s)
    return s


@njit(inline="always", error_model="numpy")
def _ratio(law, g, s):
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
def _factorise(search, law, trial, count, c):
    """Factorise 1 + √Λ G √Λ among active groups, with √Λ r behind it; return P and the size of its terms."""
    root, rows, constant, p = search.root, search.rows, 0.0, 0
    for a in range(count):
        g = search.active[a]
        ratio, value, _slope, total = _ratio(law, g, search.size[g])
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
def _form_forces(search, trial, flow, c):
    """Write the flows of active components and all forces, from what `_factorise` has left."""
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
def _find_step(search, law, count, c, careful):
    """Write the change of every s, from what `_factorise` and `_form_forces` have left."""
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
        ratio, value, slope, _total = _ratio(law, g, size[g])
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
        ratio, value, slope, _total = _ratio(law, g, size[g])
        if size[g] > 0.0 and 1.0 - slope * ratio < PROPORTIONAL:
            search.step[g] = size[g] * (search.norm[g] / value - 1.0)
        else:
            search.step[g] = search.right[a]


@njit(cache=True, error_model="numpy", _nrt=False)
def _move(search, count, fraction):
    """Let sizes follow their step by a fraction of it; those that would be negative are zero."""
    for a in range(count):
        g = search.active[a]
        search.size[g] = max(search.before[g] + fraction * search.step[g], 0.0)


@njit(cache=True, error_model="numpy", _nrt=False)
def _reach(search, count):
    """Return which part of a step brings the first group to rest, 1 at most."""
    part = 1.0
    for a in range(count):
        g = search.active[a]
        if search.before[g] + search.step[g] < 0.0:
            part = min(part, -search.before[g] / search.step[g])
    return part


@njit(cache=True, error_model="numpy", _nrt=False)
def _search_flow(search, law, trial, flow, largest, careful):
    """Look for the flow from rest; return how many groups flow."""
    first, force, active, norm, size = search.first, search.force, search.active, search.norm, search.size
    for j in range(len(trial)):
        force[j] = trial[j]
    for g in range(len(size)):
        size[g] = 0.0
        search.flows[g] = False
    count = _enter(search, law, 0, largest, careful)
    c, changed, value, fraction = 0, True, np.inf, 1.0
    for number in range(CAREFUL_STEPS if careful else STEPS):
        search.steps[0] += 1
        search.steps[1] += careful
        if changed:
            c = gather_active(search, count)
            changed, value, fraction = False, np.inf, 1.0
        now, terms = _factorise(search, law, trial, count, c)
        if now > value + NOISE * terms and fraction > 1e-9:
            if fraction < 0.02 and not careful:
                return FAILED
            fraction *= 0.5
            _move(search, count, fraction)
            continue
        _form_forces(search, trial, flow, c)
        kept = 0
        for a in range(count):
            g = active[a]
            norm[g] = norm_of(force, first[g], first[g + 1])
            search.flows[g] = size[g] > 0.0 or (not careful and norm[g] > law.base[g] * (1.0 + YIELD_TOLERANCE))
            if search.flows[g]:
                active[kept] = g
                kept += 1
        if kept != count:
            count, changed = kept, True
            continue
        met = _is_met(search, law, count, largest, SLACK if careful and number > STEPS else 1.0)
        if met or not careful:
            entered = _enter(search, law, count, largest, careful)
            if entered == count and met:
                return _finish(search, flow)
            if entered != count:
                count, changed = entered, True
                continue
        _find_step(search, law, count, c, careful)
        value, fraction = now, _reach(search, count) if careful else 1.0
        _move(search, count, fraction)
    return FAILED


@njit(cache=True, error_model="numpy", _nrt=False)
def _enter(search, law, count, largest, careful):
    """Let groups enter whose forces are beyond their resistances, with care the worst; return the new count."""
    first, norm, most, kept = search.first, search.norm, 0.0, count
    for g in range(len(first) - 1):
        if not search.flows[g]:
            norm[g] = norm_of(search.force, first[g], first[g + 1])
            beyond = norm[g] - law.base[g] * (1.0 + YIELD_TOLERANCE) - ROUND_OFF * largest
            if beyond > most or (beyond > 0.0 and not careful):
                search.active[kept] = g
                if careful:
                    most = beyond
                else:
                    kept += 1
    if careful and most > 0.0:
        kept += 1
    for a in range(count, kept):
        g = search.active[a]
        search.flows[g] = True
        search.size[g] = _flow_alone(search, law, g)
    return kept


@njit(inline="always", error_model="numpy")
def _is_met(search, law, count, largest, slack):
    """Return whether all flowing groups have the force of their resistance."""
    for a in range(count):
        g = search.active[a]
        value, _slope, _total = resist(law, g, search.size[g])
        if abs(search.norm[g] - value) > slack * (CERTIFICATE * value + ROUND_OFF * largest):
            return False
    return True


@njit(cache=True, error_model="numpy", _nrt=False)
def _finish(search, flow):
    """Leave zero where nothing flows."""
    flowing = 0
    for g in range(len(search.first) - 1):
        if not search.flows[g] or search.size[g] == 0.0:
            for i in range(search.first[g], search.first[g + 1]):
                flow[i] = 0.0
        else:
            flowing += 1
    search.steps[2] += 1
    return flowing


@njit(cache=True, error_model="numpy", _nrt=False)
def flow_groups(search, law, trial, flow):
    """Find the flow of one point.

    Parameters
    ----------
    search : GroupSearch
    law : Resistance
        Of this point in this increment.
    trial : (m,)
        r.
    flow : (m,) out
        γ; not touched where nothing flows.

    Returns
    -------
    int
        Number of flowing groups; FAILED if the flow was not found or forces are not finite.
    """
    largest, yields = 0.0, False
    for g in range(len(search.first) - 1):
        n = norm_of(trial, search.first[g], search.first[g + 1])
        if not np.isfinite(n):
            return FAILED
        largest = max(largest, n)
        yields = yields or n > law.base[g] * (1.0 + YIELD_TOLERANCE)
    if not yields:
        return 0
    count = _search_flow(search, law, trial, flow, largest, False)
    if count == FAILED:
        count = _search_flow(search, law, trial, flow, largest, True)
    return count
