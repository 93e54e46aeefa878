"""The incremental energy of slips in any convex energy, minimised by way of quadratic energies above it.

With the slips γ of an increment and the states Z⁺ = Z + Nγ it is the minimum of

    Ψ(y⁺, Z + Nγ) + Σ |γᵢ| + c Σ |γᵢ|^(1 + m) / (1 + m),     c = η Δt^(−m) ≥ 0,

which is convex. The energy is bounded from above by a quadratic one that touches it at the latest Z and has the
largest Hessian that Ψ may have; its minimum is that of slips in the metric of this Hessian, which
`microtann.slips` finds, and lowers the incremental energy in every step. A Newton step in the slips that flow is
taken instead where it lowers it further, so that the last steps converge quadratically. The search ends when the
defect is `CERTIFICATE`: no slip at rest has a force beyond its resistance, and every flowing slip has the force
of its resistance in its sense. The slips are not numbers if that takes too long, so that the increment fails and
is cut.

Derivatives are those of the equations of the flowing slips, by implicit differentiation.

References
----------
- K. Lange, D. R. Hunter, I. Yang, Optimization transfer using surrogate objective functions, J. Computational
  and Graphical Statistics 9 (2000), 1-20.
- J. D. Lee, Y. Sun, M. A. Saunders, Proximal Newton-type methods for minimizing composite functions, SIAM J.
  Optimization 24 (2014), 1420-1443.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.slips.projection import nearest_and_slips
from microtann.slips.viscous_kernel import LEAST
from microtann.slips.viscous_projection import force_and_viscous_slips
from microtann.slips.yield_tolerance import YIELD_TOLERANCE

CERTIFICATE = 1e-12
"""Defect at which the minimum is found."""
STEPS = 200
"""Steps before the minimum counts as not found."""


class PowerLaw(NamedTuple):
    """How the resistance of a slip grows with its size in an increment, 1 + c |γ|^m.

    Parameters
    ----------
    viscosity : array, shape ()
        c = η Δt^(−m).
    exponent : array, shape ()
        m > 0.
    """

    viscosity: Float[Array, ""]
    exponent: Float[Array, ""]


class _Search(NamedTuple):
    """Slips γ, their defect, and the number of steps that led there."""

    slips: Float[Array, "s"]
    defect: Float[Array, ""]
    step: Int[Array, ""]


def minimise(
    energy: ConvexEnergy,
    normals: Float[Array, "z s"],
    driving: Float[Array, "y"],
    state: Float[Array, "z"],
    law: PowerLaw | None = None,
) -> Float[Array, "z"]:
    """Return the states Z⁺ of the minimum, differentiable in everything once.

    Parameters
    ----------
    energy : ConvexEnergy
    normals : array, shape (z, s)
    driving : array, shape (y,)
        y⁺.
    state : array, shape (z,)
        Z.
    law : PowerLaw, optional
        Without it slips do not depend on the rate.
    """
    found, given, at, before, fixed = lax.stop_gradient((energy, normals, driving, state, law))
    slips = slips_of_minimum(found, given, at, before, fixed)
    flowing = slips != 0.0
    after = before + given @ slips
    hessian = found.curvature(at, after)
    # dZ = dZ₀ + N dγ, dZ₀ = dZ_t + dN γ, and the forces Nᵀ f(y, Z) of flowing slips remain their resistances
    moved = state + normals @ slips
    force = energy.force(driving, after) - hessian @ (moved - after)
    change = jnp.where(flowing, normals.T @ force - _resistance(slips, law), 0.0)
    of_slips = _among(given, hessian, slips, fixed, change - lax.stop_gradient(change))
    return moved + given @ of_slips


def slips_of_minimum(
    energy: ConvexEnergy,
    normals: Float[Array, "z s"],
    driving: Float[Array, "y"],
    state: Float[Array, "z"],
    law: PowerLaw | None = None,
) -> Float[Array, "s"]:
    """Return the slips γ of the minimum, not numbers where it was not found; not to be differentiated.

    Parameters
    ----------
    energy, normals, driving, state, law
        As for `minimise`.
    """
    root = jnp.linalg.cholesky(energy.largest_curvature())
    scaled = root.T @ normals
    size = jnp.maximum(1.0, jnp.abs(normals.T @ energy.force(driving, state)).max())

    def forces(slips: Float[Array, "s"]) -> Float[Array, "z"]:
        return energy.force(driving, state + normals @ slips)

    def defect(slips: Float[Array, "s"]) -> Float[Array, ""]:
        on_slips = normals.T @ forces(slips)
        flow = jnp.abs(on_slips - _resistance(slips, law))
        return jnp.where(slips != 0.0, flow, _beyond_rest(on_slips, law)).max() / size

    def incremental_energy(slips: Float[Array, "s"]) -> Float[Array, ""]:
        return energy(driving, state + normals @ slips) + _dissipated(slips, law)

    def step(search: _Search) -> _Search:
        moved = normals @ search.slips
        trial = jax.scipy.linalg.solve_triangular(root, forces(search.slips), lower=True) + root.T @ moved
        if law is None:
            lower = nearest_and_slips(scaled, trial)[1]
        else:
            lower = force_and_viscous_slips(scaled, law.viscosity, law.exponent, trial)[1]
        hessian = energy.curvature(driving, state + normals @ lower)
        away = jnp.where(lower != 0.0, normals.T @ forces(lower) - _resistance(lower, law), 0.0)
        newton = lower + _among(normals, hessian, lower, law, away)
        newton = jnp.where(newton * lower > 0.0, newton, 0.0)
        better = incremental_energy(newton) <= incremental_energy(lower)
        slips = jnp.where(better & jnp.isfinite(newton).all(), newton, lower)
        return _Search(slips, defect(slips), search.step + 1)

    def unfinished(search: _Search) -> Bool[Array, ""]:
        return (search.defect > CERTIFICATE) & (search.step < STEPS)

    rest = jnp.zeros(normals.shape[1])
    end = lax.while_loop(unfinished, step, _Search(rest, defect(rest), jnp.asarray(0)))
    return jnp.where(end.defect <= CERTIFICATE, end.slips, jnp.nan)


def _size(slips: Float[Array, "s"]) -> Float[Array, "s"]:
    """Return |γ|, and 1 at rest, whose powers are finite."""
    return jnp.where(slips != 0.0, jnp.abs(slips), 1.0)


def _resistance(slips: Float[Array, "s"], law: PowerLaw | None) -> Float[Array, "s"]:
    """Return the forces with which slips flow; zero at rest."""
    beyond = 0.0 if law is None else law.viscosity * _size(slips) ** law.exponent
    return jnp.sign(slips) * (1.0 + beyond)


def _dissipated(slips: Float[Array, "s"], law: PowerLaw | None) -> Float[Array, ""]:
    """Return Δt φ(γ/Δt)."""
    total = jnp.abs(slips).sum()
    if law is None:
        return total
    power = jnp.where(slips != 0.0, _size(slips) ** (1.0 + law.exponent), 0.0)
    return total + law.viscosity * power.sum() / (1.0 + law.exponent)


def _beyond_rest(on_slips: Float[Array, "s"], law: PowerLaw | None) -> Float[Array, "s"]:
    """Return how far forces are too large for rest; what would move a slip too little for a number is not."""
    if law is None:
        return jnp.maximum(jnp.abs(on_slips) - (1.0 + YIELD_TOLERANCE), 0.0)
    beyond = jnp.maximum(jnp.abs(on_slips) - 1.0, 0.0)
    logarithm = (jnp.log(jnp.where(beyond > 0.0, beyond, 1.0)) - jnp.log(law.viscosity)) / law.exponent
    return jnp.where(logarithm < LEAST, 0.0, beyond)


def _among(
    normals: Float[Array, "z s"],
    hessian: Float[Array, "z z"],
    slips: Float[Array, "s"],
    law: PowerLaw | None,
    right: Float[Array, "s"],
) -> Float[Array, "s"]:
    """Return the changes of the flowing slips that change their forces, less their resistances, by ``right``."""
    flowing = slips != 0.0
    chosen = jnp.where(flowing, normals, 0.0)
    matrix = chosen.T @ hessian @ chosen
    if law is not None:
        matrix = matrix + jnp.diag(
            jnp.where(flowing, law.viscosity * law.exponent * _size(slips) ** (law.exponent - 1.0), 0.0)
        )
    matrix = matrix + jnp.diag(jnp.where(flowing, 0.0, 1.0))
    # divided by the roots of its diagonal: the stiffness of a viscous slip that hardly moves may be astronomic
    root = jnp.sqrt(jnp.diag(matrix))
    return jnp.linalg.solve(matrix / root / root[:, None], jnp.where(flowing, right, 0.0) / root) / root
