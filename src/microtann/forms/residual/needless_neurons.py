"""Neurons of a return map that do nothing, or nothing that the others cannot do, are left out.

A neuron that hardly ever fires fits single increments and misleads outside of the data. Neurons that share one
yield surface keep a quasi-Newton method busy for long: their sum matters, and the valley is flat. Without them the
network of a regular cell has as many neurons as the cell has mechanisms, and the polish ends at round-off.
"""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.forms.published.network_loss import PublishedBatch
from microtann.tann.layers import Layers, linear
from microtann.tann.point import MaterialPoint
from microtann.tann.state_network import StateNetwork

RARELY = 0.005
"""A neuron that fires in a smaller share of the increments than this is left out."""
PRUNING_SAMPLES = 20_000
"""Most increments from which is told what neurons are needed."""
SAME_OUTPUT = 1e-12
"""Part of the squared outputs of neurons below which a difference between them is round-off."""

Array = NDArray[np.float64]


def has_one_hidden_layer(point: MaterialPoint) -> bool:
    """Return whether the return map has the one hidden layer from which neurons can be taken."""
    evolution = point.evolution
    return isinstance(evolution, StateNetwork) and len(evolution.network.layers) == 2


def without_rare_neurons(point: MaterialPoint, batch: PublishedBatch) -> MaterialPoint:
    """Return the point without the neurons of its return map that hardly ever fire in a batch.

    Only a network of one hidden layer is touched, and one neuron is always left.
    """
    if not has_one_hidden_layer(point):
        return point
    share = (_outputs(point, batch) != 0.0).mean(axis=0)
    return _with_neurons(point, np.flatnonzero(share >= min(RARELY, share.max())))


def without_needless_neurons(point: MaterialPoint, batch: PublishedBatch, allowed: float) -> MaterialPoint:
    """Return the point without the neurons whose part the others can take over.

    One after the other, the neuron goes without which the mean squared error of the states rises least after a
    new least-squares fit of the output layer, as long as it rises by less than is allowed in all. One neuron is
    always left, and only a network of one hidden layer is touched.

    Parameters
    ----------
    point : MaterialPoint
    batch : PublishedBatch
    allowed : float
        Mean squared error of the states, relative to the mean square of their motion, that may be added.
    """
    if not has_one_hidden_layer(point):
        return point
    chosen = jax.tree.map(lambda a: a[:: max(1, len(batch.dt) // PRUNING_SAMPLES)], batch)
    outputs = _outputs(point, chosen)
    motion = np.asarray(chosen.inside_next - chosen.inside)
    norms = np.linalg.norm(outputs, axis=0)
    unit = outputs / np.where(norms == 0.0, 1.0, norms)
    # neurons that do the same make the matrix singular; the little that is added tells that each can be spared
    whole, shared = unit.T @ unit + SAME_OUTPUT * np.eye(len(norms)), unit.T @ motion
    size = float(np.sum(motion**2)) or 1.0
    kept, weights, risen = np.arange(outputs.shape[1]), None, 0.0
    while len(kept) > 1:
        inverse = np.linalg.inv(whole[np.ix_(kept, kept)])
        # the least-squares error without one unknown rises by its square over its entry in the inverse
        rise = ((inverse @ shared[kept]) ** 2).sum(axis=1) / np.diag(inverse) / size
        least = int(np.argmin(rise))
        if risen + rise[least] > allowed:
            break
        risen += float(rise[least])
        kept = np.delete(kept, least)
        weights = np.linalg.lstsq(outputs[:, kept], motion, rcond=SAME_OUTPUT)[0]
    return point if weights is None else _with_neurons(point, kept, weights)


def squared_error(point: MaterialPoint, batch: PublishedBatch) -> float:
    """Return the mean squared error of the states that the return map gives, relative to that of their motion."""
    evolution = point.evolution
    assert isinstance(evolution, StateNetwork)
    inputs = jnp.concatenate([batch.driving + batch.increment, batch.inside], axis=1)
    found, motion = jax.vmap(evolution.network)(inputs), batch.inside_next - batch.inside
    return float(jnp.sum((found - motion) ** 2) / jnp.sum(motion**2))


def _outputs(point: MaterialPoint, batch: PublishedBatch) -> Float[Array, "n m"]:
    """Return what the hidden neurons of a return map say in every increment."""
    evolution = point.evolution
    assert isinstance(evolution, StateNetwork)
    hidden = evolution.network.layers[0]
    inputs = jnp.concatenate([batch.driving + batch.increment, batch.inside], axis=1)
    return np.asarray(jax.vmap(lambda x: evolution.network.activation(hidden(x)))(inputs))


def _with_neurons(
    point: MaterialPoint, kept: Int[NDArray[np.int64], "k"], weights: Float[Array, "k z"] | None = None
) -> MaterialPoint:
    """Return the point with some of its neurons, and with other weights of the output layer if they are given."""
    evolution = point.evolution
    assert isinstance(evolution, StateNetwork)
    hidden, last = evolution.network.layers
    bias = None if hidden.bias is None else hidden.bias[kept]
    given = last.weight[:, kept] if weights is None else jnp.asarray(weights.T)
    layers = linear(hidden.weight[kept], bias), linear(given, last.bias)
    return replace(point, evolution=StateNetwork(Layers(layers, evolution.network.activation)))
