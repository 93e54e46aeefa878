"""Feed-forward layers at many points at once, with the chain rule written out in products of matrices.

Automatic differentiation of one point, mapped over many, spends its time on small products. Here all points of a
batch go through a layer in one product, which is what a BLAS is best at, and nothing is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from microtann.tann.layers import DeadZone, Layers

Array = np.ndarray[Any, np.dtype[np.float64]]  # NDArray of NumPy 2.5 is an alias that jaxtyping cannot read
Slopes = list[Array]
LEAK = 0.01
"""Slope of `jax.nn.leaky_relu` below zero."""


def _rectified(values: Array, slopes: bool) -> Array | None:
    slope = (values > 0.0).astype(np.float64) if slopes else None
    np.maximum(values, 0.0, out=values)
    return slope


def _leaky(values: Array, slopes: bool) -> Array | None:
    slope = np.maximum(values >= 0.0, LEAK) if slopes else None
    np.maximum(values, LEAK * values, out=values)
    return slope


def _beyond_dead_zone(values: Array, slopes: bool) -> Array | None:
    inside = np.clip(values, -1.0, 1.0)
    slope = (inside != values).astype(np.float64) if slopes else None
    values -= inside
    return slope


InPlace = Callable[[Array, bool], Array | None]
"""Applies an activation in place, and returns its slopes if they are wanted."""


def _written_out(activation: object) -> InPlace | None:
    """Return the function that applies an activation; None for one that is not known here."""
    if isinstance(activation, DeadZone):
        return _beyond_dead_zone
    return _leaky if activation is jax.nn.leaky_relu else _rectified if activation is jax.nn.relu else None


class BatchedLayers:
    """The layers of a network at many points.

    Parameters
    ----------
    network : Layers
        With an activation that is piecewise linear; see `known`.
    """

    def __init__(self, network: Layers) -> None:
        self.weights, self.biases = weights_and_biases(network)
        self._activation: Any = _written_out(network.activation)

    @staticmethod
    def known(network: object) -> bool:
        """Return whether these are layers whose activation is written out here: relu, leaky relu, dead zone."""
        return type(network) is Layers and _written_out(network.activation) is not None

    def __call__(self, values: Float[Array, "n i"], slopes: bool) -> tuple[Float[Array, "n o"], Slopes]:
        """Return the outputs, and if wanted the slopes of the activations of every hidden layer.

        Parameters
        ----------
        values : array, shape (n, i)
        slopes : bool
        """
        found: Slopes = []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values = values @ weight.T
            values += bias
            slope = self._activation(values, slopes)
            if slope is not None:
                found.append(slope)
        return values @ self.weights[-1].T + self.biases[-1], found

    def pull_back(self, rows: Float[Array, "v n o"], slopes: Slopes, inputs: slice) -> Float[Array, "v n k"]:
        """Return rows times the derivative of the outputs with respect to some of the inputs.

        Parameters
        ----------
        rows : array, shape (v, n, o)
            Some for every point: the points of one row lie side by side, so that slopes multiply long vectors.
        slopes : list of arrays, shape (n, hidden)
            As the call returned them.
        inputs : slice
            The k inputs.
        """
        v, n, _ = rows.shape
        for weight, slope in zip(self.weights[:0:-1], slopes[::-1], strict=True):
            rows = (rows.reshape(v * n, -1) @ weight).reshape(v, n, -1)
            rows *= slope
        return (rows.reshape(v * n, -1) @ self.weights[0][:, inputs]).reshape(v, n, -1)


def weights_and_biases(network: Layers) -> tuple[list[Float[Array, "o i"]], list[Float[Array, "o"]]]:
    """Return the weights and biases of all layers, zeros where a layer has no bias."""
    weights = [np.asarray(layer.weight, dtype=np.float64) for layer in network.layers]
    biases = [
        np.zeros(len(weight)) if layer.bias is None else np.asarray(layer.bias, dtype=np.float64)
        for layer, weight in zip(network.layers, weights, strict=True)
    ]
    return weights, biases
