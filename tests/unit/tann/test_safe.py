"""A free evolution made safe: dissipative and bounded by the increment, whatever its weights and its energy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from free_network import STRAINS, free_network

import microtann as mt
from microtann.errors import InputError
from microtann.evaluation.laws import examine_laws
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.safe import SafeEvolution
from microtann.tann.state_network import StateNetwork


class Fixed(Evolution):
    """The same motion whatever happens."""

    motion: jax.Array

    def __call__(self, energy, driving, state, driving_increment, dt):
        return state + self.motion


class Erring(Evolution):
    """Another evolution with an error of a thousandth, as a network has it everywhere."""

    inner: Evolution

    def __call__(self, energy, driving, state, driving_increment, dt):
        end = driving + driving_increment
        error = 1e-3 * jnp.sin(5.0 * end.sum() + jnp.arange(state.shape[0]))
        return self.inner(energy, driving, state, driving_increment, dt) + error


class Curved(Energy):
    """½ c |Z|² − y · Z with a curvature c of either sign."""

    curvature: float = eqx.field(static=True)

    def __call__(self, driving: jax.Array, state: jax.Array) -> jax.Array:
        return 0.5 * self.curvature * state @ state - driving @ state


@pytest.mark.parametrize("form", ["published", "residual"])
def test_no_weights_make_energy(form: str) -> None:
    safe = examine_laws(free_network(0, form).safe(limit=2.0), 3, 4000, strain_scale=0.1)
    assert safe.not_finite == safe.negative_dissipation == 0


def test_states_that_carry_the_strain_are_warned_of() -> None:
    free = free_network(0, "published")
    raw = eqx.tree_at(lambda t: t.point.reduction.elastic, free, replace_fn=jnp.zeros_like)
    with pytest.warns(UserWarning, match="carry the strain itself"):
        raw.safe(2.0)


@pytest.mark.parametrize("form", ["published", "residual"])
def test_states_move_no_farther_than_the_increment_allows(form: str) -> None:
    limit = 2.0
    tann = free_network(3, form).safe(limit)
    draw = np.random.default_rng(0)
    _, _, state = tann.update(draw.standard_normal((200, STRAINS)), tann.initial_state(200), tangent=False)
    for size in 10.0 ** np.arange(-12, -1):
        increment = size * draw.standard_normal((200, STRAINS))
        _, _, after = tann.update(increment, state, tangent=False)
        moved = np.linalg.norm(after["isv"] - state["isv"], axis=1)
        rate = moved / np.linalg.norm(increment, axis=1)
        assert rate.max() <= limit * (1.0 + 1e-14)
    _, _, rested = tann.update(0.0 * increment, after, tangent=False)
    np.testing.assert_array_equal(rested["isv"], after["isv"])


def test_the_smallest_increments_still_move_the_states() -> None:
    tann = free_network(3, "published").safe(2.0)
    for size in (1e-12, 1e-6, 1e-2):
        _, _, after = tann.update(size * np.ones((1, STRAINS)), tann.initial_state(1), tangent=False)
        rate = np.linalg.norm(after["isv"]) / (size * np.sqrt(STRAINS))
        assert rate > 0.1


def safe_motions(
    energy: Energy, motions: np.ndarray, states: np.ndarray, ends: np.ndarray, limit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the states that fixed motions are allowed to lead to from rest, and the forces there."""

    def one(motion: jax.Array, state: jax.Array, end: jax.Array) -> tuple[jax.Array, jax.Array]:
        evolution = SafeEvolution(Fixed(motion), jnp.asarray(limit))
        after = evolution(energy, jnp.zeros_like(end), state, end, jnp.asarray(1.0))
        return after, energy.force(end, after)

    after, force = jax.jit(jax.vmap(one))(*map(jnp.asarray, (motions, states, ends)))
    return np.asarray(after), np.asarray(force)


