"""What a training will cost, from a short one on a few walks."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from microtann.data.increments import Dataset
from microtann.tann.form import form_class
from microtann.training.train import LOGGER, train
from microtann.training.training_progress import TrainingProgress

FORM = "variational"
TRIED = 300
"""Updates of the short training: several blocks, the first of which compiles."""


@dataclass(frozen=True)
class TrainingCost:
    """CPU time of a training.

    Parameters
    ----------
    updates : int
        Updates that the form makes by default.
    per_update : float
        CPU seconds of an update.
    rest : float
        CPU seconds of all else in the short training: compilation, and what precedes and follows the updates.
    reduction : float
        CPU seconds of what precedes and follows them once more: reduction of the lattice, encoder and decoder.
    growth : float
        Increments of the data of a training over those of the short one, with which the reduction grows.
    """

    updates: int
    per_update: float
    rest: float
    reduction: float
    growth: float

    @property
    def seconds(self) -> float:
        """CPU seconds in all."""
        return self.rest + self.reduction * max(self.growth - 1.0, 0.0) + self.updates * self.per_update


def try_training(dataset: Dataset, states: int, growth: float, tried: int = TRIED) -> TrainingCost:
    """Train for a few updates and measure.

    What the compiler leaves behind serves the next process too, so that ``rest`` is larger the first time.

    Parameters
    ----------
    dataset : Dataset
        A few walks of the cell.
    states : int
        Internal state variables.
    growth : float
        Increments of the data of a training over those here.
    tried : int
        Updates to make.
    """
    kind: Any = form_class(FORM)
    form = kind(states=states, updates=tried)
    reports: list[tuple[int, float]] = []

    def note(progress: TrainingProgress) -> None:
        reports.append((progress.update, time.process_time()))

    level, begin = LOGGER.level, time.process_time()
    LOGGER.setLevel(logging.ERROR)  # that so few updates have not converged is no news
    try:
        train(dataset, form, note)
    finally:
        LOGGER.setLevel(level)
    spent = time.process_time() - begin
    begin, prepared = time.process_time(), form.prepare(dataset)
    form.finish(form.start(prepared), prepared)
    reduction = time.process_time() - begin
    usual: int = kind().updates
    if len(reports) < 2:  # the reduced lattice is exact
        return TrainingCost(0, 0.0, spent, reduction, growth)
    (first, start), (last, end) = reports[0], reports[-1]
    per_update = (end - start) / (last - first)
    return TrainingCost(usual, per_update, max(spent - last * per_update, 0.0), reduction, growth)
