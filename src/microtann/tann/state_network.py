"""A network in place of a return map: it gives the new state from the end of the increment and the old state."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.layers import Layers


class StateNetwork(Evolution):
    """Z⁺ = Z + N(y⁺, Z): a rate-independent evolution that corrects errors of earlier increments.

    The return map of rate-independent plasticity depends on the driving variables at the end of an increment and
    on the states, not on the increment itself. Where N vanishes in the elastic domain, a state outside it is led
    back, so that errors of earlier increments do not add up. With rectified linear units N is piecewise linear, as
    the return maps of linear hardening are.

    Parameters
    ----------
    network : Layers
        From y + z inputs to z outputs.
    """

    reads_increment: ClassVar[bool] = False

    network: Layers

    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt."""
        return state + self.network(jnp.concatenate([driving + driving_increment, state]))
