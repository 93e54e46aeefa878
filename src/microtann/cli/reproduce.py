"""``microtann reproduce``: the figures of a section of the paper, beside what the paper claims."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import microtann
from microtann.cli.configuration import Setting
from microtann.cli.data import FILE as DATA_FILE
from microtann.cli.data import make_data
from microtann.cli.form_choice import SECTION, trainable_forms
from microtann.cli.messages import console, save_section, show_files
from microtann.cli.options import Assignments, Config, Overwrite
from microtann.cli.page import FILE as REPORT_FILE
from microtann.cli.page import write_report
from microtann.cli.reproduce_section5 import MODELS, reproduce_section5
from microtann.cli.reproduce_sections import cell_section, overview_section
from microtann.cli.stage import Stage, file_digest, working_folder
from microtann.cli.study_parts import check_folder, gather_with_form
from microtann.cli.train import FILE as MODEL_FILE
from microtann.cli.train import make_model
from microtann.errors import InputError, ModelFileError
from microtann.evaluation.recall import Evaluation
from microtann.evaluation.section4 import CELLS, Section4Cell, Section4Response, choose_cells, respond_section4
from microtann.evaluation.section5 import CASES
from microtann.report.section import read_section
from microtann.system.atomic import write_atomically
from microtann.tann.model import TANN
from microtann.tann.shipped import find_model, load

OVERVIEW, RESPONSES = "overview", "responses"
TITLE = "Section IV: two-dimensional lattices"


def reproduce(
    section: Annotated[
        Literal["section4", "section5"],
        typer.Argument(help="Section IV: two-dimensional lattices. Section V: structures."),
    ] = "section4",
    train: Annotated[
        bool, typer.Option("--train", help="Generate data and train, whether or not a model is shipped.")
    ] = False,
    form: Annotated[
        str | None, typer.Option(help="Form of the models. [default: that of the shipped model, or variational]")
    ] = None,
    cell: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help=f"Only this cell; may be given several times: {', '.join(CELLS)}."),
    ] = None,
    states: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=N", help="Train the model of a cell with N internal state variables."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            help="Section V: a model of a lattice in space, shipped or a file; may be given several times. "
            "[default: " + ", ".join(MODELS) + "]",
        ),
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help=f"Section V: only this case; several times: {', '.join(CASES)}."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Section V: cells down to ε = 1/20 and elements of 0.5 too.")
    ] = False,
    config: Config = None,
    assignments: Assignments = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the results. [default: results/SECTION]")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Make the figures of a section of the paper again, beside what the paper claims.

    Section IV: lattices of 2×2, 4×4 and 6×6 units, regular and perturbed (Figures 5 to 12). Shipped models are
    taken where there are; a cell without one is trained with the sections [walks] and [train], and its model is
    kept in the folder of results.

    Section V: structures lcU1 to lcH with a model, the exact cell and as full lattices (Figures 14 to 21), over
    size ratios and mesh sizes, with the errors of network and of homogenisation apart.
    """
    place = output or Path("results") / section
    given = {"--train": train, "--form": form, "--cell": cell, "--states": states, "--config": config}
    given |= {"--set": assignments}
    others = {"--model": model, "--case": case, "--full": full}
    wrong = [name for name, value in (others if section == "section4" else given).items() if value]
    if wrong:
        raise InputError(f"{wrong[0]} is not an option of {section}: leave it out")
    if section == "section5":
        reproduce_section5(model, case, full, place, overwrite)
    else:
        _section4(train, form, cell, states, config, assignments, place, overwrite)


