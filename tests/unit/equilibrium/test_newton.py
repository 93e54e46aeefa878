"""How accurate the linear solve of a Newton step has to be: loose far from equilibrium, then all the way."""

from __future__ import annotations

import numpy as np
import pytest

from microtann.equilibrium.linear_model import LINEAR_ITERATIONS
from microtann.equilibrium.newton import (
    FAR_ITERATIONS,
    LINEAR_LIMIT,
    Equilibrium,
    IncrementProblem,
    _Criterion,
    _Imbalance,
    _Promise,
)
from microtann.equilibrium.system import Response

LOOSE = 1e-3


def left(norm: float, goal: float = 1e-10) -> _Imbalance:
    return _Imbalance(np.zeros(3), np.zeros(3), norm, goal, scale=1.0)


def test_far_from_equilibrium_a_loose_solve_of_few_iterations_is_enough() -> None:
    assert _Promise(before=1.0, left=1e-3).next_accuracy(left(0.5), LOOSE) == (LOOSE, FAR_ITERATIONS)


def test_near_equilibrium_a_residual_that_falls_is_solved_more_accurately() -> None:
    accuracy, limit = _Promise(before=5e-2, left=1e-3).next_accuracy(left(1e-3), LOOSE)
    assert accuracy == pytest.approx((1e-3 / 5e-2) ** 2)
    assert limit == LINEAR_ITERATIONS


def test_an_exact_linear_model_is_solved_to_the_tolerance() -> None:
    accuracy = _Promise(before=1e-3, left=1e-3).next_accuracy(left(1e-6), LOOSE)
    assert accuracy == (pytest.approx(0.3 * 1e-10 / 1e-6), LINEAR_ITERATIONS)
    assert _Promise(1e-3, 1e-3).next_accuracy(left(1e-6, goal=1e-30), LOOSE)[0] == LINEAR_LIMIT


def test_a_step_that_was_shortened_promises_nothing() -> None:
    assert _Promise(before=1.0, left=1.0).next_accuracy(left(0.5), LOOSE) == (LOOSE, FAR_ITERATIONS)


@pytest.mark.parametrize(("moved", "slack"), [(1e3, 1e-7), (1e4, 1e-6), (1e9, 1e-6)])
def test_a_displacement_that_runs_away_excuses_a_millionth_of_the_forces_at_most(
    moved: float, slack: float
) -> None:
    """Of a body of stiffness 1e4 under a force of 1, where round-off may leave 1e-14 of stiffness times motion."""
    nothing = np.zeros(2)
    start = Equilibrium(nothing, nothing, 0.0, 0.0, None, scale=0.0)
    problem = IncrementProblem(np.zeros(2, dtype=bool), nothing, np.array([1.0, 0.0]), 1.0)
    criterion = _Criterion(start, problem, tolerance=0.0, unit=1e-14 * 1e4, prescribed=0.0)
    imbalance = criterion.imbalance(np.array([moved, 0.0]), Response(nothing, None, 0.0, 0.0, None, 0, 0.0, 0.0))
    assert imbalance.goal == pytest.approx(slack)
