"""Training: the phases of a form, one after the other, with progress and checkpoints."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, PyTree

import microtann
from microtann.data.description import description_errors
from microtann.data.increments import Dataset
from microtann.errors import ConfigurationError, ConvergenceError, InputError
from microtann.tann.agreement import require_agreement
from microtann.tann.form import DEFAULT_FORM, form_class
from microtann.tann.information import TrainingRecord
from microtann.tann.point import MaterialPoint
from microtann.tann.trained_model import TANN
from microtann.training.checkpoint_file import (
    TrainingCheckpoint,
    fingerprint,
    leaves,
    read_training_checkpoint,
    restored,
    write_training_checkpoint,
)
from microtann.training.form import Phase, TrainableForm, never_settled, tell_notes
from microtann.training.optimise import Optimisation
from microtann.training.preparation import information_of
from microtann.training.time_left import TimeLeft, blocks_of_patience, time_left
from microtann.training.training_progress import TrainingProgress, shown_updates
from microtann.training.training_range import training_range
from microtann.training.walk_errors import relative_error, runaway_sentence, squares_of_walks

CHECKPOINT_SECONDS = 5.0
LOGGER = logging.getLogger("microtann.training")

TrainingHistory = tuple[TrainingRecord, ...]


def train(
    dataset: Dataset | str | os.PathLike[str],
    form: TrainableForm | str = DEFAULT_FORM,
    progress: Callable[[TrainingProgress], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    model: TANN | None = None,
) -> TANN:
    """Train a TANN, as the command ``microtann train`` does; `TANN.save` writes it to a file.

    Parameters
    ----------
    dataset : Dataset or path
        Increments, or a data file.
    form : TrainableForm or str
        The form with its hyper-parameters, such as ``microtann.forms.Variational(states=22)``, or the name of one
        with its defaults.
    progress : callable, optional
        Called after every block of updates; without it a notebook shows a bar. The logger ``microtann.training``
        hears of each as INFO, and at the end of the error in closed loop on the validation walks.
    checkpoint : path, optional
        File in which the run is kept while it goes on; a run that was interrupted resumes from it, with the same
        result as an uninterrupted one, and removes it when it has finished.
    model : TANN, optional
        Model of this form that is trained on, in place of a new start: ``form.of_point(model.point)`` has its
        sizes. The data should hold what it has learnt already.

    Returns
    -------
    TANN

    Raises
    ------
    InputError
        If the data cannot determine a model, or the form cannot go on from the model.
    ConfigurationError
        If the checkpoint belongs to another run.
    ConvergenceError
        If the loss is no longer finite.

    Warns
    -----
    ReadingNote
        If a setting of the form does nothing, or asks for more than the data hold.
    """
    if not isinstance(dataset, Dataset):
        from microtann.data.file import read_dataset  # brings HDF5, which data in memory do without

        dataset = read_dataset(os.fspath(dataset))
    if isinstance(form, str):
        form = trainable(form)
    if min(len(dataset.training), len(dataset.validation)) == 0:
        raise InputError("the data set has no training or no validation increments")
    for sentence in description_errors(dataset):
        raise InputError(f"the data set cannot be trained on: {sentence}")
    tell_notes(form.unused())
    dataset = form.prepare(dataset)
    before = None if model is None else _trained_on(model, form, dataset)
    owner = fingerprint(dataset, form, before)
    path = None if checkpoint is None else Path(checkpoint)
    with shown_updates(progress) as told:
        point, history = _through_phases(dataset, form, told, path, owner, before)
    point = form.finish(point, dataset)
    if path is not None:
        path.unlink(missing_ok=True)
    chosen = {"form": form.name, **asdict(form)}  # type: ignore[call-overload]
    provenance = dict(dataset.provenance) | {
        "microtann": microtann.__version__,
        "jax": jax.__version__,
        "training": ", ".join(f"{name} = {value}" for name, value in chosen.items()),
        "fingerprint": owner,
        **({} if model is None else {"former": model.information.provenance.get("fingerprint", "unknown")}),
    }
    verdict = form.verdict(history)
    if verdict:
        provenance["convergence"] = verdict
    if verdict.startswith("not converged"):
        LOGGER.warning("training: %s", verdict)
    seen = training_range(dataset.training, form.visited_states(point, dataset.training))
    information = replace(information_of(dataset, form.name), training_range=seen)
    tann = TANN(point, replace(information, history=history, provenance=provenance))
    try:
        walks = squares_of_walks(tann, dataset.validation)
    except InputError:  # there is no whole walk
        return tann
    provenance["closed loop"] = f"stress error {relative_error(walks):.1e} on {len(walks[0])} validation walks"
    LOGGER.info("training: %s", provenance["closed loop"])
    lost = runaway_sentence(walks) if form.runs_away else ""
    if lost:
        LOGGER.warning("training: %s", lost)
        provenance["runaway"] = lost
    return TANN(point, replace(tann.information, provenance=provenance))


def _trained_on(model: TANN, form: TrainableForm, dataset: Dataset) -> MaterialPoint:
    """Return the point of a model that is trained on, if its form and its data fit.

    Raises
    ------
    InputError
        If they do not.
    """
    if model.form != form.name:
        raise InputError(
            f"a model of the form {model.form!r} cannot be trained on in the form {form.name!r}: choose its own"
        )
    require_agreement(model.information, dataset)
    return model.point


def _through_phases(
    dataset: Dataset,
    form: TrainableForm,
    progress: Callable[[TrainingProgress], None] | None,
    path: Path | None,
    owner: str,
    before: MaterialPoint | None,
) -> tuple[MaterialPoint, TrainingHistory]:
    """Return the point at the end of all phases, gone on with from a checkpoint where there is one.

    Parameters
    ----------
    dataset : Dataset
        Prepared by the form.
    form : TrainableForm
    progress : callable, optional
    path : Path, optional
        Of the checkpoint.
    owner : str
        Whose it is.
    before : MaterialPoint, optional
        That is trained on.
    """
    found = read_training_checkpoint(path, owner, form, dataset) if path is not None else None
    history: TrainingHistory = ()
    if found is None:
        point, loss = form.start(dataset) if before is None else form.go_on(before, dataset), np.inf
    else:
        point, loss, history = found.former, found.loss, found.history
    phases = form.phases()
    total = sum(p.updates for p in phases)
    for number in range(0 if found is None else found.phase, len(phases)):
        phase, former, resume, best = phases[number], point, None, None
        if found is not None and found.phase == number:
            point, resume, best = found.point, found.optimisation, found.best
        elif phase.enter is not None:
            entered = phase.enter(point)
            if entered is None:
                continue
            point = entered
        earlier = sum(p.updates for p in phases[:number])
        run = _Run(dataset, form, phase, former, loss, number, earlier, total, progress, path, owner)
        point, history = run.finish(point, history, resume, best)
        reached = history[-1].training if history else np.inf
        if phase.accept is None or phase.accept(reached, loss):
            loss = reached
        else:
            point = former
    return point, history


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
    total: int
    progress: Callable[[TrainingProgress], None] | None
    path: Path | None
    owner: str

    def finish(
        self,
        point: MaterialPoint,
        history: TrainingHistory,
        resume: list[np.ndarray] | None,
        best: list[np.ndarray] | None,
    ) -> tuple[MaterialPoint, TrainingHistory]:
        """Run the phase to its end and return the point and the lengthened history.

        Parameters
        ----------
        point : MaterialPoint
            Where the phase begins, or went on from.
        history : TrainingHistory
            Of the phases before.
        resume : list of arrays, or None
            State of an optimisation that was stopped.
        best : list of arrays, or None
            The best point so far of one that was stopped.
        """
        phase = self.phase
        method = phase.method(point, self.dataset)
        state = method.start if resume is None else restored(method.start, resume)
        kept = method.start.parameters if best is None else restored(method.start.parameters, best)
        validate = eqx.filter_jit((phase.objective or self.form).validation(point, self.dataset))
        records = [r for r in history if r.phase == phase.name]
        saved = time.monotonic()
        compiled: tuple[float, int] | None = None
        while int(state.update) < phase.updates and not self._over(records):
            try:
                advanced, value = jax.block_until_ready(method.block(state))
                done = int(advanced.update)
                terms = _floats(validate(method.point(advanced.parameters)))
                training = _floats(value if isinstance(value, dict) else {"": value})
                record = TrainingRecord(
                    phase.name, self.earlier + done, sum(training.values()), sum(terms.values()), terms
                )
                if not np.isfinite(record.training + record.validation):
                    self._save(point, state, history, kept)
                    raise ConvergenceError(
                        f"the training loss is not finite after {record.update} {phase.unit}s"
                        f"{_culprits(training, terms)}: lower the learning rate",
                        residuals=[r.training for r in (*history, record)],
                    )
                if phase.patience is not None and record.validation < _lowest(records):
                    kept = advanced.parameters
                state, history, records = advanced, (*history, record), [*records, record]
                if compiled is None:  # the first block of updates is no measure of those that follow
                    compiled = time.monotonic(), done
                reached = TrainingProgress(
                    phase.name,
                    done,
                    max(done, phase.updates),  # blocks are whole
                    point.states,
                    record.training,
                    record.validation,
                    phase.unit,
                    self._left(compiled, done, records),
                    min((self.earlier + done) / self.total, 1.0),
                )
                LOGGER.info("%s", reached)
                if self.progress is not None:
                    self.progress(reached)
            except KeyboardInterrupt:
                self._save(point, state, history, kept)
                raise
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self._save(point, state, history, kept)
                saved = time.monotonic()
        return method.point(state.parameters if phase.patience is None else kept), history

    def _left(self, compiled: tuple[float, int], done: int, records: Sequence[TrainingRecord]) -> TimeLeft | None:
        """Return the time to the end of the phase, from when its first block ended and how many it had done."""
        since, before = compiled
        rest = max(self.phase.updates - done, 0)
        if done == before:
            return None if rest else TimeLeft(0.0, 0.0)
        least = rest
        if self.phase.patience is not None:
            block = records[-1].update - records[-2].update
            least = block * blocks_of_patience([r.validation for r in records], self.phase.patience)
        if self.phase.settled is not never_settled:
            least = 0
        return time_left((time.monotonic() - since) / (done - before), rest, least)

    def _over(self, records: Sequence[TrainingRecord]) -> bool:
        """Return whether the phase has settled or its patience is at an end."""
        if not records:
            return False
        patience = self.phase.patience
        if patience is not None and len(records) > patience:
            since = [r.validation for r in records[-patience:]]
            if min(since) >= _lowest(records[:-patience]):
                return True
        return self.phase.settled(records[-1].training, records[-2].training if len(records) > 1 else np.inf)

    def _save(self, point: MaterialPoint, state: Optimisation, history: TrainingHistory, kept: PyTree) -> None:
        if self.path is not None:
            best = leaves(kept) if self.phase.patience is not None else None
            content = TrainingCheckpoint(self.number, self.former, self.loss, point, leaves(state), history, best)
            write_training_checkpoint(self.path, content, self.owner, self.dataset)


def _floats(terms: Mapping[str, Array]) -> dict[str, float]:
    return {name: float(value) for name, value in terms.items()}


def _lowest(records: Sequence[TrainingRecord]) -> float:
    return min((r.validation for r in records), default=np.inf)


def _culprits(training: Mapping[str, float], validation: Mapping[str, float]) -> str:
    """Return which terms of the loss are not finite, if they are known apart."""
    for terms in (training, validation):
        names = [name for name, value in terms.items() if name and not np.isfinite(value)]
        if names:
            return f" (term{'s' if len(names) > 1 else ''} {', '.join(names)})"
    return ""
