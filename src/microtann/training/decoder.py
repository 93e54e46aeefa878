"""The linear decoder, in closed form."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from microtann.data.increments import Increments
from microtann.tann.model import TANN
from microtann.tann.reduction import ResidualReduction
from microtann.training.loss import to_batch


def fit_decoder(tann: TANN, data: Increments) -> TANN:
    """Return the model with the decoder that reproduces the residual coordinates best, in the least-squares sense.

    The decoder sees the states that the evolution predicts at t + Δt, as it will in recall (paper, Algorithm 1,
    fits it by gradients together with the other parts; for a linear decoder the optimum is known).
    """
    reduction = tann.reduction
    assert isinstance(reduction, ResidualReduction)
    batch = to_batch(tann, data)
    before = batch.residual @ reduction.encoder.T
    after = jax.jit(jax.vmap(tann.point.scaled_increment))(batch.driving, before, batch.increment, batch.dt).state
    solution, *_ = np.linalg.lstsq(np.asarray(after), np.asarray(batch.residual_next), rcond=1e-10)
    return replace(tann, point=replace(tann.point, reduction=replace(reduction, decoder=jnp.asarray(solution.T))))
