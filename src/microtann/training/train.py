"""Training: descent from a random start, then merging of equal mechanisms and polish, twice."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import equinox as eqx
import jax
import numpy as np

import microtann
from microtann.data.increments import Dataset, Increments
from microtann.errors import ConvergenceError, InputError
from microtann.tann.information import TrainingRecord
from microtann.tann.model import TANN
from microtann.training.checkpoint import (
    Checkpoint,
    fingerprint,
    leaves,
    read_checkpoint,
    restored,
    write_checkpoint,
)
from microtann.training.configuration import TrainingConfig
from microtann.training.decoder import fit_decoder
from microtann.training.loss import loss, reference_of, to_batch
from microtann.training.merge import merge_mechanisms
from microtann.training.optimise import Method, Optimisation, descent, polish
from microtann.training.preparation import random_start

CHECKPOINT_SECONDS = 5.0
SETTLED_LOSS = 1e-25
"""The polish ends below this loss: relative errors below 1e-12 are round-off of the data."""
SETTLED_CHANGE = 0.02
"""The polish ends when a block lowers the loss by less than this fraction."""
EQUAL = 1e-4
"""Relative difference of mechanisms that the last polish has made equal."""
VALIDATION_INCREMENTS = 4000


@dataclass(frozen=True)
class Progress:
    """What a training run reports after each block of updates.

    Parameters
    ----------
    phase : str
        "descent", "polish" (after merging) or "refine" (after merging what has become equal, if anything has).
    update, updates : int
        Updates done in this phase, and the most it will do.
    states : int
        Internal state variables.
    training, validation : float
        Loss on training and validation increments.
    """

    phase: str
    update: int
    updates: int
    states: int
    training: float
    validation: float


PHASES = ("descent", "polish", "refine")


def train(
    dataset: Dataset,
    config: TrainingConfig | None = None,
    progress: Callable[[Progress], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> TANN:
    """Train a TANN.

    Parameters
    ----------
    dataset : Dataset
    config : TrainingConfig, optional
    progress : callable, optional
        Called after every block of updates.
    checkpoint : path, optional
        File in which the run is kept while it goes on; a run that was interrupted resumes from it, with the same
        result as an uninterrupted one, and removes it when it has finished.

    Returns
    -------
    TANN

    Raises
    ------
    InputError
        If the data cannot determine a model.
    ConfigurationError
        If the checkpoint belongs to another run.
    ConvergenceError
        If the loss is no longer finite.
    """
    config = config or TrainingConfig()
    if min(len(dataset.training), len(dataset.validation)) == 0:
        raise InputError("the data set has no training or no validation increments")
    if dataset.training.coordinates.shape[1] == 0:
        raise InputError(
            "the data set has no internal coordinates, from which the internal state variables are found: "
            "write displacements, forces or other microscopic quantities into it"
        )
    owner = fingerprint(dataset, config)
    path = None if checkpoint is None else Path(checkpoint)
    found = read_checkpoint(path, owner) if path is not None else None
    if found is None:
        tann = random_start(dataset, config)
    else:
        tann = restored(random_start(dataset, replace(config, states=found.states)), found.model)
    history = () if found is None else found.history
    for phase in range(0 if found is None else found.phase, len(PHASES)):
        resume = found.optimisation if found is not None and found.phase == phase else None
        run = _Run(dataset, config, phase, progress, path, owner)
        tann, history = run.finish(tann, history, resume)
        if phase + 1 < len(PHASES):
            before, tann = tann, merge_mechanisms(tann, config.merge_tolerance)
            if PHASES[phase] == "polish" and tann.states == before.states:
                tann = before
                break
    tann = fit_decoder(merge_mechanisms(tann, EQUAL), dataset.training)
    if path is not None:
        path.unlink(missing_ok=True)
    provenance = dict(dataset.provenance) | {
        "microtann": microtann.__version__,
        "jax": jax.__version__,
        "training": ", ".join(f"{name} = {value}" for name, value in vars(config).items()),
        "fingerprint": owner,
    }
    return replace(tann, information=replace(tann.information, history=history, provenance=provenance))


@dataclass(frozen=True)
class _Run:
    """One phase of a training run."""

    dataset: Dataset
    config: TrainingConfig
    phase: int
    progress: Callable[[Progress], None] | None
    path: Path | None
    owner: str

    def finish(
        self, tann: TANN, history: tuple[TrainingRecord, ...], resume: list[np.ndarray] | None
    ) -> tuple[TANN, tuple[TrainingRecord, ...]]:
        """Run the phase to its end and return the model and the lengthened history."""
        config, name = self.config, PHASES[self.phase]
        method, updates = self._method(tann), _updates(config, name)
        state = method.start if resume is None else restored(method.start, resume)
        validation = to_batch(tann, self.dataset.validation.take(slice(0, VALIDATION_INCREMENTS)))
        reference = reference_of(to_batch(tann, self.dataset.training))
        validate = eqx.filter_jit(lambda model: loss(model, validation, reference))
        earlier = sum(_updates(config, p) for p in PHASES[: self.phase])
        saved = time.monotonic()
        previous = next((r.training for r in reversed(history) if r.phase == name), np.inf)
        while int(state.update) < updates:
            try:
                state, value = jax.block_until_ready(method.block(state))
            except KeyboardInterrupt:
                self._save(tann, state, history)
                raise
            model = method.model(state.parameters)
            record = TrainingRecord(name, earlier + int(state.update), float(value), float(validate(model)))
            if not np.isfinite(record.training + record.validation):
                raise ConvergenceError(
                    f"the training loss is not finite after {record.update} updates: lower the learning rate",
                    residuals=[r.training for r in (*history, record)],
                )
            history = (*history, record)
            try:
                if self.progress is not None:
                    self.progress(
                        Progress(name, int(state.update), updates, tann.states, record.training, record.validation)
                    )
            except KeyboardInterrupt:
                self._save(tann, state, history)
                raise
            if name != "descent" and (
                record.training < SETTLED_LOSS or record.training > (1.0 - SETTLED_CHANGE) * previous
            ):
                break
            previous = record.training
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self._save(tann, state, history)
                saved = time.monotonic()
        return method.model(state.parameters), history

    def _method(self, tann: TANN) -> Method:
        data = _informative(tann, self.dataset.training)
        if PHASES[self.phase] == "descent":
            batch = to_batch(tann, data)
            return descent(tann, batch, reference_of(batch), self.config)
        order = np.random.default_rng(self.config.seed).permutation(len(data))
        chosen = to_batch(tann, data.take(np.sort(order[: self.config.polish_increments])))
        return polish(tann, chosen, reference_of(to_batch(tann, data)))

    def _save(self, tann: TANN, state: Optimisation, history: tuple[TrainingRecord, ...]) -> None:
        if self.path is not None:
            content = Checkpoint(self.phase, tann.states, leaves(tann), leaves(state), history)
            write_checkpoint(self.path, content, self.owner)


def _informative(tann: TANN, data: Increments) -> Increments:
    """Drop zero increments if the model rests under them by construction.

    They would teach nothing, and they lie on the yield surface of whatever has just flowed, where the loss has
    kinks that keep the polish from converging.
    """
    if not type(tann.evolution).rests:
        return data
    moving = (data.strain_increment != 0).any(axis=1) | (data.extra_increment != 0).any(axis=1)
    return data.take(moving)


def _updates(config: TrainingConfig, phase: str) -> int:
    return config.descent_updates if phase == "descent" else config.polish_updates
