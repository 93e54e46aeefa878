"""The nearest admissible force as a function of JAX: mapped, jitted and differentiated like any other."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from microtann.numbers.read_only import read_only
from microtann.slips import walk_kernel
from microtann.slips.product_kernel import padded_columns
from microtann.slips.slip_equations_kernel import slips_of

Numbers = NDArray[np.float64]


@jax.custom_jvp
def nearest_admissible(normals: Float[Array, "z s"], trial: Float[Array, "z"]) -> Float[Array, "z"]:
    """Return the force nearest to a trial force among those with |nᵢ · τ| ≤ 1.

    It is not a number where it was not found. Derivatives are those of the flowing surfaces.

    Parameters
    ----------
    normals : array, shape (z, s)
        nᵢ in columns.
    trial : array, shape (z,)
    """
    return nearest_and_slips(normals, trial)[0]


@nearest_admissible.defjvp
def _nearest_jvp(
    primals: tuple[Float[Array, "z s"], Float[Array, "z"]], tangents: tuple[Array, Array]
) -> tuple[Float[Array, "z"], Array]:
    normals, trial = primals
    of_normals, of_trial = tangents
    force, slips = nearest_and_slips(normals, trial)
    inverse = _flowing_inverse(normals, slips)
    change = of_trial - of_normals @ slips
    return force, change - inverse @ (normals.T @ change + of_normals.T @ force)


@jax.custom_vjp
def follow_forces(
    normals: Float[Array, "z s"], coupling: Float[Array, "z y"], moves: Float[Array, "B T y"]
) -> Float[Array, "B T z"]:
    """Return the admissible forces along walks that start at zero, from the increments of the driving variables.

    Parameters
    ----------
    normals : array, shape (z, s)
        nᵢ in columns.
    coupling : array, shape (z, y)
        B: driving forces due to unit driving variables.
    moves : array, shape (B, T, y)
        Δy of every increment.
    """
    return _follow(normals, coupling, moves)[0]


def follow_slips(
    normals: Float[Array, "z s"], coupling: Float[Array, "z y"], moves: Float[Array, "B T y"]
) -> Float[Array, "B T s"]:
    """Return the slips γ of every increment along walks that start at zero.

    Parameters
    ----------
    normals, coupling, moves
        As for `follow_forces`.
    """
    return _follow(normals, coupling, moves)[1]


def _follow(
    normals: Float[Array, "z s"], coupling: Float[Array, "z y"], moves: Float[Array, "B T y"]
) -> tuple[Float[Array, "B T z"], Float[Array, "B T s"]]:
    shapes = tuple(jax.ShapeDtypeStruct((*moves.shape[:2], width), moves.dtype) for width in normals.shape)
    return jax.pure_callback(_call_follow, shapes, normals, moves @ coupling.T, moves, coupling.T @ normals)


def _follow_forward(
    normals: Float[Array, "z s"], coupling: Float[Array, "z y"], moves: Float[Array, "B T y"]
) -> tuple[Float[Array, "B T z"], tuple[Array, Array, Array, Array, Array]]:
    force, slips = _follow(normals, coupling, moves)
    return force, (normals, coupling, moves, force, slips)


def _follow_backward(
    kept: tuple[Array, Array, Array, Array, Array], of_force: Float[Array, "B T z"]
) -> tuple[Float[Array, "z s"], Float[Array, "z y"], Float[Array, "B T y"]]:
    normals, coupling, moves, force, slips = kept
    shapes = tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in (normals, force))
    of_normals, of_increments = jax.pure_callback(_call_follow_back, shapes, normals, force, slips, of_force)
    return of_normals, jnp.einsum("btz,bty->zy", of_increments, moves), of_increments @ coupling


follow_forces.defvjp(_follow_forward, _follow_backward)


def nearest_and_slips(
    normals: Float[Array, "z s"], trial: Float[Array, "z"]
) -> tuple[Float[Array, "z"], Float[Array, "s"]]:
    """Return what `nearest_admissible` gives, and the slips; not to be differentiated."""
    shapes = (
        jax.ShapeDtypeStruct(trial.shape, trial.dtype),
        jax.ShapeDtypeStruct(normals.shape[1:], trial.dtype),
    )
    return jax.pure_callback(_call_nearest, shapes, normals, trial, vmap_method="expand_dims")


def _flowing_inverse(normals: Float[Array, "z s"], slips: Float[Array, "s"]) -> Float[Array, "z s"]:
    """Return the transposed pseudo-inverse of the flowing normals; zero in the columns of those at rest."""
    flowing = slips != 0.0
    chosen = jnp.where(flowing, normals, 0.0)
    gram = chosen.T @ chosen + jnp.diag(jnp.where(flowing, 0.0, 1.0))
    return jnp.linalg.solve(gram, chosen.T).T


def _call_nearest(normals: Array, trial: Array) -> tuple[Numbers, Numbers]:
    """Treat all points that were mapped over at once; normals that were mapped too, one by one."""
    matrices, forces = np.asarray(normals, dtype=np.float64), np.asarray(trial, dtype=np.float64)
    z, s = matrices.shape[-2:]
    leading = np.broadcast_shapes(matrices.shape[:-2], forces.shape[:-1])
    force, slips = np.empty((*leading, z)), np.empty((*leading, s))
    forces = np.broadcast_to(forces, (*leading, z))
    if matrices.size == z * s:
        rows = np.ascontiguousarray(forces).reshape(-1, z)
        _project(matrices.reshape(z, s), rows, force.reshape(-1, z), slips.reshape(-1, s))
    else:
        matrices = np.broadcast_to(matrices, (*leading, z, s))
        for index in np.ndindex(leading):
            rows = forces[index].reshape(1, z)
            _project(matrices[index], rows, force[index].reshape(1, z), slips[index].reshape(1, s))
    return force, slips


def _project(normals: Numbers, trial: Numbers, force: Numbers, slips: Numbers) -> None:
    """Write the nearest forces of trial forces, shape (n, z), and their slips, shape (n, s)."""
    matrix, none = padded_columns(np.ascontiguousarray(normals)), np.empty((len(trial), 1, 0))
    walk_kernel.follow_walks(
        slips_of(matrix),
        matrix,
        read_only(trial[:, None]),
        read_only(none),
        np.empty((0, matrix.shape[1])),
        force[:, None],
        slips[:, None],
    )


def _call_follow(normals: Array, increments: Array, moves: Array, on_slips: Array) -> tuple[Numbers, Numbers]:
    matrix, pushes, steps, rates = (
        np.ascontiguousarray(a, dtype=np.float64) for a in (normals, increments, moves, on_slips)
    )
    force, slips = np.empty_like(pushes), np.empty((*pushes.shape[:2], matrix.shape[1]))
    matrix = padded_columns(matrix)
    walk_kernel.follow_walks(
        slips_of(matrix), matrix, read_only(pushes), read_only(steps), padded_columns(rates), force, slips
    )
    return force, slips


def _call_follow_back(normals: Array, force: Array, slips: Array, of_force: Array) -> tuple[Numbers, Numbers]:
    matrix, path, flow, of_path = (
        np.ascontiguousarray(a, dtype=np.float64) for a in (normals, force, slips, of_force)
    )
    of_normals, of_increments = np.empty_like(matrix), np.empty_like(path)
    matrix = padded_columns(matrix)
    walk_kernel.follow_walks_back(slips_of(matrix), matrix, path, flow, of_path, of_increments, of_normals)
    return of_normals, of_increments
