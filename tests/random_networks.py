"""Random weights of the form "classical": networks of energy and evolution on states that the data name."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from microtann.forms.published.untrained_parts import energy_network
from microtann.tann.given_states import GivenStates
from microtann.tann.information import Information
from microtann.tann.layers import dense
from microtann.tann.point import MaterialPoint
from microtann.tann.rate_network import RateNetwork
from microtann.tann.scaling import Scaling
from microtann.tann.trained_model import TANN


def random_classical_tann(
    seed: int, components: int, states: int, timed: bool = False, widths: tuple[int, ...] = (9, 12)
) -> TANN:
    """Return a classical TANN with random parameters, whose states are its internal coordinates and move little.

    Parameters
    ----------
    seed, components, states : int
    timed : bool
        Whether its evolution reads the duration of increments.
    widths : tuple of int
        Of the hidden layers of the evolution.
    """
    draw, keys = np.random.default_rng(seed), jax.random.split(jax.random.key(seed), 2)
    v = components

    def sizes(count: int) -> jnp.ndarray:
        return jnp.asarray(np.exp(draw.standard_normal(count)))

    inputs = 3 * v + states + timed
    network = dense((inputs, *widths, states), jax.nn.leaky_relu, keys[0])
    tame = eqx.tree_at(lambda n: n.layers[-1].weight, network, replace_fn=lambda weight: 0.01 * weight)
    evolution = RateNetwork(tame, sizes(v), sizes(v), jnp.asarray(2.0), timed)
    energy = energy_network(v, states, (11,), 4, keys[1])
    scaling = Scaling(sizes(v), jnp.asarray(float(np.exp(draw.standard_normal()))))
    point = MaterialPoint(GivenStates(sizes(states)), energy, evolution, scaling, v)
    return TANN(point, Information("classical", v, {"plastic_strain": (states,)}))
