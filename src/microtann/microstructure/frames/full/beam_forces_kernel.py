"""Forces of beams for given motions of their ends: every beam is solved for its own unknowns, compiled for speed.

The forces of a beam are in equilibrium: a constant normal force and moments that vary linearly between its ends,
five numbers Q. The strains e of its sections (stretch and two curvatures) follow from their forces b Q, and
together they must make the motion q of the ends ::

    minimise  Σ_s w_s L ψ_s(e_s)   subject to   Σ_s w_s L b_sᵀ e_s + shear = q

with the energy and dissipation ψ_s of the fibres of a section. Newton's method for it has the flexibility
F = Σ_s w_s L b_sᵀ f_s b_s of the beam, f_s the inverse tangents of the sections; F⁻¹ is the tangent of the beam
(Spacone, Filippou and Taucer, Earthquake Engineering & Structural Dynamics 25, 1996). The problem is convex, so
that a line search on the energy makes it safe. The state of a beam is the plastic strains of its fibres alone: the
iteration begins from the elastic answer to what they were.

Five deformations q and forces Q: stretch and N; angles between the ends and the chord across y, first and second
end, and their moments; the same across z. Twist is elastic and apart. What is across z in the plane, and angles at
pinned ends, is left out of account (``free``), and its forces are zero.

Shapes: beams m, sections S, fibres F; q and force (m, 5), plastic strain (m, S F), the beams as in
`microtann.microstructure.frames.full.beam_arrays.BeamArrays`. Young modulus, yield stress and hardening are of
shape (1,) where all beams are alike, else (m,). The functions work in place.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.microstructure.frames.full.beam_flexibility_kernel import (
    add_fibre,
    add_flexibility,
    add_shear,
    elastic_section,
    factorise_flexibility,
    invert_section,
    section_forces,
    solve_flexibility,
    take_strain,
)
from microtann.microstructure.frames.full.section_flow_kernel import let_section_flow, plastic_forces
from microtann.numbers.illinois_kernel import Bracket, estimate, narrow
from microtann.slips.return_map_kernel import tangent_modulus

TANGENT_FLOOR = 1e-6
"""Tangent of flowing fibres without hardening over Young's modulus: in the operator only, not in the forces."""
UNBALANCED = 1e-25
"""Energy of the forces out of balance, over that of the forces, at which a beam is in equilibrium."""
ITERATIONS = 60
OVERSHOOT = 0.5
"""A full step is taken if the slope of the energy at its end is at most this fraction of that at its start."""
TRIALS = 12


@njit(cache=True, nogil=True, error_model="numpy")
def _elastic_answer(q, plastic, fibres, shear, young, length, place, weight, free, flexibility, strain, force):
    """Write the strains (S, 3) of sections and the forces (5,) of a beam whose fibres do not flow."""
    sections, count = len(place), fibres.shape[1]
    matrix = np.zeros((5, 5))
    for i in range(5):
        force[i] = q[i]
    for s in range(sections):
        n, my, mz = plastic_forces(plastic[s * count : (s + 1) * count], fibres, young)
        add_flexibility(matrix, flexibility, place[s], weight[s] * length)
        for i in range(3):
            e = flexibility[i, 0] * n + flexibility[i, 1] * my + flexibility[i, 2] * mz
            strain[s, i] = e
            take_strain(force, i, e, place[s], weight[s] * length)
    add_shear(matrix, shear, length)
    factorise_flexibility(matrix, free)
    solve_flexibility(matrix, free, force)
    for s in range(sections):
        n, my, mz = section_forces(force, place[s])
        for i in range(3):
            strain[s, i] += flexibility[i, 0] * n + flexibility[i, 1] * my + flexibility[i, 2] * mz


