"""The untrained networks of the published TANN, built from data (paper, Sections III and IV.A)."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from microtann.data.increments import Dataset, Increments
from microtann.errors import InputError
from microtann.forms.published.linear_start import linear_autoencoder
from microtann.numbers.coordinates import columns
from microtann.tann.autoencoder import Autoencoder
from microtann.tann.given_states import GivenStates
from microtann.tann.layers import RePU, dense, transposed
from microtann.tann.network_energy import NetworkEnergy
from microtann.tann.pod import PODReduction
from microtann.tann.rate_network import RateNetwork
from microtann.tann.scaling import Scaling
from microtann.training.preparation import driving_variables, elastic_response
from microtann.training.selection import StateCount, enough_states

Values = NDArray[np.float64]


def unit_scales(data: Increments) -> Scaling:
    """Return scales that bring driving variables and energy between −1 and 1.

    The stress has none of its own, since it is the derivative of the energy; and nothing is shifted, so that zero
    strain stays zero.
    """
    driving = np.concatenate([data.strain + data.strain_increment, data.extra + data.extra_increment], axis=1)
    energy = np.abs(data.energy_next).max()
    if energy == 0.0:
        raise InputError("the training data hold no deformation: the energy is zero in every increment")
    return Scaling(jnp.asarray(_largest(driving)), jnp.asarray(energy))


def autoencoder(
    dataset: Dataset,
    scaling: Scaling,
    states: StateCount,
    hidden: Sequence[int],
    tied: bool,
    residual: bool,
    key: Array,
    *,
    linear: bool = False,
) -> Autoencoder:
    """Return an untrained autoencoder of coordinates scaled to [−1, 1]; a coordinate that is constant stays so.

    Its weights are random, or pass on the principal components.

    Parameters
    ----------
    dataset : Dataset
    scaling : Scaling
        Of the driving variables.
    states : StateCount
        Internal state variables z.
    hidden : sequence of int
        Widths of the hidden layers of the encoder; the decoder has them in reverse.
    tied : bool
        Whether the decoder has the transposed weights of the encoder.
    residual : bool
        Whether the elastic response is taken off the coordinates first.
    key : array
        Of JAX's random numbers.
    linear : bool
        Whether the weights pass on the principal components.
    """
    driving, coordinates, elastic = _both_ends(dataset.training, scaling, residual)
    inside = coordinates - driving @ elastic.T
    low, high = inside.min(axis=0), inside.max(axis=0)
    center, scale = 0.5 * (low + high), _positive(0.5 * (high - low))
    count = enough_states(states, (inside - center) / scale)
    keys = jax.random.split(key, 2)
    widths = (inside.shape[1], *hidden, count)
    encoder = dense(widths, jax.nn.elu, keys[0])
    decoder = transposed(encoder) if tied else dense(widths[::-1], jax.nn.elu, keys[1])
    made = Autoencoder(jnp.asarray(elastic), jnp.asarray(center), jnp.asarray(scale), encoder, decoder)
    return linear_autoencoder(made, (inside - center) / scale, -center / scale) if linear else made


def pod(dataset: Dataset, scaling: Scaling, states: StateCount, residual: bool) -> PODReduction:
    """Return the leading modes of coordinates, each group of which is weighted by its inverse root mean square.

    Parameters
    ----------
    dataset : Dataset
    scaling : Scaling
        Of the driving variables.
    states : StateCount
        Modes, which are the internal state variables z.
    residual : bool
        Whether the elastic response is taken off the coordinates first.
    """
    driving, coordinates, elastic = _both_ends(dataset.training, scaling, residual)
    weight = np.empty(coordinates.shape[1])
    for part in columns(dataset.coordinate_shapes).values():
        weight[part] = 1.0 / (np.sqrt(np.mean(coordinates[:, part] ** 2)) or 1.0)
    inside = (coordinates - driving @ elastic.T) * weight
    count = enough_states(states, inside)
    _, vectors = np.linalg.eigh(inside.T @ inside)
    modes = vectors[:, ::-1][:, :count]
    deviation = _positive(np.sqrt(np.mean((inside @ modes) ** 2, axis=0)))
    return PODReduction(*(jnp.asarray(a) for a in (elastic, weight, modes, deviation)))


def given_states(dataset: Dataset) -> GivenStates:
    """Return the reduction to the internal coordinates themselves."""
    return GivenStates(jnp.asarray(_largest(dataset.training.coordinates_next)))


def energy_network(driving: int, states: int, hidden: Sequence[int], power: int, key: Array) -> NetworkEnergy:
    """Return an untrained NN_Ψ, whose output has no bias.

    Its other biases start at one: powers of w·x + 1 hold the quadratic part of an energy, powers of w·x do not.

    Parameters
    ----------
    driving : int
        Driving variables y.
    states : int
        Internal state variables z.
    hidden : sequence of int
        Widths of the hidden layers.
    power : int
        Of the activation max(x, 0)ᵖ.
    key : array
        Of JAX's random numbers.
    """
    network = dense((driving + states, *hidden, 1), RePU(power), key, last_bias=False)
    biases = [jnp.ones(layer.weight.shape[0]) for layer in network.layers[:-1]]
    return NetworkEnergy(eqx.tree_at(lambda n: [layer.bias for layer in n.layers[:-1]], network, biases))


def rate_network(
    data: Increments, scaling: Scaling, states: int, hidden: Sequence[int], key: Array, *, resting: bool = False
) -> RateNetwork:
    """Return an untrained NN_Z, whose output has no bias.

    Parameters
    ----------
    data : Increments
        Whose increments scale the inputs.
    scaling : Scaling
        Of the driving variables.
    states : int
        Internal state variables z.
    hidden : sequence of int
        Widths of the hidden layers.
    key : array
        Of JAX's random numbers.
    resting : bool
        Whether nothing moves to begin with: the weights of the output are zero.
    """
    _, increment = driving_variables(data, scaling)
    v, y = data.strain.shape[1], increment.shape[1]
    timed = bool(np.ptp(data.dt) > 0.0)
    network = dense((v + y + states + y + timed, *hidden, states), jax.nn.leaky_relu, key, last_bias=False)
    if resting:
        network = eqx.tree_at(lambda n: n.layers[-1].weight, network, replace_fn=jnp.zeros_like)
    return RateNetwork(
        network=network,
        stress_scale=jnp.asarray(_largest(data.stress_next / np.asarray(scaling.stress(v)))),
        increment_scale=jnp.asarray(_largest(increment)),
        duration=jnp.asarray(data.dt.max()),
        timed=timed,
    )


def _both_ends(
    data: Increments, scaling: Scaling, residual: bool
) -> tuple[Float[Values, "n y"], Float[Values, "n c"], Float[Values, "c y"]]:
    """Return driving variables and coordinates at t + Δt, and the elastic response if it is to be taken off."""
    driving, increment = driving_variables(data, scaling)
    elastic = np.zeros((data.coordinates.shape[1], driving.shape[1]))
    if residual:
        elastic = elastic_response(data, increment)
    return driving + increment, data.coordinates_next, elastic


def _largest(values: Float[Values, "n k"]) -> Float[Values, "k"]:
    return _positive(np.abs(values).max(axis=0))


def _positive(sizes: Float[Values, "k"]) -> Float[Values, "k"]:
    """Return sizes, with 1 for what is constant up to round-off."""
    return np.where(sizes > 1e-12 * sizes.max(initial=0.0), sizes, 1.0)