def test_the_nearest_dissipative_motion_is_taken() -> None:
    """With the energy ½ |Z|² − y · Z from rest these are those of the ball between 0 and y."""
    ends, motions = np.random.default_rng(0).standard_normal((2, 50, 3))
    found, _ = safe_motions(Curved(1.0), 2.0 * motions, np.zeros((50, 3)), ends, 1e3)
    away, radius = 2.0 * motions - 0.5 * ends, 0.5 * np.linalg.norm(ends, axis=1)
    nearest = 0.5 * ends + away * np.minimum(1.0, radius / np.linalg.norm(away, axis=1))[:, None]
    np.testing.assert_allclose(found, nearest, rtol=0, atol=1e-10)


@pytest.mark.parametrize("curvature", [-1.0, 0.0, 1e-9, 1e9])
def test_the_energy_need_not_be_convex(curvature: float) -> None:
    draw = np.random.default_rng(0)
    motions, states, ends = draw.standard_normal((3, 300, 3))
    ends *= 10.0 ** draw.uniform(-12, 12, (300, 1))
    after, force = safe_motions(Curved(curvature), motions, states, ends, 1.0)
    moved = after - states
    assert np.isfinite(after).all()
    assert moved.any()
    assert ((force * moved).sum(axis=1) >= -1e-14 * np.abs(force * moved).sum(axis=1)).all()


def test_what_is_not_finite_is_rest() -> None:
    evolution = SafeEvolution(Fixed(jnp.array([jnp.nan, 0.0, 1.0])), jnp.asarray(1.0))
    state = jnp.array([0.3, -0.2, 0.1])
    after = evolution(Curved(1.0), jnp.zeros(3), state, jnp.ones(3), jnp.asarray(1.0))
    np.testing.assert_array_equal(after, state)


@pytest.mark.parametrize("form", ["published", "residual"])
def test_the_tangent_is_the_derivative(form: str) -> None:
    report = examine_laws(free_network(0, form).safe(2.0), 3, 2000, strain_scale=0.3, sizes=(1e-2, 3.0))
    assert report.tangent_error < 1e-4


def test_a_file_keeps_it_and_its_limit(tmp_path: Path) -> None:
    tann = free_network(1, "residual").safe(2.0)
    tann.save(tmp_path / "safe.safetensors")
    read = mt.load(tmp_path / "safe.safetensors")
    assert read.form == "residual"
    assert isinstance(read.evolution, SafeEvolution)
    strain = np.random.default_rng(0).standard_normal((2, 10, 3)).cumsum(axis=1)
    np.testing.assert_array_equal(read.recall(strain).stress, tann.recall(strain).stress)
    again = read.safe(3.0)  # not a safe evolution inside of another
    assert type(again.evolution.evolution) is StateNetwork
    assert float(again.evolution.limit) == 3.0


def test_a_model_that_errs_becomes_lawful_and_no_less_accurate() -> None:
    exact = mt.load("cube")
    spoilt = mt.TANN(replace(exact.point, evolution=Erring(exact.evolution)), exact.information)
    paths = ["a", "f", "z"]
    before, after = (mt.evaluate(tann, paths).paths for tann in (spoilt, spoilt.safe()))
    for name in paths:
        assert before[name].violations > 0
        assert after[name].violations == 0
        assert after[name].stress < 1.1 * before[name].stress
    assert before["z"].drift > 1e-3  # type: ignore[operator]
    assert after["z"].drift < 1e-12  # type: ignore[operator]


def test_a_limit_that_cannot_be_measured_is_asked_for() -> None:
    with pytest.raises(InputError, match="give limit"):
        free_network(0, "residual").safe()
    with pytest.raises(InputError, match="positive and finite"):
        free_network(0, "residual").safe(limit=0.0)


def test_the_wrapped_point_is_left_as_it_is() -> None:
    free = free_network(0, "residual")
    assert replace(free.safe(1.0).point, evolution=free.evolution) == free.point
