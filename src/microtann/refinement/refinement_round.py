"""One round of a refinement: solve what was chosen, train on, run the structure, audit it, and choose.

What is chosen are strains alone, so that a round does not depend on what is small enough: a refinement that has
ended goes on where it stopped when less is asked for.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from microtann.data.file import read_dataset, write_dataset
from microtann.data.increments import Dataset
from microtann.errors import ConvergenceError, InputError
from microtann.evaluation.audit import audit
from microtann.evaluation.localisation import exact_microstructure
from microtann.evaluation.nodal_states import DecodingMaterial
from microtann.evaluation.reference_run import RECORDS, newton_progress
from microtann.fem.replay import durations, strain_histories
from microtann.numbers.configuration import to_table
from microtann.refinement.chosen_points import chosen_points, points_outside
from microtann.refinement.exact_histories import solve_histories
from microtann.refinement.mixture import mixture
from microtann.refinement.model_in_job import ModelInJob, change_of, named_quantities
from microtann.refinement.refinement_choice import RefinementChoice
from microtann.system.progress import ProgressReport, ShowProgress
from microtann.system.stage import NUMBERS, Stage, file_digest, working_folder, write_numbers
from microtann.tann.shipped import load
from microtann.tann.trained_model import TANN
from microtann.training.form import TrainableForm, changed
from microtann.training.train import train, trainable
from microtann.training.training_progress import TrainingProgress
from microtann.training.walk_errors import dataset_errors

MODEL, HISTORIES, CHOSEN, SPENT = "model.safetensors", "histories.h5", "chosen.npz", "spent.json"


@dataclass(frozen=True)
class Round:
    """A round, and where it is kept.

    Parameters
    ----------
    number : int
        0 is the model as it was.
    folder : Path
    place : ModelInJob
    choice : RefinementChoice
    states : int
        Of its model.
    before : tuple of Round
        Those before it.
    inputs : mapping
        Digests of the first model, the job and the data.
    """

    number: int
    folder: Path
    place: ModelInJob
    choice: RefinementChoice
    states: int
    before: tuple[Round, ...]
    inputs: Mapping[str, str]

    @property
    def stage(self) -> Stage:
        """Its stage: all that decides its results."""
        # how many rounds there may be, and what is small enough, decide when to stop, and no round
        own = to_table(self.choice)
        decides = {key: own[key] for key in ("histories", "updates", "share", "audit", "seed")}
        sections = {
            "round": {"number": self.number, "states": self.states, "region": self.place.region},
            "refine": decides,
            "case": {
                "name": str(self.place.file),
                **{key: str(value) for key, value in self.place.changes.items()},
            },
        }
        former = {f"round {r.number}": file_digest(r.folder / NUMBERS) for r in self.before}
        return Stage("refinement round", self.folder, sections, {**self.inputs, **former})

    @property
    def numbers(self) -> dict[str, Any]:
        """What it has found."""
        return dict(json.loads((self.folder / NUMBERS).read_text(encoding="utf-8")))

    @property
    def histories(self) -> Dataset:
        """What it has learnt in addition to the rounds before it."""
        return read_dataset(self.folder / HISTORIES)


def run_round(
    own: Round, first: TANN, walks: Callable[[], Dataset], progress: ShowProgress, overwrite: bool
) -> dict[str, Any]:
    """Do what is not done yet of a round, and return its numbers.

    Parameters
    ----------
    own : Round
    first : TANN
        The model as it was.
    walks : callable
        Returns those of before.
    progress : callable
        What shows the progress.
    overwrite : bool
        Whether results of another configuration may be replaced.
    """
    if own.stage.finished:
        return own.numbers
    former = walks()
    again = (ConvergenceError, InputError)
    with (
        working_folder(own.stage, overwrite=overwrite, keep_unfinished=True, would_fail_again=again) as work,
        progress(f"round {own.number}") as report,
    ):
        file = work / MODEL
        if not file.is_file():
            _trained(own, first, former, work, report).save(file)
        tann = load(file)
        numbers = _in_structure(own, tann, work, report)
        walked = dataset_errors(tann, former, "validation")
        numbers |= {"walks": {"stress": walked.stress, "dissipation": walked.dissipation}}
        write_numbers(work, numbers)
        (work / SPENT).unlink(missing_ok=True)
        shutil.rmtree(work / RECORDS, ignore_errors=True)
    return own.numbers


def form_of(tann: TANN, choice: RefinementChoice) -> TrainableForm:
    """Return the form by which a model is trained on.

    Raises
    ------
    InputError
        If it cannot be.
    """
    form = type(trainable(tann.form)).of_point(tann.point)
    return changed(form, updates=choice.updates, seed=choice.seed)


def _trained(own: Round, first: TANN, walks: Dataset, work: Path, report: ProgressReport) -> TANN:
    """Return the model of a round."""
    if not own.before:
        return first
    last = load(own.before[-1].folder / MODEL)
    if not (work / HISTORIES).is_file():
        with np.load(own.before[-1].folder / CHOSEN) as chosen:
            strain, dt = chosen["strain"], chosen["dt"]
        start = time.process_time()
        write_dataset(work / HISTORIES, solve_histories(exact_microstructure(last), strain, dt, report))
        seconds = time.process_time() - start
        _note(work, {"histories": seconds, "exact call": seconds / strain[..., 0].size})
    learnt = [former.histories for former in own.before[1:]]
    data = mixture(walks, [*learnt, read_dataset(work / HISTORIES)], own.choice.share)
    form = form_of(last, own.choice)
    grows = own.states != own.before[-1].states
    if grows:
        form = changed(form.with_states(own.states), updates=type(form)().updates)  # type: ignore[attr-defined]

    def show(state: TrainingProgress) -> None:
        report(state.share, 1.0, f"training, validation {state.validation:.1e}")

    start = time.process_time()
    tann = train(data, form, show, work / "checkpoint.safetensors", model=None if grows else last)
    _note(work, {"training": time.process_time() - start})
    return tann


def _note(work: Path, seconds: Mapping[str, float]) -> None:
    """Note CPU times where a round that is gone on with finds them."""
    (work / SPENT).write_text(json.dumps(_noted(work) | dict(seconds)), encoding="utf-8")


def _noted(work: Path) -> dict[str, float]:
    """Return the CPU times that are noted."""
    return dict(json.loads((work / SPENT).read_text(encoding="utf-8"))) if (work / SPENT).is_file() else {}


def _in_structure(own: Round, tann: TANN, work: Path, report: ProgressReport) -> dict[str, Any]:
    """Run and audit the structure, and choose what may be learnt next."""
    choice, region = own.choice, own.place.audited
    job = own.place.job(work / MODEL, tann)
    result = job.solve(newton_progress(report), record=work / RECORDS)
    spent = {"material": result.statistics.material_seconds, "structure": result.statistics.seconds}
    material = job.model.material
    if own.place.region:
        assert not hasattr(material, "update")
        material = material[own.place.region]
    assert isinstance(material, DecodingMaterial)
    report(0, None, "audit")
    found = audit(result, material, choice.audit, seed=choice.seed + own.number, region=region)
    named = named_quantities(job, result)
    former = own.before[-1].numbers["named"] if own.before else None
    stress = float((found.errors["stress"] ** 2).mean() ** 0.5)
    total = found.total_dissipation
    points = chosen_points(result, found, choice.histories, choice.seed + own.number, region)
    np.savez(work / CHOSEN, strain=strain_histories(result, points), dt=durations(result), points=points)
    return {
        "states": own.states,
        "errors": {
            "stress": stress,
            "dissipation": None if total is None else total[0],
            "forces": None if found.load_power is None else found.load_power[0],
            "named": None if former is None else change_of(named, former),
        },
        "half": {
            "dissipation": None if total is None else total[1],
            "forces": None if found.load_power is None else found.load_power[1],
        },
        "outside": len(points_outside(result)),
        "points": int(result.mesh.weights.size),
        "calls": result.statistics.constitutive_calls,
        "named": named,
        "histories": _learnt(work),
        "seconds": {"training": 0.0} | _noted(work) | spent,
        "ends": {"energy": float(result.energy[-1]), "dissipation": float(result.dissipation[-1])},
    }


def _learnt(work: Path) -> int:
    """Return how many histories a round has learnt in addition to those before it."""
    if not (work / HISTORIES).is_file():
        return 0
    data = read_dataset(work / HISTORIES)
    return sum(len(np.unique(part.path)) for part in (data.training, data.validation))
