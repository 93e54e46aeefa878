"""Fibres of one section: their flow, forces and stiffness, many fibres in one instruction.

Fibres are rows (3, F) of distances y and z and of area, so that loops over them become vector instructions; sums
may be taken in any order. A section has a stretch and two curvatures, and the fibre at y, z has the strain
e₀ − y e₁ − z e₂.
"""

from __future__ import annotations

from numba import njit

from microtann.slips.lanes_kernel import select
from microtann.slips.return_map_kernel import plastic_increment


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def let_section_flow(strain, before, fibres, law, flowing, plastic, force, stiffness):
    """Let the fibres of a section flow; return twice its energy, its dissipation and the sum of all flow.

    Parameters
    ----------
    strain : (3,)
        Of the section.
    before, plastic : (F,) plastic out
        Plastic strains at the beginning and at the end.
    fibres : (3, F)
    law : (float, float, float)
        Young modulus, yield stress and hardening.
    flowing : float
        Tangent modulus of fibres that flow.
    force : (3,) out
        Normal force and moments.
    stiffness : (3, 3) out
        Lower part.
    """
    young, limit, hardening = law
    stretch, bent_y, bent_z = strain[0], strain[1], strain[2]
    n = my = mz = stored = lost = moved = 0.0
    k00 = k10 = k20 = k11 = k21 = k22 = 0.0
    for f in range(fibres.shape[1]):
        y, z, area, old = fibres[0, f], fibres[1, f], fibres[2, f], before[f]
        e = stretch - y * bent_y - z * bent_z
        step = plastic_increment(e, old, young, limit, hardening)
        alpha = old + step
        plastic[f] = alpha
        elastic = e - alpha
        part = young * elastic * area
        n += part
        my -= y * part
        mz -= z * part
        stored += elastic * part + hardening * area * alpha * alpha
        lost += area * abs(step)
        moved += abs(step)
        modulus = area * select(step != 0.0, flowing, young)
        across_y, across_z = modulus * y, modulus * z
        k00 += modulus
        k10 -= across_y
        k20 -= across_z
        k11 += across_y * y
        k21 += across_y * z
        k22 += across_z * z
    force[0], force[1], force[2] = n, my, mz
    stiffness[0, 0], stiffness[1, 0], stiffness[2, 0] = k00, k10, k20
    stiffness[1, 1], stiffness[2, 1], stiffness[2, 2] = k11, k21, k22
    return stored, limit * lost, moved


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def plastic_forces(plastic, fibres, young):
    """Return the normal force and moments that the plastic strains of a section take from it."""
    n = my = mz = 0.0
    for f in range(fibres.shape[1]):
        part = fibres[2, f] * plastic[f]
        n += part
        my -= part * fibres[0, f]
        mz -= part * fibres[1, f]
    return young * n, young * my, young * mz
