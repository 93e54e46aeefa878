"""The Krylov solvers against dense solves."""

import numpy as np
import pytest

from microtann.equilibrium.linear import conjugate_gradients, gmres


def matrix(symmetric, n=40):
    generator = np.random.default_rng(1)
    a = generator.normal(size=(n, n))
    return a @ a.T + n * np.eye(n) if symmetric else a + n * np.eye(n)


@pytest.mark.parametrize("symmetric", [True, False])
def test_solution(symmetric):
    a = matrix(symmetric)
    b = np.arange(40.0)
    solver = conjugate_gradients if symmetric else gmres
    solution = solver(lambda x: a @ x, lambda x: x / np.diag(a), b, 1e-12, 100)
    np.testing.assert_allclose(solution.x, np.linalg.solve(a, b), rtol=1e-10, atol=1e-12)
    assert solution.relative_residual <= 1e-12


def test_gmres_restarts_until_the_true_residual_is_small():
    n = 150
    a = np.diag(np.linspace(1.0, 300.0, n)) + np.diag(np.full(n - 1, 0.5), 1)
    b = np.ones(n)
    solution = gmres(lambda x: a @ x, lambda x: x, b, 1e-9, 1000)
    assert solution.iterations > 60
    assert np.linalg.norm(a @ solution.x - b) <= 1e-9 * np.linalg.norm(b)


def test_conjugate_gradients_report_an_indefinite_operator():
    a = np.diag([1.0, -1.0, 2.0])
    assert conjugate_gradients(lambda x: a @ x, lambda x: x, np.ones(3), 1e-10, 10).indefinite


@pytest.mark.parametrize("solver", [conjugate_gradients, gmres])
def test_a_zero_right_hand_side_costs_nothing(solver):
    solution = solver(lambda x: x, lambda x: x, np.zeros(3), 1e-3, 10)
    assert solution.iterations == 0
    assert not solution.x.any()


NOT_FINITE = {
    "operator": (lambda x: np.nan * x, lambda x: x, np.ones(3)),
    "infinite operator": (lambda x: np.inf * x, lambda x: x, np.ones(3)),
    "preconditioner": (lambda x: x, lambda x: np.nan * x, np.ones(3)),
    "right-hand side": (lambda x: x, lambda x: x, np.array([1.0, np.nan, 0.0])),
}


@pytest.mark.timeout(20)
@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("solver", [conjugate_gradients, gmres])
@pytest.mark.parametrize("what", NOT_FINITE)
def test_what_is_not_finite_ends_the_iteration_and_is_reported(solver, what):
    operator, preconditioner, rhs = NOT_FINITE[what]
    solution = solver(operator, preconditioner, rhs, 1e-8, 100)
    assert solution.iterations <= 2
    assert solution.indefinite or not solution.relative_residual <= 1.0  # NaN included


@pytest.mark.timeout(20)
def test_gmres_ends_where_the_operator_is_singular():
    b = np.arange(1.0, 5.0)
    nothing = gmres(lambda x: 0.0 * x, lambda x: x, b, 1e-8, 100)
    assert nothing.relative_residual == 1.0
    lost = gmres(lambda x: x, lambda x: 0.0 * x, b, 1e-8, 100)
    assert lost.relative_residual == 1.0
    shift = np.diag(np.ones(3), 1)  # nilpotent: its range lacks the last direction
    partly = gmres(lambda x: shift @ x, lambda x: x, b, 1e-8, 100)
    assert 0.0 < partly.relative_residual <= 1.0
    assert np.abs(partly.x).max() < 10.0  # SciPy's GMRES returns 1e16 here
    kept = np.array([1.0, 1.0, 1.0, 0.0])  # singular, but consistent with the right-hand side
    solution = gmres(lambda x: kept * x, lambda x: x, kept * b, 1e-8, 100)
    np.testing.assert_allclose(solution.x, kept * b, rtol=1e-12)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_gmres_does_not_depend_on_units(size):
    a, b = matrix(False), np.arange(40.0)
    solution = gmres(lambda x: size * (a @ x), lambda x: x / np.diag(a), b, 1e-12, 100)
    np.testing.assert_allclose(size * solution.x, np.linalg.solve(a, b), rtol=1e-10, atol=1e-12)
