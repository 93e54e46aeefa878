"""Multisurface flow for a convex energy, by steps that minimise a quadratic energy above it."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.slips.projection import nearest_and_slips
from microtann.slips.yield_tolerance import YIELD_TOLERANCE
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution

CERTIFICATE = 1e-12
"""Defect at which the minimum is found."""
STEPS = 200
"""Steps before the minimum counts as not found."""


class _Search(NamedTuple):
    """Slips γ, their defect, and the number of steps that led there."""

    slips: Float[Array, "s"]
    defect: Float[Array, ""]
    step: Int[Array, ""]


class ConvexFlow(Evolution):
    """Coupled slips as in `MultisurfaceFlow`, for a `ConvexEnergy`.

    Z at t + Δt minimises Ψ(y⁺, Z⁺) + φ(Z⁺ − Z). The energy is bounded from above by a quadratic one that touches
    it at the latest Z and has the largest Hessian that Ψ may have; its minimum is the nearest admissible force of
    `MultisurfaceFlow` in the metric of that Hessian, and lowers the incremental energy in every step. A Newton
    step in the slips that flow is taken instead where it lowers it further, so that the last steps converge
    quadratically. The search ends when the defect is `CERTIFICATE`: forces are admissible, and every flowing slip
    has the force 1 in its sense. Z is not a number if that takes too long, so that the increment fails and is cut.

    −T · ΔZ = Σ |γᵢ| up to the certificate, a zero increment moves nothing, and the tangent, by implicit
    differentiation, is symmetric and positive semi-definite, for any parameters.

    Parameters
    ----------
    normals : array, shape (z, s)
        nᵢ in columns: directions of slip, divided by their resistances.

    References
    ----------
    - K. Lange, D. R. Hunter, I. Yang, Optimization transfer using surrogate objective functions, J. Computational
      and Graphical Statistics 9 (2000), 1-20.
    - J. D. Lee, Y. Sun, M. A. Saunders, Proximal Newton-type methods for minimizing composite functions, SIAM J.
      Optimization 24 (2014), 1420-1443.
    """

    reads_increment: ClassVar[bool] = False

    normals: Float[Array, "z s"]

    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt; not a number where the minimum was not found."""
        assert isinstance(energy, ConvexEnergy)
        return minimise(energy, self.normals, driving + driving_increment, state)

    def defect(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        before: Float[Array, "z"],
        after: Float[Array, "z"],
        dt: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Return the largest force on a slip beyond its resistance, relative to 1 or a larger trial force."""
        trial, force = (jnp.abs(energy.force(driving, state) @ self.normals) for state in (before, after))
        return (force.max() - 1.0) / jnp.maximum(1.0, trial.max())


def minimise(
    energy: ConvexEnergy, normals: Float[Array, "z s"], driving: Float[Array, "y"], state: Float[Array, "z"]
) -> Float[Array, "z"]:
    """Return the minimiser Z⁺ of Ψ(y⁺, Z⁺) + φ(Z⁺ − Z), differentiable in everything once.

    Parameters
    ----------
    energy : ConvexEnergy
    normals : array, shape (z, s)
    driving : array, shape (y,)
        y⁺.
    state : array, shape (z,)
        Z.
    """
    found, given, at, before = lax.stop_gradient((energy, normals, driving, state))
    slips = _search(found, given, at, before)
    flowing = slips != 0.0
    after = before + given @ slips
    hessian = found.curvature(at, after)
    # dZ = dZ₀ + N dγ, dZ₀ = dZ_t + dN γ, and the flowing forces Nᵀ f(y, Z) do not change
    moved = state + normals @ slips
    force = energy.force(driving, after) - hessian @ (moved - after)
    change = jnp.where(flowing, normals.T @ force, 0.0)
    of_slips = _among(given, hessian, flowing, change - lax.stop_gradient(change))
    return moved + given @ of_slips


def _search(
    energy: ConvexEnergy, normals: Float[Array, "z s"], driving: Float[Array, "y"], state: Float[Array, "z"]
) -> Float[Array, "s"]:
    """Return the slips of the minimum, not a number where it was not found."""
    root = jnp.linalg.cholesky(energy.largest_curvature())
    scaled = root.T @ normals
    size = jnp.maximum(1.0, jnp.abs(normals.T @ energy.force(driving, state)).max())

    def forces(slips: Float[Array, "s"]) -> Float[Array, "z"]:
        return energy.force(driving, state + normals @ slips)

    def defect(slips: Float[Array, "s"]) -> Float[Array, ""]:
        on_slips = normals.T @ forces(slips)
        at_rest = jnp.maximum(jnp.abs(on_slips) - (1.0 + YIELD_TOLERANCE), 0.0)
        return jnp.where(slips != 0.0, jnp.abs(on_slips - jnp.sign(slips)), at_rest).max() / size

    def incremental_energy(slips: Float[Array, "s"]) -> Float[Array, ""]:
        return energy(driving, state + normals @ slips) + jnp.abs(slips).sum()

    def step(search: _Search) -> _Search:
        moved = normals @ search.slips
        trial = jax.scipy.linalg.solve_triangular(root, forces(search.slips), lower=True) + root.T @ moved
        _, lower = nearest_and_slips(scaled, trial)
        flowing = lower != 0.0
        hessian = energy.curvature(driving, state + normals @ lower)
        newton = lower + _among(normals, hessian, flowing, normals.T @ forces(lower) - jnp.sign(lower))
        newton = jnp.where(newton * lower > 0.0, newton, 0.0)
        better = incremental_energy(newton) <= incremental_energy(lower)
        slips = jnp.where(better & jnp.isfinite(newton).all(), newton, lower)
        return _Search(slips, defect(slips), search.step + 1)

    def unfinished(search: _Search) -> Array:
        return (search.defect > CERTIFICATE) & (search.step < STEPS)

    rest = jnp.zeros(normals.shape[1])
    end = lax.while_loop(unfinished, step, _Search(rest, defect(rest), jnp.asarray(0)))
    return jnp.where(end.defect <= CERTIFICATE, end.slips, jnp.nan)


def _among(
    normals: Float[Array, "z s"], hessian: Float[Array, "z z"], flowing: Array, right: Float[Array, "s"]
) -> Float[Array, "s"]:
    """Return the slips of the flowing surfaces that change their forces by ``right``."""
    chosen = jnp.where(flowing, normals, 0.0)
    matrix = chosen.T @ hessian @ chosen + jnp.diag(jnp.where(flowing, 0.0, 1.0))
    return jnp.linalg.solve(matrix, jnp.where(flowing, right, 0.0))
