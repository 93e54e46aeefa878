"""The nearest admissible force: optimality conditions, independent solutions, and derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from microtann.numbers.read_only import read_only
from microtann.slips import walk_kernel
from microtann.slips.product_kernel import padded_columns
from microtann.slips.projection import follow_forces, nearest_admissible
from microtann.slips.slip_equations_kernel import slips_of
from random_slips import random_normals


def solve(normals: np.ndarray, trial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return force and slips of one trial force."""
    z, s = normals.shape
    force, slips = np.empty((1, 1, z)), np.empty((1, 1, s))
    matrix = padded_columns(normals)
    none = read_only(np.empty((1, 1, 0))), np.empty((0, matrix.shape[1]))
    walk_kernel.follow_walks(slips_of(matrix), matrix, read_only(trial.reshape(1, 1, z)), *none, force, slips)
    return force[0, 0], slips[0, 0]


def check_optimal(normals: np.ndarray, trial: np.ndarray, force: np.ndarray, slips: np.ndarray) -> None:
    """Check the Karush-Kuhn-Tucker conditions, which a convex problem needs and which suffice."""
    on_slips, size = normals.T @ force, max(1.0, np.abs(normals.T @ trial).max())
    assert np.abs(on_slips).max() <= 1.0 + 1e-10 + 1e-13 * size * len(trial)
    round_off = 1e-15 * len(slips) * (np.abs(trial).max() + (np.abs(normals) @ np.abs(slips)).max())
    np.testing.assert_allclose(force, trial - normals @ slips, rtol=0, atol=round_off)
    flowing = slips != 0
    np.testing.assert_allclose(on_slips[flowing], np.sign(slips[flowing]), rtol=0, atol=1e-11 * size)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), states=st.integers(1, 12), slips=st.integers(1, 30), size=st.floats(1e-3, 1e3)
)
def test_the_force_is_admissible_and_nearest(seed: int, states: int, slips: int, size: float) -> None:
    normals = random_normals(seed, states, slips)
    trial = size * np.random.default_rng(seed + 1).standard_normal(states)
    check_optimal(normals, trial, *solve(normals, trial))


@pytest.mark.parametrize(("states", "slips"), [(24, 36), (48, 104), (104, 104)])
def test_large_slip_systems_are_solved(states: int, slips: int) -> None:
    normals = random_normals(3, states, slips)
    for size in (1e-2, 1.0, 1e2):
        for trial in size * np.random.default_rng(4).standard_normal((20, states)):
            check_optimal(normals, trial, *solve(normals, trial))


def test_slips_that_are_equal_or_dependent_do_not_matter() -> None:
    normals = random_normals(0, 3, 5)
    doubled = np.concatenate([normals, normals, -normals[:, :2]], axis=1)
    for trial in np.random.default_rng(0).standard_normal((50, 3)):
        once, twice = solve(normals, trial), solve(doubled, trial)
        np.testing.assert_allclose(twice[0], once[0], rtol=0, atol=1e-12)
        check_optimal(doubled, trial, *twice)


def test_independent_slips_have_a_closed_form() -> None:
    resistance = np.array([0.5, 1.0, 2.0])
    force, slips = solve(np.diag(1.0 / resistance), np.array([3.0, -0.9, -2.5]))
    np.testing.assert_allclose(force, [0.5, -0.9, -2.0], rtol=1e-15)
    np.testing.assert_allclose(slips, [2.5 * 0.5, 0.0, -0.5 * 2.0], rtol=1e-15)


def test_a_general_solver_finds_the_same_force() -> None:
    normals = random_normals(7, 4, 9)
    for trial in 2.0 * np.random.default_rng(7).standard_normal((5, 4)):
        bounds = [{"type": "ineq", "fun": lambda f, n=n: 1.0 - n @ f} for n in np.hstack([normals, -normals]).T]
        found = minimize(
            lambda f, t=trial: ((f - t) ** 2).sum(),
            np.zeros(4),
            constraints=bounds,
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        )
        np.testing.assert_allclose(solve(normals, trial)[0], found.x, rtol=0, atol=1e-6)


def test_what_is_not_finite_ends_and_says_so() -> None:
    normals = random_normals(0, 3, 5)
    force, _ = solve(normals, np.array([np.nan, 1.0, 1.0]))
    assert np.isnan(force).any()


