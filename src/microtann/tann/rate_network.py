"""The evolution network NN_Z of the paper."""

from __future__ import annotations

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.layers import Layers


class RateNetwork(Evolution):
    """A network of stress, driving variables, states and increment gives Ż Δt (NN_Z of Algorithms 1 and 2).

    In recall the stress at t is the derivative of the energy, as it is of the increment before. Where the data
    know one Δt only, they cannot tell how the rate depends on it, and the response is taken to be independent of
    it; otherwise Δt is an input too.

    Parameters
    ----------
    network : Layers
    stress_scale : array, shape (v,)
        Largest size of every stress component in the data, in scaled units (fixed).
    increment_scale : array, shape (y,)
        Largest size of every increment of the driving variables, in scaled units (fixed).
    duration : array, shape ()
        Largest Δt of the data (fixed).
    timed : bool
        Whether Δt is an input.
    """

    fixed: ClassVar[tuple[str, ...]] = ("stress_scale", "increment_scale", "duration")

    network: Layers
    stress_scale: Float[Array, "v"]
    increment_scale: Float[Array, "y"]
    duration: Float[Array, ""]
    timed: bool = eqx.field(static=True)

    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt."""
        stress = jax.grad(energy.__call__)(driving, state)[: self.stress_scale.shape[0]]
        return self.with_stress(stress, energy, driving, state, driving_increment, dt)

    def with_stress(
        self,
        stress: Float[Array, "v"],
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt, with the stress at t as a further input.

        Parameters
        ----------
        stress : array, shape (v,)
            At t.
        energy : Energy
        driving : array, shape (y,)
            Driving variables at t: strain and extra state variables.
        state : array, shape (z,)
            Z at t.
        driving_increment : array, shape (y,)
        dt : array, shape ()
            Duration of the increment, in the unit of time of the data.
        """
        inputs = [stress / self.stress_scale, driving, state, driving_increment / self.increment_scale]
        if self.timed:
            inputs.append((dt / self.duration)[None])
        return state + self.network(jnp.concatenate(inputs))
