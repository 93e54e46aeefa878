"""One increment of one material point: evolution, energy, and the derivatives that are stress and dissipation."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.reduction import Reduction
from microtann.tann.scaling import Scaling


class Increment(NamedTuple):
    """Result of one increment of one point, at t + Δt; in scaled or physical units as the function says.

    The conjugates are −∂Ψ/∂θ of the extra state variables θ: the entropy of a temperature (paper, Eq. 9a).
    """

    stress: Float[Array, "v"]
    state: Float[Array, "z"]
    energy: Float[Array, ""]
    dissipation: Float[Array, ""]
    conjugates: Float[Array, "e"]


class MaterialPoint(eqx.Module):
    """The computation of a TANN: pure, differentiable functions of one material point.

    An increment follows Algorithm 2 of the paper in recall mode: the evolution gives Z at t + Δt, the energy is
    evaluated there, and its derivatives are the stress S = ∂Ψ/∂E (Eq. 9b) and the dissipation
    D Δt = −∂Ψ/∂Z · ΔZ (Eq. 9c).

    Parameters
    ----------
    reduction, energy, evolution : Reduction, Energy, Evolution
        The trained parts.
    scaling : Scaling
    components : int
        Number of strain components v; further driving variables are extra state variables.
    """

    reduction: Reduction
    energy: Energy
    evolution: Evolution
    scaling: Scaling
    components: int = eqx.field(static=True)

    def __repr__(self) -> str:
        parts = ", ".join(type(part).__name__ for part in (self.reduction, self.energy, self.evolution))
        return f"MaterialPoint({parts}, {self.components} strain components)"

    @property
    def states(self) -> int:
        """Number of internal state variables."""
        return int(jax.eval_shape(self.virgin_state).shape[0])

    def virgin_state(self) -> Float[Array, "z"]:
        """Return Z of the undeformed, unstressed material."""
        return self.reduction.encode(jnp.zeros(self.reduction.coordinates), jnp.zeros_like(self.scaling.driving))

    def scaled_increment(
        self,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
        stress: Float[Array, "v"] | None = None,
        given: Float[Array, "z"] | None = None,
    ) -> Increment:
        """Return one increment of one point in scaled units; differentiable.

        In training the stress at t can be given (Algorithm 1); otherwise it is that of the energy. There the
        evolution may also see another state than the one from which ΔZ is counted.

        Parameters
        ----------
        driving : array, shape (y,)
            Driving variables at t: strain and extra state variables.
        state : array, shape (z,)
            Z at t.
        driving_increment : array, shape (y,)
        dt : array, shape ()
            Duration of the increment, in the unit of time of the data.
        stress : array, shape (v,), optional
            Stress at t.
        given : array, shape (z,), optional
            Z at t as the evolution sees it; ``state`` if left out.
        """
        given = state if given is None else given
        if stress is None:
            after = self.evolution(self.energy, driving, given, driving_increment, dt)
        else:
            after = self.evolution.with_stress(stress, self.energy, driving, given, driving_increment, dt)
        energy, (slope, thermodynamic) = jax.value_and_grad(self.energy.__call__, argnums=(0, 1))(
            driving + driving_increment, after
        )
        stress, conjugates = slope[: self.components], -slope[self.components :]
        return Increment(stress, after, energy, -thermodynamic @ (after - state), conjugates)

    def increment(
        self,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Increment:
        """Return one increment of one point in physical units; differentiable.

        Parameters
        ----------
        driving : array, shape (y,)
            Driving variables at t: strain and extra state variables.
        state : array, shape (z,)
            Z at t, dimensionless.
        driving_increment : array, shape (y,)
        dt : array, shape ()
            Duration of the increment.
        """
        scale = self.scaling
        result = self.scaled_increment(driving / scale.driving, state, driving_increment / scale.driving, dt)
        return Increment(
            result.stress * scale.stress(self.components),
            result.state,
            result.energy * scale.energy,
            result.dissipation * scale.energy,
            result.conjugates * scale.energy / scale.driving[self.components :],
        )
