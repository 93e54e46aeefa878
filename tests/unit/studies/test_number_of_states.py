"""The number of internal state variables that is proposed."""

from __future__ import annotations

import numpy as np
import pytest

from microtann.errors import InputError
from microtann.studies.number_of_states import propose_states


def test_the_smallest_number_within_the_error_is_proposed() -> None:
    found = propose_states([16, 4, 8, 12], [1e-4, 1e-1, 1e-2, 2e-3], within=5e-3)
    assert (found.states, found.error) == (12, 2e-3)
    assert "within the error 0.005" in found.reason


def test_the_knee_is_where_the_curve_bends() -> None:
    found = propose_states([4, 8, 12, 16, 20], [1e-1, 1e-2, 1e-3, 9e-4, 8e-4])
    assert found.states == 12
    assert found.reason == "the knee of the curve"


def test_without_a_knee_the_smallest_error_decides() -> None:
    assert propose_states([4, 8, 16], [2e-2, 1e-2, 1e-15]).states == 16
    assert propose_states([4, 8, 12], [1e-2, 1e-3, 1e-4]).reason == "the smallest error"
    assert propose_states([4], [1e-2]).states == 4


def test_more_states_with_larger_errors_are_no_gain() -> None:
    assert propose_states([4, 8, 12, 16], [1e-1, 1e-2, 9e-3, 5e-2]).states == 8


def test_an_error_that_is_not_reached_is_said() -> None:
    found = propose_states([4, 8, 12], [1e-1, 1e-2, 9e-3], within=1e-3)
    assert found.states == 8
    assert found.reason == "no number reaches the error 0.001; the knee of the curve"


def test_failures_are_left_out() -> None:
    assert propose_states([4, 8], [np.inf, 1e-2]).states == 8
    with pytest.raises(InputError, match="no number of internal state variables gave a finite error"):
        propose_states([4, 8], [np.inf, np.nan])
