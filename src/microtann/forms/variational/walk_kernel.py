"""Forces along whole walks, and the adjoint of it, compiled for speed.

A walk is a sequence of increments Δb of the driving force; the force after each is the nearest admissible one to
the force before plus Δb. The derivative of the nearest force is that of the flowing surfaces S, which do not
change in a small neighbourhood (almost everywhere)::

    dτ = (1 − N_S N_S⁺) (dt − dN_S γ_S) − (N_S⁺)ᵀ dN_Sᵀ τ

The adjoint follows the walk backwards, so that gradients of a closed-loop response cost about as much as the
response itself.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.forms.variational.projection_kernel import (
    empty_surfaces,
    factorise_surfaces,
    project,
    solve_surfaces,
)


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def forces_on_slips(normals, force, on_slips):
    """Write Nᵀ τ."""
    z, s = normals.shape
    for i in range(s):
        on_slips[i] = 0.0
    for m in range(z):
        value = force[m]
        for i in range(s):
            on_slips[i] += normals[m, i] * value


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def follow(normals, gram, increments, force, slips):
    """Follow walks from the virgin state; where a force is not found, it is not a number from there on.

    Parameters
    ----------
    normals, gram : (z, s), (s, s)
        N and Nᵀ N.
    increments : (B, T, z)
        Δb.
    force : (B, T, z) out
        τ after every increment.
    slips : (B, T, s) out
        γ of every increment.
    """
    paths, steps, z = increments.shape
    s = normals.shape[1]
    surfaces, trial, now = empty_surfaces(z, s), np.empty(s), np.empty(z)
    for p in range(paths):
        now[:] = 0.0
        for t in range(steps):
            for m in range(z):
                now[m] += increments[p, t, m]
            forces_on_slips(normals, now, trial)
            slips[p, t, :] = 0.0
            count = project(gram, trial, surfaces)
            if count < 0:
                now[:] = np.nan
            for a in range(count):
                i = surfaces.active[a]
                slip = surfaces.sense[i] * surfaces.slip[a]
                slips[p, t, i] = slip
                for m in range(z):
                    now[m] -= normals[m, i] * slip
            force[p, t] = now


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def follow_back(normals, gram, force, slips, of_force, of_increments, of_normals):
    """Write the derivatives of a function of the forces along walks.

    Parameters
    ----------
    normals, gram, force, slips
        As for `follow`.
    of_force : (B, T, z)
        Derivative with respect to every force alone.
    of_increments, of_normals : (B, T, z), (z, s) out
    """
    paths, steps, z = force.shape
    s = normals.shape[1]
    surfaces, back, share = empty_surfaces(z, s), np.empty(z), np.empty(s + 1)
    active = surfaces.active
    of_normals[:] = 0.0
    for p in range(paths):
        back[:] = 0.0
        for t in range(steps - 1, -1, -1):
            for m in range(z):
                back[m] += of_force[p, t, m]
            count = 0
            for i in range(s):
                if slips[p, t, i] != 0.0 and count < z:
                    active[count] = i
                    surfaces.sense[i] = 1.0
                    count += 1
            if count > 0:
                factorise_surfaces(gram, surfaces, 0, count)
                for a in range(count):
                    share[a] = 0.0
                    for m in range(z):
                        share[a] += normals[m, active[a]] * back[m]
                solve_surfaces(surfaces.upper, count, share)
                for a in range(count):
                    for m in range(z):
                        back[m] -= normals[m, active[a]] * share[a]
                for a in range(count):
                    i = active[a]
                    for m in range(z):
                        of_normals[m, i] -= back[m] * slips[p, t, i] + force[p, t, m] * share[a]
            of_increments[p, t] = back
