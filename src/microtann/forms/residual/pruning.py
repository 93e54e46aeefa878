"""Neurons that hardly ever fire are left out: they fit single increments, and mislead outside of the data."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from microtann.forms.published.loss import Batch
from microtann.tann.layers import Layers, linear
from microtann.tann.point import MaterialPoint
from microtann.tann.state_network import StateNetwork

RARELY = 0.005
"""A neuron that fires in a smaller share of the increments than this is left out."""


def without_rare_neurons(point: MaterialPoint, batch: Batch) -> MaterialPoint:
    """Return the point without the neurons of its return map that hardly ever fire in a batch.

    Only a network of one hidden layer is touched, and one neuron is always left.
    """
    evolution = point.evolution
    assert isinstance(evolution, StateNetwork)
    hidden, *others = evolution.network.layers
    if len(others) != 1:
        return point
    inputs = jnp.concatenate([batch.driving + batch.increment, batch.inside], axis=1)
    fired = np.asarray(jax.vmap(lambda x: evolution.network.activation(hidden(x)))(inputs)) != 0.0
    share = fired.mean(axis=0)
    kept = np.flatnonzero(share >= min(RARELY, share.max()))
    bias = None if hidden.bias is None else hidden.bias[kept]
    layers = linear(hidden.weight[kept], bias), linear(others[0].weight[:, kept], others[0].bias)
    return replace(point, evolution=StateNetwork(Layers(layers, evolution.network.activation)))
