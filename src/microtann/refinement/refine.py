"""A model that becomes good enough for a structure: round after round it learns what the structure does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from microtann.data.increments import Dataset
from microtann.evaluation.localisation import exact_microstructure
from microtann.numbers.configuration import to_table
from microtann.refinement.former_walks import former_walks, walk_plan
from microtann.refinement.model_in_job import ModelInJob
from microtann.refinement.refinement_choice import RefinementChoice
from microtann.refinement.refinement_round import MODEL, Round, form_of, run_round
from microtann.refinement.refinement_section import refinement_section
from microtann.refinement.stopping import Decision, decide, worst_ratio
from microtann.report.page import write_report
from microtann.report.section import Section, write_section
from microtann.system.progress import ShowProgress, logged
from microtann.system.stage import NUMBERS, Stage, check_gathering, file_digest, working_folder, write_numbers
from microtann.tann.shipped import find_model, load
from microtann.tann.trained_model import TANN

ROUND, RESULT, WALKS = "round-", "result", "walks"
MOST_FOLDERS = 1000


@dataclass(frozen=True)
class Refinement:
    """What a refinement has come to.

    Parameters
    ----------
    model : TANN
        The best of all rounds.
    rounds : tuple of mapping
        Numbers of every round, the first of which is the model as it was: "states", "errors", "half" (of the 95 %
        intervals), "walks" (errors on the walks of before), "histories" (learnt in addition), "seconds".
    within : bool
        Whether its errors are within the targets.
    reason : str
        Why there was no other round.
    section : Section
        Its section of the report.
    """

    model: TANN
    rounds: Sequence[Mapping[str, Any]]
    within: bool
    reason: str
    section: Section


def refine(
    model: str | os.PathLike[str],
    job: str | os.PathLike[str],
    choice: RefinementChoice | None = None,
    changes: Mapping[str, Any] | None = None,
    *,
    region: str | None = None,
    data: str | os.PathLike[str] | None = None,
    output: str | os.PathLike[str] = "results/refine",
    overwrite: bool = False,
    progress: ShowProgress = logged("refinement"),
) -> Refinement:
    """Train a model on until it is good enough for a structure, as the command ``microtann refine`` does.

    The structure is run with the model, and outside of its range with the exact microstructure; an audit tells its
    errors; where they are too large, the exact microstructure is solved along strain histories of Gauss points
    where the model is wrong or leaves its range, and the model is trained on, the walks of before being kept in
    the mixture. Every round is a folder of its own: after an interrupt or a kill the same call goes on.

    Parameters
    ----------
    model : path
        Model file, or the name of a shipped one.
    job : path
        Job file, or the name of one that ships; its material is replaced by the model.
    choice : RefinementChoice, optional
        Targets and rounds.
    changes : mapping, optional
        Values in place of those in the job file, by dotted key.
    region : str, optional
        Of the model, where the job has several.
    data : path, optional
        Data file of the walks that the model was trained on; without it they are generated again.
    output : path
        Folder of the results.
    overwrite : bool
        Whether results of another configuration may be replaced.
    progress : callable, optional
        What shows the progress; by default the logger ``microtann.refinement`` hears of it.

    Returns
    -------
    Refinement

    Raises
    ------
    InputError
        If the model cannot be trained on, tells no microstructure that can be solved or no walks, or the job does
        not fit it.
    EquilibriumError
        If an increment of the structure fails although it was cut.

    References
    ----------
    Y. Zhang and K. Bhattacharya, Iterated learning and multiscale modeling of history-dependent architectured
    metamaterials, Mechanics of Materials 197 (2024), 105090: the same loop for a recurrent operator without laws.
    """
    choice, folder, file = choice or RefinementChoice(), Path(output), find_model(model)
    first = load(model)
    exact_microstructure(first)
    form_of(first, choice)
    place = ModelInJob.of(Path(job), changes or {}, region)
    checked = place.job(file, first)
    if data is None:
        walk_plan(first)
    names = [WALKS, RESULT, *(f"{ROUND}{number}" for number in range(MOST_FOLDERS))]
    check_gathering(folder, names)
    inputs = {"first model": file_digest(file), "job": file_digest(place.file)}
    inputs |= {name: digest for name, digest in checked.inputs.items() if name in ("mesh", "history")}
    inputs |= {} if data is None else {"data": file_digest(Path(data))}

    @cache
    def walks() -> Dataset:
        return former_walks(first, data, folder / WALKS, progress)

    rounds: list[Round] = []
    found: list[dict[str, Any]] = []
    decision = Decision(first.states)
    while decision.states:
        number = len(rounds)
        own = Round(number, folder / f"{ROUND}{number}", place, choice, decision.states, tuple(rounds), inputs)
        found.append(run_round(own, first, walks, progress, overwrite))
        rounds.append(own)
        decision = decide(found, choice)
    best = min(range(len(found)), key=lambda number: worst_ratio(found[number], choice))
    section = _result(folder / RESULT, rounds, found, best, choice, decision.reason)
    return Refinement(
        load(folder / RESULT / MODEL),
        found,
        worst_ratio(found[best], choice) <= 1.0,
        decision.reason,
        section,
    )


def _result(
    folder: Path,
    rounds: Sequence[Round],
    found: Sequence[Mapping[str, Any]],
    best: int,
    choice: RefinementChoice,
    reason: str,
) -> Section:
    """Write the best model and the report of all rounds; return its section."""
    inputs = {own.folder.name: file_digest(own.folder / NUMBERS) for own in rounds}
    stage = Stage("refinement", folder, {"refine": to_table(choice)}, inputs)
    with working_folder(stage, overwrite=True) as work:
        shutil.copy2(rounds[best].folder / MODEL, work / MODEL)
        write_numbers(work, {"rounds": list(found), "best": best, "reason": reason})
        section = refinement_section(work, found, best, choice, reason, rounds[0].place.file.stem)
        files = {MODEL: "the best model", "numbers.json": "all numbers"}
        section = write_section(work, replace(section, files={**(section.files or {}), **files}))
    write_report(folder.parent, section.title, [(folder, section)])
    return section
