"""Trials of hyper-parameters: reproducible, within their ranges, and checked by the form."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ConfigurationError
from microtann.studies.trials import Choices, Interval, default_ranges, grid_trials, random_trials

FORM = mt.forms.Variational(states=8)
RANGES = {"states": Choices((8, 12)), "learning_rate": Interval(1e-3, 1e-1), "updates": Interval(10, 1000)}


def test_more_trials_go_on_where_fewer_ended() -> None:
    many = random_trials(FORM, RANGES, 20, seed=4)
    assert many[0] == FORM
    assert random_trials(FORM, RANGES, 5, seed=4) == many[:5]
    assert random_trials(FORM, RANGES, 5, seed=5)[1:] != many[1:5]
    for trial in many[1:]:
        assert trial.states in (8, 12)
        assert 1e-3 <= trial.learning_rate <= 1e-1
        assert isinstance(trial.updates, int)
        assert 10 <= trial.updates <= 1000
    assert {trial.states for trial in many} == {8, 12}
    assert min(trial.learning_rate for trial in many) < 1e-2 < max(trial.learning_rate for trial in many)


def test_the_order_of_the_ranges_changes_no_trial() -> None:
    turned = dict(reversed(RANGES.items()))
    assert random_trials(FORM, turned, 4, seed=0) == random_trials(FORM, RANGES, 4, seed=0)


def test_a_grid_has_every_combination_once() -> None:
    trials = grid_trials(FORM, {"states": Choices((8, 12)), "learning_rate": Interval(1e-3, 1e-1)}, 3)
    pairs = [(trial.states, trial.learning_rate) for trial in trials]
    rates = (1e-3, 1e-2, 1e-1)
    np.testing.assert_allclose(pairs, [(n, rate) for n in (8, 12) for rate in rates])


def test_an_interval_with_zero_is_even() -> None:
    assert Interval(0, 4).grid(3) == (0, 2, 4)
    assert Interval(0.0, 1.0).grid(3) == (0.0, 0.5, 1.0)
    with pytest.raises(ConfigurationError, match="must be below the upper one"):
        Interval(2.0, 1.0)


@pytest.mark.parametrize("name", ["play", "variational"])
def test_default_ranges_fit_the_form(name: str) -> None:
    from microtann.training.train import trainable

    form = trainable(name)
    ranges = default_ranges(form)
    assert "learning_rate" in ranges
    assert "states" not in ranges
    assert len(random_trials(form, ranges, 6, seed=0)) == 6


def test_what_the_form_does_not_have_or_allow_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'stats' is no hyper-parameter of the form 'variational'"):
        random_trials(FORM, {"stats": Choices((1,))}, 2, seed=0)
    with pytest.raises(ConfigurationError, match="'seed' is no hyper-parameter"):
        grid_trials(FORM, {"seed": Choices((1,))}, 2)
    with pytest.raises(ConfigurationError, match=r"Variational\.states must be at least 1, got 0"):
        grid_trials(FORM, {"states": Choices((0,))}, 2)
