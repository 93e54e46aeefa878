"""Many material points of a variational TANN at once, compiled for speed.

The same increment as `microtann.tann.point.MaterialPoint`, with the derivatives of the quadratic energy written
out; the tests hold the two together. Points are treated in chunks that stay in the cache. Most points of a
structure are at rest in an increment, so that their cost is that of the trial forces.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.slips.pivoting_kernel import project_points
from microtann.slips.product_kernel import multiply
from microtann.slips.tangent_kernel import soften_tangents

CHUNK = 256
"""Points whose trial forces are in the cache at once."""


class Parts(NamedTuple):
    """The arrays of a material point; the scales of the driving variables are divided out of them.

    Parameters
    ----------
    elastic : array, shape (y, y)
        PᵀP of the energy.
    coupling : array, shape (y, z)
        Bᵀ.
    slips : Slips
        Of the normals.
    normals, normals_by_slip : array, shapes (z, s), (s, z)
        N, with columns of zeros up to a multiple of eight, and its transpose.
    on_slips : array, shape (2, v, s)
        Of Q = Nᵀ B; see `microtann.slips.tangent_kernel.rates_on_slips`.
    extra : array, shape (e, e)
        Symmetric: energy of the extra state variables alone.
    scale : float
        Scale of the energy.
    """

    elastic: Any
    coupling: Any
    slips: Any
    normals: Any
    normals_by_slip: Any
    on_slips: Any
    extra: Any
    scale: Any


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _drive(coupling, driving, state, force):
    """Write the trial force of one point; the coupling has a row for every driving variable."""
    z = len(force)
    for m in range(z):
        force[m] = -state[m]
    for j in range(len(driving)):
        value, row = driving[j], coupling[j]
        for m in range(z):
            force[m] += value * row[m]


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _flow(normals_by_slip, slips, force, state):
    """Let the force and the state of one point follow its slips; return what is dissipated."""
    lost = 0.0
    for i in range(len(slips)):
        slip = slips[i]
        if slip != 0.0:
            lost += abs(slip)
            normal = normals_by_slip[i]
            for m in range(len(force)):
                force[m] -= normal[m] * slip
                state[m] += normal[m] * slip
    return lost


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _respond(elastic, coupling, extra, driving, force, stress):
    """Write the conjugate of the strain at one point; return what is stored."""
    y, v, z, e = len(driving), len(stress), len(force), len(extra)
    stored = 0.0
    for i in range(y):
        total = 0.0
        for j in range(y):
            total += elastic[i, j] * driving[j]
        stored += 0.5 * total * driving[i]
        if i < v:
            stress[i] = total
    for i in range(e):
        for j in range(e):
            stored += 0.5 * driving[y - e + i] * extra[i, j] * driving[y - e + j]
    for i in range(v):
        row, total = coupling[i], 0.0
        for m in range(z):
            total += force[m] * row[m]
        stress[i] += total
    square = 0.0
    for m in range(z):
        square += force[m] * force[m]
    return stored + 0.5 * square


@njit(cache=True, nogil=True, error_model="numpy")
def update_slip_points(parts, driving, state, after, stress, energy, dissipation, tangent):
    """Advance n points; return which failed.

    Parameters
    ----------
    parts : Parts
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
    elastic, coupling, fixed, normals, normals_by_slip, on_slips, extra, scale = parts
    n, v = stress.shape
    z, s = normals.shape
    rigid = scale * (elastic + coupling @ coupling.T)[:v, :v]
    force, trial, slips = np.empty((CHUNK, z)), np.empty((CHUNK, s)), np.empty((CHUNK, s))
    failed = np.zeros(n, dtype=np.bool_)
    for first in range(0, n, CHUNK):
        last = min(first + CHUNK, n)
        size = last - first
        for k in range(size):
            p = first + k
            for m in range(z):
                after[p, m] = state[p, m]
            _drive(coupling, driving[p], state[p], force[k])
        multiply(force[:size], normals, trial[:size])
        count = project_points(fixed, trial[:size], slips[:size])
        for k in range(size):
            p = first + k
            failed[p] = count[k] < 0
            lost = _flow(normals_by_slip, slips[k], force[k], after[p]) if count[k] > 0 else 0.0
            energy[p] = scale * _respond(elastic, coupling, extra, driving[p], force[k], stress[p])
            dissipation[p] = scale * lost
            for i in range(v):
                stress[p, i] *= scale
        if tangent.shape[0] > 0:
            for p in range(first, last):
                for i in range(v):
                    for j in range(v):
                        tangent[p, i, j] = rigid[i, j]
            flowing = np.flatnonzero(count > 0)
            soften_tangents(fixed, on_slips, slips, flowing, scale, tangent[first:last])
    return failed
