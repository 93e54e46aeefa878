"""Many material points of a variational TANN at once, compiled for speed.

The same increment as `microtann.tann.point.MaterialPoint`, with the derivatives of the quadratic energy written
out; the tests hold the two together.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.forms.variational.projection_kernel import empty_surfaces, project
from microtann.forms.variational.walk_kernel import forces_on_slips


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def _tangent(surfaces, count, on_slips, elastic, half, scale, tangent):
    """Write Cᵉ − HᵀH, H = U⁻ᵀ (N_Sᵀ B); scratch half (z + 1, v)."""
    v = tangent.shape[0]
    upper = surfaces.upper
    for a in range(count):
        i = surfaces.active[a]
        for c in range(v):
            half[a, c] = surfaces.sense[i] * on_slips[i, c]
        for b in range(a):
            factor = upper[b, a]
            for c in range(v):
                half[a, c] -= factor * half[b, c]
        inverse = 1.0 / upper[a, a]
        for c in range(v):
            half[a, c] *= inverse
    for c in range(v):
        for e in range(c + 1):
            total = elastic[c, e]
            for a in range(count):
                total -= half[a, c] * half[a, e]
            tangent[c, e] = scale * total
            tangent[e, c] = scale * total


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def update_points(
    elastic, coupling, normals, extra, scale, driving, state, after, stress, energy, dissipation, tangent
):
    """Advance n points; return which failed.

    Parameters
    ----------
    elastic : (y, y)
        PᵀP of the energy, with the scales of the driving variables divided out, as in all that follows.
    coupling : (z, y)
        B.
    normals : (z, s)
        N.
    extra : (e, e)
        Symmetric: energy of the extra state variables alone.
    scale : float
        Scale of the energy.
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
    n, y = driving.shape
    (z, s), v, e = normals.shape, stress.shape[1], extra.shape[0]
    gram, on_slips = normals.T @ normals, normals.T @ coupling
    whole = elastic + coupling.T @ coupling
    surfaces, half = empty_surfaces(z, s), np.empty((z + 1, v))
    force, trial, conjugate = np.empty(z), np.empty(s), np.empty(v)
    failed = np.zeros(n, dtype=np.bool_)
    for p in range(n):
        stored = 0.0
        for i in range(y):
            total = 0.0
            for j in range(y):
                total += elastic[i, j] * driving[p, j]
            stored += 0.5 * total * driving[p, i]
            if i < v:
                conjugate[i] = total
        for i in range(e):
            for j in range(e):
                stored += 0.5 * driving[p, y - e + i] * extra[i, j] * driving[p, y - e + j]
        for m in range(z):
            total = -state[p, m]
            for j in range(y):
                total += coupling[m, j] * driving[p, j]
            force[m] = total
            after[p, m] = state[p, m]
        forces_on_slips(normals, force, trial)
        count = project(gram, trial, surfaces)
        failed[p] = count < 0
        lost = 0.0
        for a in range(count):
            i = surfaces.active[a]
            slip = surfaces.sense[i] * surfaces.slip[a]
            lost += surfaces.slip[a]
            for m in range(z):
                force[m] -= normals[m, i] * slip
                after[p, m] += normals[m, i] * slip
        for m in range(z):
            stored += 0.5 * force[m] * force[m]
            for i in range(v):
                conjugate[i] += force[m] * coupling[m, i]
        for i in range(v):
            stress[p, i] = scale * conjugate[i]
        energy[p] = scale * stored
        dissipation[p] = scale * lost
        if tangent.shape[0] > 0:
            _tangent(surfaces, max(count, 0), on_slips, whole, half, scale, tangent[p])
    return failed
