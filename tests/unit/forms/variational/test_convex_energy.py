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
from microtann.evaluation.laws import examine_laws
from microtann.forms import Variational
from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.idle_slips import without_idle_slips
from microtann.forms.variational.minimum import PowerLaw, minimise
from microtann.forms.variational.scaled_walks import ScaledWalks
from microtann.forms.variational.viscous_flow import ViscousFlow, viscous
from microtann.forms.variational.walk_loss import loss_terms, reference_of, states_along
from microtann.tann.energy import DecoupledQuadraticEnergy
from random_slips import random_slip_tann

found_state = jax.jit(minimise)


def random_viscous_tann(seed: int, shape: tuple[int, int, int], viscosity: float, exponent: float) -> mt.TANN:
    """Return viscous slips in an energy with a random network."""
    tann = random_convex_tann(seed, *shape)
    return mt.TANN(viscous(tann.point, viscosity, exponent), tann.information)


def random_convex_tann(seed: int, states: int, slips: int, units: int) -> mt.TANN:
    """Return coupled slips in an energy with a random network, as stiff as the quadratic part and stiffer."""
    tann, draw = random_slip_tann(seed, states, slips), np.random.default_rng([seed, 7])
    energy = tann.point.energy
    y = energy.coupling.shape[1]
    network = (draw.standard_normal(shape) for shape in ((units, y + states), units, units))
    convex = ConvexEnergy(energy, *(jnp.asarray(a) for a in network))
    return mt.TANN(replace(tann.point, energy=convex), tann.information)


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


def one_slip(b: float, c: float, w: float) -> ConvexEnergy:
    """Return Ψ = ½ (b E − Z)² + c log cosh(w Z)."""
    quadratic = DecoupledQuadraticEnergy(jnp.zeros((1, 1)), jnp.full((1, 1), b), jnp.zeros((0, 0)))
    return ConvexEnergy(quadratic, jnp.array([[0.0, w]]), jnp.zeros(1), jnp.log(jnp.array([c])))


@pytest.mark.parametrize("strain", [0.3, 1.5, -4.0, 30.0])
def test_one_slip_with_saturating_hardening_solves_its_equation(strain: float) -> None:
    """Ψ = ½ (b E − Z)² + c log cosh(w Z): b E − Z − c w tanh(w Z) = ± k, k = 1 / n."""
    b, c, w, n = 1.3, 0.8, 2.1, 0.9
    energy = one_slip(b, c, w)
    sign, k = np.sign(strain), 1.0 / n
    expected = 0.0
    if abs(b * strain) > k:
        expected = brentq(lambda z: b * strain - z - c * w * np.tanh(w * z) - sign * k, -100.0, 100.0, xtol=1e-14)
    found = found_state(energy, jnp.full((1, 1), n), jnp.array([strain]), jnp.zeros(1))
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
    walks = ScaledWalks(driving, increment, jnp.ones((2, 4, 6)), jnp.ones((2, 4)), jnp.ones((2, 4)))
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


@pytest.mark.verify
def test_energy_dissipation_and_pruning_go_together(tmp_path: Path) -> None:
    data = generate(mt.Lattice(mt.square_cell()), mt.WalkPlan(paths=10, steps=10, limit=1.0))
    form = Variational(states=3, slips=3, updates=2, convex=2, prune=1e-3, viscosity=0.5, rate_exponent=0.3)
    tann = mt.train(data, form)
    assert isinstance(tann.point.energy, ConvexEnergy)
    assert isinstance(tann.point.evolution, ViscousFlow)
    tann.save(tmp_path / "all.safetensors")
    strain, read = np.cumsum(np.full((1, 6, 3), 0.1), axis=1), mt.load(tmp_path / "all.safetensors")
    fast, slow = (read.recall(strain, dt=dt, outside_training="none") for dt in (1e-2, 1e2))
    np.testing.assert_array_equal(tann.recall(strain, dt=1e2, outside_training="none").stress, slow.stress)
    assert min(fast.dissipation.min(), slow.dissipation.min()) >= 0.0
    assert fast.stress[0, -1, 0] > slow.stress[0, -1, 0]


@pytest.mark.verify
@pytest.mark.parametrize("exponent", [0.2, 1.0, 2.0])
@pytest.mark.parametrize("viscosity", [1e-3, 1.0, 1e2])
def test_the_laws_hold_with_viscosity_for_any_weights(viscosity: float, exponent: float) -> None:
    report = examine_laws(random_viscous_tann(4, (3, 6, 4), viscosity, exponent), increments=60, strain_scale=1.0)
    assert report.not_finite == 0
    assert report.negative_dissipation == 0
    assert report.certificate < 1e-10
    assert report.asymmetry < 1e-9
    assert report.least_stiffness > -1e-9
    assert report.tangent_error < 1e-3


