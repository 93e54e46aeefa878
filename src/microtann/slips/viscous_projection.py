"""The force after viscous slips as a function of JAX: mapped, jitted and differentiated like any other."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike, NDArray

from microtann.numbers.read_only import read_only
from microtann.slips.viscous_kernel import slip_viscously

Numbers = NDArray[np.float64]


@jax.custom_jvp
def viscous_force(
    normals: Float[Array, "z s"], viscosity: Float[Array, ""], exponent: Float[Array, ""], trial: Float[Array, "z"]
) -> Float[Array, "z"]:
    """Return the force τ = t − N γ after viscous slips γ; see `microtann.slips.viscous_kernel`.

    Parameters
    ----------
    normals : array, shape (z, s)
    viscosity : array, shape ()
        c = η Δt^(−m).
    exponent : array, shape ()
    trial : array, shape (z,)
    """
    return force_and_viscous_slips(normals, viscosity, exponent, trial)[0]


@viscous_force.defjvp
def _viscous_force_jvp(
    primals: tuple[Array, Array, Array, Array], tangents: tuple[Array, Array, Array, Array]
) -> tuple[Float[Array, "z"], Array]:
    normals, viscosity, exponent, trial = primals
    of_normals, of_viscosity, of_exponent, of_trial = tangents
    force, slips = force_and_viscous_slips(normals, viscosity, exponent, trial)
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


def force_and_viscous_slips(
    normals: Float[Array, "z s"], viscosity: Float[Array, ""], exponent: Float[Array, ""], trial: Float[Array, "z"]
) -> tuple[Float[Array, "z"], Float[Array, "s"]]:
    """Return what `viscous_force` gives, and the slips γ, shape (s,); not to be differentiated.

    Parameters
    ----------
    normals, viscosity, exponent, trial
        As for `viscous_force`.
    """
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
            read_only(matrix),
            matrix.T @ matrix,
            read_only(np.ascontiguousarray(viscosities).reshape(-1)),
            float(powers.reshape(())),
            read_only(rows),
            force.reshape(-1, z),
            slips.reshape(-1, s),
        )
        return force, slips
    matrices, powers = np.broadcast_to(matrices, (*leading, z, s)), np.broadcast_to(powers, leading)
    for index in np.ndindex(leading):
        force[index], slips[index] = _call(matrices[index], viscosities[index], powers[index], trials[index])
    return force, slips
