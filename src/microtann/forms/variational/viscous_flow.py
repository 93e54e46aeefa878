"""Viscous multisurface flow: coupled slips whose resistance grows with a power of their speed."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike, NDArray

from microtann.slips.viscous_kernel import slip_viscously
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution

Numbers = NDArray[np.float64]


class ViscousFlow(Evolution):
    """Coupled slips as in `MultisurfaceFlow`, with a viscous power law above their resistances.

    For an energy whose Hessian in Z is the identity, Z at t + Δt minimises Ψ(y⁺, Z⁺) + Δt φ((Z⁺ − Z)/Δt) with

        φ(Ż) = min { Σ |γ̇ᵢ| + η |γ̇ᵢ|^(1 + m) / (1 + m) : Σ nᵢ γ̇ᵢ = Ż }.

    A slip rests where |nᵢ · τ| ≤ 1, and else flows at the speed of nᵢ · τ = sign(γ̇ᵢ) (1 + η |γ̇ᵢ|^m). Hence, for
    any parameters, −T · ΔZ = Σ (1 + η |γ̇ᵢ|^m) |γᵢ| ≥ 0, and the tangent is symmetric and positive semi-definite.
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
        trial = energy.force(driving + driving_increment, state)
        exponent = jnp.exp(self.log_exponent)
        viscosity = jnp.exp(self.log_viscosity - exponent * jnp.log(dt))
        return state + trial - viscous_force(self.normals, viscosity, exponent, trial)

    def defect(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        before: Float[Array, "z"],
        after: Float[Array, "z"],
        dt: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Return by how much the force on a slip differs most from that of its speed, relative to the trial."""
        exponent = jnp.exp(self.log_exponent)
        trial, force = (energy.force(driving, state) for state in (before, after))
        beyond = jnp.maximum(jnp.abs(force @ self.normals) - 1.0, 0.0)
        size = jnp.maximum(1.0, jnp.abs(trial @ self.normals).max())
        found = _solve(self.normals, jnp.exp(self.log_viscosity - exponent * jnp.log(dt)), exponent, trial)[1]
        needed = jnp.exp(self.log_viscosity) * (jnp.abs(found) / dt) ** exponent
        return jnp.where(found != 0.0, jnp.abs(beyond - needed), beyond).max() / size


@jax.custom_jvp
def viscous_force(
    normals: Float[Array, "z s"], viscosity: Float[Array, ""], exponent: Float[Array, ""], trial: Float[Array, "z"]
) -> Float[Array, "z"]:
    """Return the force τ = t − N γ after viscous slips γ; see `viscous_kernel`.

    Parameters
    ----------
    normals : array, shape (z, s)
    viscosity : array, shape ()
        c = η Δt^(−m).
    exponent : array, shape ()
    trial : array, shape (z,)
    """
    return _solve(normals, viscosity, exponent, trial)[0]


@viscous_force.defjvp
def _viscous_force_jvp(
    primals: tuple[Array, Array, Array, Array], tangents: tuple[Array, Array, Array, Array]
) -> tuple[Float[Array, "z"], Array]:
    normals, viscosity, exponent, trial = primals
    of_normals, of_viscosity, of_exponent, of_trial = tangents
    force, slips = _solve(normals, viscosity, exponent, trial)
    flowing = slips != 0.0
    size = jnp.where(flowing, jnp.abs(slips), 1.0)
    power = size**exponent
    change = of_trial - of_normals @ slips
    harder = of_viscosity * power + viscosity * power * jnp.log(size) * of_exponent
    right = normals.T @ change + of_normals.T @ force - jnp.sign(slips) * harder
    stiffness = viscosity * exponent * power / size
    # divided by the roots of its diagonal: the stiffness of a slip that hardly moves may be astronomic
    gram = jnp.where(flowing, normals, 0.0).T @ jnp.where(flowing, normals, 0.0)
    root = jnp.sqrt(jnp.where(flowing, jnp.diag(gram) + stiffness, 1.0))
    matrix = gram / root / root[:, None]
    matrix = matrix + jnp.diag(jnp.where(flowing, stiffness / root / root, 1.0))
    of_slips = jnp.where(flowing, jnp.linalg.solve(matrix, jnp.where(flowing, right, 0.0) / root) / root, 0.0)
    return force, change - normals @ of_slips


def _solve(
    normals: Float[Array, "z s"], viscosity: Float[Array, ""], exponent: Float[Array, ""], trial: Float[Array, "z"]
) -> tuple[Float[Array, "z"], Float[Array, "s"]]:
    shapes = (
        jax.ShapeDtypeStruct(trial.shape, trial.dtype),
        jax.ShapeDtypeStruct(normals.shape[1:], trial.dtype),
    )
    return jax.pure_callback(_call, shapes, normals, viscosity, exponent, trial, vmap_method="expand_dims")


def _call(
    normals: ArrayLike, viscosity: ArrayLike, exponent: ArrayLike, trial: ArrayLike
) -> tuple[Numbers, Numbers]:
    """Treat all points that were mapped over at once, if the parameters were not."""
    matrices, powers, trials = (np.asarray(a, dtype=np.float64) for a in (normals, exponent, trial))
    z, s = matrices.shape[-2:]
    leading = np.broadcast_shapes(matrices.shape[:-2], np.shape(viscosity), powers.shape, trials.shape[:-1])
    force, slips = np.empty((*leading, z)), np.empty((*leading, s))
    trials = np.broadcast_to(trials, (*leading, z))
    viscosities = np.broadcast_to(np.asarray(viscosity, dtype=np.float64), leading)
    if matrices.size == z * s and powers.size == 1:
        matrix = np.ascontiguousarray(matrices.reshape(z, s))
        rows = np.ascontiguousarray(trials).reshape(-1, z)
        slip_viscously(
            matrix,
            matrix.T @ matrix,
            np.ascontiguousarray(viscosities).reshape(-1),
            float(powers.reshape(())),
            rows,
            force.reshape(-1, z),
            slips.reshape(-1, s),
        )
        return force, slips
    matrices, powers = np.broadcast_to(matrices, (*leading, z, s)), np.broadcast_to(powers, leading)
    for index in np.ndindex(leading):
        force[index], slips[index] = _call(matrices[index], viscosities[index], powers[index], trials[index])
    return force, slips
