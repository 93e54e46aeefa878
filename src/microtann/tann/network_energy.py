"""The energy network NN_Ψ of the paper."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.tann.energy import Energy
from microtann.tann.layers import Layers


class NetworkEnergy(Energy):
    """Ψ(y, Z) is a network of driving variables and states (NN_Ψ of Algorithms 1 and 2).

    Its second derivatives appear in the tangent, so that its activation must be smooth: rectified powers of the
    fourth order in the paper.

    Parameters
    ----------
    network : Layers
        From y + z inputs to one output.
    """

    network: Layers

    def __call__(self, driving: Float[Array, "y"], state: Float[Array, "z"]) -> Float[Array, ""]:
        """Return Ψ(y, Z)."""
        return self.network(jnp.concatenate([driving, state]))[0]
