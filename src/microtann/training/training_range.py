"""The range of the data that a model was trained on, in strain, strain increment and its own state variables."""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.data.increments import Increments
from microtann.tann.information import PROBABILITIES, TrainingRange
from microtann.tann.point import MaterialPoint
from microtann.training.preparation import driving_variables

Array = NDArray[np.float64]
ROWS_AT_A_TIME = 8192
"""Increments that are evaluated at a time."""


def training_range(data: Increments, state: Float[Array, "n z"] | None = None) -> TrainingRange:
    """Return the range of training increments and of the states that a model had in them, if they are known."""
    strain = data.strain + data.strain_increment
    seen = TrainingRange(
        strain=np.abs(strain).max(axis=0),
        strain_increment=data.strain_increment.std(axis=0),
        largest_increment=np.abs(data.strain_increment).max(axis=0),
        state=None if state is None else np.array([state.min(axis=0), state.max(axis=0)]),
    )
    zeros = np.zeros_like(strain)
    moving = (data.strain_increment != 0.0).any(axis=1)
    reaches = [
        seen.reach(strain),
        seen.reach(zeros[moving], data.strain_increment[moving]),
        np.zeros(1) if state is None else seen.reach(np.zeros((len(state), strain.shape[1])), None, state),
    ]
    # a set without a moving increment reaches nowhere
    quantiles = [np.quantile(reach if reach.size else np.zeros(1), PROBABILITIES) for reach in reaches]
    return replace(seen, quantiles=np.array(quantiles))


def encoded_states(point: MaterialPoint, data: Increments) -> Float[Array, "m z"] | None:
    """Return the states of increments: encoded from their internal coordinates, and as the evolution goes on.

    None if the data do not hold the coordinates that the encoder of the point takes.
    """
    if data.coordinates.shape[1] != point.reduction.coordinates:
        return None
    driving, increment = driving_variables(data, point.scaling)
    found: list[Array] = []
    for first in range(0, len(data), ROWS_AT_A_TIME):
        part = slice(first, first + ROWS_AT_A_TIME)
        rows = data.coordinates[part], driving[part], increment[part], data.dt[part]
        found += [np.asarray(a) for a in _states(point, *(jnp.asarray(a) for a in rows))]
    return np.concatenate(found)


@eqx.filter_jit
def _states(
    point: MaterialPoint, coordinates: jax.Array, driving: jax.Array, increment: jax.Array, dt: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return the states of many points before and after increments."""
    before = jax.vmap(point.reduction.encode)(coordinates, driving)
    return before, jax.vmap(point.evolution, (None, 0, 0, 0, 0))(point.energy, driving, before, increment, dt)
