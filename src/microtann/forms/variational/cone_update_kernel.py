"""Many material points of a variational TANN of groups at once, compiled for speed.

The same increment as `microtann.tann.point.MaterialPoint`; the tests hold the two together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.cones.group_rounds_kernel import empty_rounds, flow_group_points
from microtann.cones.group_system_kernel import empty_group_search, norm_of
from microtann.cones.octet_response_kernel import GroupLanes, empty_response, soften_group_points
from microtann.cones.resistance_kernel import empty_resistance
from microtann.forms.variational.update_kernel import CHUNK, _drive, _flow, _respond
from microtann.slips.product_kernel import multiply
from microtann.slips.slip_search_kernel import FAILED


class ConeParts(NamedTuple):
    """The arrays of a material point; the scales of the driving variables are divided out of them.

    Parameters
    ----------
    elastic : array, shape (y, y)
        PᵀP of the energy.
    coupling : array, shape (y, z)
        Bᵀ.
    gram : array, shape (m, W)
        Of `microtann.cones.group_system_kernel.GroupSearch`.
    fixed : GroupLanes
    law : GroupLaw
    normals, normals_by_group : array, shapes (z, W), (m, z)
        N, with columns of zeros up to a multiple of eight, and its transpose.
    on_groups : array, shape (m + 1, v)
        NᵀB, and a row of zeros.
    extra : array, shape (e, e)
        Symmetric: energy of the extra state variables alone.
    scale : float
        Scale of the energy.
    """

    elastic: Any
    coupling: Any
    gram: Any
    fixed: GroupLanes
    law: Any
    normals: Any
    normals_by_group: Any
    on_groups: Any
    extra: Any
    scale: Any


@njit(cache=True, nogil=True, error_model="numpy")
def update_cone_points(parts, driving, state, after, stress, energy, dissipation, tangent):
    """Advance n points; return which failed.

    Parameters
    ----------
    parts : ConeParts
    driving : (n, y)
        Driving variables at the end of the increment.
    state : (n, z)
        Internal state variables at its beginning.
    after, stress, energy, dissipation : (n, z), (n, v), (n,), (n,) out
    tangent : (n, v, v) out
        Not touched if its first axis is empty.

    Returns
    -------
    array of bool, shape (n,)
    """
    elastic, coupling, gram, fixed, law, normals, normals_by_group, on_groups, extra, scale = parts
    n, v = stress.shape
    m, groups, first = len(gram), len(fixed.resistance), fixed.first
    rigid = scale * (elastic + coupling @ coupling.T)[:v, :v]
    force, trial, flow = np.empty((CHUNK, len(normals))), np.empty((CHUNK, normals.shape[1])), np.empty((CHUNK, m))
    response, now, failed = empty_response(fixed, v), empty_rounds(fixed), np.zeros(n, dtype=np.bool_)
    search, resistance = empty_group_search(gram, first), empty_resistance(law)
    for begin in range(0, n, CHUNK):
        end = min(begin + CHUNK, n)
        size = end - begin
        for k in range(size):
            p = begin + k
            after[p] = state[p]
            _drive(coupling, driving[p], state[p], force[k])
        multiply(force[:size], normals, trial[:size])
        count = flow_group_points(fixed, response, now, search, resistance, trial[:size], flow[:size])
        for k in range(size):
            p = begin + k
            failed[p] = count[k] == FAILED
            lost = 0.0
            if count[k] > 0:
                _flow(normals_by_group, flow[k], force[k], after[p])
                for g in range(groups):
                    lost += norm_of(flow[k], first[g], first[g + 1])
            energy[p] = scale * _respond(elastic, coupling, extra, driving[p], force[k], stress[p])
            dissipation[p] = scale * lost
            for i in range(v):
                stress[p, i] *= scale
        if len(tangent) > 0:
            tangent[begin:end] = rigid
            soften_group_points(fixed, response, flow[:size], count, on_groups, scale, tangent[begin:end])
    return failed
