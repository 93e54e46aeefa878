"""The training by the schedule of the paper, whose losses come with the package."""

from __future__ import annotations

import numpy as np

from microtann.forms import Published
from microtann.reproduction.claims import CELLS
from microtann.reproduction.paper_schedule import SCHEDULE_CELL, SCHEDULE_STATES, paper_schedule


def test_the_schedule_is_that_of_the_recipe() -> None:
    curve, recipe = paper_schedule("2×2 regular"), Published.by_recipe("paper")
    assert list(curve.starts) == [phase.name for phase in recipe.phases()] == ["training", "tuning"]
    start, (first, second) = curve.starts["tuning"], (recipe.epochs[0], recipe.tuning_epochs[0])
    assert 0 < start <= first
    assert start < curve.update[-1] <= start + second
    assert CELLS[SCHEDULE_CELL].states == SCHEDULE_STATES


def test_losses_are_those_of_a_training_that_learns() -> None:
    curve = paper_schedule("2×2 regular")
    assert len(curve.update) == len(curve.training) == len(curve.validation)
    assert np.all(np.diff(curve.update) > 0)
    start = int(np.searchsorted(curve.update, curve.starts["tuning"]))
    for losses in (np.array(curve.training), np.array(curve.validation)):
        assert np.all(np.isfinite(losses))
        assert np.all(losses > 0.0)
        assert losses[:start].min() < 0.5 * losses[0]
