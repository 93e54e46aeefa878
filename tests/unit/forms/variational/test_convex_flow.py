"""Slips in a convex energy that is not quadratic: lawful for any weights, exact for one slip, and learnt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

import microtann as mt
from microtann.data.generate import generate
from microtann.errors import InputError
from microtann.evaluation.laws import examine_laws
from microtann.forms import Variational
from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.forms.variational.convex_flow import ConvexFlow, minimise
from microtann.forms.variational.loss import loss_terms, reference_of, states_along
from microtann.forms.variational.walks import Walks
from microtann.tann.energy import DecoupledQuadraticEnergy
from random_slips import random_slip_tann


def random_convex_tann(seed: int, states: int, slips: int, units: int) -> mt.TANN:
    """Return coupled slips in an energy with a random network, as stiff as the quadratic part and stiffer."""
    tann, draw = random_slip_tann(seed, states, slips), np.random.default_rng([seed, 7])
    energy, evolution = tann.point.energy, tann.point.evolution
    y = energy.coupling.shape[1]
    network = (draw.standard_normal(shape) for shape in ((units, y + states), units, units))
    convex = ConvexEnergy(energy, *(jnp.asarray(a) for a in network))
    return mt.TANN(replace(tann.point, energy=convex, evolution=ConvexFlow(evolution.normals)), tann.information)


def test_the_laws_hold_for_any_weights() -> None:
    report = examine_laws(random_convex_tann(1, 4, 9, 5), increments=200, strain_scale=1.0)
    assert report.not_finite == 0
    assert report.negative_dissipation == 0
    assert report.drift < 1e-11
    assert report.energy_gain < 1e-11
    assert report.certificate < 1.01e-10
    assert report.asymmetry < 1e-12
    assert report.least_stiffness > -1e-12
    assert report.tangent_error < 1e-4


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.floats(1e-6, 1e2))
def test_the_energy_is_convex_and_the_virgin_state_its_minimum(seed: int, size: float) -> None:
    energy = random_convex_tann(seed, 3, 4, 5).point.energy
    draw = np.random.default_rng(seed)
    a, b = jnp.asarray(size * draw.standard_normal((2, 9)))
    y, z = slice(0, 6), slice(6, 9)
    ends, middle = energy(a[y], a[z]) + energy(b[y], b[z]), energy((a[y] + b[y]) / 2, (a[z] + b[z]) / 2)
    assert middle <= ends / 2 * (1 + 1e-12)
    value, slope = jax.value_and_grad(energy.__call__, argnums=(0, 1))(jnp.zeros(6), jnp.zeros(3))
    assert value == 0.0
    assert all((np.asarray(part) == 0.0).all() for part in slope)
    hessian = jax.hessian(energy.__call__, argnums=1)(a[y], a[z])
    curvature = energy.curvature(a[y], a[z])
    np.testing.assert_allclose(hessian, curvature, rtol=1e-9, atol=1e-9 * np.abs(curvature).max())
    assert np.linalg.eigvalsh(energy.largest_curvature() - curvature).min() > -1e-9
    assert np.linalg.eigvalsh(curvature).min() > 1.0 - 1e-9


@pytest.mark.parametrize("strain", [0.3, 1.5, -4.0, 30.0])
def test_one_slip_with_saturating_hardening_solves_its_equation(strain: float) -> None:
    """Ψ = ½ (b E − Z)² + c log cosh(w Z): b E − Z − c w tanh(w Z) = ± k, k = 1 / n."""
    b, c, w, n = 1.3, 0.8, 2.1, 0.9
    energy = ConvexEnergy(
        DecoupledQuadraticEnergy(jnp.zeros((1, 1)), jnp.full((1, 1), b), jnp.zeros((0, 0))),
        jnp.array([[0.0, w]]),
        jnp.zeros(1),
        jnp.log(jnp.array([c])),
    )
    sign, k = np.sign(strain), 1.0 / n
    expected = 0.0
    if abs(b * strain) > k:
        expected = brentq(lambda z: b * strain - z - c * w * np.tanh(w * z) - sign * k, -100.0, 100.0, xtol=1e-14)
    found = minimise(energy, jnp.full((1, 1), n), jnp.array([strain]), jnp.zeros(1))
    np.testing.assert_allclose(found, [expected], rtol=1e-11, atol=1e-13)


def test_without_curvature_the_slips_are_those_of_the_quadratic_energy() -> None:
    tann = random_slip_tann(3, 5, 8)
    energy = ConvexEnergy(tann.point.energy, jnp.zeros((2, 11)), jnp.ones(2), jnp.zeros(2))
    draw = np.random.default_rng(3)
    for strain in draw.standard_normal((5, 6)):
        state, increment = jnp.asarray(0.1 * draw.standard_normal(5)), jnp.asarray(strain)
        quadratic = tann.point.evolution(tann.point.energy, jnp.zeros(6), state, increment, jnp.ones(()))
        convex = minimise(energy, tann.point.evolution.normals, increment, state)
        np.testing.assert_allclose(convex, quadratic, rtol=0, atol=1e-11 * float(jnp.abs(quadratic).max()))


def test_the_gradient_of_the_loss_along_walks_is_that_of_finite_differences() -> None:
    point, draw = random_convex_tann(2, 2, 4, 3).point, np.random.default_rng(2)
    increment = jnp.asarray(0.4 * draw.standard_normal((2, 4, 6)))
    driving = jnp.cumsum(increment, axis=1)
    walks = Walks(driving, increment, jnp.ones((2, 4, 6)), jnp.ones((2, 4)), jnp.ones((2, 4)))
    direction = jax.tree.map(lambda a: jnp.asarray(draw.standard_normal(a.shape)), (point.energy, point.evolution))

    @jax.jit
    def loss(h: float) -> jnp.ndarray:
        moved = jax.tree.map(lambda a, d: a + h * d, (point.energy, point.evolution), direction)
        terms = loss_terms(replace(point, energy=moved[0], evolution=moved[1]), walks, reference_of(walks))
        return terms["stress"] + terms["energy"]

    assert not np.isnan(states_along(point, walks)).any()
    expected = (loss(1e-6) - loss(-1e-6)) / 2e-6
    np.testing.assert_allclose(jax.grad(loss)(0.0), expected, rtol=1e-5)


def test_what_is_not_found_is_not_a_number() -> None:
    point = random_convex_tann(0, 2, 3, 2).point
    found = minimise(point.energy, point.evolution.normals, jnp.full(6, jnp.nan), jnp.zeros(2))
    assert np.isnan(found).all()


def test_a_convex_network_is_an_option_of_the_form(tmp_path: Path) -> None:
    data = generate(mt.Lattice(mt.square_cell()), mt.WalkPlan(paths=10, steps=10, limit=1.0))
    tann = mt.train(data, Variational(states=3, slips=3, updates=3, convex=2))
    assert isinstance(tann.point.energy, ConvexEnergy)
    tann.save(tmp_path / "convex.safetensors")
    strain = np.cumsum(np.full((1, 6, 3), 0.1), axis=1)
    once, again = (
        t.recall(strain, outside_training="none") for t in (tann, mt.load(tmp_path / "convex.safetensors"))
    )
    np.testing.assert_array_equal(once.stress, again.stress)
    assert once.dissipation.min() >= 0.0
    for other in ({"prune": 0.1}, {"viscosity": 1.0}):
        with pytest.raises(InputError, match="convex"):
            mt.train(data, Variational(states=3, updates=0, convex=2, **other))
