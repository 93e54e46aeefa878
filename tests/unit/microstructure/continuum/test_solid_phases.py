"""Phases of many laws in solids, sheets in plane stress, and the compiled points against the material itself."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann import fem
from microtann.errors import CellError, InputError
from microtann.materials.protocol import State
from microtann.microstructure.continuum.phase_response import respond_of_phases, virgin_phases
from microtann.microstructure.continuum.solid import Solid

LAWS = {
    "kinematic": fem.VonMises(plane="strain"),
    "isotropic": fem.VonMises(plane="strain", isotropic_hardening=0.2),
    "Voce": fem.VonMises(plane="strain", saturation=0.2, saturation_rate=3.0),
    "viscous": fem.VonMises(plane="strain", viscosity=0.5, rate_exponent=0.7),
    "perfect": fem.VonMises(plane="strain", hardening=0.0),
    "sheet": fem.PlaneStress(fem.VonMises()),
    "Voce sheet": fem.PlaneStress(fem.VonMises(saturation=0.2, saturation_rate=3.0)),
    "elastic sheet": fem.PlaneStress(fem.LinearElastic.isotropic(1.0, 0.3)),
}


def walk(material: fem.Material, moves: np.ndarray, dt: float = 0.5) -> tuple[list[np.ndarray], State]:
    """Return the stresses along a walk of one point, and its last state."""
    state, stresses = material.initial_state(1), []
    for move in moves:
        stress, _, state = material.update(move[None], state, dt)
        stresses.append(stress[0])
    return stresses, state


@pytest.mark.parametrize("name", LAWS)
def test_a_cell_of_one_phase_follows_its_law(name: str) -> None:
    material = LAWS[name]
    solid = mt.Solid(fem.box((1, 1), (2, 1)), material)
    moves = 0.4 * np.random.default_rng(2).standard_normal((4, 3))
    own, cell = walk(material, moves), walk(solid, moves)
    np.testing.assert_allclose(cell[0], own[0], atol=1e-13)
    for key in ("energy", "dissipation"):
        np.testing.assert_allclose(cell[1][key], own[1][key], atol=1e-13)
    if "plastic_strain" in own[1]:
        decoded = solid.decode(cell[1])
        squares = (own[1]["plastic_strain"][0] ** 2 / [1, 1, 1, 2, 2, 2]).sum()
        np.testing.assert_allclose((decoded["plastic_strain"] ** 2).sum(axis=2), squares, rtol=1e-10)
        back = solid.state_of(decoded, cell[1]["strain"])
        assert back is not None
        for key in set(cell[1]) - {"dissipation"}:
            np.testing.assert_allclose(back[key], cell[1][key], atol=1e-11)


@pytest.mark.parametrize("name", LAWS)
def test_solids_of_many_laws_have_consistent_tangents_and_come_back_from_arrays(name: str) -> None:
    plane = "strain" if LAWS[name].components == 3 and "sheet" not in name else "stress"
    mesh = fem.box((1, 1), (2, 2)).named(regions={"a": [0, 3], "b": [1, 2]})
    solid = mt.Solid(mesh, {"a": LAWS[name], "b": fem.LinearElastic.isotropic(3.0, 0.2, plane=plane)})
    again = Solid.of_groups(solid.groups())
    moves = 0.5 * np.random.default_rng(4).standard_normal((2, 3))
    _, state = walk(solid, moves)
    np.testing.assert_array_equal(walk(again, moves)[1]["energy"], state["energy"])
    assert again.rate_independent == solid.rate_independent == (name != "viscous")
    move, step = np.array([[0.3, -0.2, 0.4]]), 1e-6
    _, tangent, _ = solid.update(move, state, 0.5)
    sides = [[solid.update(move + s * step * np.eye(3)[i], state, 0.5)[0] for s in (1, -1)] for i in range(3)]
    differences = np.stack([(one - other)[0] / (2 * step) for one, other in sides], axis=1)
    np.testing.assert_allclose(tangent[0], differences, atol=1e-7)


@pytest.mark.parametrize("plane", ["strain", None])
def test_compiled_points_do_what_the_material_does(plane: str | None) -> None:
    material, d = fem.VonMises(plane=plane), 2 if plane else 3
    solid = mt.Solid(fem.box((1,) * d, (2,) * d), material)
    rng, n = np.random.default_rng(0), len(solid.equations.weights)
    own, cell = material.initial_state(n), virgin_phases(solid.equations, 1)
    strain = np.zeros((1, n, solid.components))
    for _ in range(3):
        after = strain + 0.5 * rng.standard_normal(strain.shape)
        stress, moduli, own = material.update((after - strain)[0], own)
        answer = respond_of_phases(solid.equations, after, strain, cell, 1.0)
        change = answer.change[0]
        assert moduli is not None
        assert change is not None
        np.testing.assert_allclose(answer.stress[0], stress, atol=1e-14)
        np.testing.assert_allclose(change[0] + solid.equations.elastic_moduli[0], moduli, atol=1e-13)
        np.testing.assert_allclose(answer.energy, own["energy"] @ solid.equations.weights, atol=1e-14)
        np.testing.assert_allclose(answer.dissipation, own["dissipation"] @ solid.equations.weights, atol=1e-14)
        strain, cell = after, answer.state


def test_every_cell_may_have_its_own_duration() -> None:
    solid = mt.voided_cell(0.3, LAWS["viscous"], divisions=2, layers=1)
    move = np.array([[0.5, 0.0, 0.2], [0.5, 0.0, 0.2]])
    assert solid.durations_by_point
    stress, _, _ = solid.update(move, solid.initial_state(2), np.array([0.1, 10.0]))
    for row, dt in enumerate((0.1, 10.0)):
        alone, _, _ = solid.update(move[:1], solid.initial_state(1), dt)
        np.testing.assert_allclose(stress[row], alone[0], atol=1e-12)
    assert np.abs(stress[0]).max() > np.abs(stress[1]).max()


def test_an_elastic_sheet_has_the_stiffness_of_plane_stress() -> None:
    sheet = LAWS["elastic sheet"]
    _, tangent, _ = sheet.update(np.zeros((1, 3)), sheet.initial_state(1))
    expected = fem.LinearElastic.isotropic(1.0, 0.3, plane="stress").stiffness
    np.testing.assert_allclose(tangent[0], expected, atol=1e-14)


def test_a_sheet_has_no_stress_across_it_and_that_of_space_in_it() -> None:
    sheet, solid = fem.PlaneStress(fem.VonMises()), fem.VonMises()
    state, whole = sheet.initial_state(3), solid.initial_state(3)
    before = np.zeros((3, 6))
    for seed in range(3):
        move = 0.6 * np.random.default_rng(seed).standard_normal((3, 3))
        stress, _, state = sheet.update(move, state)
        strain, across = sheet.out_of_plane(state)
        assert not across.any()
        after = before.copy()
        after[:, [0, 1, 5]] += move
        after[:, 2] = strain
        expected, _, whole = solid.update(after - before, whole)
        np.testing.assert_allclose(stress, expected[:, [0, 1, 5]], atol=1e-12)
        assert np.abs(expected[:, 2]).max() < 1e-12
        before = after


def test_a_bar_cut_from_a_sheet_is_the_bar() -> None:
    """Uniaxial stress in a sheet: the tangent modulus E H / (E + H), and plastic contraction by a half."""
    sheet = fem.PlaneStress(fem.VonMises(young=1.0, yield_stress=1 / 3, hardening=0.1))
    strain, state = 1.0, sheet.initial_state(1)
    other = -0.3 * strain
    for _ in range(30):
        stress, tangent, _ = sheet.update(np.array([[strain, other, 0.0]]), state)
        other -= stress[0, 1] / tangent[0, 1, 1]
    assert stress[0, 0] == pytest.approx(1 / 3 + (strain - 1 / 3) * 0.1 / 1.1, rel=1e-10)
    plastic = strain - stress[0, 0]
    assert other == pytest.approx(-0.3 * stress[0, 0] - 0.5 * plastic, rel=1e-10)


def test_sheets_and_files_refuse_what_they_cannot_have() -> None:
    with pytest.raises(InputError, match="6 strains, got 3"):
        fem.PlaneStress(fem.VonMises(plane="strain"))
    skew = np.eye(6)
    skew[0, 4] = skew[4, 0] = 0.2
    with pytest.raises(InputError, match="couples strains in the plane"):
        fem.PlaneStress(fem.LinearElastic(skew))
    lattice = mt.Lattice(mt.square_cell())
    with pytest.raises(CellError, match="is a Lattice, which files cannot keep"):
        mt.Solid(fem.box((1, 1), (2, 1)), lattice).groups()
