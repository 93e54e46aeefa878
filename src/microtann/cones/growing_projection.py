"""Forces of groups whose resistances grow, along walks, as a function of JAX with its exact adjoint."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike, NDArray

from microtann.cones.cone_projection import group_arrays
from microtann.cones.group_walk_kernel import follow_group_walks
from microtann.cones.growing_walk_kernel import PLAIN, follow_growing_walks_back
from microtann.cones.resistance_kernel import GroupLaw

Numbers = NDArray[np.float64]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def follow_growing_forces(
    sizes: tuple[int, ...],
    normals: Float[Array, "z m"],
    laws: Float[Array, "G l"],
    increments: Float[Array, "B T z"],
    dt: Float[Array, "B T"],
) -> tuple[Float[Array, "B T z"], Float[Array, "B T G"]]:
    """Return the forces and p = Σ |γ_g| after every increment of walks that start at zero.

    Parameters
    ----------
    sizes : tuple of int
        Components of every group.
    normals : array, shape (z, m)
        (N_1, N_2, …).
    laws : array, shape (G, 4 + 2 J)
        k, h, η and m of every group, then Q and b of every saturation; see
        `microtann.cones.resistance_kernel.GroupLaw`.
    increments : array, shape (B, T, z)
        Of the driving forces.
    dt : array, shape (B, T)
        Durations; nothing is differentiated with respect to them.
    """
    force, flow = growing_flows(sizes, normals, laws, increments, dt)
    return force, accumulated_flow(sizes, flow)


def growing_flows(
    sizes: tuple[int, ...],
    normals: Float[Array, "z m"],
    laws: Float[Array, "G l"],
    increments: Float[Array, "B T z"],
    dt: Float[Array, "B T"],
) -> tuple[Float[Array, "B T z"], Float[Array, "B T m"]]:
    """Return the forces along walks and the flow γ of every increment; not to be differentiated.

    Parameters
    ----------
    sizes, normals, laws, increments, dt
        As for `follow_growing_forces`.
    """
    shapes = tuple(
        jax.ShapeDtypeStruct((*increments.shape[:2], width), increments.dtype) for width in normals.shape
    )
    return jax.pure_callback(partial(_call_follow, sizes), shapes, normals, laws, increments, dt)


def accumulated_flow(sizes: tuple[int, ...], flow: Float[Array, "*batch T m"]) -> Float[Array, "*batch T G"]:
    """Return p = Σ |γ_g| after every increment of walks."""
    first = np.cumsum((0, *sizes[:-1]))
    square = jnp.stack([(flow[..., i : i + d] ** 2).sum(axis=-1) for i, d in zip(first, sizes, strict=True)], -1)
    return jnp.cumsum(jnp.sqrt(square), axis=-2)


def _forward(
    sizes: tuple[int, ...],
    normals: Float[Array, "z m"],
    laws: Float[Array, "G l"],
    increments: Float[Array, "B T z"],
    dt: Float[Array, "B T"],
) -> tuple[tuple[Array, Array], tuple[Array, ...]]:
    force, flow = growing_flows(sizes, normals, laws, increments, dt)
    grown = accumulated_flow(sizes, flow)
    return (force, grown), (normals, laws, dt, force, flow, grown)


def _backward(
    sizes: tuple[int, ...], kept: tuple[Array, ...], of_both: tuple[Array, Array]
) -> tuple[Array, Array, Array, Array]:
    normals, laws, dt, force, flow, grown = kept
    before = jnp.concatenate([jnp.zeros_like(grown[:, :1]), grown[:, :-1]], axis=1)
    shapes = tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in (normals, laws, force))
    found = jax.pure_callback(
        partial(_call_back, sizes), shapes, normals, laws, dt, force, flow, before, *of_both
    )
    return (*found, jnp.zeros_like(dt))


follow_growing_forces.defvjp(_forward, _backward)


def law_of(laws: Numbers) -> GroupLaw:
    """Return the law of groups as compiled code takes it, from rows as in `follow_growing_forces`."""
    columns = np.ascontiguousarray(laws.T)
    saturation, rate = (np.ascontiguousarray(laws[:, PLAIN + i :: 2]) for i in (0, 1))
    return GroupLaw(columns[0], columns[1], columns[2], columns[3], saturation, rate)


def _call_follow(
    sizes: tuple[int, ...], normals: ArrayLike, laws: ArrayLike, increments: ArrayLike, dt: ArrayLike
) -> tuple[Numbers, Numbers]:
    given, rows, pushes, times = _arrays(normals, laws, increments, dt)
    gram, first, matrix = group_arrays(sizes, given)
    force, flow = np.empty_like(pushes), np.empty((*pushes.shape[:2], given.shape[1]))
    follow_group_walks(gram, first, law_of(rows), matrix, pushes, times, force, flow)
    return force, flow


def _call_back(sizes: tuple[int, ...], *arrays: ArrayLike) -> tuple[Numbers, Numbers, Numbers]:
    given, rows, times, force, flow, before, of_force, of_grown = _arrays(*arrays)
    gram, first, matrix = group_arrays(sizes, given)
    of_normals, of_law, of_increments = np.empty_like(given), np.empty_like(rows), np.empty_like(force)
    law = law_of(rows)
    follow_growing_walks_back(
        gram, first, law, matrix, times, force, flow, before, of_force, of_grown, of_increments, of_normals, of_law
    )
    return of_normals, of_law, of_increments


def _arrays(*arrays: ArrayLike) -> tuple[Numbers, ...]:
    return tuple(np.ascontiguousarray(array, dtype=np.float64) for array in arrays)
