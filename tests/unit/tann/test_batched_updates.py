"""The chain rule written out for many points, of residual and of free networks, against differentiation."""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from random_tann import random_tann

import microtann as mt
from microtann.forms.published.untrained_parts import energy_network
from microtann.tann.batched_layers import BatchedLayers
from microtann.tann.evolution import Evolution
from microtann.tann.layers import DeadZone, dense
from microtann.tann.network_energy import NetworkEnergy
from microtann.tann.quadratic_energy import QuadraticEnergy
from microtann.tann.rate_network import RateNetwork
from microtann.tann.state_network import StateNetwork

COMPONENTS, EXTRA, STATES, POINTS = 3, 1, 9, 16
DRIVING = COMPONENTS + EXTRA


def model(form: str, energy: QuadraticEnergy | NetworkEnergy, evolution: Evolution) -> mt.TANN:
    """Return an untrained model of some parts, with an extra state variable."""
    base = random_tann(1, components=COMPONENTS, extra=EXTRA)
    point = replace(base.point, energy=energy, evolution=evolution)
    return replace(base, point=point, information=replace(base.information, form=form))


def residual(widths: tuple[int, ...], activation: object) -> mt.TANN:
    """Return a model of the form "residual"."""
    draw = np.random.default_rng(0)
    network = dense((DRIVING + STATES, *widths, STATES), activation, jax.random.key(2), last_bias=False)
    network = eqx.tree_at(lambda n: n.layers[0].weight, network, 3.0 * network.layers[0].weight)
    root, extra = draw.normal(size=(DRIVING + STATES,) * 2), draw.normal(size=(EXTRA, EXTRA))
    return model("residual", QuadraticEnergy(jnp.asarray(root), jnp.asarray(extra)), StateNetwork(network))


def published(power: int, timed: bool, energy_widths: tuple[int, ...] = (7,)) -> mt.TANN:
    """Return a model of the form "published"."""
    draw = np.random.default_rng(1)
    inputs = COMPONENTS + 2 * DRIVING + STATES + timed
    rate = RateNetwork(
        network=dense((inputs, 9, 5, STATES), jax.nn.leaky_relu, jax.random.key(3)),
        stress_scale=jnp.asarray(draw.uniform(1.0, 2.0, COMPONENTS)),
        increment_scale=jnp.asarray(draw.uniform(1.0, 2.0, DRIVING)),
        duration=jnp.asarray(2.0),
        timed=timed,
    )
    return model("published", energy_network(DRIVING, STATES, energy_widths, power, jax.random.key(4)), rate)


MODELS = {
    "dead zone": lambda: residual((11,), DeadZone()),
    "two hidden layers": lambda: residual((6, 5), jax.nn.relu),
    "fourth powers": lambda: published(4, timed=False),
    "squares, and durations": lambda: published(2, timed=True),
}


@pytest.mark.parametrize("name", list(MODELS))
def test_stress_state_and_tangent_are_those_of_automatic_differentiation(name: str) -> None:
    tann = MODELS[name]()
    assert tann._compiled_update is not None
    draw = np.random.default_rng(5)
    state = tann.initial_state(POINTS)
    state |= {key: draw.normal(size=state[key].shape) for key in ("strain", "isv", "extra")}
    increment = 0.3 * draw.normal(size=(POINTS, COMPONENTS))
    stress, tangent, new = tann.update(increment, state, dt=0.7)
    expected, derivative, reference = tann.update_by_differentiation(increment, state, dt=0.7)
    np.testing.assert_allclose(stress, expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    np.testing.assert_allclose(tangent, derivative, rtol=0, atol=1e-12 * np.abs(derivative).max())
    for key, value in reference.items():
        np.testing.assert_allclose(new[key], value, rtol=0, atol=1e-12 * max(1.0, np.abs(value).max()))
    without, none, _ = tann.update(increment, state, dt=0.7, tangent=False)
    assert none is None
    np.testing.assert_array_equal(without, stress)


def test_points_beyond_one_block_are_advanced_as_those_within() -> None:
    tann = MODELS["fourth powers"]()
    increment = 0.1 * np.random.default_rng(6).normal(size=(300, COMPONENTS))
    stress, tangent, _ = tann.update(increment, tann.initial_state(300))
    last, moduli, _ = tann.update(increment[-5:], tann.initial_state(5))
    np.testing.assert_allclose(stress[-5:], last, rtol=0, atol=1e-13 * np.abs(stress).max())
    np.testing.assert_allclose(tangent[-5:], moduli, rtol=0, atol=1e-13 * np.abs(tangent).max())


def test_what_overflows_is_returned_without_a_warning() -> None:
    tann = MODELS["fourth powers"]()
    stress, _, _ = tann.update(np.full((2, COMPONENTS), 1e200), tann.initial_state(2))
    assert not np.isfinite(stress).all()


@pytest.mark.parametrize(
    "tann", [residual((6,), jnp.tanh), published(4, False, (5, 5))], ids=["tanh", "two layers of energy"]
)
def test_networks_that_are_not_written_out_are_differentiated(tann: mt.TANN) -> None:
    assert tann._compiled_update is None


def test_weights_of_slopes_lead_back_to_any_inputs() -> None:
    layers = BatchedLayers(dense((5, 4, 3, 2), jax.nn.relu, jax.random.key(0)))
    draw = np.random.default_rng(7)
    values, rows = draw.normal(size=(6, 5)), draw.normal(size=(2, 6, 2))
    _, slopes = layers(values, True)
    found = layers.pull_back(rows, slopes, slice(1, 4))
    step = 1e-6  # the network is linear but for its kinks
    for i in range(3):
        moved = values.copy()
        moved[:, 1 + i] += step
        change = (layers(moved, False)[0] - layers(values, False)[0]) / step
        np.testing.assert_allclose(found[:, :, i], np.einsum("vno,no->vn", rows, change), atol=1e-7)
