"""Noise on internal state variables, in directions of which the data say nothing.

The states of the data may leave directions of their space untouched: there are more of them than the rank of the
coordinates, or they repeat the strain, as coordinates do that contain displacements. What a network answers off
the states of the data is then left to chance, and errors that recall makes in these directions feed on
themselves. States that are moved there, with targets that are not, teach the network the way back.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.forms.published.network_loss import PublishedBatch

Array = NDArray[np.float64]
STILL_DIRECTION = 1e-2
"""States do not move in a direction if they vary less in it than this fraction of their largest variation."""


def with_state_noise(batch: PublishedBatch, size: float, seed: int, next_too: bool = False) -> PublishedBatch:
    """Return a batch in which the evolution sees states that are moved where the driving variables fix them.

    Parameters
    ----------
    batch : PublishedBatch
    size : float
        Standard deviation in every such direction, over the root mean square of the states.
    seed : int
    next_too : bool
        Whether the states at t + Δt are moved too: by other amounts, as an energy sees them that must not care.
    """
    state, directions = np.asarray(batch.inside), still_directions(batch)
    deviation = size * np.sqrt(np.mean((state - state.mean(axis=0)) ** 2))
    generator = np.random.default_rng(seed)

    def moved(values: Float[Array, "n z"]) -> jax.Array:
        draws = generator.standard_normal((len(values), directions.shape[1]))
        return jnp.asarray(values + deviation * draws @ directions.T)

    batch = batch._replace(seen=moved(state))
    return batch._replace(inside_next=moved(np.asarray(batch.inside_next))) if next_too else batch


def still_directions(batch: PublishedBatch) -> Float[Array, "z k"]:
    """Return orthonormal directions in which the states do not move at given driving variables."""
    driving, state = np.asarray(batch.driving + batch.increment), np.asarray(batch.inside_next)
    known = np.concatenate([driving, np.ones((len(driving), 1))], axis=1)
    left = state - known @ np.linalg.lstsq(known, state, rcond=None)[0]
    values, vectors = np.linalg.eigh(left.T @ left)
    return np.asarray(vectors[:, values <= STILL_DIRECTION**2 * values[-1]])
