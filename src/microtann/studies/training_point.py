"""A point of a study: one training on some of the walks of a data file, and its errors on walks in closed loop."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from microtann.data.file import read_dataset
from microtann.data.increments import Dataset
from microtann.data.whole_walks import first_paths
from microtann.errors import ConvergenceError, InputError
from microtann.report.training_section import CURVES, MODEL_FILE, write_curves
from microtann.system.progress import ShowProgress
from microtann.system.stage import NUMBERS, Stage, file_digest, working_folder, write_numbers
from microtann.tann.shipped import load
from microtann.tann.trained_model import TANN
from microtann.training import TrainingProgress, train
from microtann.training.checkpoint_file import updates_done
from microtann.training.form import TrainableForm, changed, form_table
from microtann.training.train import LOGGER
from microtann.training.walk_errors import SetName, dataset_errors

STRESS = "stress"
"""What models are chosen by unless a group of internal coordinates is named."""


@dataclass(frozen=True)
class StudyData:
    """A data file, read when the first point needs it.

    Parameters
    ----------
    file : Path
    digest : str
    """

    file: Path
    digest: str

    @classmethod
    def of(cls, file: str | os.PathLike[str]) -> StudyData:
        """Return the data of a file.

        Raises
        ------
        InputError
            If the file cannot be read.
        """
        return cls(Path(file), file_digest(Path(file)))

    def read(self) -> Dataset:
        """Return the data set."""
        return _read(self.file, self.digest)


@cache
def _read(file: Path, _digest: str) -> Dataset:
    return read_dataset(file)


@dataclass(frozen=True)
class Point:
    """What is trained, on what, and where the result is kept.

    Parameters
    ----------
    folder : Path
    form : TrainableForm
    data : StudyData
    walks : int
        Training walks that are seen; 0 means all.
    judged : str
        Set on whose walks the errors are measured: "validation", or "test" where the data vary.
    """

    folder: Path
    form: TrainableForm
    data: StudyData
    walks: int = 0
    judged: SetName = "validation"

    @property
    def stage(self) -> Stage:
        """The stage of the point."""
        sections = {"train": form_table(self.form), "point": {"walks": self.walks, "judged": self.judged}}
        return Stage("point", self.folder, sections, {"data": self.data.digest})

    @property
    def seed(self) -> int:
        """The seed of the training."""
        return int(getattr(self.form, "seed", 0))


def seeded(form: TrainableForm, seeds: Sequence[int], **values: Any) -> list[TrainableForm]:
    """Return a form with other hyper-parameters, once with every seed."""
    return [changed(form, **values, seed=seed) for seed in seeds]


def run_points(
    title: str, points: Sequence[Point], overwrite: bool, progress: ShowProgress
) -> list[dict[str, Any]]:
    """Train all points that are not there yet, and return the numbers of all.

    Parameters
    ----------
    title : str
        Under which the progress is shown.
    points : sequence of Point
    overwrite : bool
        Whether results of another configuration may be replaced.
    progress : callable
        What shows the progress.
    """
    numbers = []
    with progress(title) as report:
        for done, point in enumerate(points):
            name = point.folder.name

            def show(share: float, note: str, done: int = done, name: str = name) -> None:
                report(done + share, len(points), f"{name}, {note}")

            if not point.stage.finished:
                show(0.0, "")
                _run(point, show, overwrite)
            numbers.append(json.loads((point.folder / NUMBERS).read_text(encoding="utf-8")))
        report(len(points), len(points), "")
    return numbers


def _run(point: Point, show: Callable[[float, str], None], overwrite: bool) -> None:
    """Train and judge one point; a training that fails or runs away is a point without errors."""
    with working_folder(point.stage, overwrite=overwrite, keep_unfinished=True) as folder:
        dataset = subset(point.data.read(), point.walks)
        checkpoint = folder / "checkpoint.safetensors"
        if (done := updates_done(checkpoint)) is not None:
            LOGGER.warning("%s: resumed at update %d", point.folder.name, done)

        def reported(state: TrainingProgress) -> None:
            show(state.share, f"{state.phase} {100 * state.share:.0f} %, validation {state.validation:.1e}")

        start = time.process_time()
        numbers: dict[str, Any] = {"form": form_table(point.form), "increments": len(dataset.training)}
        try:
            tann = train(dataset, point.form, progress=reported, checkpoint=checkpoint)
        except ConvergenceError as error:
            checkpoint.unlink(missing_ok=True)
            numbers |= {"failure": str(error), "seconds": time.process_time() - start}
        else:
            seconds = time.process_time() - start
            numbers |= {"states": tann.states, "seconds": seconds}
            numbers |= {"errors": dataset_errors(tann, point.data.read(), point.judged).to_dict()}
            tann.save(folder / MODEL_FILE)
            write_curves(folder / CURVES, tann.information.history)
        write_numbers(folder, numbers)


def subset(dataset: Dataset, walks: int) -> Dataset:
    """Return a data set with the first training walks only, and validation walks in proportion; 0 means all.

    Raises
    ------
    InputError
        If there are fewer.
    """
    if not walks:
        return dataset
    there = len(np.unique(dataset.training.path))
    if walks > there:
        raise InputError(f"{walks} training walks are asked for, but the data hold {there}: generate more")
    held = len(np.unique(dataset.validation.path))
    return replace(
        dataset,
        training=first_paths(dataset.training, walks),
        validation=first_paths(dataset.validation, max(1, round(held * walks / there))),
    )


def error_of(numbers: dict[str, Any], by: str = STRESS) -> float:
    """Return an error of a point; infinite if the training failed or the model ran away.

    Parameters
    ----------
    numbers : dict
    by : str
        "stress", or a group of internal coordinates.
    """
    errors = numbers.get("errors", {})
    found = errors.get("stress") if by == STRESS else errors.get("coordinates", {}).get(by)
    return np.inf if found is None else float(found)


def error_label(by: str) -> str:
    """Return what stands at the axis of an error."""
    return f"relative RMS {by} error [–]"


def load_point(point: Point) -> TANN | None:
    """Return the model of a finished point; None if its training failed."""
    file = point.folder / MODEL_FILE
    return load(file) if file.is_file() else None
