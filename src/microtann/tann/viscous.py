"""Evolution that depends on the rate: mechanisms whose resistance grows with a power of their speed."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution

HALVINGS = 60
DECADES = 30.0
"""How far below the excess the root is looked for; what moves less does not move."""


class ViscousMechanisms(Evolution):
    """Independent mechanisms with a viscous power law above their resistances.

    For an energy whose Hessian in Z is the identity, Z at t + Δt minimises Ψ(y⁺, Z⁺) + Δt φ((Z⁺ − Z)/Δt) with

        φ(Ż) = Σ kᵢ |Żᵢ| + ηᵢ |Żᵢ|^(1 + m) / (1 + m),

    so that with the trial force f = −∂Ψ/∂Z(y⁺, Z) a mechanism beyond its resistance moves by the root x of
    x + η (x/Δt)^m = |f| − k, which lies between 0 and |f| − k. Hence, for any parameters,
    −T · ΔZ = Σ (kᵢ + ηᵢ |Żᵢ|^m) |ΔZᵢ| ≥ 0, and the tangent is symmetric and positive semi-definite. Slow processes
    tend to play mechanisms, fast ones are elastic; at rest the force relaxes to the resistance.

    Parameters
    ----------
    log_resistance, log_viscosity : array, shape (z,)
        Logarithms of k > 0 and η > 0.
    log_exponent : array, shape ()
        Logarithm of m > 0.

    References
    ----------
    P. Perzyna, Fundamental problems in viscoplasticity, Advances in Applied Mechanics 9 (1966), 243-377.
    """

    reads_increment: ClassVar[bool] = False

    log_resistance: Float[Array, "z"]
    log_viscosity: Float[Array, "z"]
    log_exponent: Float[Array, ""]

    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt."""
        force = energy.force(driving + driving_increment, state)
        excess = jnp.abs(force) - jnp.exp(self.log_resistance)
        flowing = excess > 0.0
        beyond = jnp.where(flowing, excess, 1.0)
        moved = _root(beyond, jnp.exp(self.log_viscosity), dt, jnp.exp(self.log_exponent))
        return state + jnp.where(flowing, jnp.sign(force) * moved, 0.0)


def _root(
    excess: Float[Array, "z"], viscosity: Float[Array, "z"], dt: Float[Array, ""], exponent: Float[Array, ""]
) -> Float[Array, "z"]:
    """Return the root x of x + η (x/Δt)^m = s for s > 0, differentiable in all arguments."""

    def defect(x: Float[Array, "z"]) -> Float[Array, "z"]:
        return x + viscosity * (x / dt) ** exponent - excess

    def halve(_: int, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds
        middle = 0.5 * (low + high)
        beyond = defect(jnp.exp(middle)) > 0.0
        return jnp.where(beyond, low, middle), jnp.where(beyond, middle, high)

    # in the logarithm, so that a root far below the excess is found as exactly as one beside it
    bounds = jnp.log(excess) - DECADES * jnp.log(10.0), jnp.log(excess)
    root = jax.lax.stop_gradient(jnp.exp(jax.lax.fori_loop(0, HALVINGS, halve, bounds)[1]))
    slope = jax.lax.stop_gradient(1.0 + viscosity * exponent * (root / dt) ** exponent / root)
    return root - defect(root) / slope  # the step is round-off; its derivative is that of the root