@pytest.mark.parametrize("strain", [0.3, 1.5, -4.0, 30.0])
@pytest.mark.parametrize("exponent", [0.3, 1.0, 2.5])
def test_one_viscous_slip_with_saturating_hardening_solves_its_equation(strain: float, exponent: float) -> None:
    """The equation above with the force ± k (1 + v |γ|^m) of a slip γ = k Z, and v = η Δt^(−m)."""
    b, c, w, n, v = 1.3, 0.8, 2.1, 0.9, 0.7
    energy = one_slip(b, c, w)
    sign, k = np.sign(strain), 1.0 / n
    expected = 0.0
    if abs(b * strain) > k:

        def excess(z: float) -> float:
            rate = k * sign * (1.0 + v * abs(k * z) ** exponent)
            return b * strain - z - c * w * np.tanh(w * z) - rate

        expected = brentq(excess, *sorted((sign * 1e-300, sign * 100.0)), xtol=1e-15)
    law = PowerLaw(jnp.asarray(v), jnp.asarray(exponent))
    found = found_state(energy, jnp.full((1, 1), n), jnp.array([strain]), jnp.zeros(1), law)
    np.testing.assert_allclose(found, [expected], rtol=1e-11, atol=1e-13)


def test_slow_viscous_slips_are_rate_independent_and_fast_ones_rest() -> None:
    strain = np.random.default_rng(0).standard_normal((2, 6, 6)).cumsum(axis=1)
    exact, tann = random_convex_tann(6, 3, 5, 3).recall(strain), random_viscous_tann(6, (3, 5, 3), 1.0, 0.5)
    slow = tann.recall(strain, dt=1e40)
    np.testing.assert_allclose(slow.stress, exact.stress, rtol=0, atol=1e-8 * np.abs(exact.stress).max())
    assert np.abs(tann.recall(strain, dt=1e-40).state).max() < 1e-6


@pytest.mark.verify
def test_derivatives_with_viscosity_are_those_of_all_parameters() -> None:
    point = random_viscous_tann(3, (3, 5, 4), 0.5, 0.6).point
    draw = np.random.default_rng(4)
    start = jnp.asarray(draw.standard_normal(6)), jnp.asarray(0.1 * draw.standard_normal(3))

    def after(energy: ConvexEnergy, evolution: ViscousFlow, state: jnp.ndarray, dt: jnp.ndarray) -> jnp.ndarray:
        return evolution(energy, jnp.zeros(6), state, start[0], dt)

    at = point.energy, point.evolution, start[1], jnp.asarray(0.8)
    along = jax.tree.map(lambda a: jnp.asarray(draw.standard_normal(a.shape)), at)
    _, slope = jax.jvp(after, at, along)
    step = jax.tree.map(lambda a: 1e-6 * a, along)
    ahead = after(*jax.tree.map(jnp.add, at, step))
    behind = after(*jax.tree.map(jnp.subtract, at, step))
    assert np.abs(slope).max() > 1e-3
    np.testing.assert_allclose(slope, (ahead - behind) / 2e-6, rtol=1e-5, atol=1e-7)


@pytest.mark.verify
def test_silent_slips_change_nothing_in_a_convex_energy() -> None:
    tann = random_convex_tann(3, 5, 4, 3)
    normals = np.array(tann.point.evolution.normals)
    normals[:, 2] *= 1e-6  # a resistance that is never reached
    point = replace(tann.point, evolution=MultisurfaceFlow(jnp.asarray(normals)))
    strain = np.random.default_rng(0).standard_normal((2, 8, 6)).cumsum(axis=1)
    driving = strain / np.asarray(point.scaling.driving)
    nothing = np.zeros(strain.shape[:2])
    walks = ScaledWalks(
        *map(jnp.asarray, (driving, np.diff(driving, axis=1, prepend=0.0), strain, nothing, nothing))
    )
    pruned = without_idle_slips(point, walks)
    assert pruned.evolution.normals.shape == (3, 3)
    before, after = (mt.TANN(p, tann.information).recall(strain) for p in (point, pruned))
    for name in ("stress", "energy", "dissipation"):
        one, other = getattr(before, name), getattr(after, name)
        np.testing.assert_allclose(other, one, rtol=0, atol=1e-10 * np.abs(one).max())
