"""Training says whether it has converged, and tries several starts."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan
from microtann.forms import Variational
from microtann.forms.variational.convergence import verdict
from microtann.tann.information import TrainingRecord
from microtann.training import train


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    cell = mt.square_cell((2, 2), perturbation=0.2)
    return generate(mt.Lattice(cell), WalkPlan(paths=40, steps=30))


def curve(validation: np.ndarray, training: float = 1.0) -> list[TrainingRecord]:
    """Return a history with errors that are given relative to that of the training walks at the end."""
    return [
        TrainingRecord("descent", 100 * (i + 1), training**2, float(value**2))
        for i, value in enumerate(validation)
    ]


@pytest.mark.parametrize(
    ("errors", "begins", "helps"),
    [
        (1.0 + np.exp(-np.arange(40) / 3.0), "converged", ""),
        (10.0 * 0.97 ** np.arange(40), "not converged", "more updates"),
        (np.linspace(1.0, 2.0, 40), "not converged", "rose"),
        (3.0 + np.exp(-np.arange(40) / 3.0), "converged", "more walks"),
        (np.ones(3), "not converged", "too few"),
    ],
)
def test_the_end_of_the_curve_decides(errors: np.ndarray, begins: str, helps: str) -> None:
    said = verdict(curve(errors))
    assert said.startswith(begins)
    assert helps in said


def test_training_ends_at_round_off() -> None:
    for phase in Variational(prune=0.1).phases():
        assert phase.settled(1e-29, 1e-20)
        assert not phase.settled(1e-20, 1e-20)
    assert verdict(curve(np.array([1e-14]), training=1e-14)) == "converged: the training error is round-off"


def test_nothing_is_said_where_nothing_was_trained(dataset: Dataset) -> None:
    assert verdict([]) == ""
    assert train(dataset, Variational(states=8, updates=0)).converged is None


def test_the_model_and_the_log_say_so(dataset: Dataset, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="microtann"):
        tann = train(dataset, Variational(states=6, from_lattice=False, from_coordinates=False, updates=100))
    assert tann.converged is False
    assert tann.information.provenance["convergence"] in caplog.text


@pytest.mark.verify
def test_the_best_of_several_starts_is_trained(dataset: Dataset) -> None:
    random = Variational(states=5, from_lattice=False, from_coordinates=False, updates=200)
    alone, form = [replace(random, seed=seed) for seed in range(3)], replace(random, starts=3)
    measure = form.validation(alone[0].start(dataset), dataset)

    def error(point: object) -> float:
        return float(sum(measure(point).values()))  # type: ignore[arg-type]

    best = error(form.start(dataset))
    assert best < min(error(one.start(dataset)) for one in alone)  # a part of the updates is done
    again = error(form.start(dataset))
    assert again == best
