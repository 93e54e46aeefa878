"""The number of internal state variables that is proposed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microtann.errors import InputError
from microtann.studies.number_of_states import next_to_try, propose_states
from microtann.studies.study_result import check_longer
from microtann.system.stage import CONFIGURATION
from microtann.system.toml import to_toml


def test_the_smallest_number_within_the_error_is_proposed() -> None:
    found = propose_states([16, 4, 8, 12], [1e-4, 1e-1, 1e-2, 2e-3], within=5e-3)
    assert (found.states, found.error) == (12, 2e-3)
    assert found.reason == "the smallest number within the error 0.005 of those tried; 9 to 11 were not tried"
    assert propose_states([11, 12], [1e-2, 2e-3], 5e-3).reason == "the smallest number within the error 0.005"
    assert propose_states([10, 12], [np.nan, 2e-3], 5e-3).reason.endswith("; 11 was not tried")


def test_the_smallest_number_is_looked_for_between_those_tried() -> None:
    enough, tried = 9, [4, 6, 12, 18]
    while (number := next_to_try(tried, [1e-1 if n < enough else 1e-3 for n in tried], 1e-2, 48)) is not None:
        assert number not in tried
        tried = sorted([*tried, number])
    assert tried == [4, 6, 7, 8, 9, 12, 18]
    assert next_to_try([4, 6], [1e-3, 1e-3], 1e-2, 48) == 2
    assert next_to_try([4, 6], [1.0, np.nan], 1e-2, 6) is None
    assert next_to_try([4, 6], [1.0, np.nan], 1e-2, 48) == 12
    assert next_to_try([4, 40], [1.0, 1.0], 1e-2, 48) == 48
    assert next_to_try([4, 12], [1.0, 1e-3], None, 48) is None


def test_a_result_is_replaced_by_a_longer_one_only(tmp_path: Path) -> None:
    def of(states: list[int], updates: int = 5, error: float = 0.0) -> dict[str, dict[str, Any]]:
        return {"study": {"states": states, "error": error}, "train": {"form": "variational", "updates": updates}}

    (tmp_path / CONFIGURATION).write_text(to_toml(of([4, 8])), encoding="utf-8")
    for longer in (of([4, 8]), of([4, 6, 8]), of([4, 8], error=0.1)):
        check_longer(tmp_path, longer, overwrite=False)
    for other in (of([4, 12]), of([4, 8], updates=6)):
        with pytest.raises(InputError, match="would be lost"):
            check_longer(tmp_path, other, overwrite=False)
        check_longer(tmp_path, other, overwrite=True)
    check_longer(tmp_path / "new", of([4]), overwrite=False)


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
