"""``microtann reproduce section5``: the load cases of Section V over sizes of cells and elements."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from microtann import fem
from microtann.cli.analysis import compile_kernels, newton_progress
from microtann.cli.messages import console, save_section, show_files
from microtann.cli.page import FILE as REPORT_FILE
from microtann.cli.page import write_report
from microtann.cli.progress import progress
from microtann.cli.section5_sections import case_section, overview_section
from microtann.cli.solver import RECORDS
from microtann.cli.stage import Stage, file_digest, working_folder
from microtann.cli.study_parts import check_folder, stamped
from microtann.equilibrium.options import ProgressCallback
from microtann.errors import InputError
from microtann.evaluation.kept_runs import KeptRuns
from microtann.evaluation.section5 import (
    CaseNumbers,
    Section5Case,
    Section5Plan,
    choose_cases,
    run_section5_case,
)
from microtann.evaluation.section5_errors import Limits, find_limits
from microtann.evaluation.structures import reference_case
from microtann.microstructure.bars.lattice import require_lattice
from microtann.report.section import read_section
from microtann.system.atomic import write_atomically
from microtann.tann.model import TANN
from microtann.tann.shipped import find_model, load

OVERVIEW, NUMBERS = "overview", "numbers.json"
TITLE = "Section V: homogenised structures and full lattices"
MODELS = ("cube", "cube-2x2x2-perturbed")
FEW_BARS, MOST_BARS = 40_000, 8_000_000
"""Bars of the largest full lattice: a second of time, and 5 GB of memory."""
MESHES = (2.5, 2.0, 1.25, 1.0)
CELLS_PER_WIDTH = (1, 2, 4, 5, 8, 10, 16, 20)
LIMITS = (2.0, 1.0, 0.5), (0.2, 0.1, 0.05)
FINE_LIMITS = (1.0, 0.5, 0.25), (0.1, 0.05, 0.025)
"""Elements and size ratios from which the limits of lcT1 follow, and those with ``--full``."""


def plan(tann: TANN, full: bool) -> Section5Plan:
    """Return the sizes of a model: those that take seconds, or with ``full`` those of the paper that fit."""
    if require_lattice(tann.microstructure).cell.dimension != 3:
        raise InputError("Section V needs models of lattices in space")
    most = MOST_BARS if full else FEW_BARS
    bars = require_lattice(tann.microstructure).exact_states
    fitting = tuple(1.0 / n for n in CELLS_PER_WIDTH if 2 * bars * n**3 <= most)
    return Section5Plan(fitting or (1.0,), (*MESHES, 0.5) if full else MESHES)


def reproduce_section5(
    models: Sequence[str] | None, case_names: Sequence[str] | None, full: bool, output: Path, overwrite: bool
) -> None:
    """Compute the cases that are not there yet, and write the report."""
    start = time.perf_counter()
    cases = choose_cases(case_names)
    names = {_folder(model): model for model in models or MODELS}
    check_folder(output, (*names, *MODELS, OVERVIEW))
    tanns = {name: load(model) for name, model in names.items()}
    found: list[CaseNumbers] = []
    places: list[Path] = []
    for name, model in names.items():
        digest = file_digest(find_model(model))
        for case in cases:
            place = output / name / case.name
            found.append(_case(case, name, tanns[name], digest, plan(tanns[name], full), place, overwrite))
            places.append(place)
    overview = _overview(cases, found, places, full, output)
    sections = [(place, read_section(place)) for place in (overview, *places)]
    write_report(output, TITLE, sections)
    for table in sections[0][1].tables:
        console().print(table.to_terminal())
        console().print()
    show_files(output, [REPORT_FILE, f"{OVERVIEW}/", *(f"{name}/" for name in names)])
    typer.echo(f"look at {output / REPORT_FILE} first; all took {time.perf_counter() - start:.0f} s")


def _folder(model: str) -> str:
    """Return the name of the folder of a model, which may be a file."""
    name = Path(model).stem if Path(model).suffix else model
    if name == OVERVIEW or name.startswith("."):
        raise InputError(f"the results of {model!r} would need a folder named {name!r}: rename the file")
    return name


def _case(
    case: Section5Case, model: str, tann: TANN, digest: str, sizes: Section5Plan, place: Path, overwrite: bool
) -> CaseNumbers:
    """Run a case unless its results are there; return its numbers."""
    table = {"name": case.name, "model": model, "ratios": list(sizes.ratios), "meshes": list(sizes.meshes)}
    stage = Stage("section5", place, {"case": table}, {"model": digest})
    if not stage.finished:
        with working_folder(stage, overwrite=overwrite, keep_unfinished=True) as folder:
            kept = KeptRuns(folder / RECORDS)
            with progress(f"{model}, {case.name}") as report:
                _compile(case.name, tann)

                def watch(done: int, runs: int, text: str) -> ProgressCallback:
                    return newton_progress(report, done, runs, text)

                numbers, comparison = run_section5_case(case.name, model, tann, sizes, watch, kept)
            content = stamped(numbers.to_dict())
            write_atomically(folder / NUMBERS, json.dumps(content, indent=1) + "\n")
            save_section(folder, case_section(folder, case, numbers, comparison, tann))
            shutil.rmtree(folder / RECORDS, ignore_errors=True)
    return _read(place / NUMBERS)


def _compile(name: str, tann: TANN) -> None:
    """Compile everything, so that the times of the runs are those after compilation."""
    case, lattice = reference_case(name), require_lattice(tann.microstructure)
    cell, bar = lattice.cell, lattice.bar
    assert bar is not None
    mesh = fem.box(case.lengths, case.elements(2.0), case.origin)
    for material in (tann, lattice):
        compile_kernels(case, cell, bar, fem.Model(mesh, material))


def _read(path: Path) -> CaseNumbers:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    data.pop("microtann")
    return CaseNumbers.from_dict(data)


def _overview(
    cases: Sequence[Section5Case], found: Sequence[CaseNumbers], places: Sequence[Path], full: bool, output: Path
) -> Path:
    """Write the tables and the figures that show several cases; return the folder."""
    place = output / OVERVIEW
    inputs = {f"{p.parent.name}/{p.name}": file_digest(p / NUMBERS) for p in places}
    table = {"full": full, "cases": [case.name for case in cases]}
    stage = Stage("section5 overview", place, {"case": table}, inputs)
    if not stage.finished:
        with working_folder(stage, overwrite=True, keep_unfinished=True) as folder:
            kept = KeptRuns(folder / RECORDS)
            limits: dict[str, Limits] = {}
            if any(case.name == "lcT1" for case in cases):
                with progress("limits of lcT1"):
                    limits = find_limits("lcT1", *(FINE_LIMITS if full else LIMITS), kept)
            save_section(folder, overview_section(folder, found, limits))
            content = stamped({"limits_of_lcT1": {name: entry.to_dict() for name, entry in limits.items()}})
            write_atomically(folder / NUMBERS, json.dumps(content, indent=1) + "\n")
            shutil.rmtree(folder / RECORDS, ignore_errors=True)
    return place
