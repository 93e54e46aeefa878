"""How a page decodes: the internal coordinates of a state, as an affine part and layers of neurons."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.explorer.page_numbers import packed
from microtann.tann.autoencoder import Autoencoder
from microtann.tann.layers import Layers, TransposedLayers
from microtann.tann.pod import PODReduction
from microtann.tann.reduction import Reduction, ResidualReduction
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
NumpyLayer = tuple[Array, Array]
"""Weight and bias."""

ACTIVATION_NAMES: dict[Any, str] = {
    jax.nn.relu: "relu",
    jax.nn.leaky_relu: "leaky",
    jax.nn.tanh: "tanh",
    jnp.tanh: "tanh",
    jax.nn.softplus: "softplus",
    jax.nn.sigmoid: "sigmoid",
    jax.nn.silu: "silu",
    jax.nn.elu: "elu",
}
"""What the page calls the activations that it knows."""


def decoded_layers(model: TANN, rows: NDArray[np.int64]) -> dict[str, object] | None:
    """Return ξ = A E + c + W … a(W Z + b) for some rows of ξ as the page reads it; None if it is not of that kind.

    States count from the virgin ones, as those of the exported model do.

    Parameters
    ----------
    model : TANN
        Without extra state variables.
    rows : integer array, shape (k,)
        Internal coordinates that are wanted.
    """
    found = _layers(model.reduction)
    if found is None:
        return None
    layers, activation, centre = found
    (weight, bias), virgin = layers[0], np.asarray(model.virgin_state(), dtype=np.float64)
    layers[0] = (weight, bias + weight @ virgin)
    last, shift = layers[-1]
    layers[-1] = (last[rows], shift[rows] + centre[rows])
    elastic = np.asarray(model.reduction.elastic)[rows] / np.asarray(model.scaling.driving)  # type: ignore[attr-defined]
    return {
        "elastic": packed(elastic, "float32"),
        "activation": activation,
        "layers": [
            {"weight": packed(weight, "float32"), "bias": packed(bias, "float32")} for weight, bias in layers
        ],
    }


def _layers(reduction: Reduction) -> tuple[list[NumpyLayer], str, Float[Array, "c"]] | None:
    """Return layers, the activation between them and a constant, or None."""
    nothing = np.zeros(reduction.coordinates)
    if type(reduction) is ResidualReduction:
        matrix = np.asarray(reduction.vectors) @ (
            np.asarray(reduction.deviation)[:, None] * np.asarray(reduction.decoder)
        )
        return [(matrix / np.asarray(reduction.weight)[:, None], nothing)], "", nothing
    if type(reduction) is PODReduction:
        matrix = np.asarray(reduction.modes) * np.asarray(reduction.deviation)
        return [(matrix / np.asarray(reduction.weight)[:, None], nothing)], "", nothing
    if type(reduction) is Autoencoder and reduction.decoder.activation in ACTIVATION_NAMES:
        layers = (
            _backwards(reduction) if isinstance(reduction.decoder, TransposedLayers) else _own(reduction.decoder)
        )
        scale = np.asarray(reduction.scale)
        weight, bias = layers[-1]
        layers[-1] = (scale[:, None] * weight, scale * bias)
        return layers, ACTIVATION_NAMES[reduction.decoder.activation], np.asarray(reduction.center)
    return None


def _own(network: Layers) -> list[NumpyLayer]:
    return [
        (
            np.asarray(layer.weight),
            np.zeros(layer.weight.shape[0]) if layer.bias is None else np.asarray(layer.bias),
        )
        for layer in network.layers
    ]


def _backwards(reduction: Autoencoder) -> list[NumpyLayer]:
    """Return the layers of a decoder that are those of the encoder, transposed."""
    assert isinstance(reduction.decoder, TransposedLayers)
    forward = reversed(reduction.encoder.layers)
    return [
        (np.asarray(layer.weight).T, np.asarray(bias))
        for layer, bias in zip(forward, reduction.decoder.biases, strict=True)
    ]
