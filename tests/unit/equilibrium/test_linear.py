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