def _section4(
    train: bool,
    form: str | None,
    cell: Sequence[str] | None,
    states: Sequence[str] | None,
    config: Path | None,
    assignments: Sequence[str] | None,
    output: Path,
    overwrite: bool,
) -> None:
    start = time.perf_counter()
    cells = choose_cells(cell)
    numbers = _numbers(states or ())
    settings = gather_with_form(config, assignments, {"train.form": form})
    check_folder(output, (*CELLS, OVERVIEW))
    tanns: dict[str, TANN] = {}
    found: dict[str, dict[str, Section4Response]] = {}
    for chosen in cells:
        model = _shipped(chosen, form) if not train and chosen.name not in numbers else None
        if model is None:
            model = _trained(chosen, settings, numbers.get(chosen.name), output / chosen.name, overwrite)
        tanns[chosen.name] = load(model)
        found[chosen.name] = _responses(chosen, tanns[chosen.name], model, output, overwrite)
    places = [_overview(cells, tanns, found, output)]
    places += [output / c.name / RESPONSES for c in cells]
    sections = [(place, read_section(place)) for place in places]
    write_report(output, TITLE, sections)
    for table in sections[0][1].tables:
        console().print(table.to_terminal())
        console().print()
    show_files(output, [REPORT_FILE, *(f"{c.name}/{RESPONSES}/" for c in cells)])
    typer.echo(f"look at {output / REPORT_FILE} first; all took {time.perf_counter() - start:.0f} s")


def _numbers(texts: Sequence[str]) -> dict[str, int]:
    """Return the numbers of states that were asked for, by cell."""
    numbers = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not value.isdecimal() or int(value) < 1:
            raise InputError(f"--states takes a cell and a number, such as square-6x6-perturbed=48, got {text!r}")
        numbers[choose_cells([name])[0].name] = int(value)
    return numbers


def _shipped(cell: Section4Cell, form: str | None) -> Path | None:
    """Return the file of the shipped model of a cell; None if there is none."""
    try:
        return find_model(cell.name if form is None else f"{cell.name}-{form}")
    except ModelFileError:
        return None


def _trained(
    cell: Section4Cell, settings: Sequence[Setting], states: int | None, folder: Path, overwrite: bool
) -> Path:
    """Generate data of a cell and train a model, unless they are there; return the model."""
    own = [Setting(key, value, "Section IV") for key, value in cell.settings.items()]
    given = {setting.key for setting in settings}
    form = next(s.value for s in reversed(settings) if s.key == "train.form")
    kind = trainable_forms().get(form)
    has_states = kind is not None and "states" in {f.name for f in fields(kind)}  # type: ignore[arg-type]
    if states is not None and not has_states:
        raise InputError(f"the form {form!r} takes no number of internal state variables: leave out --states")
    if has_states and (states is not None or f"{SECTION}.states" not in given):
        own.append(Setting(f"{SECTION}.states", states or cell.states, "Section IV"))
    chosen = [*settings, *own]
    make_data(chosen, folder / "data", overwrite)
    make_model(chosen, folder / "data" / DATA_FILE, folder / "train", overwrite)
    return folder / "train" / MODEL_FILE


def _responses(
    cell: Section4Cell, tann: TANN, model: Path, output: Path, overwrite: bool
) -> dict[str, Section4Response]:
    """Run the model of a cell on the paths of Section IV, and draw what is not drawn yet."""
    stage = Stage(
        "section4", output / cell.name / RESPONSES, {"case": {"cell": cell.name}}, {"model": file_digest(model)}
    )
    found = respond_section4(tann)
    if not stage.finished:
        with working_folder(stage, overwrite=overwrite) as folder:
            save_section(folder, cell_section(folder, cell, tann, found))
            errors = Evaluation({name: response.errors for name, response in found.items()}).to_dict()
            content = _stamped({"cell": cell.name, "form": tann.form, "states": tann.states, "paths": errors})
            write_atomically(folder / "numbers.json", json.dumps(content, indent=1) + "\n")
    return found


def _overview(
    cells: Sequence[Section4Cell],
    tanns: Mapping[str, TANN],
    found: Mapping[str, Mapping[str, Section4Response]],
    output: Path,
) -> Path:
    """Draw the cells and training curves, and write the table of errors; return the folder."""
    place = output / OVERVIEW
    inputs = {c.name: file_digest(output / c.name / RESPONSES / "numbers.json") for c in cells}
    stage = Stage("overview", place, {"case": {"cells": [c.name for c in cells]}}, inputs)
    if not stage.finished:
        with working_folder(stage, overwrite=True) as folder:
            save_section(folder, overview_section(folder, cells, tanns, found))
    return place


def _stamped(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"microtann": microtann.__version__, **content}
