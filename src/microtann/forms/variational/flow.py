"""Multisurface flow: the internal state variables minimise the incremental energy of coupled slips."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.forms.variational.admissible_flow import AdmissibleFlow
from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.forms.variational.minimum import minimise
from microtann.slips.projection import nearest_admissible
from microtann.tann.energy import Energy


class MultisurfaceFlow(AdmissibleFlow):
    """Coupled slips: the states move in the directions nᵢ of the slips γᵢ, ΔZ = Σ nᵢ γᵢ.

    Z at t + Δt minimises the incremental energy

        Ψ(y⁺, Z⁺) + φ(Z⁺ − Z),    φ(ΔZ) = min { Σ |γᵢ| : Σ nᵢ γᵢ = ΔZ }

    If the Hessian of the energy in Z is the identity, the solution is the nearest admissible force: with the
    trial force t = −∂Ψ/∂Z(y⁺, Z), Z⁺ = Z + t − τ, where τ is the point of the polyhedron {|nᵢ · τ| ≤ 1} nearest
    to t, found by a finite method to round-off. A `ConvexEnergy` is minimised by steps of that kind
    (`microtann.forms.variational.minimum`). Hence, for any parameters, −T · ΔZ = Σ |γᵢ| ≥ 0, a zero increment
    moves nothing, and the tangent is symmetric and positive semi-definite. The response does not depend on Δt.
    With orthogonal normals the slips are independent play mechanisms.

    Parameters
    ----------
    normals : array, shape (z, s)
        nᵢ in columns: directions of slip, divided by their resistances. There may be more slips than states.

    References
    ----------
    - B. Halphen and Q. S. Nguyen, Sur les matériaux standard généralisés, J. Mécanique 14 (1975), 39-63.
    - W. T. Koiter, Stress-strain relations, uniqueness and variational theorems for elastic-plastic materials with
      a singular yield surface, Quarterly of Applied Mathematics 11 (1953), 350-354.
    """

    normals: Float[Array, "z s"]

    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt; not a number where the flow was not found."""
        end = driving + driving_increment
        if isinstance(energy, ConvexEnergy):
            return minimise(energy, self.normals, end, state)
        trial = energy.force(end, state)
        return state + trial - nearest_admissible(self.normals, trial)

    def on_surfaces(self, force: Float[Array, "z"]) -> Float[Array, "s"]:
        """Return |nᵢ · T| of every slip."""
        return jnp.abs(force @ self.normals)
