"""Section V of the paper again: its load cases over sizes of cells and elements, a folder of results."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from microtann.equilibrium.solver_options import ProgressCallback
from microtann.errors import InputError
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.reference_run import RECORDS, RunRecords, compile_kernels, elements, newton_progress
from microtann.evaluation.structures import reference_case
from microtann.report.page import write_report
from microtann.report.section import Section, read_section, write_section
from microtann.reproduction.claims import Section5Case, choose_cases
from microtann.reproduction.section5_cases import CaseNumbers, Section5Plan, run_section5_case, write_runs
from microtann.reproduction.section5_errors import Limits, find_limits
from microtann.reproduction.section5_report import case_section, section5_overview
from microtann.system.progress import ShowProgress, logged
from microtann.system.stage import (
    NUMBERS,
    Stage,
    check_gathering,
    file_digest,
    working_folder,
    write_numbers,
)
from microtann.tann.shipped import find_model, load
from microtann.tann.trained_model import TANN

OVERVIEW = "overview"
TITLE = "Section V: homogenised structures and full lattices"
MODELS = ("cube", "cube-2x2x2-perturbed")
FEW_BARS, MOST_BARS = 40_000, 8_000_000
"""Bars of the largest full lattice: a second of time, and 5 GB of memory."""
MESHES = (2.5, 2.0, 1.25, 1.0)
CELLS_PER_WIDTH = (1, 2, 4, 5, 8, 10, 16, 20)
LIMITS = (2.0, 1.0, 0.5), (0.2, 0.1, 0.05)
FINE_LIMITS = (1.0, 0.5, 0.25), (0.1, 0.05, 0.025)
"""Elements and size ratios from which limits follow, and those of all sizes."""
LIMIT_CASES = ("lcT1", "lcH")
"""Cases whose limits are found: torsion, and what it leaves after the release."""
_CASE_NUMBERS = TypeAdapter(CaseNumbers)


def section5_plan(tann: TANN, full: bool) -> Section5Plan:
    """Return the sizes of a model: those that take seconds, or with ``full`` those of the paper that fit."""
    reference = ExactReference.of(tann)
    if reference is None or not reference.fills_structures or reference.dimension != 3:
        raise InputError("Section V needs models of lattices in space")
    most, bars = (MOST_BARS if full else FEW_BARS), reference.microstructure.exact_states
    fitting = tuple(1.0 / n for n in CELLS_PER_WIDTH if 2 * bars * n**3 <= most)
    return Section5Plan(fitting or (1.0,), (*MESHES, 0.5) if full else MESHES)


def reproduce_section5(
    models: Sequence[str] = MODELS,
    cases: Sequence[str] | None = None,
    full: bool = False,
    *,
    output: str | os.PathLike[str] = "results/section5",
    overwrite: bool = False,
    progress: ShowProgress = logged("reproduction"),
) -> Section:
    """Make the figures of Section V again, beside what the paper claims; what is there is not computed again.

    Parameters
    ----------
    models : sequence of str
        Models of lattices in space, shipped or files.
    cases : sequence of str, optional
        Names of load cases; by default all.
    full : bool
        Whether cells go down to ε = 1/20 and elements to 0.5.
    output : path
        Folder of the results.
    overwrite : bool
        Whether results of another configuration may be replaced.
    progress : callable, optional
        What shows the progress; by default the logger ``microtann.reproduction`` hears of it.

    Returns
    -------
    Section
        The overview, with the tables of errors and cost.

    Raises
    ------
    InputError
        If there is no such case or model, or the folder holds something else.
    """
    chosen, folder = choose_cases(cases), Path(output)
    names = {_folder(model): model for model in models}
    check_gathering(folder, (*names, *MODELS, OVERVIEW))
    tanns = {name: load(model) for name, model in names.items()}
    results: list[CaseNumbers] = []
    places: list[Path] = []
    for name, model in names.items():
        digest, sizes = file_digest(find_model(model)), section5_plan(tanns[name], full)
        for case in chosen:
            table = {"name": case.name, "model": name, "ratios": list(sizes.ratios), "meshes": list(sizes.meshes)}
            stage = Stage("section5", folder / name / case.name, {"case": table}, {"model": digest})
            results.append(_case(stage, case, tanns[name], sizes, overwrite, progress))
            places.append(stage.output)
    overview = _overview(chosen, results, places, full, folder, progress)
    sections = [(place, read_section(place)) for place in (overview, *places)]
    write_report(folder, TITLE, sections)
    return sections[0][1]


def _folder(model: str) -> str:
    """Return the name of the folder of a model, which may be a file."""
    name = Path(model).stem if Path(model).suffix else model
    if name == OVERVIEW or name.startswith("."):
        raise InputError(f"the results of {model!r} would need a folder named {name!r}: rename the file")
    return name


def _case(
    stage: Stage, case: Section5Case, tann: TANN, sizes: Section5Plan, overwrite: bool, progress: ShowProgress
) -> CaseNumbers:
    """Run a case unless its results are there; return its numbers.

    Parameters
    ----------
    stage : Stage
        Of the case; its folder stands in that of the model.
    case : Section5Case
    tann : TANN
    sizes : Section5Plan
    overwrite : bool
        Whether results of another configuration may be replaced.
    progress : callable
        What shows the progress.
    """
    model = stage.output.parent.name
    if not stage.finished:
        with working_folder(stage, overwrite=overwrite, keep_unfinished=True) as folder:
            records = RunRecords(folder / RECORDS)
            with progress(f"{model}, {case.name}") as report:
                _compile(case.name, tann)

                def watch(done: int, runs: int, text: str) -> ProgressCallback:
                    return newton_progress(report, done, runs, text)

                numbers, comparison = run_section5_case(case.name, model, tann, sizes, watch, records)
            write_numbers(folder, _CASE_NUMBERS.dump_python(numbers))
            write_runs(folder, numbers)
            write_section(folder, case_section(folder, case, numbers, comparison, tann))
            shutil.rmtree(folder / RECORDS, ignore_errors=True)
    return _CASE_NUMBERS.validate_python(json.loads((stage.output / NUMBERS).read_text(encoding="utf-8")))


def _compile(name: str, tann: TANN) -> None:
    """Compile everything, so that the times of the runs are those after compilation."""
    case, reference = reference_case(name), ExactReference.of(tann)
    assert reference is not None
    for material in (tann, reference.microstructure):
        compile_kernels(case, elements(case, material, 2.0), reference)


def _overview(
    cases: Sequence[Section5Case],
    results: Sequence[CaseNumbers],
    places: Sequence[Path],
    full: bool,
    output: Path,
    progress: ShowProgress,
) -> Path:
    """Write the tables and the figures that show several cases; return the folder.

    Parameters
    ----------
    cases : sequence of Section5Case
    results : sequence of CaseNumbers
        Of every model and case.
    places : sequence of Path
        Their folders.
    full : bool
        Whether all sizes of the paper are wanted.
    output : Path
        Folder of the reproduction.
    progress : callable
        What shows the progress.
    """
    place = output / OVERVIEW
    inputs = {f"{p.parent.name}/{p.name}": file_digest(p / NUMBERS) for p in places}
    table = {"full": full, "cases": [case.name for case in cases]}
    stage = Stage("section5 overview", place, {"case": table}, inputs)
    if not stage.finished:
        with working_folder(stage, overwrite=True, keep_unfinished=True) as folder:
            limits: dict[str, dict[str, Limits]] = {}
            for name in LIMIT_CASES:
                if any(case.name == name for case in cases):
                    with progress(f"limits of {name}"):
                        records = RunRecords(folder / RECORDS / name)
                        limits[name] = find_limits(name, *(FINE_LIMITS if full else LIMITS), records)
            write_section(folder, section5_overview(folder, results, limits))
            numbers: dict[str, Any] = {
                f"limits_of_{name}": {quantity: entry.to_dict() for quantity, entry in found.items()}
                for name, found in limits.items()
            }
            write_numbers(folder, numbers)
            shutil.rmtree(folder / RECORDS, ignore_errors=True)
    return place
