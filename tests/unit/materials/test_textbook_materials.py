"""Linear elasticity and von Mises plasticity: closed forms, tangents, potentials, and one-dimensional tension."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microtann as mt
from microtann.errors import InputError
from microtann.fem import LinearElastic, Prescribed, Step, VonMises
from microtann.microstructure.bars.cells.bar import return_mapping

YOUNG, POISSON, STRENGTH, HARDENING = 2.0, 0.3, 0.4, 0.25
BULK, SHEAR = YOUNG / (3 * (1 - 2 * POISSON)), YOUNG / (2 * (1 + POISSON))
SOLIDS = [VonMises(YOUNG, POISSON, STRENGTH, HARDENING, plane) for plane in (None, "strain")]
SOLIDS += [VonMises(YOUNG, POISSON, STRENGTH, 0.0)]
ELASTIC = [LinearElastic.isotropic(YOUNG, POISSON, plane) for plane in (None, "strain", "stress")]


def test_engineering_constants() -> None:
    """Compliance of an isotropic solid: 1/E, −ν/E and 1/G; plane stress has the same in its plane."""
    space, strain, stress = ELASTIC
    expected = np.diag([1 / YOUNG] * 3 + [1 / SHEAR] * 3)
    expected[:3, :3] -= POISSON / YOUNG * (1 - np.eye(3))
    np.testing.assert_allclose(np.linalg.inv(space.stiffness), expected, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(
        np.linalg.inv(stress.stiffness), expected[np.ix_([0, 1, 5], [0, 1, 5])], rtol=1e-13, atol=1e-15
    )
    lame = BULK - 2 / 3 * SHEAR
    rows = [[lame + 2 * SHEAR, lame, 0], [lame, lame + 2 * SHEAR, 0], [0, 0, SHEAR]]
    np.testing.assert_allclose(strain.stiffness, rows, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("material", [*SOLIDS, *ELASTIC], ids=repr)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_stress_and_tangent_are_derivatives_of_energy_and_dissipation(
    material: mt.fem.Material, seed: int
) -> None:
    """Along a random path: the increment minimises energy + dissipation, so that its slope is the stress."""
    generator, n = np.random.default_rng(seed), 5
    v = material.initial_state(1)["strain"].shape[1]
    state, step = material.initial_state(n), 1e-6
    for _ in range(3):
        before, increment = state, 0.3 * generator.standard_normal((n, v))
        stress, tangent, state = material.update(increment, before)
        assert (state["dissipation"] >= 0.0).all()

        def at(
            move: np.ndarray, before: mt.fem.State = before, increment: np.ndarray = increment
        ) -> tuple[np.ndarray, np.ndarray]:
            found, none, new = material.update(increment + move, before, 1.0, False)
            assert none is None
            return found, new["energy"] + new["dissipation"]

        for component, unit in enumerate(step * np.eye(v)):
            (high, up), (low, down) = at(unit), at(-unit)
            np.testing.assert_allclose((up - down) / (2 * step), stress[:, component], rtol=0, atol=1e-7)
            # a point within a step of first yield has two slopes
            smooth = np.abs(high - stress + low - stress).max(axis=1) < 1e-9
            assert smooth.sum() >= n - 1
            numeric = (high - low)[smooth] / (2 * step)
            np.testing.assert_allclose(numeric, tangent[smooth][:, :, component], rtol=0, atol=1e-6)
        np.testing.assert_allclose(tangent, tangent.transpose(0, 2, 1), rtol=0, atol=1e-14)


def test_simple_shear_in_closed_form() -> None:
    """Shear yields at k/√3; then stress, energy and dissipation follow from one scalar equation."""
    (solid, *_), gamma = SOLIDS, 0.9
    strength, slope = STRENGTH / np.sqrt(3), HARDENING / 3
    plastic = (SHEAR * gamma - strength) / (SHEAR + slope)
    stress, _, state = solid.update(np.array([[0, 0, 0, gamma, 0, 0]]), solid.initial_state(1))
    np.testing.assert_allclose(stress[0], [0, 0, 0, SHEAR * (gamma - plastic), 0, 0], rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(state["plastic_strain"][0], [0, 0, 0, plastic, 0, 0], rtol=1e-13, atol=1e-15)
    assert state["energy"][0] == pytest.approx(0.5 * SHEAR * (gamma - plastic) ** 2 + 0.5 * slope * plastic**2)
    assert state["dissipation"][0] == pytest.approx(strength * plastic, rel=1e-13)


def test_pressure_never_yields_and_back_stress_shifts_the_yield_surface() -> None:
    solid = SOLIDS[0]
    swelling = np.array([[3.0, 3, 3, 0, 0, 0]])
    stress, tangent, state = solid.update(swelling, solid.initial_state(1))
    np.testing.assert_allclose(stress[0], [9 * BULK] * 3 + [0] * 3, rtol=1e-13, atol=1e-14)
    assert state["dissipation"][0] == 0.0
    np.testing.assert_allclose(tangent[0], ELASTIC[0].stiffness, rtol=1e-13, atol=1e-15)
    shear = np.array([[0, 0, 0, 0, 0, 1.0]])
    stress, _, state = solid.update(shear, solid.initial_state(1))
    elastic = 2 * STRENGTH / np.sqrt(3) / SHEAR  # width of the elastic range, which does not grow
    for size, yields in ((0.999, False), (1.001, True)):
        _, _, back = solid.update(-size * elastic * shear, state)
        assert (back["dissipation"][0] > 0) == yields


@pytest.mark.parametrize("kind", ["hexahedron", "tetra10"])
def test_uniaxial_tension_follows_the_bar(kind: str) -> None:
    """A body with free sides, stretched and pressed beyond yield: stress, energy and dissipation of the 1D law."""
    bar = mt.ElastoplasticBar(YOUNG, STRENGTH, HARDENING)
    mesh = mt.fem.box((1.0, 1.0, 2.0), (1, 1, 2), kind=kind)
    base, top = (lambda x: x[:, 2] == 0.0), (lambda x: x[:, 2] == 2.0)
    held = [Prescribed(lambda x, i=i: x[:, i] == 0.0, i) for i in range(3)]
    strains = (0.3, 0.8, -0.4, -0.9, 0.1)
    steps = [Step([*held, Prescribed(top, "z", 2.0 * strain)]) for strain in strains]
    result = mt.fem.Model(mesh, SOLIDS[0]).solve(steps)
    plastic, dissipated = 0.0, 0.0
    for index, strain in enumerate(strains):
        law = return_mapping(strain, plastic, bar.young, bar.yield_stress, bar.hardening)
        dissipated += float(law.dissipation)
        plastic = float(law.plastic_strain)
        assert result.axial_force(top)[index] == pytest.approx(float(law.stress), rel=1e-9)
        assert result.energy[index] == pytest.approx(2 * float(law.energy), rel=1e-9)
        assert result.dissipation[index] == pytest.approx(2 * dissipated, rel=1e-9)
    np.testing.assert_allclose(result.axial_force(base), -result.axial_force(top), rtol=1e-9)
    flow = plastic * np.array([-0.5, -0.5, 1, 0, 0, 0])
    np.testing.assert_allclose(
        result.state["plastic_strain"], np.broadcast_to(flow, (*mesh.weights.shape, 6)), atol=1e-9
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: LinearElastic.isotropic(-1.0, 0.3), "Young's modulus must be positive"),
        (lambda: LinearElastic.isotropic(1.0, 0.5), "Poisson's ratio must lie between -1 and 0.5"),
        (lambda: LinearElastic.isotropic(1.0, 0.3, plane="strss"), "'strain' or 'stress', got 'strss'"),
        (lambda: LinearElastic(np.eye(4)), r"shape \(6, 6\) in space or \(3, 3\) in the plane"),
        (lambda: LinearElastic(np.triu(np.ones((3, 3)))), "must be symmetric"),
        (lambda: LinearElastic(-np.eye(3)), "must be positive definite"),
        (lambda: LinearElastic(np.full((3, 3), np.nan)), "must be finite"),
        (lambda: VonMises(yield_stress=0.0), "the yield stress must be positive"),
        (lambda: VonMises(hardening=-1.0), "the hardening must be zero or positive"),
        (lambda: VonMises(plane="stress"), "plane 'strain'; got plane='stress'"),
        (
            lambda: mt.fem.Model(mt.fem.box((1, 1), (1, 1)), VonMises()).solve(
                [Step([Prescribed([0, 1], i) for i in "xy"])]
            ),
            "6 strain components, but finite elements are in the plane",
        ),
    ],
)
def test_wrong_parameters_are_refused(make, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()
