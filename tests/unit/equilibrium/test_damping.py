"""Damping of Newton steps, on bars that flow without hardening."""

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.damping import LARGEST, WEIGHT, Damped, damped
from microtann.structure.bar_system import Bars, BarTangent


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
    assert damped(flowing, elastic, 0.1, 1.0, full=True) is flowing
    assert damped(flowing, elastic, 0.1, 1.0, full=False).weight == pytest.approx(0.1 * WEIGHT)
    assert damped(flowing, elastic, 0.9, 1.0, full=True).weight == pytest.approx(0.9 * WEIGHT)
    assert damped(flowing, elastic, 100.0, 1.0, full=True).weight == LARGEST
