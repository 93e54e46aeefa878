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

import numpy as np
from numba import njit

from microtann.cones.group_system_kernel import (
    factorise_groups,
    find_group_step,
    form_group_forces,
    gather_active,
    norm_of,
)
from microtann.cones.resistance_kernel import resist
from microtann.slips.slip_search_kernel import FAILED
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
    count = _enter(search, law, np.int64(0), largest, careful)
    c, changed, value, fraction = 0, True, np.inf, 1.0
    for number in range(CAREFUL_STEPS if careful else STEPS):
        search.steps[0] += 1
        search.steps[1] += careful
        if changed:
            c = gather_active(search, count)
            changed, value, fraction = False, np.inf, 1.0
        now, terms = factorise_groups(search, law, trial, count, c)
        if now > value + NOISE * terms and fraction > 1e-9:
            if fraction < 0.02 and not careful:
                return FAILED
            fraction *= 0.5
            _move(search, count, fraction)
            continue
        form_group_forces(search, trial, flow, c)
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
        find_group_step(search, law, count, c, careful)
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
    count = FAILED
    for attempt in range(2):
        if count == FAILED:
            count = _search_flow(search, law, trial, flow, largest, attempt > 0)
    return count
