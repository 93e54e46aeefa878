"""Measures of errors: by hand, and what they say of references that vanish."""

from __future__ import annotations

import math

import numpy as np
import pytest

from microtann.evaluation.measures import (
    by_kind,
    errors_at_end,
    largest_error,
    largest_errors,
    relative_rms,
    relative_to_all,
)

ZERO, TWO = np.zeros(2), np.array([3.0, 4.0])


def test_the_rms_error_is_relative_to_the_rms_of_the_reference() -> None:
    assert relative_rms(np.array([3.0, 4.5]), TWO) == pytest.approx(0.1)
    assert relative_rms(np.array([3.5, 9.0]), TWO, np.array([True, False])) == pytest.approx(0.5 / 3.0)
    assert relative_rms(ZERO, ZERO) == 0.0
    assert relative_rms(TWO, ZERO) == math.inf


def test_points_are_measured_by_the_size_of_all() -> None:
    np.testing.assert_allclose(relative_to_all(np.array([4.0, 0.0]), np.array([1.0, 3.0])), [math.sqrt(2.0), 0.0])
    np.testing.assert_allclose(relative_to_all(np.array([4.0]), np.zeros(1)), [2.0])


def test_the_largest_error_is_relative_to_the_largest_value() -> None:
    energy = np.array([100.0, 400.0])
    assert largest_error("torque", np.array([1.0, 5.0]), np.array([2.0, 4.0]), energy) == 0.25
    # a dissipation below Ψ/100 is compared with that
    assert largest_error("dissipation", np.array([0.0, 2.0]), np.array([0.0, 1.0]), energy) == 0.25
    assert largest_error("torque", ZERO, ZERO, energy) == 0.0
    assert largest_error("torque", TWO, ZERO, energy) == math.inf


def test_what_is_left_at_the_end_is_relative_to_itself() -> None:
    """A path up to 100 and back to 1: an error of 0.5 there is half a percent of the one and half of the other."""
    reference = {name: np.array([100.0, 1.0]) for name in ("u_z(1)", "u_z(2)", "energy")}
    reference |= {"torque": np.array([50.0, 1e-9]), "dissipation": np.array([0.0, 0.001])}
    values = {"u_z(1)": np.array([100.0, 1.5]), "u_z(2)": np.array([100.0, 0.8]), "energy": np.array([99.0, 1.0])}
    values |= {"torque": np.array([50.0, 3e-9]), "dissipation": np.array([0.0, 0.003])}
    found = errors_at_end(values, reference)
    assert found == pytest.approx(
        {"u_z(1)": 0.5, "u_z(2)": 0.2, "energy": 0.0, "torque": None, "dissipation": 0.2}  # 0.002 of Ψ/100
    )
    assert largest_errors(values, reference)["u_z(1)"] == pytest.approx(0.005)
    assert by_kind(found)["displacement"] == pytest.approx(0.5)
    assert by_kind({"u_z(1)": None, "u_z(2)": 0.2, "torque": None}) == {"displacement": 0.2, "torque": None}


def test_displacements_are_one_kind_the_worst() -> None:
    reference = {"u_x(1)": TWO, "u_y(1)": TWO, "energy": TWO}
    values = {"u_x(1)": TWO + 0.4, "u_y(1)": TWO - 0.8, "energy": TWO}
    errors = largest_errors(values, reference)
    assert by_kind(errors) == {"displacement": pytest.approx(0.2), "energy": 0.0}
