"""Many points at once have the slips that they have one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microtann.slips.dual_projection_kernel import project
from microtann.slips.pivoting_kernel import project_points
from microtann.slips.product_kernel import multiply, padded_columns
from microtann.slips.slip_equations_kernel import (
    Slips,
    empty_group,
    factorise_group,
    slips_of,
    solve_group,
)
from microtann.slips.slip_search_kernel import FAILED, empty_search
from random_slips import random_normals


def solve(normals: np.ndarray, force: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of flowing slips and the slips of trial forces (n, z)."""
    matrix = padded_columns(normals)
    trial, slips = np.empty((len(force), matrix.shape[1])), np.zeros((len(force), matrix.shape[1]))
    multiply(force, matrix, trial)
    count = project_points(slips_of(matrix), trial, slips)
    return count, slips[:, : normals.shape[1]]


def one_at_a_time(normals: np.ndarray, force: np.ndarray, starts: np.ndarray | None = None) -> np.ndarray:
    """Return the slips by the finite method, from some surfaces with their senses if wanted."""
    gram, trial = normals.T @ normals, force @ normals
    search, slips = empty_search(*normals.shape), np.zeros_like(trial)
    for p, row in enumerate(trial):
        start = 0
        if starts is not None:
            chosen = np.flatnonzero(starts[p])
            start = len(chosen)
            search.active[:start] = chosen
            search.sense[:] = starts[p]
        count = project(gram, row, search, start)
        assert count >= 0
        slips[p, search.active[:count]] = search.slip[:count]
    return slips


def check_optimal(normals: np.ndarray, force: np.ndarray, slips: np.ndarray) -> None:
    """Check that forces after flow are admissible and that nothing flows against its force: the minimum."""
    trial, after = force @ normals, (force - slips @ normals.T) @ normals
    size = np.maximum(1.0, np.abs(trial).max(axis=1, keepdims=True))
    assert (np.abs(after) - 1.0 <= 1.01e-10 + 1e-13 * size).all()
    flowing = slips != 0.0
    off = np.abs(after - np.sign(slips)) / size
    assert off[flowing].max(initial=0.0) < 1e-12


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    states=st.integers(1, 20),
    slips=st.integers(1, 40),
    points=st.integers(1, 40),
    size=st.floats(1e-3, 1e3),
)
def test_many_points_have_the_slips_of_single_ones(
    seed: int, states: int, slips: int, points: int, size: float
) -> None:
    normals = random_normals(seed, states, slips)
    force = size * np.random.default_rng(seed).standard_normal((points, states))
    count, found = solve(normals, force)
    assert (count >= 0).all()
    check_optimal(normals, force, found)
    moved, single = found @ normals.T, one_at_a_time(normals, force) @ normals.T
    np.testing.assert_allclose(moved, single, rtol=0, atol=1e-9 * max(1.0, np.abs(force).max()))


@pytest.mark.parametrize(("states", "slips"), [(13, 13), (48, 48), (48, 96), (104, 104)])
def test_large_systems_at_all_sizes(states: int, slips: int) -> None:
    normals = random_normals(3, states, slips)
    for size in (1e-2, 0.3, 3.0, 1e2):
        force = size * np.random.default_rng(4).standard_normal((37, states))
        count, found = solve(normals, force)
        assert (count == (found != 0).sum(axis=1)).all()
        check_optimal(normals, force, found)


def test_most_slips_flow_through_those_at_rest() -> None:
    """The inverse of independent slips is there, and gives what the matrix of the flowing ones gives."""
    normals = random_normals(0, 20, 20)
    fixed = slips_of(padded_columns(normals))
    assert len(fixed.inverse) == 25
    draw = np.random.default_rng(1)
    members = np.stack([draw.permutation(20) for _ in range(8)])
    count, right = np.array([15, 16, 16, 17, 18, 19, 20, 20]), draw.standard_normal((8, 24))
    found = []
    for used in (fixed, Slips(fixed.gram, np.zeros((0, 0)), *fixed[2:])):
        group = empty_group(used)
        blocks, from_rest = factorise_group(used, members, count, np.arange(8), group)
        group.right[:] = right
        assert from_rest == (used is fixed)
        solve_group(used, members, count, np.arange(8), blocks, from_rest, group)
        found.append(group.slips.copy())
    gram = normals.T @ normals
    for lane, c in enumerate(count):
        own = members[lane, :c]
        expected = np.linalg.solve(gram[np.ix_(own, own)], right[lane, own])
        for slips in found:
            np.testing.assert_allclose(slips[lane, own], expected, rtol=1e-9, atol=1e-12)


def test_dependent_slips_have_no_inverse() -> None:
    normals = random_normals(0, 5, 5)
    assert len(slips_of(padded_columns(normals)).inverse) > 0
    assert len(slips_of(padded_columns(normals[:4])).inverse) == 0
    assert len(slips_of(padded_columns(np.stack([normals[:, 0], normals[:, 0]], axis=1))).inverse) == 0


def test_any_guess_leads_to_the_same_slips() -> None:
    normals = random_normals(5, 12, 24)
    draw = np.random.default_rng(5)
    force = 5.0 * draw.standard_normal((60, 12))
    guess = draw.integers(-1, 2, (60, 24)).astype(float)
    guess[0], guess[1] = 1.0, 0.0
    slips = one_at_a_time(normals, force, guess)
    check_optimal(normals, force, slips)
    np.testing.assert_allclose(slips @ normals.T, one_at_a_time(normals, force) @ normals.T, rtol=0, atol=1e-11)


def test_points_that_do_not_settle_go_on_alone() -> None:
    """Steps of a hundred yields with twice as many slips as dimensions: pivoting alone leaves many unsettled."""
    normals = random_normals(6, 24, 48)
    force = 100.0 * np.random.default_rng(6).standard_normal((50, 24))
    _, slips = solve(normals, force)
    check_optimal(normals, force, slips)


def test_what_is_not_finite_fails_alone() -> None:
    normals = random_normals(0, 3, 5)
    force = np.random.default_rng(0).standard_normal((11, 3))
    force[3, 1], force[7, 0] = np.nan, np.inf
    count, slips = solve(normals, force)
    assert set(np.flatnonzero(count == FAILED)) == {3, 7}
    fine = np.isfinite(force).all(axis=1)
    check_optimal(normals, force[fine], slips[fine])


@pytest.mark.parametrize("shape", [(1, 3, 8), (4, 5, 16), (7, 6, 24), (9, 1, 40)])
def test_products_are_those_of_matrices(shape: tuple[int, int, int]) -> None:
    n, z, s = shape
    draw = np.random.default_rng(0)
    rows, matrix, result = draw.standard_normal((n, z)), draw.standard_normal((z, s)), np.empty((n, s))
    multiply(rows, matrix, result)
    np.testing.assert_allclose(result, rows @ matrix, rtol=1e-13, atol=1e-13)


def test_columns_of_zeros_fill_up_to_eight() -> None:
    matrix = np.ones((2, 9))
    np.testing.assert_array_equal(padded_columns(matrix), np.hstack([matrix, np.zeros((2, 7))]))
    assert padded_columns(np.ones((2, 8))).shape == (2, 8)
