"""Mechanisms with a viscous power law: lawful for any weights, between play and elasticity."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_tann import random_tann

from microtann.evaluation.laws import examine_laws
from microtann.tann.evolution import PlayMechanisms
from microtann.tann.model import TANN
from microtann.tann.viscous import ViscousMechanisms


def viscous(seed: int, viscosity: float, exponent: float) -> TANN:
    """Return a random TANN of viscous mechanisms."""
    tann = random_tann(seed)
    assert isinstance(tann.evolution, PlayMechanisms)
    resistance = tann.evolution.log_resistance
    evolution = ViscousMechanisms(resistance, jnp.log(viscosity) + 0.0 * resistance, jnp.asarray(np.log(exponent)))
    return TANN(replace(tann.point, evolution=evolution), tann.information)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 100), viscosity=st.floats(1e-3, 1e3), exponent=st.floats(0.05, 2.0))
def test_the_laws_hold_for_any_weights(seed: int, viscosity: float, exponent: float) -> None:
    report = examine_laws(viscous(seed, viscosity, exponent), increments=1000, strain_scale=1.0, seed=seed)
    assert report.not_finite == 0
    assert report.negative_dissipation == 0
    assert report.asymmetry < 1e-12
    assert report.least_stiffness > -1e-12
    assert report.tangent_error < 1e-3


@pytest.mark.parametrize("exponent", [0.2, 1.0])
def test_slow_processes_are_play_and_fast_ones_elastic(exponent: float) -> None:
    strain = np.random.default_rng(0).standard_normal((5, 20, 6)).cumsum(axis=1)
    play, model = random_tann(1), viscous(1, 1.0, exponent)

    def stress(tann: TANN, dt: float) -> np.ndarray:
        return tann.recall(strain, dt=dt, outside_training="none").stress

    size = np.abs(stress(play, 1.0)).max()
    np.testing.assert_allclose(stress(model, 1e40), stress(play, 1.0), rtol=0, atol=1e-6 * size)
    state = np.asarray(model.recall(strain, dt=1e-40, outside_training="none").state)
    assert np.abs(state).max() < 1e-6


def test_one_mechanism_obeys_its_law() -> None:
    model = viscous(2, 0.7, 0.5)
    evolution = model.evolution
    assert isinstance(evolution, ViscousMechanisms)
    before, after = np.zeros(9), 5.0 * np.ones(6)
    state = np.asarray(evolution(model.energy, jnp.zeros(6), jnp.zeros(9), jnp.asarray(after), jnp.asarray(0.3)))
    force = np.asarray(model.energy.force(jnp.asarray(after), jnp.asarray(state)))
    speed = np.abs(state - before) / 0.3
    expected = np.exp(np.asarray(evolution.log_resistance)) + 0.7 * np.sqrt(speed)
    moving = speed > 0
    assert moving.any()
    np.testing.assert_allclose(np.abs(force)[moving], expected[moving], rtol=1e-12)
