"""Weights from which training may start: networks that are linear in the data, and a quadratic energy.

Exponential linear units are the identity where their inputs are positive, which biases see to; four rectified
powers of the fourth order make a square. So the networks of the paper hold principal components and a quadratic
energy as special cases, which least squares find; training goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConfigurationError
from microtann.tann.autoencoder import Autoencoder
from microtann.tann.layers import Layers, RePU, TransposedLayers, linear
from microtann.tann.network_energy import NetworkEnergy

Array = NDArray[np.float64]
LINEAR_MARGIN = 0.5
"""Inputs of units that act linearly stay above this on the data."""
DOUBLE = (0.05, np.array([1.0, -1.0, 2.0, -2.0]), np.array([16.0, 16.0, -1.0, -1.0]) / 288.0)
SINGLE = (0.05, np.array([1.0, -1.0]), np.array([1.0, 1.0]) / 24.0)
"""Largest h s in the data, its multiples in the units, and what each adds to ½ s² for h = 1.

Where 2 h s or h s passes 1, a unit is cut off and a fourth power is left: with a small h that is far beyond the
data, so that the energy of a state that strays is quadratic too.
"""
RARE = 0.1
"""Directions in which the data hardly move get this share of the largest reach, for states may stray there."""
NEGLIGIBLE_CURVATURE = 1e-9
"""Curvatures of the energy below this fraction of the largest are round-off."""


def linear_autoencoder(
    reduction: Autoencoder, scaled: Float[Array, "n c"], virgin: Float[Array, "c"]
) -> Autoencoder:
    """Return the autoencoder with weights that pass on the principal components of coordinates.

    Each weight matrix is U Vᵀ between random orthonormal bases, plus the random weights that are there, where they
    do not act on the principal components. The virgin state is zero.

    Parameters
    ----------
    reduction : Autoencoder
        With random weights.
    scaled : array, shape (n, c)
        Coordinates of the data as the encoder takes them.
    virgin : array, shape (c,)
        Coordinates of the virgin state, likewise.
    """
    from_virgin = scaled - virgin
    layers = reduction.encoder.layers
    states = layers[-1].weight.shape[0]
    _, vectors = np.linalg.eigh(from_virgin.T @ from_virgin)
    bases = [vectors[:, ::-1][:, :states]]
    bases += [np.linalg.qr(np.asarray(layer.weight)[:, :states])[0] for layer in layers[:-1]]
    bases += [np.eye(states)]
    weights = [
        _passing(np.asarray(layer.weight), *pair) for layer, pair in zip(layers, pairwise(bases), strict=True)
    ]
    encoder = _shifted(weights, scaled, virgin, np.zeros(states), reduction.encoder)
    states_of_data = from_virgin @ bases[0]
    backwards = [weight.T for weight in reversed(weights)]
    decoder = _shifted(backwards, states_of_data, np.zeros(states), virgin, reduction.encoder)
    if isinstance(reduction.decoder, TransposedLayers):
        biases = tuple(layer.bias for layer in decoder.layers if layer.bias is not None)
        return replace(reduction, encoder=encoder, decoder=replace(reduction.decoder, biases=biases))
    return replace(reduction, encoder=encoder, decoder=decoder)


def quadratic_network(
    start: NetworkEnergy, stiffness: Float[Array, "n n"], inputs: Float[Array, "m n"]
) -> NetworkEnergy:
    """Return the energy network whose value is ½ x·M x on the data.

    A square of s = v·x is made of a pair 1 ± h s and a pair 1 ± 2 h s, whose fourth powers cancel; where units are
    short, of one pair with a small h, for the directions of least curvature. One unit of weight zero takes the
    constant off. Units that are left over keep their random weights, and begin with no effect.

    Parameters
    ----------
    start : NetworkEnergy
        With one hidden layer of rectified powers of the fourth order.
    stiffness : array, shape (n, n)
        M.
    inputs : array, shape (m, n)
        x: driving variables and states of the data.

    Raises
    ------
    ConfigurationError
        If the network has other layers, or too few units.
    """
    hidden, *others = start.network.layers
    if len(others) != 1 or start.network.activation != RePU(4):
        raise ConfigurationError(
            "the energy starts as a quadratic one only in one hidden layer of rectified units of the fourth "
            "power: take these, or start from random weights (initial = 'random')"
        )
    curvature, vectors = np.linalg.eigh(0.5 * (stiffness + stiffness.T))
    used = np.abs(curvature) > NEGLIGIBLE_CURVATURE * np.abs(curvature).max()
    curvature, vectors = curvature[used], vectors[:, used]
    weight, bias = np.array(hidden.weight), np.ones(hidden.weight.shape[0])
    directions, units = len(curvature), len(weight)
    if 2 * directions + 1 > units:
        raise ConfigurationError(
            f"{units} hidden units are too few for a quadratic energy in {directions} directions, which takes "
            f"{2 * directions + 1}: give more in energy_widths, or start from random weights"
        )
    order = np.argsort(-np.abs(curvature))
    double = min(directions, (units - 1 - 2 * directions) // 2)
    largest = np.abs(inputs @ vectors).max(axis=0)
    largest = np.maximum(largest, RARE * largest.max())
    output, place = np.zeros(units), 0
    for rank, i in enumerate(order):
        reach, steps, shares = DOUBLE if rank < double else SINGLE
        h, used_units = reach / largest[i], slice(place, place + len(steps))
        weight[used_units] = np.outer(h * steps, vectors[:, i])
        output[used_units] = curvature[i] / h**2 * shares
        place = used_units.stop
    weight[place], output[place] = 0.0, -output.sum()
    layers = linear(jnp.asarray(weight), jnp.asarray(bias)), linear(jnp.asarray(output[None]), None)
    return eqx.tree_at(lambda energy: energy.network.layers, start, layers)


def _passing(
    weight: Float[Array, "o i"], before: Float[Array, "i z"], after: Float[Array, "o z"]
) -> Float[Array, "o i"]:
    """Return weights that take one basis to the other, and act at random on what lies outside of both."""
    rest = weight - weight @ before @ before.T
    return after @ before.T + rest - after @ (after.T @ rest)


def _shifted(
    weights: Sequence[Float[Array, "_ _"]],
    values: Float[Array, "n i"],
    origin: Float[Array, "i"],
    image: Float[Array, "o"],
    like: Layers,
) -> Layers:
    """Return layers of these weights that are linear on values, and take an origin to its image."""
    layers = []
    for number, weight in enumerate(weights):
        values, origin = values @ weight.T, weight @ origin
        last = number == len(weights) - 1
        bias = image - origin if last else LINEAR_MARGIN - np.minimum(values.min(axis=0), origin)
        values, origin = values + bias, origin + bias
        layers.append(linear(jnp.asarray(weight), jnp.asarray(bias)))
    return Layers(tuple(layers), like.activation)
