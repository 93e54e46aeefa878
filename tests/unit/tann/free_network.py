"""Untrained networks for the motion of the states: nothing holds them to any law."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp

import microtann as mt
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.information import Information
from microtann.tann.layers import DeadZone, RePU, dense
from microtann.tann.network_energy import NetworkEnergy
from microtann.tann.pod import PODReduction
from microtann.tann.point import MaterialPoint
from microtann.tann.quadratic_energy import QuadraticEnergy
from microtann.tann.rate_network import RateNetwork
from microtann.tann.scaling import Scaling
from microtann.tann.state_network import StateNetwork

STRAINS, STATES = 3, 5


def shaken(array: jax.Array) -> jax.Array:
    """Return numbers that are none of the zeros of untrained biases any more."""
    return array + 0.1 * jnp.sin(17.0 * jnp.arange(array.size).reshape(array.shape))


def free_network(seed: int, form: str) -> mt.TANN:
    """Return untrained networks as the published or the residual form has them, with biases at random."""
    keys = jax.random.split(jax.random.key(seed), 4)
    y, z = STRAINS, STATES
    if form == "published":
        energy: Energy = NetworkEnergy(dense((y + z, 12, 1), RePU(4), keys[0], last_bias=False))
        network = dense((2 * y + y + z, 16, z), jax.nn.leaky_relu, keys[1])
        evolution: Evolution = RateNetwork(network, jnp.ones(y), 0.1 * jnp.ones(y), jnp.asarray(1.0), False)
    else:
        energy = QuadraticEnergy(jax.random.normal(keys[0], (y + z, y + z)), jnp.zeros((0, 0)))
        evolution = StateNetwork(dense((y + z, 16, z), DeadZone(), keys[1], last_bias=False))
    evolution = jax.tree.map(lambda a: shaken(a) if eqx.is_array(a) else a, evolution)
    elastic = jnp.ones((z, y))  # of residual coordinates
    reduction = PODReduction(elastic, jnp.ones(z), jnp.eye(z), jnp.ones(z))
    point = MaterialPoint(reduction, energy, evolution, Scaling(jnp.ones(y), jnp.asarray(1.0)), y)
    return mt.TANN(point, Information(form, y, {"x": (z,)}))
