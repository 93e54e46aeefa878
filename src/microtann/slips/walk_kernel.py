"""Forces along whole walks, and the adjoint of it, compiled for speed.

A walk is a sequence of increments Δb of the driving force; the force after each is the nearest admissible one to
the force before plus Δb. The derivative of the nearest force is that of the flowing surfaces S, which do not
change in a small neighbourhood (almost everywhere)::

    dτ = (1 − N_S N_S⁺) (dt − dN_S γ_S) − (N_S⁺)ᵀ dN_Sᵀ τ

The adjoint follows the walks backwards, so that gradients of a closed-loop response cost about as much as the
response itself. All walks advance together, since many points at once cost less than one after another.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.slips.pivoting_kernel import project_points
from microtann.slips.product_kernel import multiply
from microtann.slips.slip_equations_kernel import (
    add_rows,
    by_count,
    empty_group,
    end_of_group,
    factorise_group,
    list_members,
    solve_group,
)

REFRESH = 32
"""The forces on the slips are formed anew from the force after so many increments, against round-off."""


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def follow_walks(fixed, normals, increments, moves, on_slips, force, slips):
    """Follow walks from the virgin state; where a force is not found, it is not a number from there on.

    The forces on the slips, r = Nᵀτ, are kept: an increment adds Δy Q, and slips take Gγ.

    Parameters
    ----------
    fixed : Slips
        Of the normals.
    normals : (z, s)
        N, with columns of zeros up to a multiple of eight.
    increments : (B, T, z)
        Δb = B Δy.
    moves : (B, T, y)
        Δy.
    on_slips : (y, s)
        Q = BᵀN: forces on the slips due to a unit move.
    force : (B, T, z) out
        τ after every increment.
    slips : (B, T, s) out
        γ of every increment; without the columns of zeros.
    """
    paths, steps, z = increments.shape
    normals_by_slip, s = normals.T.copy(), slips.shape[2]
    now, trial, flow = (
        np.zeros((paths, z)),
        np.zeros((paths, normals.shape[1])),
        np.zeros((paths, normals.shape[1])),
    )
    added, push = np.empty_like(trial), np.empty((paths, moves.shape[2]))
    members, count = np.empty(normals.shape[1], dtype=np.int64), np.zeros(paths, dtype=np.int64)
    for t in range(steps):
        for p in range(paths):
            for m in range(z):
                now[p, m] += increments[p, t, m]
        if t % REFRESH == 0:
            multiply(now, normals, trial)
        else:
            for p in range(paths):
                for c in range(push.shape[1]):
                    push[p, c] = moves[p, t, c]
            multiply(push, on_slips, added)
            for p in range(paths):
                for i in range(trial.shape[1]):
                    trial[p, i] += added[p, i]
                if count[p] > 0:
                    flowing = list_members(flow[p], members)
                    add_rows(fixed.gram, members[:flowing], flow[p], -1.0, trial[p])
        count = project_points(fixed, trial, flow)
        for p in range(paths):
            if count[p] < 0:
                now[p] = np.nan
                trial[p] = np.nan
            if count[p] <= 0:
                slips[p, t] = 0.0
            else:
                for i in range(s):
                    slip = flow[p, i]
                    slips[p, t, i] = slip
                    if slip != 0.0:
                        for m in range(z):
                            now[p, m] -= normals_by_slip[i, m] * slip
            for m in range(z):
                force[p, t, m] = now[p, m]


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def follow_walks_back(fixed, normals, force, slips, of_force, of_increments, of_normals):
    """Write the derivatives of a function of the forces along walks.

    Parameters
    ----------
    fixed, normals, force, slips
        As for `follow_walks`.
    of_force : (B, T, z)
        Derivative with respect to every force alone.
    of_increments, of_normals : (B, T, z), (z, s) out
    """
    paths, steps, z = force.shape
    normals_by_slip, s = normals.T.copy(), slips.shape[2]
    back, of_slips = np.zeros((paths, z)), np.zeros((s, z))
    group = empty_group(fixed)
    members, count = np.empty((paths, fixed.most), dtype=np.int64), np.empty(paths, dtype=np.int64)
    for t in range(steps - 1, -1, -1):
        for p in range(paths):
            count[p] = list_members(slips[p, t], members[p])
            for m in range(z):
                back[p, m] += of_force[p, t, m]
        order = by_count(np.flatnonzero(count > 0), count, fixed.most)
        last = 0
        while last < len(order):
            first, last = last, end_of_group(fixed, order, count, last)
            points = order[first:last]
            blocks, from_rest = factorise_group(fixed, members, count, points, group)
            for lane, p in enumerate(points):
                for i in members[p, : count[p]]:
                    total = 0.0
                    for m in range(z):
                        total += normals_by_slip[i, m] * back[p, m]
                    group.right[lane, i] = total
            solve_group(fixed, members, count, points, blocks, from_rest, group)
            for lane, p in enumerate(points):
                own = members[p, : count[p]]
                for i in own:
                    share = group.slips[lane, i]
                    for m in range(z):
                        back[p, m] -= normals_by_slip[i, m] * share
                for i in own:
                    share, slip = group.slips[lane, i], slips[p, t, i]
                    for m in range(z):
                        of_slips[i, m] -= back[p, m] * slip + force[p, t, m] * share
        for p in range(paths):
            for m in range(z):
                of_increments[p, t, m] = back[p, m]
    for i in range(of_slips.shape[0]):
        for m in range(z):
            of_normals[m, i] = of_slips[i, m]
