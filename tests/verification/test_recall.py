"""The shipped cube model against the exact cell on the whole protocol."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

import microtann as mt
from microtann.evaluation.closed_loop import Evaluation, evaluate
from microtann.reproduction import PUBLISHED


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate(mt.load("cube"))


@pytest.mark.parametrize("name", "abcdefghr")
def test_errors_are_round_off(evaluation: Evaluation, name: str) -> None:
    """Measured: at most 4e-14 for stress and force, 7e-14 for the dissipation, 2e-15 for displacements."""
    errors = evaluation.paths[name]
    assert errors.stress <= 5e-13
    assert errors.energy <= 5e-13
    assert errors.dissipation <= 1e-12
    assert errors.coordinates["force"] <= 5e-13
    assert errors.coordinates["displacement"] <= 2e-14
    assert max(errors.largest.values()) <= 5e-12
    assert errors.worst("stress") <= 1e-9 * PUBLISHED.stress.get(name, 3e-3)
    assert errors.violations == 0


def test_the_model_rests(evaluation: Evaluation) -> None:
    assert evaluation.paths["z"].drift <= 1e-14  # measured: 3e-16
    assert evaluation.paths["z"].violations == 0


def test_only_paths_e_and_g_leave_the_training_range(evaluation: Evaluation) -> None:
    assert [name for name, errors in evaluation.paths.items() if errors.outside_training_range] == ["e", "g"]


def test_thirteen_bar_families_were_found() -> None:
    assert mt.load("cube").states == 13


def test_the_measure_sees_errors() -> None:
    """A model with one resistance off by 1 % is found out on every path."""
    tann = mt.load("cube")
    point = tann.point
    slack = replace(point.evolution, log_resistance=point.evolution.log_resistance + jnp.log(1.01))
    wrong = replace(tann, point=replace(point, evolution=slack))
    errors = evaluate(wrong, names="ab").paths
    assert all(errors[name].stress > 1e-3 for name in "ab")
    assert np.isfinite([e.stress for e in errors.values()]).all()
