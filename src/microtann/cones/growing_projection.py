"""Forces of groups whose resistances grow, along walks, as a function of JAX with its exact adjoint."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike, NDArray

from microtann.cones.cone_projection import DEPENDENT, group_arrays, norms_of_groups, shapes_along
from microtann.cones.group_walk_kernel import follow_group_walks
from microtann.cones.growing_walk_kernel import PLAIN, flow_growing_points, follow_growing_walks_back
from microtann.cones.resistance_kernel import GroupLaw
from microtann.numbers.read_only import read_only

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
    shapes = shapes_along(increments, normals)
    return jax.pure_callback(partial(_call_follow, sizes), shapes, normals, laws, increments, dt)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def growing_force(
    sizes: tuple[int, ...],
    normals: Float[Array, "z m"],
    laws: Float[Array, "G l"],
    accumulated: Float[Array, "G"],
    dt: Float[Array, ""],
    trial: Float[Array, "z"],
) -> tuple[Float[Array, "z"], Float[Array, "G"]]:
    """Return the force τ = t − Nγ of one increment, and |γ_g|; differentiable.

    Parameters
    ----------
    sizes, normals, laws
        As for `follow_growing_forces`.
    accumulated : array, shape (G,)
        p before the increment.
    dt : array, shape ()
    trial : array, shape (z,)
        t.
    """
    flow = _growing_flow(sizes, normals, laws, accumulated, dt, trial)
    return trial - normals @ flow, norms_of_groups(sizes, flow)


@growing_force.defjvp
def _growing_jvp(
    sizes: tuple[int, ...], primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    normals, laws, accumulated, dt, trial = primals
    of_normals, of_laws, of_accumulated, of_dt, of_trial = tangents
    flow = _growing_flow(sizes, normals, laws, accumulated, dt, trial)
    force, size = trial - normals @ flow, norms_of_groups(sizes, flow)
    group, flowing = np.repeat(np.arange(len(sizes)), sizes), size > 0.0
    safe = jnp.where(flowing, size, 1.0)
    value, grown = jax.jvp(
        lambda law, p, time: resistance_of(law, p, safe, time),
        (laws, accumulated, dt),
        (of_laws, of_accumulated, of_dt),
    )
    slope = jax.jvp(lambda s: resistance_of(laws, accumulated, s, dt), (safe,), (jnp.ones_like(safe),))[1]
    unit = jnp.where(flowing[group], flow / safe[group], 0.0)
    along = jnp.where(group[:, None] == group, jnp.outer(unit, unit), 0.0)
    across = jnp.diag(jnp.where(flowing[group], 1.0, 0.0)) - along
    turned = jnp.sqrt(safe / jnp.where(value > 0.0, value, 1.0))[group][:, None] * across + along
    chosen = normals @ turned
    matrix = chosen.T @ chosen + across + slope[group][:, None] * along
    ridge = DEPENDENT * jnp.diag(matrix).max() + jnp.where(flowing[group], 0.0, 1.0)
    change = of_trial - of_normals @ flow
    right = normals.T @ change + of_normals.T @ force - unit * grown[group]
    of_flow = turned @ jnp.linalg.solve(matrix + jnp.diag(ridge), turned @ right)
    of_size = jax.ops.segment_sum(unit * of_flow, group, num_segments=len(sizes))
    return (force, size), (change - normals @ of_flow, of_size)


def resistance_of(
    laws: Float[Array, "G l"], accumulated: Float[Array, "G"], size: Float[Array, "G"], dt: Float[Array, ""]
) -> Float[Array, "G"]:
    """Return R_g(s) of flows s > 0.

    Parameters
    ----------
    laws : array, shape (G, 4 + 2 J)
    accumulated, size : array, shape (G,)
        p before the increment, and s.
    dt : array, shape ()
    """
    base, hardening, viscosity, exponent = laws[:, :PLAIN].T
    saturation, rate = laws[:, PLAIN::2], laws[:, PLAIN + 1 :: 2]
    after = accumulated + size
    saturated = (saturation * -jnp.expm1(-rate * after[:, None])).sum(axis=1)
    return base + hardening * after + saturated + viscosity * (size / dt) ** exponent


def accumulated_flow(sizes: tuple[int, ...], flow: Float[Array, "*batch T m"]) -> Float[Array, "*batch T G"]:
    """Return p = Σ |γ_g| after every increment of walks."""
    return jnp.cumsum(norms_of_groups(sizes, flow), axis=-2)


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
    found = jax.pure_callback(partial(_call_back, sizes), shapes, normals, laws, dt, force, flow, before, *of_both)
    return (*found, jnp.zeros_like(dt))


follow_growing_forces.defvjp(_forward, _backward)


def law_of(laws: Numbers) -> GroupLaw:
    """Return the law of groups as compiled code takes it, from rows as in `follow_growing_forces`."""
    columns = np.array(laws.T, order="C")  # of its own, as that of `constant_law`: compiled once for both
    saturation, rate = (np.array(laws[:, PLAIN + i :: 2], order="C") for i in (0, 1))
    return GroupLaw(columns[0], columns[1], columns[2], columns[3], saturation, rate)


def _call_follow(
    sizes: tuple[int, ...], normals: ArrayLike, laws: ArrayLike, increments: ArrayLike, dt: ArrayLike
) -> tuple[Numbers, Numbers]:
    given, rows, pushes, times = _arrays(normals, laws, increments, dt)
    gram, first, matrix = group_arrays(sizes, given)
    force, flow = np.empty_like(pushes), np.empty((*pushes.shape[:2], given.shape[1]))
    follow_group_walks(gram, first, law_of(rows), matrix, read_only(pushes), read_only(times), force, flow)
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


def _growing_flow(
    sizes: tuple[int, ...],
    normals: Float[Array, "z m"],
    laws: Float[Array, "G l"],
    accumulated: Float[Array, "G"],
    dt: Float[Array, ""],
    trial: Float[Array, "z"],
) -> Float[Array, "m"]:
    shape = jax.ShapeDtypeStruct(normals.shape[1:], trial.dtype)
    return jax.pure_callback(
        partial(_call_one, sizes), shape, normals, laws, accumulated, dt, trial, vmap_method="expand_dims"
    )


def _call_one(
    sizes: tuple[int, ...],
    normals: ArrayLike,
    laws: ArrayLike,
    accumulated: ArrayLike,
    dt: ArrayLike,
    trial: ArrayLike,
) -> Numbers:
    """Treat all points that were mapped over at once; parameters that were mapped too, one by one."""
    matrices, rows, grown, times, trials = (
        np.asarray(array, dtype=np.float64) for array in (normals, laws, accumulated, dt, trial)
    )
    z, m = matrices.shape[-2:]
    leading = np.broadcast_shapes(
        matrices.shape[:-2], rows.shape[:-2], grown.shape[:-1], times.shape, trials.shape[:-1]
    )
    flow = np.empty((*leading, m))
    trials = np.broadcast_to(trials, (*leading, z))
    grown = np.broadcast_to(grown, (*leading, grown.shape[-1]))
    times = np.broadcast_to(times, leading)
    if matrices.size == z * m and rows.size == rows.shape[-1] * rows.shape[-2]:
        gram, first, matrix = group_arrays(sizes, matrices.reshape(z, m))
        count = flow.size // m
        given = _arrays(grown.reshape(count, -1), times.reshape(-1), trials.reshape(-1, z))
        law, found = law_of(rows.reshape(rows.shape[-2:])), np.empty((count, m))
        flow_growing_points(gram, first, law, matrix, *map(read_only, given), found)
        return found.reshape(flow.shape)
    matrices = np.broadcast_to(matrices, (*leading, z, m))
    rows = np.broadcast_to(rows, (*leading, *rows.shape[-2:]))
    for index in np.ndindex(leading):
        flow[index] = _call_one(sizes, matrices[index], rows[index], grown[index], times[index], trials[index])
    return flow


def _arrays(*arrays: ArrayLike) -> tuple[Numbers, ...]:
    return tuple(np.ascontiguousarray(array, dtype=np.float64) for array in arrays)
