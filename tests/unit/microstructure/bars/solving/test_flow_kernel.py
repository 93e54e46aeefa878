import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microtann.microstructure.bars.condensed import flow_kernel
from microtann.microstructure.bars.condensed.problems import PlasticProblem


def random_problem(seed, m, rank, conditioning=1.0):
    """Return K of the given rank and conditioning, k and a trial force in the range of K."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(m, m)))[0]
    values = np.where(np.arange(m) < rank, conditioning ** -rng.random(m), 0.0)
    K = (basis * values) @ basis.T
    trial = K @ rng.normal(size=m) * 10 ** rng.uniform(-1, 2)
    return 0.5 * (K + K.T), rng.uniform(0.1, 1.0, m), trial


def assert_factor(K, x, upper):
    """The factor that a solver leaves is that of K on the slips that flow: the tangent relies on it."""
    active = np.flatnonzero(x)
    upper = np.triu(upper[: len(active), : len(active)])
    np.testing.assert_allclose(upper.T @ upper, K[np.ix_(active, active)], rtol=0, atol=1e-12 * np.abs(K).max())


def run(function, K, k, r, least=0.0):
    found = flow_kernel.empty_flow(len(r))
    count = function(PlasticProblem(K, np.zeros((len(r), 1)), k, least), r, found)
    if count >= 0:
        assert_factor(K, found.increment, found.upper)
    return count, found.increment


def violation(K, k, r, x):
    """Return the largest violation of the optimality conditions, relative to max(k, |r|)."""
    g = r - K @ x
    rest = np.maximum(np.abs(g) - k, 0.0)
    flow = np.where(x != 0, np.abs(g - np.sign(x) * k), rest)
    return (flow / np.maximum(k, np.abs(r))).max()


def descend(K, k, r):
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


@pytest.mark.parametrize("function", [flow_kernel.pivot, flow_kernel.search, flow_kernel.solve_flow])
def test_agrees_with_coordinate_descent(function):
    for seed in range(30):
        K, k, r = random_problem(seed, 12, 12, conditioning=20.0)
        count, x = run(function, K, k, r)
        if count < 0:
            assert function is flow_kernel.pivot  # pivoting may cycle; the search may not
            continue
        np.testing.assert_allclose(x, descend(K, k, r), rtol=0, atol=1e-11 * max(1.0, np.abs(x).max()))
        assert count == np.count_nonzero(x)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.sampled_from([1.0, 1e3, 1e6, 1e9]))
def test_the_search_is_a_fallback_that_never_fails(seed, m, conditioning):
    K, k, r = random_problem(seed, m, m, conditioning)
    count, x = run(flow_kernel.search, K, k, r)
    assert count >= 0
    assert violation(K, k, r, x) < 1e-9
    settled, y = run(flow_kernel.pivot, K, k, r)
    if settled >= 0:
        assert violation(K, k, r, y) < 1e-9
        np.testing.assert_allclose(K @ x, K @ y, rtol=0, atol=1e-8 * np.abs(r).max())


def test_pivoting_does_cycle_on_some_problem_so_that_the_fallback_matters():
    failures = [s for s in range(300) if run(flow_kernel.pivot, *random_problem(s, 40, 40, 1e6))[0] < 0]
    assert failures
    for seed in failures:
        K, k, r = random_problem(seed, 40, 40, 1e6)
        count, x = run(flow_kernel.solve_flow, K, k, r)
        assert count >= 0
        assert violation(K, k, r, x) < 1e-9


def test_pivoting_that_lets_all_slips_go_has_not_settled():
    """An exchange may leave no slip though the trial forces exceed the resistance: rest is no answer then."""
    K, k, r = random_problem(383349, 7, 7, 1e6)
    assert (np.abs(r) > k).any()
    assert run(flow_kernel.pivot, K, k, r)[0] == -1
    count, x = run(flow_kernel.solve_flow, K, k, r)
    assert count == 1
    assert violation(K, k, r, x) < 1e-14


def test_flow_that_is_not_unique_is_refused():
    """Two bars in series, at the same force, share their flow in any proportion."""
    K, k = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([1.0, 1.0])
    assert run(flow_kernel.solve_flow, K, k, np.array([3.0, 3.0]), least=1e-6)[0] == -1
    count, x = run(flow_kernel.solve_flow, K, np.array([1.0, 2.0]), np.array([1.5, 1.5]), least=1e-6)
    assert count == 1
    np.testing.assert_allclose(x, [0.5, 0.0])
