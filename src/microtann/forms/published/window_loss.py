"""The loss of short walks in closed loop: the states of the model itself are fed back, as recall will feed them.

Single increments from exact states say nothing about what becomes of an error in the next increment; here it
shows, and NN_Z learns the way back. A window starts from the exact state somewhere on a training walk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from numpy.typing import NDArray

from microtann.data.increments import Increments
from microtann.data.whole_walks import consecutive_rows
from microtann.forms.published.network_loss import PublishedBatch, StatesLoss, TargetSizes
from microtann.tann.point import Increment, MaterialPoint
from microtann.training.objective import Objective

REIN = 0.1
"""Most error of a state that is fed back, relative to the size of the increments of states: none runs away."""


@dataclass(frozen=True)
class ClosedLoopLoss(Objective):
    """Loss (12) along windows of consecutive increments, of which only the first starts from an exact state.

    Parameters
    ----------
    increments : StatesLoss
        What is compared, and how.
    length : int
        Increments of a window; where the data hold no walk of so many, that of the longest.
    """

    increments: StatesLoss
    length: int

    @property
    def weights(self) -> Mapping[str, float]:
        """Weights λ of the terms."""
        return self.increments.weights

    def to_batch(self, point: MaterialPoint, data: Increments) -> PublishedBatch:
        """Return windows of increments in scaled variables: arrays of shape (windows, length, ...)."""
        rows = window_rows(data, self.length)
        batch: PublishedBatch = jax.tree.map(lambda a: a[rows], self.increments.to_batch(point, data))
        return batch

    def reference(self, batch: PublishedBatch) -> TargetSizes:
        """Return the sizes of the targets."""
        return self.increments.reference(batch)

    def terms(
        self, point: MaterialPoint, batch: PublishedBatch, reference: TargetSizes
    ) -> dict[str, Float[Array, ""]]:
        """Return the terms of Eq. 12 along windows.

        Parameters
        ----------
        point : MaterialPoint
        batch : PublishedBatch
            Windows.
        reference : TargetSizes
        """
        rein = REIN * reference.inside.astype(batch.inside.dtype)

        def advance(state: Float[Array, "z"], row: PublishedBatch) -> tuple[Float[Array, "z"], Increment]:
            result = point.scaled_increment(row.driving, state, row.increment, row.dt)
            error = jnp.clip(result.state - row.inside_next, -rein, rein)
            return row.inside_next + error, result

        def along(window: PublishedBatch) -> Increment:
            result: Increment = jax.lax.scan(advance, window.inside[0], window)[1]
            return result

        result = jax.vmap(along)(batch)
        state = self.increments.mean(result.state - batch.inside_next, reference.inside)
        return {"state": state, **self.increments.material_terms(result, batch, reference)}


def window_rows(data: Increments, length: int) -> Int[NDArray[np.int64], "w l"]:
    """Return the rows of windows of consecutive increments that do not overlap.

    Rest that was added to the data, at states that they have anyway, is in none of them.

    Parameters
    ----------
    data : Increments
        In any order.
    length : int
        Increments of a window; where the data hold no walk of so many, that of the longest.
    """
    steps = np.stack([data.path, data.step])
    kept = np.sort(np.unique(steps, axis=1, return_index=True)[1])
    walks = consecutive_rows(data.take(kept))
    length = min(length, max(len(walk) for walk in walks))
    pieces = [walk[: len(walk) // length * length].reshape(-1, length) for walk in walks]
    return kept[np.concatenate(pieces)]
