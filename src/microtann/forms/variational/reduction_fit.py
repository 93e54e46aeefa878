"""Encoder and decoder of a reduction by least squares, on the states that a model goes through."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from microtann.tann.reduction import ResidualReduction

Numbers = NDArray[np.float64]
SMALLEST = 1e-10
"""Size of a direction, relative to the largest, below which encoder and decoder do not see it."""


def fitted_reduction(
    reduction: ResidualReduction,
    coordinates: Float[Numbers, "n c"],
    driving: Float[Numbers, "n y"],
    state: Float[Numbers, "n z"],
    smallest: float = SMALLEST,
) -> ResidualReduction:
    """Return a reduction whose encoder and decoder give the states and the coordinates best.

    Parameters
    ----------
    reduction : ResidualReduction
    coordinates, driving, state : array, shapes (n, c), (n, y), (n, z)
        Internal coordinates, scaled driving variables, and Z of the model.
    smallest : float
        Size of a direction of the states, relative to the largest, below which the decoder does not see it.
    """
    residual = np.asarray(jax.jit(jax.vmap(reduction.principal))(coordinates, driving))
    return replace(
        reduction,
        encoder=_least_squares(residual, state, SMALLEST),
        decoder=_least_squares(state, residual, smallest),
    )


def _least_squares(inputs: Float[Numbers, "n i"], outputs: Float[Numbers, "n o"], smallest: float) -> Array:
    """Return the linear map (o, i) that gives the outputs best.

    Parameters
    ----------
    inputs, outputs : array, shapes (n, i), (n, o)
    smallest : float
        Directions of the inputs smaller than this fraction of the largest are given nothing.
    """
    solution, *_ = np.linalg.lstsq(inputs, outputs, rcond=smallest)
    return jnp.asarray(solution.T)
