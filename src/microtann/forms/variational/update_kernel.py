"""Many material points of a variational TANN at once, compiled for speed.

The same increment as `microtann.tann.point.MaterialPoint`, with the derivatives of the quadratic energy written
out; the tests hold the two together. Points are treated in chunks that stay in the cache. Most points of a
structure are at rest in an increment, so that their cost is that of the trial forces.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.slips.cholesky_lanes_kernel import BLOCK, solve_lower
from microtann.slips.lanes_kernel import WIDTH, load, splat, store
from microtann.slips.pivoting_kernel import project_points
from microtann.slips.product_kernel import multiply
from microtann.slips.slip_equations_kernel import by_count, empty_group, factorise_group, list_members

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
        Q = Nᵀ B and P Q, transposed, P being the inverse of Nᵀ N; zero without one.
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


@njit(cache=True, error_model="numpy")
def _soften(fixed, on_slips, slips, points, count, members, group, half, scale, tangent):
    """Let the tangents of the points follow their slips, eight points at once.

    A tangent is softened by Q_Sᵀ (G_SS)⁻¹ Q_S, Q = Nᵀ B. With half = L⁻¹ Q_S it is halfᵀ half; where the slips at
    rest R are those of the matrix, it is Qᵀ P Q − halfᵀ half with half = L⁻¹ (P Q)_R.

    """
    v, s = tangent.shape[1], on_slips.shape[2]
    octet = group.octet
    for p in points:
        count[p] = list_members(slips[p], members[p])
    order = by_count(points, count, fixed.most)
    through = on_slips[0] @ on_slips[1].T
    for first in range(0, len(order), WIDTH):
        together = order[first : first + WIDTH]
        blocks, from_rest = factorise_group(fixed, members, count, together, group)
        size = blocks * BLOCK
        right = on_slips[1] if from_rest else on_slips[0]
        for c in range(v):
            for a in range(size):
                for lane in range(WIDTH):
                    i = octet.column[a * WIDTH + lane]
                    half[(c * size + a) * WIDTH + lane] = right[c, i] if i < s else 0.0
            solve_lower(blocks, octet, half, c * size)
        for c in range(v):
            for e in range(c + 1):
                total = splat(0.0)
                for a in range(size):
                    total = total + load(half, c * size + a) * load(half, e * size + a)
                store(octet.vector, 0, total)
                for lane, p in enumerate(together):
                    product = octet.vector[lane]
                    softened = through[c, e] - product if from_rest else product
                    value = tangent[p, c, e] - scale * softened
                    tangent[p, c, e] = value
                    tangent[p, e, c] = value


@njit(cache=True, error_model="numpy")
def update_points(parts, driving, state, after, stress, energy, dissipation, tangent):
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
    group, half = empty_group(fixed), np.empty(v * (fixed.most + BLOCK) * WIDTH)
    force, trial, slips = np.empty((CHUNK, z)), np.empty((CHUNK, s)), np.empty((CHUNK, s))
    members = np.empty((CHUNK, fixed.most), dtype=np.int64)
    failed = np.zeros(n, dtype=np.bool_)
    for first in range(0, n, CHUNK):
        last = min(first + CHUNK, n)
        size = last - first
        for k in range(size):
            p = first + k
            after[p] = state[p]
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
            tangent[first:last] = rigid
            flowing = np.flatnonzero(count > 0)
            _soften(fixed, on_slips, slips, flowing, count, members, group, half, scale, tangent[first:last])
    return failed
