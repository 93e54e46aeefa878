"""Damping of Newton steps, on bars that flow without hardening."""

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.damping import LARGEST_WEIGHT, WEIGHT, Damped, Damping, WithSecant
from microtann.equilibrium.sparsity import BlockTangent, Sparsity
from microtann.evaluation.structures import CASES
from microtann.microstructure.bars.full.bar_system import Bars, BarState, BarTangent


def tangents():
    lattice = mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(hardening=0.0), (2, 1, 1), 1.0)
    bars = Bars(lattice.points, lattice.bars, lattice.areas, lattice.bar)
    at_rest = np.zeros(lattice.points.size)
    pulled = np.column_stack([0.8 * lattice.points[:, 0], at_rest[::3], at_rest[::3]]).ravel()
    elastic = bars.evaluate(bars.virgin(), at_rest, at_rest, 1.0, True).tangent
    flowing = bars.evaluate(bars.virgin(), pulled, pulled, 1.0, True).tangent
    assert (flowing.modulus < 0.5 * elastic.modulus).any()
    return flowing, elastic


def test_operator_is_the_weighted_sum():
    flowing, elastic = tangents()
    both = Damped(flowing, elastic, 0.2)
    matrix = (flowing.blocks() + 0.2 * elastic.blocks()).toarray()
    vector = np.random.default_rng(5).normal(size=matrix.shape[1])
    np.testing.assert_allclose(both @ vector, matrix @ vector, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(both.blocks().toarray(), matrix, rtol=1e-14)
    assert both.symmetric
    one_sided = BarTangent(flowing.bars, flowing.gradient, flowing.modulus, flowing.nodes, symmetric=False)
    assert not Damped(one_sided, elastic, 0.2).symmetric


def test_steps_that_make_headway_are_not_damped():
    flowing, elastic = tangents()
    plain = BarTangent(flowing.bars, flowing.gradient, flowing.modulus, flowing.nodes)
    blocks = BlockTangent(
        Sparsity.of(flowing.bars[:, 0], flowing.bars[:, 1], flowing.nodes), np.zeros((0, 3, 3)), True
    )
    assert isinstance(flowing, WithSecant)
    assert not isinstance(blocks, WithSecant)
    headway = Damping().after(0.1, 1.0, full=True)
    assert headway.of(flowing, elastic) is flowing
    assert headway.of(blocks, elastic) is blocks
    assert Damping().after(0.1, 1.0, full=False).of(blocks, elastic).weight == pytest.approx(0.1 * WEIGHT)
    assert Damping().after(0.9, 1.0, full=True).of(blocks, elastic).weight == pytest.approx(0.9 * WEIGHT)
    assert Damping().after(100.0, 1.0, full=True).of(blocks, elastic).weight == LARGEST_WEIGHT
    assert Damping().after(0.9, 1.0, full=True).of(plain, elastic) is plain  # no secant is known


def test_the_weight_of_the_secant_falls_with_success_and_with_the_residual():
    damping = Damping().after(5.0, 5.0, full=False)
    assert damping.secant == 1.0
    assert damping.after(4.9, 5.0, full=True).secant == 0.5
    assert damping.after(6.0, 5.0, full=True).secant == 1.0
    assert damping.after(4.9, 5.0, full=True).after(4.8, 4.9, full=False).secant == 1.0
    assert damping.after(0.4, 5.0, full=True).secant == pytest.approx(0.05)
    assert damping.after(0.2, 0.3, full=True).secant == pytest.approx(0.2)
    while damping.secant:  # Newton's method takes over
        last, damping = damping, damping.after(1e-3 * damping.residual, damping.residual, full=True)
        assert damping.secant < 0.1 * last.secant


@pytest.mark.parametrize("hardening", [0.0, 0.1, 2.0])
def test_the_secant_bounds_the_potential_of_the_bars_from_above(hardening):
    """Energy + dissipation lie below the quadratic of the secant, so that a full step with it never overshoots."""
    generator = np.random.default_rng(8)
    lattice = mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(hardening=hardening), (2, 1, 1), 1.0)
    bars = Bars(lattice.points, lattice.bars, lattice.areas, lattice.bar)
    before = BarState(np.zeros(len(lattice.bars)), 0.3 * generator.normal(size=len(lattice.bars)))

    def answer(u):
        return bars.evaluate(before, u, u, 1.0, True)

    for size in (0.1, 1.0, 10.0):
        u = size * generator.normal(size=lattice.points.size)
        here = answer(u)
        secant, tangent = here.tangent.towards_secant(1.0), here.tangent
        assert (secant.modulus >= tangent.modulus * (1 - 1e-12)).all()
        half = tangent.towards_secant(0.5)
        np.testing.assert_allclose(half.modulus, 0.5 * (secant.modulus + tangent.modulus), rtol=1e-13)
        for length in (1e-2, 1.0, 30.0):
            step = length * generator.normal(size=u.size)
            there = answer(u + step)
            change = there.energy + there.dissipation - here.energy - here.dissipation
            assert change <= here.force @ step + 0.5 * step @ (secant @ step) + 1e-9 * (1 + abs(change))
    at_rest = bars.evaluate(bars.virgin(), 0 * u, 0 * u, 1.0, True).tangent
    np.testing.assert_allclose(at_rest.towards_secant(1.0).modulus, at_rest.modulus, rtol=1e-14)


def test_bars_without_hardening_converge_a_hundred_times_beyond_yield():
    """With a part of the elastic tangent instead of the secant it took 38 iterations."""
    case = CASES["lcT2"](factor=100.0)
    bar = mt.ElastoplasticBar(hardening=0.0)
    cost = mt.Structure.box(mt.cube_cell(), bar, case.lengths, 2.5, case.origin).solve(case.steps).statistics
    assert cost.newton_iterations <= 28
    assert cost.cuts == 0
