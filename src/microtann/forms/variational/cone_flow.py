"""Cone flow: the internal state variables minimise the incremental energy of slips that flow in groups."""

from __future__ import annotations

import equinox as eqx
from jaxtyping import Array, Float

from microtann.cones.cone_projection import nearest_in_cylinders, norms_of_groups
from microtann.forms.variational.admissible_flow import AdmissibleFlow
from microtann.tann.energy import Energy


class ConeFlow(AdmissibleFlow):
    """Groups of slips: the states move in the directions N_g of the groups, ΔZ = Σ N_g γ_g.

    With the Euclidean norm of every group, Z at t + Δt minimises the incremental energy

        Ψ(y⁺, Z⁺) + φ(Z⁺ − Z),    φ(ΔZ) = min { Σ |γ_g| : Σ N_g γ_g = ΔZ }

    whose graph is a cone over the directions of a group. The Hessian of the energy in Z is the identity, so that
    the solution is the nearest admissible force: with the trial force t = −∂Ψ/∂Z(y⁺, Z), Z⁺ = Z + t − τ, where τ
    is the point nearest to t with |N_gᵀτ| ≤ 1 for every group, found to round-off (`microtann.cones`). Hence, for
    any parameters, −T · ΔZ = Σ |γ_g| ≥ 0, a zero increment moves nothing, and the tangent is symmetric and
    positive semi-definite. The response does not depend on Δt. Groups of one component are slips, and a group of
    five is the sphere of von Mises, which slips reach as a polyhedron of many planes only.

    Parameters
    ----------
    normals : array, shape (z, m)
        (N_1, N_2, …): directions of the groups, divided by their resistances.
    sizes : tuple of int
        Components of every group, which add up to m. There may be more of them than states.

    References
    ----------
    - B. Halphen and Q. S. Nguyen, Sur les matériaux standard généralisés, J. Mécanique 14 (1975), 39-63.
    - G. J. Dvorak, Transformation field analysis of inelastic composite materials, Proc. Royal Society A 437
      (1992), 311-327.
    """

    normals: Float[Array, "z m"]
    sizes: tuple[int, ...] = eqx.field(static=True)

    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt; not a number where the flow was not found."""
        trial = energy.force(driving + driving_increment, state)
        return state + trial - nearest_in_cylinders(self.sizes, self.normals, trial)

    def on_surfaces(self, force: Float[Array, "z"]) -> Float[Array, "G"]:
        """Return |N_gᵀ T| of every group."""
        return norms_of_groups(self.sizes, force @ self.normals)
