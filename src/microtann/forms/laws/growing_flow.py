"""Groups whose resistances grow: an energy that stores hardening, and the flow that minimises what it costs."""

from __future__ import annotations

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.cones.growing_projection import growing_force, resistance_of
from microtann.tann.energy import DecoupledQuadraticEnergy, Energy
from microtann.tann.evolution import Evolution


class HardeningEnergy(Energy):
    """A quadratic energy of states Z, and a convex one of the accumulated flow p of every group.

        Ψ = Ψ_q(y, Z) + Σ_g h p²/2 + Σ Q (p − (1 − e^(−b p))/b),    states (Z, p)

    Coefficients are squares or exponentials of the parameters, so that Ψ is convex for any of these; a root that
    is zero stays zero in training.

    Parameters
    ----------
    quadratic : DecoupledQuadraticEnergy
        Ψ_q.
    hardening_root : array, shape (G,)
        √h.
    saturation_root, log_rate : array, shape (G, J)
        √Q and log b.
    """

    quadratic: DecoupledQuadraticEnergy
    hardening_root: Float[Array, "G"]
    saturation_root: Float[Array, "G J"]
    log_rate: Float[Array, "G J"]

    def __call__(self, driving: Float[Array, "y"], state: Float[Array, "zG"]) -> Float[Array, ""]:
        """Return Ψ(y, (Z, p))."""
        z = self.quadratic.coupling.shape[0]
        p = state[z:]
        rate = jnp.exp(self.log_rate)
        saturating = p[:, None] + jnp.expm1(-rate * p[:, None]) / rate
        stored = 0.5 * jnp.sum(self.hardening_root**2 * p**2) + jnp.sum(self.saturation_root**2 * saturating)
        return self.quadratic(driving, state[:z]) + stored


class GrowingFlow(Evolution):
    """Groups of slips whose resistances grow with their flow and its rate; states are Z and p_g = Σ |γ_g|.

    (Z, p) at t + Δt minimises Ψ(y⁺, Z⁺, p⁺) + Σ_g k |γ_g| + Δt η (|γ_g|/Δt)^(1 + m)/(1 + m) with ΔZ = Σ N_g γ_g
    and Δp_g = |γ_g|. A group rests where |N_gᵀτ| ≤ k + h'(p), and else moves along its force so that

        N_gᵀ τ = R_g(|γ_g|) γ_g/|γ_g|,    R_g(s) = k + h'(p + s) + η (s/Δt)^m.

    Hence, for any parameters, −T · ΔZ = Σ (k + η (|γ_g|/Δt)^m) |γ_g| ≥ 0, and the tangent is symmetric and
    positive semi-definite. With k = 0 there is no elastic domain.

    Parameters
    ----------
    normals : array, shape (z, m)
        (N_1, N_2, …).
    resistance_root, viscosity_root : array, shape (G,)
        √k and √η; a root that is zero stays zero in training.
    exponent : array, shape (G,)
        0 < m ≤ 1; trained if the form says so.
    sizes : tuple of int
        Components of every group.

    References
    ----------
    B. Halphen and Q. S. Nguyen, Sur les matériaux standard généralisés, J. Mécanique 14 (1975), 39-63.
    """

    reads_increment: ClassVar[bool] = False

    normals: Float[Array, "z m"]
    resistance_root: Float[Array, "G"]
    viscosity_root: Float[Array, "G"]
    exponent: Float[Array, "G"]
    sizes: tuple[int, ...] = eqx.field(static=True)

    def laws(self, energy: HardeningEnergy) -> Float[Array, "G l"]:
        """Return k, h, η, m, and Q and b of every saturation, a row for every group."""
        plain = jnp.stack(
            [self.resistance_root**2, energy.hardening_root**2, self.viscosity_root**2, self.exponent], axis=1
        )
        pairs = jnp.stack([energy.saturation_root**2, jnp.exp(energy.log_rate)], axis=2)
        return jnp.concatenate([plain, pairs.reshape(len(plain), -1)], axis=1)

    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "zG"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "zG"]:
        """Return (Z, p) at t + Δt; not a number where the flow was not found."""
        assert isinstance(energy, HardeningEnergy)
        z = len(self.normals)
        before, grown = state[:z], state[z:]
        trial = energy.quadratic.force(driving + driving_increment, before)
        force, size = growing_force(self.sizes, self.normals, self.laws(energy), grown, dt, trial)
        return jnp.concatenate([before + trial - force, grown + size])

    def defect(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        before: Float[Array, "zG"],
        after: Float[Array, "zG"],
        dt: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Return by how much the force on a group differs most from its resistance, relative to the trial force.

        Parameters
        ----------
        energy : Energy
        driving : array, shape (y,)
            At t + Δt, scaled.
        before, after : array, shape (z + G,)
            (Z, p) at t and t + Δt.
        dt : array, shape ()
            Duration of the increment.
        """
        assert isinstance(energy, HardeningEnergy)
        z, starts = len(self.normals), [sum(self.sizes[:g]) for g in range(len(self.sizes))]

        def forces(state: Float[Array, "zG"]) -> Float[Array, "G"]:
            on_slips = energy.quadratic.force(driving, state[:z]) @ self.normals
            return jnp.stack(
                [jnp.sqrt(jnp.sum(on_slips[i : i + d] ** 2)) for i, d in zip(starts, self.sizes, strict=True)]
            )

        laws, size = self.laws(energy), after[z:] - before[z:]
        at_rest = laws.at[:, 2].set(0.0)
        needed = jnp.where(
            size > 0.0,
            resistance_of(laws, before[z:], jnp.where(size > 0.0, size, 1.0), dt),
            resistance_of(at_rest, before[z:], jnp.zeros_like(size), dt),
        )
        beyond = forces(after) - needed
        scale = jnp.maximum(forces(before).max(), needed.max())
        return jnp.where(size > 0.0, jnp.abs(beyond), beyond).max() / scale
