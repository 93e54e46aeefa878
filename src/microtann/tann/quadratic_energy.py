"""A quadratic energy in which driving variables and states interact freely."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.tann.energy import Energy


class QuadraticEnergy(Energy):
    """Quadratic energy, convex in strain and state together.

    With driving variables y = (E, θ), θ being the extra state variables (often none)::

        Ψ = ½ |L (y, Z)|² + ½ θ · N θ

    Parameters
    ----------
    root : array, shape (k, y + z)
        L: a root of the stiffness.
    extra : array, shape (e, e)
        N: energy of the extra state variables alone; of any sign, symmetrised on use.
    """

    root: Float[Array, "k yz"]
    extra: Float[Array, "e e"]

    def __call__(self, driving: Float[Array, "y"], state: Float[Array, "z"]) -> Float[Array, ""]:
        """Return Ψ(y, Z)."""
        stored = self.root @ jnp.concatenate([driving, state])
        imposed = driving[driving.shape[0] - self.extra.shape[0] :]
        return 0.5 * (jnp.sum(stored**2) + imposed @ self.extra @ imposed)