@njit(cache=True, nogil=True, error_model="numpy")
def _evaluate(strain, before, fibres, law, weight, plastic, forces, stiffness):
    """Let the fibres of a beam flow; return energy and dissipation over its length, and whether any fibre flows.

    Forces (S, 3) and tangents (S, 3, 3) of the sections are written.
    """
    young, _, hardening = law
    count, energy, dissipation, flows = fibres.shape[1], 0.0, 0.0, False
    flowing = max(tangent_modulus(young, hardening), TANGENT_FLOOR * young)
    for s in range(len(strain)):
        own = slice(s * count, (s + 1) * count)
        stored, lost, moved = let_section_flow(
            strain[s], before[own], fibres, law, flowing, plastic[own], forces[s], stiffness[s]
        )
        flows = flows or moved > 0.0
        energy += weight[s] * 0.5 * stored
        dissipation += weight[s] * lost
    return energy, dissipation, flows


@njit(cache=True, nogil=True, error_model="numpy")
def _inner(first, second, weight):
    total = 0.0
    for s in range(len(weight)):
        total += weight[s] * (first[s, 0] * second[s, 0] + first[s, 1] * second[s, 1] + first[s, 2] * second[s, 2])
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _flow(q, before, fibres, law, shear, length, along, free, flat, work, first, plastic, force):
    """Iterate a beam some of whose fibres flow.

    ``work`` holds strain, section forces and tangents of a first try, ``first`` its energy and dissipation.

    Returns
    -------
    (float, float, bool)
        Energy of the fibres and dissipation over the length, and whether equilibrium was found.
    """
    place, weight = along
    strain, forces, stiffness, f, step, trial = work
    sections = len(place)
    slide = np.array([shear[0] * (force[1] + force[2]), shear[1] * (force[3] + force[4])]) / length
    matrix, change = np.empty((5, 5)), np.empty(2)
    energy, dissipation = first
    for _ in range(ITERATIONS):
        matrix[:] = 0.0
        for i in range(5):
            force[i] = q[i]
        size = 0.0
        for s in range(sections):
            invert_section(stiffness[s], flat, f[s])
            add_flexibility(matrix, f[s], place[s], weight[s] * length)
            for i in range(3):
                e = strain[s, i]
                for j in range(3):
                    e -= f[s, i, j] * forces[s, j]
                take_strain(force, i, e, place[s], weight[s] * length)
        add_shear(matrix, shear, length)
        factorise_flexibility(matrix, free)
        solve_flexibility(matrix, free, force)
        unbalanced = 0.0
        for s in range(sections):
            n, my, mz = section_forces(force, place[s])
            d0, d1, d2 = n - forces[s, 0], my - forces[s, 1], mz - forces[s, 2]
            for i in range(3):
                step[s, i] = f[s, i, 0] * d0 + f[s, i, 1] * d1 + f[s, i, 2] * d2
            unbalanced += weight[s] * (step[s, 0] * d0 + step[s, 1] * d1 + step[s, 2] * d2)
        for s in range(sections):
            size += weight[s] * abs(
                forces[s, 0] * strain[s, 0] + forces[s, 1] * strain[s, 1] + forces[s, 2] * strain[s, 2]
            )
        change[0] = shear[0] * (force[1] + force[2]) / length - slide[0]
        change[1] = shear[1] * (force[3] + force[4]) / length - slide[1]
        for plane in range(2):
            if shear[plane] > 0.0:
                unbalanced += change[plane] ** 2 / shear[plane]
        if unbalanced <= UNBALANCED * size:
            return energy, dissipation, True
        start = _slope(forces, step, slide, change, shear, weight)
        for s in range(sections):
            for i in range(3):
                trial[s, i] = strain[s, i] + step[s, i]
        energy, dissipation, _ = _evaluate(trial, before, fibres, law, weight, plastic, forces, stiffness)
        end = _slope(forces, step, slide + change, change, shear, weight)
        taken = 1.0
        if end > -OVERSHOOT * start and start < 0.0:
            bracket = Bracket(0.0, 1.0, start, end, 0)
            for _ in range(TRIALS):
                taken = estimate(bracket, 0.05)
                for s in range(sections):
                    for i in range(3):
                        trial[s, i] = strain[s, i] + taken * step[s, i]
                energy, dissipation, _ = _evaluate(trial, before, fibres, law, weight, plastic, forces, stiffness)
                value = _slope(forces, step, slide + taken * change, change, shear, weight)
                if abs(value) <= -0.3 * start:
                    break
                bracket = narrow(bracket, taken, value)
        strain[:] = trial
        slide += taken * change
    return energy, dissipation, False


