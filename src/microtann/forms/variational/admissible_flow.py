"""What all flows share whose forces stay within a convex set: rest leaves them alone, and a certificate."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution


class AdmissibleFlow(Evolution):
    """Flow of surfaces whose forces never exceed their resistances, which are 1 in scaled units."""

    reads_increment: ClassVar[bool] = False

    @abstractmethod
    def on_surfaces(self, force: Float[Array, "z"]) -> Float[Array, "S"]:
        """Return how large a driving force T is on every surface, over its resistance."""

    def defect(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        before: Float[Array, "z"],
        after: Float[Array, "z"],
        dt: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Return the largest force on a surface beyond its resistance, relative to 1 or a larger trial force.

        With the dissipation that equals the flow, Σ |γ| = −T · ΔZ, this is the certificate of the minimum.

        Parameters
        ----------
        energy : Energy
        driving : array, shape (y,)
            At t + Δt, scaled.
        before, after : array, shape (z,)
            Z at t and t + Δt.
        dt : array, shape ()
            Duration of the increment; it changes nothing.
        """
        trial, force = (self.on_surfaces(energy.force(driving, state)) for state in (before, after))
        return (force.max() - 1.0) / jnp.maximum(1.0, trial.max())
