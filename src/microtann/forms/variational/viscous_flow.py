"""Viscous multisurface flow: coupled slips whose resistance grows with a power of their speed."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.minimum import PowerLaw, minimise, slips_of_minimum
from microtann.slips.viscous_projection import force_and_viscous_slips, viscous_force
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.point import MaterialPoint


class ViscousFlow(Evolution):
    """Coupled slips as in `MultisurfaceFlow`, with a viscous power law above their resistances.

    Z at t + Δt minimises Ψ(y⁺, Z⁺) + Δt φ((Z⁺ − Z)/Δt) with

        φ(Ż) = min { Σ |γ̇ᵢ| + η |γ̇ᵢ|^(1 + m) / (1 + m) : Σ nᵢ γ̇ᵢ = Ż }.

    A slip rests where |nᵢ · τ| ≤ 1, and else flows at the speed of nᵢ · τ = sign(γ̇ᵢ) (1 + η |γ̇ᵢ|^m). Hence, for
    any parameters, −T · ΔZ = Σ (1 + η |γ̇ᵢ|^m) |γᵢ| ≥ 0, and the tangent is symmetric and positive semi-definite.
    The energy is one whose Hessian in Z is the identity, or a `ConvexEnergy`, whose minimum is that of
    `microtann.forms.variational.minimum`.
    Slow processes tend to the rate-independent flow, fast ones are elastic; at rest the force relaxes to the
    polyhedron.

    Parameters
    ----------
    normals : array, shape (z, s)
        nᵢ in columns.
    log_viscosity, log_exponent : array, shape ()
        Logarithms of η > 0, in units of resistance per (scaled energy per time)^m, and m > 0.

    References
    ----------
    P. Perzyna, Fundamental problems in viscoplasticity, Advances in Applied Mechanics 9 (1966), 243-377.
    """

    reads_increment: ClassVar[bool] = False

    normals: Float[Array, "z s"]
    log_viscosity: Float[Array, ""]
    log_exponent: Float[Array, ""]

    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt; not a number where the flow was not found."""
        law, end = self._law(dt), driving + driving_increment
        if isinstance(energy, ConvexEnergy):
            return minimise(energy, self.normals, end, state, law)
        trial = energy.force(end, state)
        return state + trial - viscous_force(self.normals, law.viscosity, law.exponent, trial)

    def defect(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        before: Float[Array, "z"],
        after: Float[Array, "z"],
        dt: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Return by how much the force on a slip differs most from that of its speed, relative to the trial.

        Parameters
        ----------
        energy : Energy
        driving : array, shape (y,)
            At t + Δt, scaled.
        before, after : array, shape (z,)
            Z at t and t + Δt.
        dt : array, shape ()
            Duration of the increment.
        """
        law = self._law(dt)
        trial, force = (energy.force(driving, state) for state in (before, after))
        beyond = jnp.maximum(jnp.abs(force @ self.normals) - 1.0, 0.0)
        size = jnp.maximum(1.0, jnp.abs(trial @ self.normals).max())
        if isinstance(energy, ConvexEnergy):
            found = slips_of_minimum(energy, self.normals, driving, before, law)
        else:
            found = force_and_viscous_slips(self.normals, law.viscosity, law.exponent, trial)[1]
        needed = law.viscosity * jnp.abs(found) ** law.exponent
        return jnp.where(found != 0.0, jnp.abs(beyond - needed), beyond).max() / size

    def _law(self, dt: Float[Array, ""]) -> PowerLaw:
        """Return how the resistance grows with the slips of an increment."""
        exponent = jnp.exp(self.log_exponent)
        return PowerLaw(jnp.exp(self.log_viscosity - exponent * jnp.log(dt)), exponent)


def rate_independent(point: MaterialPoint) -> MaterialPoint:
    """Return a point whose slips, if they are viscous, flow as slow processes make them."""
    evolution = point.evolution
    return (
        replace(point, evolution=MultisurfaceFlow(evolution.normals))
        if isinstance(evolution, ViscousFlow)
        else point
    )


def viscous(point: MaterialPoint, viscosity: float, exponent: float) -> MaterialPoint:
    """Return a point of coupled slips with a viscous power law above their resistances.

    Parameters
    ----------
    point : MaterialPoint
    viscosity, exponent : float
        η and m of `ViscousFlow`; without viscosity the point is left as it is.
    """
    if viscosity == 0.0:
        return point
    assert isinstance(point.evolution, MultisurfaceFlow)
    logarithms = jnp.log(jnp.asarray(viscosity)), jnp.log(jnp.asarray(exponent))
    return replace(point, evolution=ViscousFlow(point.evolution.normals, *logarithms))
