"""How accurate the linear solve of a Newton step has to be: loose far from equilibrium, then all the way."""

from __future__ import annotations

import numpy as np
import pytest

from microtann.equilibrium.linear_model import LINEAR_ITERATIONS
from microtann.equilibrium.newton import FAR_ITERATIONS, LINEAR_LIMIT, _Imbalance, _Promise

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