def test_derivatives_are_those_of_finite_differences() -> None:
    normals, trial = random_normals(1, 5, 9), 2.0 * np.random.default_rng(1).standard_normal(5)
    draw = np.random.default_rng(2)
    of_normals, of_trial = draw.standard_normal((5, 9)), draw.standard_normal(5)
    at, along = ([jnp.asarray(a) for a in pair] for pair in ((normals, trial), (of_normals, of_trial)))
    _, change = jax.jvp(nearest_admissible, at, along)
    step = 1e-7
    ahead, behind = (solve(normals + h * of_normals, trial + h * of_trial)[0] for h in (step, -step))
    np.testing.assert_allclose(change, (ahead - behind) / (2 * step), rtol=0, atol=1e-6)


def test_the_derivative_in_the_force_is_a_projection() -> None:
    normals, trial = random_normals(5, 6, 8), 3.0 * np.random.default_rng(5).standard_normal(6)
    derivative = np.asarray(jax.jacfwd(nearest_admissible, argnums=1)(jnp.asarray(normals), jnp.asarray(trial)))
    np.testing.assert_allclose(derivative, derivative.T, rtol=0, atol=1e-12)
    np.testing.assert_allclose(derivative @ derivative, derivative, rtol=0, atol=1e-12)


def test_mapping_over_points_and_normals_changes_nothing() -> None:
    normals = np.stack([random_normals(seed, 3, 6) for seed in range(4)])
    trials = np.random.default_rng(0).standard_normal((4, 7, 3)) * 2
    one = jax.vmap(nearest_admissible, in_axes=(None, 0))
    both = jax.jit(jax.vmap(one))(normals, trials)
    for i in range(4):
        for j in range(7):
            np.testing.assert_array_equal(both[i, j], solve(normals[i], trials[i, j])[0])


def test_the_gradient_along_walks_is_that_of_finite_differences() -> None:
    draw = np.random.default_rng(3)
    at = random_normals(3, 4, 7), draw.standard_normal((4, 3)), draw.standard_normal((3, 12, 3))
    weight, directions = draw.standard_normal((3, 12, 4)), [draw.standard_normal(a.shape) for a in at]

    def objective(normals: np.ndarray, coupling: np.ndarray, moves: np.ndarray) -> jnp.ndarray:
        return jnp.sum(weight * follow_forces(*(jnp.asarray(a) for a in (normals, coupling, moves))) ** 2)

    slopes = jax.grad(objective, argnums=(0, 1, 2))(*at)
    for number, (slope, direction) in enumerate(zip(slopes, directions, strict=True)):
        step = 1e-7
        ahead, behind = (
            objective(*at[:number], at[number] + h * direction, *at[number + 1 :]) for h in (step, -step)
        )
        assert (ahead - behind) / (2 * step) == pytest.approx(float((slope * direction).sum()), rel=1e-5)


def test_a_walk_is_one_increment_after_the_other() -> None:
    """More increments than the forces on the slips are kept for."""
    normals, draw = random_normals(9, 4, 6), np.random.default_rng(9)
    coupling, moves = draw.standard_normal((4, 3)), draw.standard_normal((2, 2 * walk_kernel.REFRESH + 5, 3))
    followed = np.asarray(follow_forces(jnp.asarray(normals), jnp.asarray(coupling), jnp.asarray(moves)))
    force = np.zeros((2, 4))
    for step in range(moves.shape[1]):
        trial = force + moves[:, step] @ coupling.T
        force = np.stack([solve(normals, f)[0] for f in trial])
        np.testing.assert_allclose(followed[:, step], force, rtol=0, atol=1e-12)


def test_walks_are_compiled_once_whoever_made_the_arrays() -> None:
    normals, trials = random_normals(6, 3, 5), np.ones((2, 3))
    jax.vmap(lambda trial: nearest_admissible(jnp.asarray(normals), trial))(jnp.asarray(trials))
    jax.vmap(nearest_admissible)(jnp.asarray([normals, normals]), jnp.asarray(trials))
    follow_forces(jnp.asarray(normals), jnp.ones((3, 2)), jnp.ones((4, 1, 2)))
    assert len(walk_kernel.follow_walks.signatures) == 1
