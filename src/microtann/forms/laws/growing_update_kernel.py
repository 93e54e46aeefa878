"""Many material points of groups whose resistances grow at once, compiled for speed.

The same increment as `microtann.tann.point.MaterialPoint` of a `microtann.forms.laws.growing_flow.HardeningEnergy`
and a `GrowingFlow`; the tests hold the two together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.cones.group_flow_kernel import flow_groups
from microtann.cones.group_response_kernel import list_flowing, soften_by_groups
from microtann.cones.group_system_kernel import empty_group_search
from microtann.cones.resistance_kernel import empty_resistance, set_resistance
from microtann.forms.variational.update_kernel import CHUNK, _drive, _flow, _respond
from microtann.slips.product_kernel import multiply
from microtann.slips.slip_search_kernel import FAILED


class GrowingParts(NamedTuple):
    """The arrays of a material point; the scales of the driving variables are divided out of them.

    Parameters
    ----------
    elastic : array, shape (y, y)
        PᵀP of the energy.
    coupling : array, shape (y, z)
        Bᵀ.
    gram, first : array, shapes (m, W), (G + 1,)
        Of `microtann.cones.group_system_kernel.GroupSearch`.
    law : GroupLaw
    normals, normals_by_group : array, shapes (z, W), (m, z)
        N, with columns of zeros up to a multiple of eight, and its transpose.
    on_groups : array, shape (m, v)
        NᵀB.
    extra : array, shape (e, e)
        Symmetric: energy of the extra state variables alone.
    scale : float
        Scale of the energy.
    dt : float
        Duration of the increment.
    """

    elastic: Any
    coupling: Any
    gram: Any
    first: Any
    law: Any
    normals: Any
    normals_by_group: Any
    on_groups: Any
    extra: Any
    scale: Any
    dt: Any


@njit(cache=True, error_model="numpy")
def _stored_by_hardening(law, accumulated):
    """Return the energy of accumulated flows."""
    total = 0.0
    for g in range(len(accumulated)):
        p = accumulated[g]
        total += 0.5 * law.hardening[g] * p * p
        for j in range(law.rate.shape[1]):
            total += law.saturation[g, j] * (p + np.expm1(-law.rate[g, j] * p) / law.rate[g, j])
    return total


@njit(cache=True, error_model="numpy")
def update_growing_points(parts, driving, state, after, stress, energy, dissipation, tangent):
    """Advance n points; return which failed.

    Parameters
    ----------
    parts : GrowingParts
    driving : (n, y)
        Driving variables at the end of the increment.
    state : (n, z + G)
        Internal state variables and p at its beginning.
    after, stress, energy, dissipation : (n, z + G), (n, v), (n,), (n,) out
    tangent : (n, v, v) out
        Not touched if its first axis is empty.

    Returns
    -------
    array of bool, shape (n,)
    """
    elastic, coupling, gram, first, law, normals, normals_by_group, on_groups, extra, scale, dt = parts
    n, v = stress.shape
    z, m = len(normals), len(gram)
    rigid = scale * (elastic + coupling @ coupling.T)[:v, :v]
    force, trial, flow = np.empty((CHUNK, z)), np.empty((CHUNK, normals.shape[1])), np.empty(m)
    search, now, failed = empty_group_search(gram, first), empty_resistance(law), np.zeros(n, dtype=np.bool_)
    for begin in range(0, n, CHUNK):
        size = min(begin + CHUNK, n) - begin
        for k in range(size):
            after[begin + k] = state[begin + k]
            _drive(coupling, driving[begin + k], state[begin + k, :z], force[k])
        multiply(force[:size], normals, trial[:size])
        for k in range(size):
            p = begin + k
            set_resistance(law, state[p, z:], dt, now)
            count = flow_groups(search, now, trial[k, :m], flow)
            failed[p] = count == FAILED
            lost = 0.0
            if count > 0:
                _flow(normals_by_group, flow, force[k], after[p, :z])
                count = list_flowing(search, flow)
                for a in range(count):
                    g = search.active[a]
                    s = search.size[g]
                    after[p, z + g] += s
                    lost += (law.resistance[g] + law.viscosity[g] * (s / dt) ** law.exponent[g]) * s
            stored = _respond(elastic, coupling, extra, driving[p], force[k], stress[p])
            energy[p] = scale * (stored + _stored_by_hardening(law, after[p, z:]))
            dissipation[p] = scale * lost
            for i in range(v):
                stress[p, i] *= scale
            if len(tangent) > 0:
                tangent[p] = rigid
                if count > 0:
                    soften_by_groups(search, now, flow, count, on_groups, scale, tangent[p])
    return failed
