"""Forces of groups along whole walks, and the adjoint of it, compiled for speed.

A walk is a sequence of increments Δb of the driving force from the virgin state. After each the force is
τ = t − Nγ, t the force before plus Δb, and p_g has grown by |γ_g|. The adjoint follows the walks backwards. With
the derivatives τ̄ and p̄ of a function of the forces and of p after an increment, and with G_AA + J of
`microtann.cones.group_response_kernel`,

    (G_AA + J) μ = u p̄ − Nᵀ τ̄,    t̄ = τ̄ + N μ,    N̄ = τ μᵀ − t̄ γᵀ,    R̄ = −u·μ,

where R̄ is what the resistances at s_g get, and by them the laws and p before the increment.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.cones.group_flow_kernel import flow_groups
from microtann.cones.group_response_kernel import factorise_response, list_flowing, solve_response
from microtann.cones.group_system_kernel import empty_group_search, norm_of
from microtann.cones.resistance_kernel import empty_resistance, set_resistance
from microtann.slips.product_kernel import multiply
from microtann.slips.slip_search_kernel import FAILED


@njit(cache=True, error_model="numpy")
def follow_group_walks(gram, first, law, normals, increments, dt, force, flow):
    """Follow walks from the virgin state; where a flow is not found, nothing is a number from there on.

    Parameters
    ----------
    gram, first : (m, W), (G + 1,)
        Of `microtann.cones.group_system_kernel.GroupSearch`.
    law : GroupLaw
    normals : (z, W)
        N, with columns of zeros up to a multiple of eight.
    increments : (B, T, z)
        Δb.
    dt : (B, T)
    force : (B, T, z) out
        τ after every increment.
    flow : (B, T, m) out
        γ of every increment.
    """
    paths, steps, z = increments.shape
    m, groups = len(gram), len(first) - 1
    search, now = empty_group_search(gram, first), empty_resistance(law)
    by_group = normals.T.copy()
    tau, trial, accumulated = np.zeros((1, z)), np.zeros((1, normals.shape[1])), np.zeros(groups)
    for p in range(paths):
        tau[:] = 0.0
        accumulated[:] = 0.0
        for t in range(steps):
            for k in range(z):
                tau[0, k] += increments[p, t, k]
            multiply(tau, normals, trial)
            set_resistance(law, accumulated, dt[p, t], now)
            own = flow[p, t]
            own[:] = 0.0
            count = flow_groups(search, now, trial[0, :m], own)
            if count == FAILED:
                force[p, t:] = np.nan
                flow[p, t:] = np.nan
                break
            if count > 0:
                for i in range(m):
                    if own[i] != 0.0:
                        for k in range(z):
                            tau[0, k] -= by_group[i, k] * own[i]
                for g in range(groups):
                    accumulated[g] += norm_of(own, first[g], first[g + 1])
            force[p, t] = tau[0]


@njit(cache=True, error_model="numpy")
def follow_group_walks_back(gram, first, law, normals, dt, force, flow, of_force, of_increments, of_normals):
    """Write the derivatives of a function of the forces along walks, for resistances that do not grow.

    Parameters
    ----------
    gram, first, law, normals, dt, force, flow
        As for `follow_group_walks`.
    of_force : (B, T, z)
        Derivative with respect to every force alone.
    of_increments, of_normals : (B, T, z), (z, m) out
    """
    paths, steps, z = force.shape
    m = len(gram)
    search, now = empty_group_search(gram, first), empty_resistance(law)
    by_group, of_groups = normals.T.copy(), np.zeros((m, z))
    back, change, accumulated = np.zeros(z), np.zeros(m), np.zeros(len(first) - 1)
    for p in range(paths):
        back[:] = 0.0
        for t in range(steps - 1, -1, -1):
            own = flow[p, t]
            for k in range(z):
                back[k] += of_force[p, t, k]
            count = list_flowing(search, own)
            if count > 0:
                set_resistance(law, accumulated, dt[p, t], now)
                c = factorise_response(search, now, own, count)
                for a in range(c):
                    total = 0.0
                    for k in range(z):
                        total -= by_group[search.member[a], k] * back[k]
                    change[a] = total
                solve_response(search, own, count, c, change[:c])
                for a in range(c):
                    for k in range(z):
                        back[k] += by_group[search.member[a], k] * change[a]
                for a in range(c):
                    i = search.member[a]
                    for k in range(z):
                        of_groups[i, k] += force[p, t, k] * change[a] - back[k] * own[i]
            of_increments[p, t] = back
    of_normals[:] = of_groups.T