@njit(cache=True, nogil=True, error_model="numpy")
def _slope(forces, step, slide, change, shear, weight):
    """Return the slope of the energy along a step."""
    total = _inner(forces, step, weight)
    for plane in range(2):
        if shear[plane] > 0.0:
            total += slide[plane] * change[plane] / shear[plane]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def update_beams(beams, q, before, plastic, force):
    """Solve all beams for the motions of their ends.

    Parameters
    ----------
    beams : BeamArrays
    q : (m, 5)
    before : (m, S F)
        Plastic strains at the beginning of the increment.
    plastic : (m, S F) out
        At its end.
    force : (m, 5) out

    Returns
    -------
    (float, float, int)
        Energy of stretching, bending and shear, dissipation, and a beam that was not solved; −1 for none.
    """
    sections = len(beams.place)
    strain, forces, step, trial = (
        np.empty((sections, 3)),
        np.empty((sections, 3)),
        np.empty((sections, 3)),
        np.empty((sections, 3)),
    )
    stiffness, f = np.empty((sections, 3, 3)), np.empty((sections, 3, 3))
    elastic, shear, along = np.empty((3, 3)), np.empty(2), (beams.place, beams.weight)
    energy, dissipation, failed = 0.0, 0.0, -1
    each = 1 if len(beams.young) > 1 else 0
    for b in range(len(q)):
        law = (beams.young[b * each], beams.yield_stress[b * each], beams.hardening[b * each])
        fibres, length = beams.fibres[beams.kind[b]], beams.length[b]
        for plane in range(2):
            shear[plane] = beams.shear[beams.kind[b], plane] * 2.0 * (1.0 + beams.poisson) / law[0]
        if b == 0 or each or beams.kind[b] != beams.kind[b - 1]:
            elastic_section(fibres, law[0], elastic, beams.flat)
        free = beams.free[b]
        _elastic_answer(q[b], before[b], fibres, shear, law[0], length, *along, free, elastic, strain, force[b])
        stored, lost, flows = _evaluate(
            strain, before[b], fibres, law, beams.weight, plastic[b], forces, stiffness
        )
        if flows:
            stored, lost, found = _flow(
                q[b], before[b], fibres, law, shear, length, along, free, beams.flat,
                (strain, forces, stiffness, f, step, trial), (stored, lost), plastic[b], force[b],
            )  # fmt: skip
            if not found:
                failed = b
        for plane in range(2):
            slide = force[b, 1 + 2 * plane] + force[b, 2 + 2 * plane]
            stored += 0.5 * shear[plane] * slide * slide / length**2
        energy += length * stored
        dissipation += length * lost
    return energy, dissipation, failed


