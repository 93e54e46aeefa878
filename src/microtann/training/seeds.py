"""Training from several seeds: the model that is best on validation paths in closed loop is kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from microtann.data.increments import Dataset
from microtann.errors import ConvergenceError
from microtann.tann.trained_model import TANN
from microtann.training.form import TrainableForm
from microtann.training.train import train
from microtann.training.training_progress import TrainingProgress
from microtann.training.walk_errors import closed_loop_error


class SeedResult(NamedTuple):
    """What became of one seed.

    Parameters
    ----------
    seed : int
    error : float
        Relative error of the stress on the validation paths in closed loop; infinite if training failed.
    """

    seed: int
    error: float


def train_seeds(
    dataset: Dataset,
    form: TrainableForm,
    count: int,
    progress: Callable[[int, TrainingProgress], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> tuple[TANN, tuple[SeedResult, ...]]:
    """Train a form from ``count`` seeds, from its own upwards, and return the best model with all results.

    Parameters
    ----------
    dataset : Dataset
    form : TrainableForm
    count : int
    progress : callable, optional
        Called with the seed and the progress of its training.
    checkpoint : path, optional
        Each seed has its own file beside it; see `train`.

    Raises
    ------
    ConvergenceError
        If training fails from every seed.
    """
    settings: Any = form
    best: TANN | None = None
    results: list[SeedResult] = []
    failure: ConvergenceError | None = None
    for seed in range(settings.seed, settings.seed + count):
        path = None if checkpoint is None else Path(f"{checkpoint}.seed-{seed}")
        report = None if progress is None else _with_seed(progress, seed)
        try:
            tann = train(dataset, replace(settings, seed=seed), report, path)
            error = closed_loop_error(tann, dataset.validation)
        except ConvergenceError as caught:
            failure, error, tann = caught, np.inf, None
        if tann is not None and (best is None or error < min(result.error for result in results)):
            best = tann
        results.append(SeedResult(seed, error))
    if best is None:
        raise ConvergenceError(f"training failed from all {count} seeds: {failure}") from failure
    return best, tuple(results)


def _with_seed(progress: Callable[[int, TrainingProgress], None], seed: int) -> Callable[[TrainingProgress], None]:
    return lambda state: progress(seed, state)
