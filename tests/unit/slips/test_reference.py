"""The reference of the slip problem: optimality, independent solutions, degenerate problems, fast solvers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from microtann.numbers.read_only import read_only
from microtann.slips.dual_projection_kernel import project
from microtann.slips.pivoting_kernel import project_points
from microtann.slips.reference_kernel import pivot, solve_slips
from microtann.slips.slip_equations_kernel import slips_of_products
from microtann.slips.slip_search_kernel import FAILED, SPANNED, SlipSearch, certificate, empty_search
from microtann.slips.viscous_kernel import slip_viscously
from random_slips import random_normals


def _pivot(gram: np.ndarray, trial: np.ndarray, search: SlipSearch) -> int:
    return pivot(gram, trial, SPANNED, search)


def _project(gram: np.ndarray, trial: np.ndarray, search: SlipSearch) -> int:
    return project(gram, trial, search, 0)


@njit
def _solve(gram, trial, search):  # type: ignore[no-untyped-def]
    return solve_slips(gram, trial, search)


Method = Callable[[np.ndarray, np.ndarray, SlipSearch], int]


def run(
    method: Method, K: np.ndarray, k: np.ndarray, r: np.ndarray, rank: int | None = None
) -> tuple[int, np.ndarray]:
    """Return the number of flowing slips and the minimiser x of ½ x·Kx − r·x + Σ k|x|."""
    search = empty_search(len(r) if rank is None else rank, len(r))
    gram, trial = K / k / k[:, None], r / k
    count = method(gram, trial, search)
    x = np.zeros(len(r))
    if count >= 0:
        active = search.active[:count]
        x[active] = search.slip[:count] / k[active]
        upper = np.triu(search.upper[:count, :count])
        np.testing.assert_allclose(
            upper.T @ upper, gram[np.ix_(active, active)], rtol=0, atol=1e-12 * np.abs(gram).max(initial=0.0)
        )
        assert certificate(gram, trial, search, count) < 1e-9
    return count, x


def random_problem(
    seed: int, m: int, rank: int, conditioning: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return K of the given rank and conditioning, k and a trial force in the range of K."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(m, m)))[0]
    values = np.where(np.arange(m) < rank, conditioning ** -rng.random(m), 0.0)
    K = (basis * values) @ basis.T
    trial = K @ rng.normal(size=m) * 10 ** rng.uniform(-1, 2)
    return 0.5 * (K + K.T), rng.uniform(0.1, 1.0, m), trial


def violation(K: np.ndarray, k: np.ndarray, r: np.ndarray, x: np.ndarray) -> float:
    """Return the largest violation of the optimality conditions, relative to max(k, |r|)."""
    g = r - K @ x
    rest = np.maximum(np.abs(g) - k, 0.0)
    flow = np.where(x != 0, np.abs(g - np.sign(x) * k), rest)
    return float((flow / np.maximum(k, np.abs(r))).max())


def descend(K: np.ndarray, k: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Solve by coordinate descent, independently."""
    x = np.zeros(len(r))
    for _ in range(200_000):
        old = x.copy()
        for i in range(len(r)):
            force = r[i] - K[i] @ x + K[i, i] * x[i]
            x[i] = np.sign(force) * max(abs(force) - k[i], 0.0) / K[i, i]
        if np.abs(x - old).max() <= 1e-15 * np.abs(x).max():
            break
    return x


@pytest.mark.parametrize("method", [_pivot, _project, _solve])
def test_agrees_with_coordinate_descent(method: Method) -> None:
    for seed in range(30):
        K, k, r = random_problem(seed, 12, 12, conditioning=20.0)
        count, x = run(method, K, k, r)
        if count < 0:
            assert method is _pivot  # pivoting may cycle; the dual method may not
            continue
        np.testing.assert_allclose(x, descend(K, k, r), rtol=0, atol=1e-11 * max(1.0, np.abs(x).max()))
        assert count == np.count_nonzero(x)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.sampled_from([1.0, 1e3, 1e6]))
def test_the_dual_method_never_fails(seed: int, m: int, conditioning: float) -> None:
    K, k, r = random_problem(seed, m, m, conditioning)
    count, x = run(_project, K, k, r)
    assert count >= 0
    assert violation(K, k, r, x) < 1e-9
    settled, y = run(_pivot, K, k, r)
    if settled >= 0:
        assert violation(K, k, r, y) < 1e-9
        np.testing.assert_allclose(K @ x, K @ y, rtol=0, atol=1e-8 * np.abs(r).max())


def test_pivoting_does_not_settle_on_some_problem_so_that_the_dual_method_matters() -> None:
    failures = [s for s in range(300) if run(_pivot, *random_problem(s, 40, 40, 1e6))[0] < 0]
    assert failures
    for seed in failures:
        K, k, r = random_problem(seed, 40, 40, 1e6)
        count, x = run(_solve, K, k, r)
        assert count >= 0
        assert violation(K, k, r, x) < 1e-9


def test_pivoting_that_lets_all_slips_go_has_not_settled() -> None:
    """An exchange may leave no slip though the trial forces exceed the resistance: rest is no answer then."""
    K, k, r = random_problem(383349, 7, 7, 1e6)
    assert (np.abs(r) > k).any()
    assert run(_pivot, K, k, r)[0] == FAILED
    count, x = run(_solve, K, k, r)
    assert count == 1
    assert violation(K, k, r, x) < 1e-14


