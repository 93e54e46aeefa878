"""The flow of groups is the minimum: its certificate, its derivatives, and what it is in closed form."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from microtann.cones.cone_projection import follow_group_forces, nearest_and_flow, nearest_in_cylinders
from microtann.slips.projection import nearest_and_slips

MODELS = [(8, (3, 1, 5)), (6, (2, 2, 1, 3, 1)), (4, (3, 3, 1, 1, 1, 1)), (3, (1, 1, 1, 1, 1, 1)), (5, (5,))]
"""States, and components of groups: some of them more than the states."""


def normals_of(states: int, sizes: tuple[int, ...]) -> np.ndarray:
    draw = np.random.default_rng(states)
    return draw.standard_normal((states, sum(sizes))) * np.exp(draw.uniform(-1.0, 1.0, sum(sizes)))


@pytest.mark.parametrize(("states", "sizes"), MODELS)
def test_every_flow_has_its_certificate(states: int, sizes: tuple[int, ...]) -> None:
    normals, draw, count = normals_of(states, sizes), np.random.default_rng(1), 4000
    size = np.exp(draw.uniform(np.log(1e-6), np.log(1e2), (count, 1)))
    inside = jax.vmap(nearest_in_cylinders, (None, None, 0))(
        sizes, jnp.asarray(normals), jnp.asarray(draw.standard_normal((count, states)))
    )
    trial = np.asarray(inside) + size * draw.standard_normal((count, states))
    force, flow = (
        np.asarray(a)
        for a in jax.vmap(nearest_and_flow, (None, None, 0))(sizes, jnp.asarray(normals), jnp.asarray(trial))
    )
    largest = np.maximum(1.0, np.abs(trial @ normals).max(axis=1))
    assert np.abs(force - (trial - flow @ normals.T)).max() <= 1e-12 * np.abs(trial).max()
    for g, end in enumerate(np.cumsum(sizes)):
        own = slice(end - sizes[g], end)
        on_group, moved = force @ normals[:, own], np.linalg.norm(flow[:, own], axis=1)
        flowing = moved > 0.0
        assert (np.linalg.norm(on_group, axis=1) <= 1.0 + 1e-10 + 1e-12 * largest).all()
        away = on_group[flowing] - flow[flowing, own] / moved[flowing, None]
        assert (np.linalg.norm(away, axis=1) <= 1e-12 * largest[flowing]).all()


def test_groups_of_one_component_are_slips() -> None:
    normals, trial = normals_of(6, (1,) * 6), np.random.default_rng(2).standard_normal((200, 6))
    ones = jax.vmap(nearest_and_flow, (None, None, 0))((1,) * 6, jnp.asarray(normals), jnp.asarray(trial))
    slips = jax.vmap(nearest_and_slips, (None, 0))(jnp.asarray(normals), jnp.asarray(trial))
    for one, other in zip(ones, slips, strict=True):
        assert np.abs(one - other).max() <= 1e-12 * np.abs(other).max()


def test_one_group_in_all_directions_is_the_radial_return() -> None:
    trial = np.random.default_rng(3).standard_normal((50, 5)) * 3.0
    force, _ = jax.vmap(nearest_and_flow, (None, None, 0))((5,), jnp.eye(5), jnp.asarray(trial))
    size = np.linalg.norm(trial, axis=1, keepdims=True)
    assert np.abs(force - trial / np.maximum(size, 1.0)).max() <= 1e-14


def test_what_rests_on_its_surface_does_not_creep() -> None:
    normals, draw = jnp.asarray(normals_of(8, (3, 1, 5))), np.random.default_rng(4)
    nearest = jax.vmap(nearest_and_flow, (None, None, 0))
    force, moved = nearest((3, 1, 5), normals, jnp.asarray(10.0 * draw.standard_normal((300, 8))))
    assert np.asarray(moved).any(axis=1).all()
    assert not np.asarray(nearest((3, 1, 5), normals, force)[1]).any()


@pytest.mark.parametrize(("states", "sizes"), MODELS)
def test_the_adjoint_is_the_derivative(states: int, sizes: tuple[int, ...]) -> None:
    normals, draw = jnp.asarray(normals_of(states, sizes)), np.random.default_rng(5)
    moves, weight = (jnp.asarray(draw.standard_normal((2, 8, states))) for _ in range(2))
    if sum(sizes) > 2 * states:
        moves = 0.3 * moves

    def response(normals: jnp.ndarray, moves: jnp.ndarray) -> jnp.ndarray:
        return jnp.sum(weight * follow_group_forces(sizes, normals, moves))

    adjoint = jax.grad(response, (0, 1))(normals, moves)
    for number, given in enumerate((normals, moves)):
        direction, step = draw.standard_normal(given.shape), 1e-6
        ends = []
        for sign in (1.0, -1.0):
            arguments = [normals, moves]
            arguments[number] = given + sign * step * direction
            ends.append(float(response(*arguments)))
        along = float(jnp.sum(adjoint[number] * direction))
        assert along == pytest.approx((ends[0] - ends[1]) / (2.0 * step), rel=1e-6, abs=1e-7)


def test_forward_and_backward_derivatives_agree() -> None:
    states, sizes = MODELS[0]
    normals, draw = jnp.asarray(normals_of(states, sizes)), np.random.default_rng(6)
    trial, weight = (jnp.asarray(2.0 * draw.standard_normal(states)) for _ in range(2))

    def one_step(normals: jnp.ndarray, trial: jnp.ndarray) -> jnp.ndarray:
        return weight @ nearest_in_cylinders(sizes, normals, trial)

    def walk(normals: jnp.ndarray, trial: jnp.ndarray) -> jnp.ndarray:
        return weight @ follow_group_forces(sizes, normals, trial[None, None])[0, 0]

    for one, other in zip(
        jax.grad(one_step, (0, 1))(normals, trial), jax.grad(walk, (0, 1))(normals, trial), strict=True
    ):
        assert np.abs(one - other).max() <= 1e-9 * np.abs(other).max()
