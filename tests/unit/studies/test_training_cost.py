"""What a training will cost is measured in a short one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import pytest

import microtann as mt
from microtann.data.increments import Dataset
from microtann.studies import training_cost
from microtann.studies.training_cost import TrainingCost, try_training
from microtann.training.train import LOGGER
from microtann.training.training_progress import TrainingProgress


def test_time_of_the_updates_is_read_between_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four seconds of compilation with the first block, 2 s for each hundred updates after it, 1 s at the end.

    The reduction takes 3 s, and four times as long with four times the data.
    """
    clock = [0.0]

    class Form(SimpleNamespace):
        def __init__(self, **chosen: int) -> None:
            super().__init__(**({"updates": 3000} | chosen))

        def prepare(self, dataset: Any) -> Any:
            return dataset

        def start(self, dataset: Any) -> None:
            clock[0] += 2.0

        def finish(self, point: Any, dataset: Any) -> None:
            clock[0] += 1.0

    def train(dataset: Any, form: Any, progress: Callable[[Any], None]) -> None:
        assert (form.states, form.updates) == (5, 300)
        for update, seconds in ((100, 6.0), (200, 2.0), (300, 2.0)):
            clock[0] += seconds
            progress(TrainingProgress("descent", update, 300, 5, 0.0, 0.0))
        clock[0] += 1.0

    monkeypatch.setattr(training_cost, "train", train)
    monkeypatch.setattr(training_cost, "form_class", lambda name: {"variational": Form}[name])
    monkeypatch.setattr(training_cost.time, "process_time", lambda: clock[0])
    found = try_training(object.__new__(Dataset), 5, 4.0)
    assert asdict(found) == pytest.approx(asdict(TrainingCost(3000, 0.02, 5.0, 3.0, 4.0)))
    assert found.seconds == pytest.approx(5.0 + 9.0 + 0.02 * 3000)


@pytest.mark.verify
def test_a_short_training_is_measured_and_leaves_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    cell = mt.square_cell((2, 2), perturbation=0.2)
    level = LOGGER.level
    found = try_training(mt.generate_data(mt.Lattice(cell), plan=mt.WalkPlan(paths=12, steps=20)), 4, 10.0)
    assert 0.0 < found.per_update < found.seconds
    assert found.rest > found.reduction > 0.0
    assert "not converged" not in caplog.text
    assert LOGGER.level == level