def test_pivoting_refuses_flow_that_is_not_unique_and_the_dual_method_finds_one() -> None:
    """Two bars in series, at the same force, share their flow in any proportion."""
    K, k = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([1.0, 1.0])
    assert run(_pivot, K, k, np.array([3.0, 3.0]))[0] == FAILED
    count, x = run(_solve, K, k, np.array([3.0, 3.0]))
    assert count == 1
    assert x.sum() == pytest.approx(2.0, rel=1e-15)
    count, x = run(_pivot, K, np.array([1.0, 2.0]), np.array([1.5, 1.5]))
    assert count == 1
    np.testing.assert_allclose(x, [0.5, 0.0])


def test_a_share_of_the_diagonal_is_refused_where_it_is_asked_for() -> None:
    K = np.array([[1.0, 1.0 - 1e-5], [1.0 - 1e-5, 1.0]])
    search = empty_search(2, 2)
    assert pivot(K, np.array([3.0, 3.1]), 1e-6, search) == 1  # the other one rests in the end
    assert pivot(K, np.array([3.0, 3.00001]), 1e-9, search) == 2
    assert pivot(K, np.array([3.0, 3.00001]), 1e-4, search) == FAILED


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    states=st.integers(1, 12),
    slips=st.integers(1, 30),
    repeated=st.integers(0, 4),
    silent=st.integers(0, 3),
    size=st.floats(1e-3, 1e3),
    on_bound=st.booleans(),
)
def test_the_fast_solver_finds_what_the_reference_does(
    seed: int, states: int, slips: int, repeated: int, silent: int, size: float, on_bound: bool
) -> None:
    """Also where slips are dependent, repeated with either sign, without a normal, or exactly on their bounds."""
    draw = np.random.default_rng(seed)
    normals = random_normals(seed, states, slips)
    again = normals[:, draw.integers(0, slips, repeated)] * draw.choice([-1.0, 1.0], repeated)
    normals = np.concatenate([normals, again, np.zeros((states, silent))], axis=1)
    force = size * draw.standard_normal((9, states))
    if on_bound:
        force /= np.maximum(1e-300, np.abs(force @ normals).max(axis=1, keepdims=True))
        force[::2] *= 2.0
    s = normals.shape[1]
    products = np.zeros((-(-s // 8) * 8,) * 2)
    products[:s, :s] = normals.T @ normals
    gram = np.ascontiguousarray(products[:s, :s])
    trial = np.zeros((len(force), len(products)))
    trial[:, :s] = force @ normals
    found = np.zeros_like(trial)
    count = project_points(slips_of_products(products, states), trial, found)
    search = empty_search(states, s)
    for p, row in enumerate(trial[:, :s]):
        number = _solve(gram, row, search)
        assert number >= 0
        assert count[p] >= 0
        assert certificate(gram, row, search, number) <= 1.01e-10
        slip = np.zeros(s)
        slip[search.active[:number]] = search.slip[:number]
        fast = found[p, :s] if count[p] else np.zeros(s)
        scale = max(1.0, np.abs(force[p]).max())
        np.testing.assert_allclose(normals @ fast, normals @ slip, rtol=0, atol=1e-9 * scale)


@pytest.mark.parametrize(("states", "slips"), [(16, 16), (48, 48), (24, 36), (48, 104)])
def test_without_viscosity_the_viscous_solver_finds_the_same(states: int, slips: int) -> None:
    normals, draw = random_normals(11, states, slips), np.random.default_rng(11)
    trials = 3.0 * draw.standard_normal((5, states))
    forces, found = np.empty_like(trials), np.empty((5, slips))
    gram, search = normals.T @ normals, empty_search(states, slips)
    slip_viscously(read_only(normals), gram, read_only(np.zeros(5)), 1.0, read_only(trials), forces, found)
    for p, force in enumerate(trials @ normals):
        number = _solve(gram, force, search)
        slip = normals[:, search.active[:number]] @ search.slip[:number]
        np.testing.assert_allclose(forces[p], trials[p] - slip, rtol=0, atol=1e-11)


def test_any_arrays_that_are_handed_in_do() -> None:
    """What an earlier point has left in the arrays does not matter; nothing else is kept."""
    K, k, r = random_problem(3, 20, 20, 1e3)
    gram, trial = K / k / k[:, None], r / k
    fresh, used = empty_search(20, 20), empty_search(20, 20)
    for array in used:
        array[:] = 7
    one, other = _solve(gram, trial, fresh), _solve(gram, trial, used)
    assert one == other > 0
    np.testing.assert_array_equal(fresh.active[:one], used.active[:one])
    np.testing.assert_array_equal(fresh.slip[:one], used.slip[:one])


def test_the_certificate_sees_what_is_wrong() -> None:
    K, k, r = random_problem(5, 10, 10)
    gram, trial, search = K / k / k[:, None], r / k, empty_search(10, 10)
    count = _solve(gram, trial, search)
    assert count > 1
    assert certificate(gram, trial, search, count) < 1e-13
    search.slip[0] *= 1.0 + 1e-3
    assert certificate(gram, trial, search, count) > 1e-6
    search.slip[0] *= -1.0
    assert certificate(gram, trial, search, count) == np.inf
