"""Training: the phases of a form, one after the other, with progress and checkpoints."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import equinox as eqx
import jax
import numpy as np

import microtann
from microtann.data.increments import Dataset
from microtann.errors import ConfigurationError, ConvergenceError, InputError
from microtann.tann.form import form_class
from microtann.tann.information import TrainingRecord
from microtann.tann.model import TANN
from microtann.tann.point import MaterialPoint
from microtann.training.checkpoint import (
    Checkpoint,
    fingerprint,
    leaves,
    read_checkpoint,
    restored,
    write_checkpoint,
)
from microtann.training.form import Phase, TrainableForm
from microtann.training.optimise import Optimisation
from microtann.training.preparation import information_of
from microtann.training.training_range import training_range

CHECKPOINT_SECONDS = 5.0

History = tuple[TrainingRecord, ...]


@dataclass(frozen=True)
class Progress:
    """What a training run reports after each block of updates.

    Parameters
    ----------
    phase : str
        Name of the phase, as the form calls it.
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


def train(
    dataset: Dataset | str | os.PathLike[str],
    form: TrainableForm | str = "play",
    progress: Callable[[Progress], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> TANN:
    """Train a TANN, as the command ``microtann train`` does; `TANN.save` writes it to a file.

    Parameters
    ----------
    dataset : Dataset or path
        Increments, or a data file.
    form : TrainableForm or str
        The form with its hyper-parameters, such as ``microtann.forms.Play(states=22)``, or the name of one with
        its defaults.
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
    if not isinstance(dataset, Dataset):
        from microtann.data.file import read_dataset  # brings HDF5, which data in memory do without

        dataset = read_dataset(os.fspath(dataset))
    if isinstance(form, str):
        form = trainable(form)
    if min(len(dataset.training), len(dataset.validation)) == 0:
        raise InputError("the data set has no training or no validation increments")
    owner = fingerprint(dataset, form)
    path = None if checkpoint is None else Path(checkpoint)
    found = read_checkpoint(path, owner, form) if path is not None else None
    history: History = ()
    if found is None:
        point, loss = form.start(dataset), np.inf
    else:
        point, loss, history = found.former, found.loss, found.history
    phases = form.phases()
    for number in range(0 if found is None else found.phase, len(phases)):
        phase, former, resume = phases[number], point, None
        if found is not None and found.phase == number:
            point, resume = found.point, found.optimisation
        elif phase.enter is not None:
            entered = phase.enter(point)
            if entered is None:
                continue
            point = entered
        earlier = sum(p.updates for p in phases[:number])
        run = _Run(dataset, form, phase, former, loss, number, earlier, progress, path, owner)
        point, history = run.finish(point, history, resume)
        reached = history[-1].training if history else np.inf
        if phase.accept is None or phase.accept(reached, loss):
            loss = reached
        else:
            point = former
    point = form.finish(point, dataset)
    if path is not None:
        path.unlink(missing_ok=True)
    chosen = {"form": form.name, **asdict(form)}  # type: ignore[call-overload]
    provenance = dict(dataset.provenance) | {
        "microtann": microtann.__version__,
        "jax": jax.__version__,
        "training": ", ".join(f"{name} = {value}" for name, value in chosen.items()),
        "fingerprint": owner,
    }
    seen = training_range(dataset.training, form.visited_states(point, dataset.training))
    information = replace(information_of(dataset, form.name), training_range=seen)
    return TANN(point, replace(information, history=history, provenance=provenance))


def trainable(name: str) -> TrainableForm:
    """Return a form by name, with its default hyper-parameters.

    Raises
    ------
    ConfigurationError
        If there is no such form, or it cannot be trained.
    """
    kind = form_class(name)
    if not issubclass(kind, TrainableForm):
        raise ConfigurationError(f"the form {name!r} cannot be trained")
    return kind()


@dataclass(frozen=True)
class _Run:
    """One phase of a training run."""

    dataset: Dataset
    form: TrainableForm
    phase: Phase
    former: MaterialPoint
    loss: float
    number: int
    earlier: int
    progress: Callable[[Progress], None] | None
    path: Path | None
    owner: str

    def finish(
        self, point: MaterialPoint, history: History, resume: list[np.ndarray] | None
    ) -> tuple[MaterialPoint, History]:
        """Run the phase to its end and return the point and the lengthened history."""
        phase = self.phase
        method = phase.method(point, self.dataset)
        state = method.start if resume is None else restored(method.start, resume)
        validate = eqx.filter_jit(self.form.validation(point, self.dataset))
        losses = [r.training for r in history if r.phase == phase.name]
        saved = time.monotonic()
        while int(state.update) < phase.updates and not self._settled(losses):
            try:
                advanced, value = jax.block_until_ready(method.block(state))
                done = int(advanced.update)
                validation = float(validate(method.point(advanced.parameters)))
                record = TrainingRecord(phase.name, self.earlier + done, float(value), validation)
                if not np.isfinite(record.training + record.validation):
                    raise ConvergenceError(
                        f"the training loss is not finite after {record.update} updates: lower the learning rate",
                        residuals=[r.training for r in (*history, record)],
                    )
                losses.append(record.training)
                state, history = advanced, (*history, record)
                if self.progress is not None:
                    left = record.training, record.validation
                    self.progress(Progress(phase.name, done, phase.updates, point.states, *left))
            except KeyboardInterrupt:
                self._save(point, state, history)
                raise
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self._save(point, state, history)
                saved = time.monotonic()
        return method.point(state.parameters), history

    def _settled(self, losses: list[float]) -> bool:
        return bool(losses) and self.phase.settled(losses[-1], losses[-2] if len(losses) > 1 else np.inf)

    def _save(self, point: MaterialPoint, state: Optimisation, history: History) -> None:
        if self.path is not None:
            content = Checkpoint(self.number, self.former, self.loss, point, leaves(state), history)
            write_checkpoint(self.path, content, self.owner)
