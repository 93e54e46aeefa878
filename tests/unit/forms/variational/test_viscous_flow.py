"""Coupled slips with a viscous power law: lawful for any weights, exact for one slip, and with both limits."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microtann as mt
from microtann.data.generate import generate
from microtann.data.walks import WalkPlan
from microtann.evaluation.laws import examine_laws
from microtann.forms import Variational
from microtann.forms.variational.viscous_flow import ViscousFlow, viscous
from microtann.slips.viscous_projection import viscous_force
from microtann.training import train
from random_slips import random_normals, random_slip_tann


def random_viscous_tann(seed: int, shape: tuple[int, int], viscosity: float, exponent: float) -> mt.TANN:
    tann = random_slip_tann(seed, *shape)
    return mt.TANN(viscous(tann.point, viscosity, exponent), tann.information)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 100), viscosity=st.floats(1e-3, 1e3), exponent=st.sampled_from([0.05, 0.3, 1.0]))
def test_the_laws_hold_for_any_weights(seed: int, viscosity: float, exponent: float) -> None:
    tann = random_viscous_tann(seed, (4, 7), viscosity, exponent)
    report = examine_laws(tann, increments=1000, strain_scale=1.0, seed=seed)
    assert report.not_finite == 0
    assert report.negative_dissipation == 0
    assert report.asymmetry < 1e-9
    assert report.least_stiffness > -1e-9
    assert report.tangent_error < 1e-3


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("dt", [1e-3, 1.0, 1e6])
def test_one_slip_obeys_its_closed_form(exponent: float, dt: float) -> None:
    """For m = ½, 1 and 2 the equation n² γ + c γ^m = |n t| − 1 has its root in closed form."""
    normal, viscosity, trial = 0.8, 0.7, np.array([-4.0, 0.5, 1.3, 9.0])
    c = viscosity * dt**-exponent
    found = np.array(
        [
            viscous_force(jnp.full((1, 1), normal), jnp.asarray(c), jnp.asarray(exponent), jnp.full(1, t))[0]
            for t in trial
        ]
    )
    excess = np.maximum(normal * np.abs(trial) - 1.0, 0.0)
    if exponent == 1.0:
        slip = excess / (normal**2 + c)
    elif exponent == 2.0:
        slip = 2.0 * excess / (normal**2 + np.sqrt(normal**4 + 4.0 * c * excess))
    else:
        slip = (2.0 * excess / (c + np.sqrt(c**2 + 4.0 * normal**2 * excess))) ** 2
    np.testing.assert_allclose(found, trial - np.sign(trial) * normal * slip, rtol=1e-12)


@pytest.mark.parametrize("shape", [(3, 3), (4, 9), (9, 6)])
def test_the_slips_minimise_the_incremental_energy(shape: tuple[int, int]) -> None:
    """The conditions of a minimum: each slip's force is that of its speed, or below yield at rest."""
    normals = jnp.asarray(random_normals(2, *shape))
    trials = jnp.asarray(3.0 * np.random.default_rng(0).standard_normal((200, shape[0])))
    force = jax.vmap(viscous_force, (None, None, None, 0))(normals, jnp.asarray(0.3), jnp.asarray(0.5), trials)
    on_slips = np.asarray(force @ normals)
    over = np.maximum(np.abs(on_slips) - 1.0, 0.0)
    slips = np.sign(on_slips) * (over / 0.3) ** 2
    np.testing.assert_allclose(trials - force, slips @ normals.T, rtol=0, atol=1e-9 * np.abs(trials).max())


@pytest.mark.parametrize("exponent", [0.2, 1.0])
def test_slow_processes_are_rate_independent_and_fast_ones_elastic(exponent: float) -> None:
    strain = np.random.default_rng(0).standard_normal((3, 15, 6)).cumsum(axis=1)
    limit, tann = random_slip_tann(1, 4, 7), random_viscous_tann(1, (4, 7), 1.0, exponent)
    slow, exact = tann.recall(strain, dt=1e60), limit.recall(strain)
    np.testing.assert_allclose(slow.stress, exact.stress, rtol=0, atol=1e-8 * np.abs(exact.stress).max())
    gaps = [np.abs(tann.recall(strain, dt=dt).stress - exact.stress).max() for dt in (1e2, 1e4)]
    assert gaps[1] == pytest.approx(gaps[0] * 1e-2**exponent, rel=0.3)  # overstress of the order (1/Δt)^m
    assert np.abs(tann.recall(strain, dt=1e-60).state).max() < 1e-6


def test_the_force_relaxes_at_rest() -> None:
    tann = random_viscous_tann(2, (4, 7), 1.0, 1.0)
    strain = np.repeat(3.0 * np.random.default_rng(0).standard_normal((1, 6)), 400, axis=0)
    found, limit = tann.recall(strain), random_slip_tann(2, 4, 7).recall(strain)
    assert (found.dissipation >= 0).all()
    assert (np.diff(found.energy) <= 1e-12 * found.energy[0]).all()
    assert abs(found.energy[-1] - limit.energy[-1]) < 1e-3 * abs(found.energy[0] - limit.energy[-1])


def test_derivatives_are_those_of_all_parameters() -> None:
    normals, trial = jnp.asarray(random_normals(4, 3, 4)), jnp.array([2.0, -3.0, 1.0])
    values = (normals, jnp.asarray(0.4), jnp.asarray(0.6), trial)
    draw = np.random.default_rng(1)
    change = tuple(jnp.asarray(draw.standard_normal(a.shape)) for a in values)
    _, slope = jax.jvp(viscous_force, values, change)
    ahead, behind = (
        viscous_force(*(a + s * 1e-6 * c for a, c in zip(values, change, strict=True))) for s in (1, -1)
    )
    np.testing.assert_allclose(slope, (ahead - behind) / 2e-6, rtol=1e-6, atol=1e-8)


def test_a_lattice_gets_a_viscosity_as_an_option(tmp_path: Path) -> None:
    data = generate(mt.Lattice(mt.square_cell()), WalkPlan(paths=20, steps=30))
    form = Variational(states=4, slips=4, updates=0, viscosity=0.5, rate_exponent=0.3)
    tann = train(data, form)
    assert isinstance(tann.evolution, ViscousFlow)
    tann.save(tmp_path / "model.safetensors")
    read = mt.load(tmp_path / "model.safetensors")
    strain = np.linspace(0, 0.8, 20)[1:, None] * np.array([1.0, -0.2, 0.3])
    stress = [read.recall(strain, dt=dt, outside_training="none").stress[-1, 0] for dt in (1e-2, 1.0, 1e2, 1e40)]
    assert stress == sorted(stress, reverse=True)  # the faster, the stiffer
    exact = mt.solve_cell(mt.square_cell(), mt.ElastoplasticBar(), strain).stress[-1, 0]
    assert stress[-1] == pytest.approx(exact, rel=1e-9)