@njit(cache=True, nogil=True, error_model="numpy")
def beam_stiffness(beams, force, before, plastic, secant, stiffness):
    """Write the stiffness F⁻¹ (m, 15) of all beams, lower part row by row.

    Parameters
    ----------
    beams : BeamArrays
    force : (m, 5)
        Of the beams at the end of the increment.
    before, plastic : (m, S F)
        Plastic strains at the beginning and at the end of the increment.
    secant : float
        Weight of the secant instead of the tangent moduli of fibres; the secant is the slope from the middle of
        the elastic range, at stress H α, to the present state.
    stiffness : (m, 15) out
    """
    sections, count = len(beams.place), beams.fibres.shape[2]
    elastic, shear, section, f = np.empty((3, 3)), np.empty(2), np.empty((3, 3)), np.empty((3, 3))
    matrix, column, strain = np.empty((5, 5)), np.empty(5), np.empty(3)
    each = 1 if len(beams.young) > 1 else 0
    for b in range(len(force)):
        young, hardening = beams.young[b * each], beams.hardening[b * each]
        flowing = max(tangent_modulus(young, hardening), TANGENT_FLOOR * young)
        fibres, length, free = beams.fibres[beams.kind[b]], beams.length[b], beams.free[b]
        for plane in range(2):
            shear[plane] = beams.shear[beams.kind[b], plane] * 2.0 * (1.0 + beams.poisson) / young
        if b == 0 or each or beams.kind[b] != beams.kind[b - 1]:
            elastic_section(fibres, young, elastic, beams.flat)
        matrix[:] = 0.0
        for s in range(sections):
            flows = False
            for i in range(s * count, (s + 1) * count):
                flows = flows or before[b, i] != plastic[b, i]
            if not flows:
                add_flexibility(matrix, elastic, beams.place[s], beams.weight[s] * length)
                continue
            if secant > 0.0:
                _section_strain(
                    force[b],
                    plastic[b, s * count : (s + 1) * count],
                    fibres,
                    young,
                    beams.place[s],
                    elastic,
                    strain,
                )
            section[:] = 0.0
            for k in range(count):
                y, z, area = fibres[0, k], fibres[1, k], fibres[2, k]
                old, new = before[b, s * count + k], plastic[b, s * count + k]
                modulus = young
                if new != old:
                    modulus = flowing
                    if secant > 0.0:
                        stress = young * (strain[0] - y * strain[1] - z * strain[2] - new)
                        reduced = stress - hardening * old
                        modulus += secant * (young * reduced / (reduced + young * (new - old)) - flowing)
                add_fibre(section, y, z, modulus * area)
            invert_section(section, beams.flat, f)
            add_flexibility(matrix, f, beams.place[s], beams.weight[s] * length)
        add_shear(matrix, shear, length)
        factorise_flexibility(matrix, free)
        place = 0
        for i in range(5):
            column[:] = 0.0
            column[i] = 1.0
            solve_flexibility(matrix, free, column)
            for j in range(i + 1):
                stiffness[b, place + j] = column[j]
            place += i + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _section_strain(force, plastic, fibres, young, s, elastic, strain):
    """Write the strains (3,) of a section from the forces of its beam and its plastic strains."""
    n, my, mz = section_forces(force, s)
    more, more_y, more_z = plastic_forces(plastic, fibres, young)
    n, my, mz = n + more, my + more_y, mz + more_z
    for i in range(3):
        strain[i] = elastic[i, 0] * n + elastic[i, 1] * my + elastic[i, 2] * mz


@njit(cache=True, nogil=True, error_model="numpy")
def beam_strains(beams, force, plastic, strain):
    """Write the strains of sections (m, S, 3) of beams in equilibrium, from their forces and plastic strains."""
    elastic, count = np.empty((3, 3)), beams.fibres.shape[2]
    each = 1 if len(beams.young) > 1 else 0
    for b in range(len(force)):
        young, kind = beams.young[b * each], beams.kind[b]
        if b == 0 or each or kind != beams.kind[b - 1]:
            elastic_section(beams.fibres[kind], young, elastic, beams.flat)
        for s in range(len(beams.place)):
            own = plastic[b, s * count : (s + 1) * count]
            _section_strain(force[b], own, beams.fibres[kind], young, beams.place[s], elastic, strain[b, s])


@njit(cache=True, nogil=True, error_model="numpy")
def largest_fibre_values(beams, force, plastic, stress, strain):
    """Write the stress and the plastic strain (m,) of largest size among the fibres of every beam."""
    elastic, section, count = np.empty((3, 3)), np.empty(3), beams.fibres.shape[2]
    each = 1 if len(beams.young) > 1 else 0
    for b in range(len(force)):
        young, kind = beams.young[b * each], beams.kind[b]
        if b == 0 or each or kind != beams.kind[b - 1]:
            elastic_section(beams.fibres[kind], young, elastic, beams.flat)
        most = flown = 0.0
        for s in range(len(beams.place)):
            own = plastic[b, s * count : (s + 1) * count]
            _section_strain(force[b], own, beams.fibres[kind], young, beams.place[s], elastic, section)
            for k in range(count):
                y, z = beams.fibres[kind, 0, k], beams.fibres[kind, 1, k]
                value = young * (section[0] - y * section[1] - z * section[2] - own[k])
                most = value if abs(value) > abs(most) else most
                flown = own[k] if abs(own[k]) > abs(flown) else flown
        stress[b], strain[b] = most, flown
