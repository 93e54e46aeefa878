"""The force after the flow of groups as a function of JAX: mapped, jitted and differentiated like any other."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike, NDArray

from microtann.cones.group_walk_kernel import follow_group_walks, follow_group_walks_back
from microtann.cones.resistance_kernel import constant_law
from microtann.numbers.read_only import read_only
from microtann.slips.product_kernel import padded_columns

Numbers = NDArray[np.float64]
DEPENDENT = 1e-14
"""Ridge of the equations of flowing groups, for directions that depend on each other."""


def norms_of_groups(sizes: tuple[int, ...], components: Float[Array, "*batch m"]) -> Float[Array, "*batch G"]:
    """Return the Euclidean norm of every group; not to be differentiated where one is zero.

    Parameters
    ----------
    sizes : tuple of int
    components : array, shape (..., m)
    """
    group = np.repeat(np.arange(len(sizes)), sizes)
    square = jnp.moveaxis(components**2, -1, 0)
    return jnp.sqrt(jnp.moveaxis(jax.ops.segment_sum(square, group, num_segments=len(sizes)), 0, -1))


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def nearest_in_cylinders(
    sizes: tuple[int, ...], normals: Float[Array, "z m"], trial: Float[Array, "z"]
) -> Float[Array, "z"]:
    """Return the force nearest to a trial force among those with |N_gᵀ τ| ≤ 1.

    It is not a number where it was not found. Derivatives are those of the flowing groups.

    Parameters
    ----------
    sizes : tuple of int
        Components of every group.
    normals : array, shape (z, m)
        (N_1, N_2, …).
    trial : array, shape (z,)
    """
    return nearest_and_flow(sizes, normals, trial)[0]


@nearest_in_cylinders.defjvp
def _nearest_jvp(
    sizes: tuple[int, ...], primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Float[Array, "z"], Array]:
    normals, trial = primals
    of_normals, of_trial = tangents
    force, flow = nearest_and_flow(sizes, normals, trial)
    change = of_trial - of_normals @ flow
    of_flow = flow_response(sizes, normals, flow, normals.T @ change + of_normals.T @ force)
    return force, change - normals @ of_flow


def flow_response(
    sizes: tuple[int, ...], normals: Float[Array, "z m"], flow: Float[Array, "m"], change: Float[Array, "m"]
) -> Float[Array, "m"]:
    """Return dγ with (G + J) dγ = df for the flowing groups; see `microtann.cones.group_response_kernel`.

    Parameters
    ----------
    sizes : tuple of int
    normals : array, shape (z, m)
    flow : array, shape (m,)
        γ.
    change : array, shape (m,)
        df.
    """
    group = np.repeat(np.arange(len(sizes)), sizes)
    square = jax.ops.segment_sum(flow**2, group, num_segments=len(sizes))[group]
    flowing = square > 0.0
    size = jnp.sqrt(jnp.where(flowing, square, 1.0))
    along = jnp.where(group[:, None] == group, jnp.outer(flow / size, flow / size), 0.0)
    across = jnp.diag(jnp.where(flowing, 1.0, 0.0)) - along
    turned = jnp.sqrt(size)[:, None] * across + along
    chosen = normals @ turned
    matrix = chosen.T @ chosen
    ridge = DEPENDENT * jnp.diag(matrix).max() + jnp.where(flowing, 0.0, 1.0)
    return turned @ jnp.linalg.solve(matrix + across + jnp.diag(ridge), turned @ change)


def nearest_and_flow(
    sizes: tuple[int, ...], normals: Float[Array, "z m"], trial: Float[Array, "z"]
) -> tuple[Float[Array, "z"], Float[Array, "m"]]:
    """Return what `nearest_in_cylinders` gives, and the flow γ; not to be differentiated.

    Parameters
    ----------
    sizes : tuple of int
    normals : array, shape (z, m)
    trial : array, shape (z,)
    """
    shapes = (
        jax.ShapeDtypeStruct(trial.shape, trial.dtype),
        jax.ShapeDtypeStruct(normals.shape[1:], trial.dtype),
    )
    return jax.pure_callback(partial(_call_nearest, sizes), shapes, normals, trial, vmap_method="expand_dims")


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def follow_group_forces(
    sizes: tuple[int, ...], normals: Float[Array, "z m"], increments: Float[Array, "B T z"]
) -> Float[Array, "B T z"]:
    """Return the admissible forces along walks that start at zero, from the increments of the driving forces.

    Parameters
    ----------
    sizes : tuple of int
    normals : array, shape (z, m)
    increments : array, shape (B, T, z)
    """
    return follow_groups(sizes, normals, increments)[0]


def follow_groups(
    sizes: tuple[int, ...], normals: Float[Array, "z m"], increments: Float[Array, "B T z"]
) -> tuple[Float[Array, "B T z"], Float[Array, "B T m"]]:
    """Return the forces along walks and the flow γ of every increment; not to be differentiated.

    Parameters
    ----------
    sizes : tuple of int
    normals : array, shape (z, m)
    increments : array, shape (B, T, z)
    """
    shapes = shapes_along(increments, normals)
    return jax.pure_callback(partial(_call_follow, sizes), shapes, normals, increments)


def shapes_along(
    increments: Float[Array, "B T z"], normals: Float[Array, "z m"]
) -> tuple[jax.ShapeDtypeStruct, ...]:
    """Return the shapes of forces (B, T, z) and of the flow (B, T, m) along walks."""
    return tuple(jax.ShapeDtypeStruct((*increments.shape[:2], width), increments.dtype) for width in normals.shape)


def _follow_forward(
    sizes: tuple[int, ...], normals: Float[Array, "z m"], increments: Float[Array, "B T z"]
) -> tuple[Float[Array, "B T z"], tuple[Array, Array, Array]]:
    force, flow = follow_groups(sizes, normals, increments)
    return force, (normals, force, flow)


def _follow_backward(
    sizes: tuple[int, ...], kept: tuple[Array, Array, Array], of_force: Float[Array, "B T z"]
) -> tuple[Float[Array, "z m"], Float[Array, "B T z"]]:
    normals, force, flow = kept
    shapes = tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in (normals, force))
    return jax.pure_callback(partial(_call_follow_back, sizes), shapes, normals, force, flow, of_force)


follow_group_forces.defvjp(_follow_forward, _follow_backward)


def _call_nearest(sizes: tuple[int, ...], normals: ArrayLike, trial: ArrayLike) -> tuple[Numbers, Numbers]:
    """Treat all points that were mapped over at once; normals that were mapped too, one by one."""
    matrices, trials = np.asarray(normals, dtype=np.float64), np.asarray(trial, dtype=np.float64)
    z, m = matrices.shape[-2:]
    leading = np.broadcast_shapes(matrices.shape[:-2], trials.shape[:-1])
    trials = np.broadcast_to(trials, (*leading, z))
    if matrices.size == z * m:
        force, flow = _call_follow(sizes, matrices.reshape(z, m), trials.reshape(-1, 1, z))
        return force.reshape(*leading, z), flow.reshape(*leading, m)
    force, flow = np.empty((*leading, z)), np.empty((*leading, m))
    matrices = np.broadcast_to(matrices, (*leading, z, m))
    for index in np.ndindex(leading):
        force[index], flow[index] = _call_nearest(sizes, matrices[index], trials[index])
    return force, flow


def group_arrays(sizes: tuple[int, ...], normals: Numbers) -> tuple[Numbers, NDArray[np.int64], Numbers]:
    """Return G = NᵀN with columns of zeros, the first component of every group, and N with columns of zeros.

    Parameters
    ----------
    sizes : tuple of int
    normals : array, shape (z, m)
    """
    matrix = padded_columns(np.ascontiguousarray(normals))
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return padded_columns(np.ascontiguousarray(normals.T @ normals)), first, matrix


def _call_follow(sizes: tuple[int, ...], normals: ArrayLike, increments: ArrayLike) -> tuple[Numbers, Numbers]:
    pushes, given = (np.ascontiguousarray(a, dtype=np.float64) for a in (increments, normals))
    gram, first, matrix = group_arrays(sizes, given)
    force, flow = np.empty_like(pushes), np.empty((*pushes.shape[:2], given.shape[1]))
    law, dt = constant_law(np.ones(len(sizes))), np.ones(pushes.shape[:2])
    follow_group_walks(gram, first, law, matrix, read_only(pushes), read_only(dt), force, flow)
    return force, flow


def _call_follow_back(
    sizes: tuple[int, ...], normals: ArrayLike, force: ArrayLike, flow: ArrayLike, of_force: ArrayLike
) -> tuple[Numbers, Numbers]:
    given, path, flows, of_path = (
        np.ascontiguousarray(a, dtype=np.float64) for a in (normals, force, flow, of_force)
    )
    gram, first, matrix = group_arrays(sizes, given)
    of_normals, of_increments = np.empty_like(given), np.empty_like(path)
    law, dt = constant_law(np.ones(len(sizes))), np.ones(path.shape[:2])
    follow_group_walks_back(gram, first, law, matrix, dt, path, flows, of_path, of_increments, of_normals)
    return of_normals, of_increments
