"""The slips of many material points of a cell at once, compiled for speed.

The bars are slips: with the plastic strains α, the driving forces r = C E − K α and the resistances k, the
problem of an increment is that of `microtann.slips` for γ = k Δα, G = K/(k kᵀ) and r/k. Points are treated in
chunks that stay in the cache, eight at a time where their bars flow. K must be positive definite.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.slips.pivoting_kernel import project_points
from microtann.slips.product_kernel import multiply
from microtann.slips.slip_equations_kernel import add_rows, list_members
from microtann.slips.tangent_kernel import soften_tangents

CHUNK = 256
"""Points whose trial forces are in the cache at once."""


class LaneSlips(NamedTuple):
    """What is fixed of a cell of m bars; s is m filled up to a multiple of eight.

    Parameters
    ----------
    slips : Slips
        Of the bars.
    forces : array, shape (v + m, s)
        Driving forces over resistances due to unit average and unit plastic strains: C/k and −K/k, transposed.
    on_slips : array, shape (2, v, s)
        Of the forces due to average strains; see `microtann.slips.tangent_kernel.rates_on_slips`.
    elastic : array, shape (v, v)
        Elastic stiffness of the cell.
    resistance, compliance, hardening : array, shape (m,)
        k, 1/(cE) and cH of the bars, c being their volume fractions.
    """

    slips: Any
    forces: Any
    on_slips: Any
    elastic: Any
    resistance: Any
    compliance: Any
    hardening: Any


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _stored(cell, force, plastic):
    """Return the energy of one point from its forces over resistances and its plastic strains.

    The stress of a bar is that of its driving force and back stress together; the energy is a sum of squares.
    """
    total = 0.0
    for i in range(len(plastic)):
        back = cell.hardening[i] * plastic[i]
        stress = cell.resistance[i] * force[i] + back
        total += stress * stress * cell.compliance[i] + back * plastic[i]
    return 0.5 * total


@njit(cache=True, nogil=True, error_model="numpy")
def advance_slips(cell, strain, plastic_strain, tangent, energy, dissipation):
    """Advance many material points by one increment; return which failed and stay as they are.

    Parameters
    ----------
    cell : LaneSlips
    strain : (n, v)
        Average strain at the end of the increment.
    plastic_strain : (n, m) in and out
    tangent : (n, v, v), or (0, v, v) where it is not wanted, out
    energy, dissipation : (n,) out

    Returns
    -------
    array of bool, shape (n,)
    """
    (n, v), m = strain.shape, len(cell.resistance)
    fixed, s = cell.slips, cell.forces.shape[1]
    rows, trial, slips = np.empty((CHUNK, v + m)), np.empty((CHUNK, s)), np.empty((CHUNK, s))
    members, failed = np.empty(s, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    for first in range(0, n, CHUNK):
        last = min(first + CHUNK, n)
        size = last - first
        for j in range(size):
            for c in range(v):
                rows[j, c] = strain[first + j, c]
            for i in range(m):
                rows[j, v + i] = plastic_strain[first + j, i]
        multiply(rows[:size], cell.forces, trial[:size])
        count = project_points(fixed, trial[:size], slips[:size])
        for j in range(size):
            p, lost = first + j, 0.0
            failed[p] = count[j] < 0
            if count[j] > 0:
                flowing = list_members(slips[j], members)
                add_rows(fixed.gram, members[:flowing], slips[j], -1.0, trial[j])
                for i in members[:flowing]:
                    plastic_strain[p, i] += slips[j, i] / cell.resistance[i]
                    lost += abs(slips[j, i])
            energy[p] = _stored(cell, trial[j], plastic_strain[p])
            dissipation[p] = lost
        if tangent.shape[0] > 0:
            for p in range(first, last):
                for c in range(v):
                    for e in range(v):
                        tangent[p, c, e] = cell.elastic[c, e]
            soften_tangents(fixed, cell.on_slips, slips, np.flatnonzero(count > 0), 1.0, tangent[first:last])
    return failed
