"""One round of a refinement: train on, run the structure, audit it, and solve what is to be learnt next."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

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
from microtann.refinement.stopping import worst_ratio
from microtann.system.progress import ProgressReport, ShowProgress
from microtann.system.stage import NUMBERS, Stage, file_digest, working_folder, write_numbers
from microtann.tann.shipped import load
from microtann.tann.trained_model import TANN
from microtann.training.form import TrainableForm, changed
from microtann.training.train import TrainingProgress, train, trainable
from microtann.training.walk_errors import dataset_errors

MODEL, HISTORIES, SPENT = "model.safetensors", "histories.h5", "training.json"


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
        """What it has solved for the next round."""
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
            tann, seconds = _trained(own, first, former, work, report)
            (work / SPENT).write_text(json.dumps(seconds), encoding="utf-8")
            tann.save(file)
        tann = load(file)
        spent = {"training": float(json.loads((work / SPENT).read_text(encoding="utf-8")))}
        numbers = _in_structure(own, tann, work, report, spent)
        walked = dataset_errors(tann, former, "validation")
        numbers |= {"walks": {"stress": walked.stress, "dissipation": walked.dissipation}}
        write_numbers(work, numbers)
        (work / SPENT).unlink()
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


def _trained(own: Round, first: TANN, walks: Dataset, work: Path, report: ProgressReport) -> tuple[TANN, float]:
    """Return the model of a round, and the CPU time that its training took."""
    if own.number == 0:
        return first, 0.0
    last = load(own.before[-1].folder / MODEL)
    data = mixture(walks, [former.histories for former in own.before], own.choice.share)
    form = form_of(last, own.choice)
    grows = own.states != own.before[-1].states
    if grows:
        form = changed(form.with_states(own.states), updates=type(form)().updates)  # type: ignore[attr-defined]

    def show(state: TrainingProgress) -> None:
        report(state.update, state.updates, f"training, validation {state.validation:.1e}")

    start = time.process_time()
    checkpoint = work / "checkpoint.safetensors"
    tann = train(data, form, show, checkpoint, model=None if grows else last)
    return tann, time.process_time() - start


def _in_structure(
    own: Round, tann: TANN, work: Path, report: ProgressReport, spent: dict[str, float]
) -> dict[str, Any]:
    """Run and audit the structure; where the errors are too large, solve what is to be learnt next."""
    choice, region = own.choice, own.place.audited
    job = own.place.job(work / MODEL, tann)
    result = job.solve(newton_progress(report), record=work / RECORDS)
    spent |= {"material": result.statistics.material_seconds, "structure": result.statistics.seconds}
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
    numbers: dict[str, Any] = {
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
        "ends": {"energy": float(result.energy[-1]), "dissipation": float(result.dissipation[-1])},
    }
    learnt = 0
    if worst_ratio(numbers, choice) > 1.0:
        exact = exact_microstructure(tann)
        points = chosen_points(result, found, choice.histories, choice.seed + own.number, region)
        strain, dt = strain_histories(result, points), durations(result)
        start = time.process_time()
        data = solve_histories(exact, strain, dt, partial(report))
        spent["histories"] = time.process_time() - start
        write_dataset(work / HISTORIES, data)
        learnt = len(points)
        spent["exact call"] = spent["histories"] / strain[..., 0].size
    return numbers | {"histories": learnt, "seconds": spent}
