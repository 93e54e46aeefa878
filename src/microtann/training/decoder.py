"""The linear decoder, in closed form."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.tann.reduction import ResidualReduction


def fit_decoder(
    reduction: ResidualReduction, state: ArrayLike, residual: Float[NDArray[np.float64], "n r"]
) -> ResidualReduction:
    """Return the reduction with the decoder that reproduces the residual coordinates best, by least squares.

    The paper fits the decoder by gradients together with the other parts (Algorithm 1); for a linear decoder the
    optimum is known.

    Parameters
    ----------
    reduction : ResidualReduction
    state : array, shape (n, z)
        Internal state variables that the evolution predicts at t + Δt, as it will in recall.
    residual : array, shape (n, r)
        Whitened principal components of the residual there.
    """
    solution, *_ = np.linalg.lstsq(np.asarray(state), np.asarray(residual), rcond=1e-10)
    return replace(reduction, decoder=jnp.asarray(solution.T))
