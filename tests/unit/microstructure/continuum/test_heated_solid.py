"""Heated solids: free expansion, uniform phases, Levin's relation, and the entropy as a slope of the energy."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann import fem
from microtann.errors import CellError, ConfigurationError, InputError

SHEET = fem.PlaneStress(fem.VonMises())
HARD = fem.LinearElastic.isotropic(10.0, 0.25, plane="stress")


def composite(matrix: fem.Material = SHEET) -> mt.Solid:
    return mt.inclusion_cell(0.3, matrix, HARD, divisions=2, layers=1)


def path(components: int, seed: int = 0, steps: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return (
        0.2 * rng.standard_normal((2, steps, components)).cumsum(axis=1),
        rng.standard_normal((2, steps)).cumsum(axis=1),
    )


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_void_in_one_phase_sees_the_strain_less_the_expansion(dimension: int) -> None:
    matrix = SHEET if dimension == 2 else fem.VonMises()
    solid = mt.voided_cell(0.3, matrix, dimension, divisions=2, layers=1)
    heated = mt.HeatedSolid(solid, 0.1, capacity=0.3)
    strain, heat = path(solid.components, steps=3)
    normal = np.arange(solid.components) < dimension
    found, plain = heated.solve(strain, heat), solid.solve(strain - 0.1 * heat[..., None] * normal)
    capacity = 0.3 * sum(solid.volume_fractions.values())
    np.testing.assert_allclose(found.stress, plain.stress, atol=1e-10)
    np.testing.assert_allclose(found.energy, plain.energy - 0.5 * capacity * heat**2, atol=1e-10)
    np.testing.assert_allclose(found.dissipation, plain.dissipation, atol=1e-10)
    entropy = 0.1 * plain.stress @ normal + capacity * heat
    np.testing.assert_allclose(found.entropy, entropy, atol=1e-10)


def test_an_elastic_composite_expands_as_levin_found() -> None:
    """V. M. Levin (1967): the stiffnesses tell the expansion, a* = a1 + (S* - S1)(S2 - S1)⁻¹(a2 - a1)."""
    soft = fem.LinearElastic.isotropic(1.0, 0.3, plane="stress")
    solid = composite(soft)
    expansion = {"matrix": 0.3, "inclusion": 0.05}
    heated = mt.HeatedSolid(solid, expansion)
    compliance = [np.linalg.inv(one) for one in (soft.stiffness, HARD.stiffness, solid.elastic_stiffness())]
    normal = np.array([1.0, 1.0, 0.0])
    across = np.linalg.solve(compliance[1] - compliance[0], (0.05 - 0.3) * normal)
    effective = 0.3 * normal + (compliance[2] - compliance[0]) @ across
    found = heated.solve(effective[None], [1.0])
    assert np.abs(found.stress).max() < 1e-13
    held = heated.solve(np.zeros((1, 3)), [1.0])
    np.testing.assert_allclose(held.stress[0], -solid.elastic_stiffness() @ effective, atol=1e-13)
    # of a quadratic energy in (E, θ): entropy = -∂Ψ/∂θ, and twice the energy is S·E - η θ
    np.testing.assert_allclose(2.0 * held.energy, -held.entropy, atol=1e-14)


def test_the_entropy_is_the_slope_of_the_energy_after_flow() -> None:
    heated = mt.HeatedSolid(composite(), {"matrix": 0.3}, capacity={"inclusion": 0.2})
    strain, heat = path(3)
    strain, heat = (np.concatenate([a, 0.98 * a[:, -1:]], axis=1) for a in (strain, heat))  # and a little back
    assert heated.solve(strain, heat).dissipation[:, :-1].sum() > 0.1
    slope, step = [], 1e-4
    for moved in (step, -step):
        there = heat.copy()
        there[:, -1] += moved
        response = heated.solve(strain, there)
        assert response.dissipation[:, -1].max() == 0.0
        slope.append(response.energy[:, -1])
    expected = -(slope[0] - slope[1]) / (2 * step)
    np.testing.assert_allclose(heated.solve(strain, heat).entropy[:, -1], expected, atol=1e-9)


def test_heat_alone_makes_a_composite_flow() -> None:
    heated = mt.HeatedSolid(composite(), {"matrix": 0.3})
    cycle = np.array([[2.0, 4.0, 2.0, 0.0, -4.0, 0.0]])
    response = heated.solve(np.zeros((1, 6, 3)), cycle)
    assert response.dissipation.sum() > 0.0
    assert np.abs(response.stress[0, -1]).max() > 1e-3  # what is left when it is cold again


def test_what_is_no_heated_solid_is_refused() -> None:
    with pytest.raises(CellError, match=r"plane strain.*sheet"):
        mt.HeatedSolid(mt.voided_cell(0.3, divisions=2, layers=1), 0.1)
    with pytest.raises(InputError, match="'void', but the phases are"):
        mt.HeatedSolid(composite(), {"void": 0.1})
    with pytest.raises(InputError, match="capacity must not be negative"):
        mt.HeatedSolid(composite(), 0.1, capacity=-1.0)
    with pytest.raises(InputError, match="expansion must be a finite number"):
        mt.HeatedSolid(composite(), np.nan)
    heated = mt.HeatedSolid(composite(), 0.1)
    with pytest.raises(InputError, match=r"temperature must be finite with shape \(4,\)"):
        heated.solve(np.zeros((4, 3)), np.zeros(3))
    with pytest.raises(ConfigurationError, match="do not start again"):
        mt.generate_heated(heated, mt.WalkPlan(paths=2, steps=2, restart=0.1))
