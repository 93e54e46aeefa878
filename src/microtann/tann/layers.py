"""Layers of neurons, the bricks of all networks (paper, Eq. 10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Activation = Callable[[Array], Array]


class Layers(eqx.Module):
    """Feed-forward network: every layer but the last is followed by the activation.

    Parameters
    ----------
    layers : tuple of Linear
    activation : callable
        A function of `jax.nn` or `jax.numpy`, or a module, so that files can name it.
    """

    layers: tuple[eqx.nn.Linear, ...]
    activation: Activation

    def __call__(self, values: Float[Array, "i"]) -> Float[Array, "o"]:
        """Return the output of the last layer."""
        for layer in self.layers[:-1]:
            values = self.activation(layer(values))
        return self.layers[-1](values)


class TransposedLayers(eqx.Module):
    """The layers of another network backwards, with its weights transposed: tied weights (paper, Section III.C).

    Parameters
    ----------
    biases : tuple of arrays
        One per layer, in the order in which they are passed.
    activation : callable
    """

    biases: tuple[Float[Array, "_"], ...]
    activation: Activation

    def __call__(self, values: Float[Array, "o"], forward: Layers) -> Float[Array, "i"]:
        """Return the output after the transposed first layer of ``forward``."""
        backwards = list(zip(reversed(forward.layers), self.biases, strict=True))
        for layer, bias in backwards[:-1]:
            values = self.activation(layer.weight.T @ values + bias)
        layer, bias = backwards[-1]
        return layer.weight.T @ values + bias


class RePU(eqx.Module):
    """Rectified power unit max(x, 0)ᵖ, smooth p − 1 times (Li, Tang and Yu, arXiv 2019).

    Parameters
    ----------
    power : int
        p.
    """

    power: int = eqx.field(static=True)

    def __call__(self, values: Float[Array, "h"]) -> Float[Array, "h"]:
        """Return the rectified powers."""
        return jnp.maximum(values, 0.0) ** self.power


class DeadZone(eqx.Module):
    """Zero between −1 and 1, linear of slope one outside: two rectified linear units with common weights."""

    def __call__(self, values: Float[Array, "h"]) -> Float[Array, "h"]:
        """Return what exceeds the dead zone."""
        return values - jnp.clip(values, -1.0, 1.0)


def dense(
    widths: Sequence[int],
    activation: Activation,
    key: Array,
    hidden_bias: bool = True,
    last_bias: bool = True,
) -> Layers:
    """Return layers with the uniform weights of Glorot and Bengio, and biases that are zero.

    Parameters
    ----------
    widths : sequence of int
        Inputs, neurons of every hidden layer, outputs.
    activation : callable
    key : PRNG key
    hidden_bias, last_bias : bool
        Whether the hidden layers and the last one have biases.

    References
    ----------
    X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS
    2010.
    """
    keys = jax.random.split(key, len(widths) - 1)
    made: list[eqx.nn.Linear] = []
    for (inputs, outputs), own in zip(pairwise(widths), keys, strict=True):
        bias = hidden_bias if len(made) < len(widths) - 2 else last_bias
        bound = (6.0 / (inputs + outputs)) ** 0.5
        weight = jax.random.uniform(own, (outputs, inputs), minval=-bound, maxval=bound)
        made.append(linear(weight, jnp.zeros(outputs) if bias else None))
    return Layers(tuple(made), activation)


def linear(weight: Float[Array, "o i"], bias: Float[Array, "o"] | None) -> eqx.nn.Linear:
    """Return a layer with given weights and biases."""
    outputs, inputs = weight.shape
    layer = eqx.nn.Linear(inputs, outputs, use_bias=bias is not None, key=jax.random.key(0))
    return eqx.tree_at(lambda made: (made.weight, made.bias), layer, (weight, bias), is_leaf=lambda x: x is None)


def transposed(forward: Layers) -> TransposedLayers:
    """Return the decoder that shares the weights of ``forward``; its biases are zero."""
    biases = tuple(jnp.zeros(layer.weight.shape[1]) for layer in reversed(forward.layers))
    return TransposedLayers(biases, forward.activation)
