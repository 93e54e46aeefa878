"""The residual form: fitted modes and energy, a piecewise linear return map, exact in kind for regular cells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan
from microtann.errors import ConfigurationError, InputError
from microtann.forms import Residual
from microtann.training import train

FORM = Residual(widths=(32,))


@pytest.fixture(scope="module")
def square() -> Dataset:
    return generate(mt.square_cell((1, 1)), mt.ElastoplasticBar(), WalkPlan(paths=400))


@pytest.fixture(scope="module")
def trained(square: Dataset) -> mt.TANN:
    return train(square, FORM)


def error(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.sqrt(np.mean((found - exact) ** 2) / np.mean(exact**2)))


def test_the_energy_is_fitted_before_any_training(square: Dataset) -> None:
    """It is quadratic in strain and plastic strains, and so exact for the data's own states."""
    data = FORM.prepare(square)
    point = FORM.start(data)
    batch = FORM.to_batch(point, data.validation)
    x = np.concatenate([batch.driving + batch.increment, batch.inside_next], axis=1)
    energy = 0.5 * np.sum((x @ np.asarray(point.energy.root).T) ** 2, axis=1)
    np.testing.assert_allclose(energy, batch.energy_next, rtol=0, atol=1e-10)


@pytest.mark.parametrize("step", [0.1, 0.005])
def test_recall_is_exact_for_a_regular_cell(trained: mt.TANN, step: float) -> None:
    assert trained.states == 4
    strain = np.random.default_rng(5).normal(0, step, (6, 60, 3)).cumsum(axis=1)
    exact, recall = (
        mt.solve_cell(trained.cell, trained.bar, strain),
        trained.recall(strain, decode=True, outside_training="none"),
    )
    for name in ("stress", "energy", "force", "displacement"):
        assert error(getattr(recall, name), getattr(exact, name)) < 1e-4, name


def test_it_rests_under_zero_increments(trained: mt.TANN) -> None:
    moving = np.random.default_rng(6).normal(0, 0.1, (6, 30, 3)).cumsum(axis=1)
    strain = np.concatenate([moving, np.repeat(moving[:, -1:], 100, axis=1)], axis=1)
    stress = trained.recall(strain, outside_training="none").stress
    assert np.abs(stress[:, 29:] - stress[:, 29:30]).max() < 1e-4 * np.abs(stress).max()


def test_a_file_keeps_the_model(trained: mt.TANN, tmp_path: Path) -> None:
    trained.save(tmp_path / "model.safetensors")
    read = mt.load(tmp_path / "model.safetensors")
    strain = np.random.default_rng(0).normal(0, 0.1, (3, 10, 3)).cumsum(axis=1)
    assert np.array_equal(
        trained.recall(strain, outside_training="none").stress, read.recall(strain, outside_training="none").stress
    )


def test_several_layers_of_dead_zones_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="2 hidden layers of dead zones"):
        Residual(widths=(8, 8))


def test_a_batch_larger_than_the_data_is_refused(square: Dataset) -> None:
    with pytest.raises(InputError, match="a batch takes 100000 increments"):
        train(square, replace(FORM, batch=100_000))


def test_more_states_than_the_rank_are_warned_of(square: Dataset) -> None:
    with pytest.warns(UserWarning, match="rank 4: 6 internal state variables"):
        point = replace(FORM, states=6).start(square)
    assert point.states == 4
