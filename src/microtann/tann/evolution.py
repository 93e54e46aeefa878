"""Evolution of the internal state variables over one increment."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.slips.yield_tolerance import YIELD_TOLERANCE
from microtann.tann.energy import Energy


class Evolution(eqx.Module):
    """Rule that gives the internal state variables at t + Δt of one material point, in scaled units."""

    fixed: ClassVar[tuple[str, ...]] = ()
    """Fields that gradients do not train."""
    reads_increment: ClassVar[bool] = True
    """Whether Z at t + Δt depends on the start of the increment by more than Z alone."""

    @abstractmethod
    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt from the driving variables and Z at t, the increment and Δt."""

    def with_stress(
        self,
        stress: Float[Array, "v"],
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt where the stress at t is known, as in training; most evolutions do not ask for it.

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
        return self(energy, driving, state, driving_increment, dt)

    def defect(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        before: Float[Array, "z"],
        after: Float[Array, "z"],
        dt: Float[Array, ""],
    ) -> Float[Array, ""] | None:
        """Return how far Z at t + Δt is from the solution of the problem that defines it.

        Parameters
        ----------
        energy : Energy
        driving : array, shape (y,)
            At t + Δt.
        before, after : array, shape (z,)
            Z at t and t + Δt.
        dt : array, shape ()

        Returns
        -------
        array, shape (), or None
            The largest force beyond what is admissible, relative to the larger of resistance and trial force; None
            for evolutions that solve no problem.
        """
        return None


class PlayMechanisms(Evolution):
    """Independent play mechanisms: each state flows so that its driving force does not exceed a resistance.

    For an energy whose Hessian in Z is the identity, the minimiser of the incremental energy
    Ψ(y⁺, Z⁺) + Σ kᵢ |Z⁺ᵢ − Zᵢ| is closed-form: Z⁺ = Z + sign(f) max(|f| − k, 0) with the trial force
    f = −∂Ψ/∂Z(y⁺, Z). Hence, for any parameters, −T · ΔZ = Σ kᵢ |ΔZᵢ| ≥ 0, a zero increment moves nothing, and
    the tangent is symmetric and positive semi-definite. The response does not depend on Δt.

    Parameters
    ----------
    log_resistance : array, shape (z,)
        Logarithm of the resistances k > 0.

    References
    ----------
    B. Halphen and Q. S. Nguyen, Sur les matériaux standard généralisés, J. Mécanique 14 (1975), 39-63.
    """

    reads_increment: ClassVar[bool] = False

    log_resistance: Float[Array, "z"]

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
        resistance = jnp.exp(self.log_resistance)
        # After flow the force equals the resistance up to round-off: a bare test would let a state at rest creep.
        flowing = jnp.abs(force) > resistance * (1.0 + YIELD_TOLERANCE)
        return state + jnp.where(flowing, force - jnp.sign(force) * resistance, 0.0)

    def defect(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        before: Float[Array, "z"],
        after: Float[Array, "z"],
        dt: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Return the largest force beyond its resistance, relative to this or, if larger, the trial force.

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
        resistance = jnp.exp(self.log_resistance)
        trial, force = (jnp.abs(energy.force(driving, state)) for state in (before, after))
        return ((force - resistance) / jnp.maximum(resistance, trial.max())).max()
