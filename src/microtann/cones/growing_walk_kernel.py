"""The adjoint of walks of groups whose resistances grow with their flow and its rate, compiled for speed.

As in `microtann.cones.group_walk_kernel`, with R_g(s) = k + h (p + s) + Σ Q (1 − e^(−b (p + s))) + η (s/Δt)^m of
every group, where p before the increment is the flow so far. What the resistances get, R̄ = −u·μ, goes to the
parameters of the laws by their derivatives, and by ∂R/∂p = h + Σ Q b e^(−b (p + s)) to all increments before.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.cones.group_flow_kernel import flow_groups
from microtann.cones.group_response_kernel import factorise_response, list_flowing, solve_response
from microtann.cones.group_system_kernel import empty_group_search
from microtann.cones.resistance_kernel import empty_resistance, set_resistance
from microtann.slips.product_kernel import multiply
from microtann.slips.slip_search_kernel import FAILED

PLAIN = 4
"""Parameters of a group that are no saturation: k, h, η and m."""


@njit(cache=True, error_model="numpy")
def follow_growing_walks_back(
    gram, first, law, normals, dt, force, flow, before, of_force, of_accumulated, of_increments, of_normals, of_law
):
    """Write the derivatives of a function of the forces and of p along walks.

    Parameters
    ----------
    gram, first, law, normals, dt, force, flow
        As for `microtann.cones.group_walk_kernel.follow_group_walks`.
    before : (B, T, G)
        p before every increment.
    of_force, of_accumulated : (B, T, z), (B, T, G)
        Derivatives with respect to every force, and every p after an increment, alone.
    of_increments, of_normals : (B, T, z), (z, m) out
    of_law : (G, 4 + 2 J) out
        With respect to k, h, η, m, and Q and b of every saturation.
    """
    paths, steps, z = force.shape
    m, groups, terms = len(gram), len(first) - 1, law.rate.shape[1]
    search, now = empty_group_search(gram, first), empty_resistance(law)
    by_group, of_groups = normals.T.copy(), np.zeros((m, z))
    back, back_p, change = np.zeros(z), np.zeros(groups), np.zeros(m)
    of_law[:] = 0.0
    for path in range(paths):
        back[:] = 0.0
        back_p[:] = 0.0
        for t in range(steps - 1, -1, -1):
            own = flow[path, t]
            for k in range(z):
                back[k] += of_force[path, t, k]
            for g in range(groups):
                back_p[g] += of_accumulated[path, t, g]
            count = list_flowing(search, own)
            if count > 0:
                set_resistance(law, before[path, t], dt[path, t], now)
                c = factorise_response(search, now, own, count)
                a = 0
                for j in range(count):
                    g = search.active[j]
                    for i in range(first[g], first[g + 1]):
                        total = back_p[g] * own[i] / search.size[g]
                        for k in range(z):
                            total -= by_group[i, k] * back[k]
                        change[a] = total
                        a += 1
                solve_response(search, own, count, c, change[:c])
                a = 0
                for j in range(count):
                    g = search.active[j]
                    for i in range(first[g], first[g + 1]):
                        for k in range(z):
                            back[k] += by_group[i, k] * change[a]
                        a += 1
                a = 0
                for j in range(count):
                    g, along = search.active[j], 0.0
                    s = search.size[g]
                    for i in range(first[g], first[g + 1]):
                        along -= change[a] * own[i] / s
                        for k in range(z):
                            of_groups[i, k] += force[path, t, k] * change[a] - back[k] * own[i]
                        a += 1
                    p, rate = before[path, t, g] + s, s / dt[path, t]
                    power = rate ** law.exponent[g]
                    of_law[g, 0] += along
                    of_law[g, 1] += along * p
                    of_law[g, 2] += along * power
                    of_law[g, 3] += along * law.viscosity[g] * power * np.log(rate)
                    slope = law.hardening[g]
                    for q in range(terms):
                        left = np.exp(-law.rate[g, q] * p)
                        of_law[g, PLAIN + 2 * q] += along * (1.0 - left)
                        of_law[g, PLAIN + 1 + 2 * q] += along * law.saturation[g, q] * p * left
                        slope += law.saturation[g, q] * law.rate[g, q] * left
                    back_p[g] += along * slope
            of_increments[path, t] = back
    of_normals[:] = of_groups.T


@njit(cache=True, error_model="numpy")
def flow_growing_points(gram, first, law, normals, before, dt, trial, flow):
    """Write the flow of n points in one increment; not a number where it is not found.

    Parameters
    ----------
    gram, first, law, normals
        As for `microtann.cones.group_walk_kernel.follow_group_walks`.
    before : (n, G)
        p.
    dt : (n,)
    trial : (n, z)
    flow : (n, m) out
    """
    m = len(gram)
    search, now = empty_group_search(gram, first), empty_resistance(law)
    forces = np.zeros((len(trial), normals.shape[1]))
    multiply(trial, normals, forces)
    for point in range(len(trial)):
        set_resistance(law, before[point], dt[point], now)
        flow[point] = 0.0
        if flow_groups(search, now, forces[point, :m], flow[point]) == FAILED:
            flow[point] = np.nan
