"""Section IV of the paper again: two-dimensional lattices, a folder of results with figures beside its claims."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from microtann.evaluation.closed_loop import Evaluation
from microtann.report.page import write_report
from microtann.report.response_file import write_responses
from microtann.report.section import Section, read_section, write_section
from microtann.reproduction.claims import CELLS, Section4Cell, choose_cells
from microtann.reproduction.section4_report import PAPER_FORM, cell_section, section4_overview
from microtann.reproduction.section4_responses import Section4Model, respond_section4
from microtann.system.stage import (
    NUMBERS,
    Stage,
    check_gathering,
    file_digest,
    working_folder,
    write_numbers,
)
from microtann.tann.shipped import find_model, load, shipped_models, with_form

OVERVIEW, RESPONSES = "overview", "responses"
TITLE = "Section IV: two-dimensional lattices"


def reproduce_section4(
    cells: Sequence[str] | None = None,
    models: Mapping[str, str | os.PathLike[str]] | None = None,
    *,
    output: str | os.PathLike[str] = "results/section4",
    overwrite: bool = False,
) -> Section:
    """Make the figures of Section IV again, beside what the paper claims.

    A cell with its shipped model is shown with the shipped model of the form of the paper too, if there is one.

    Parameters
    ----------
    cells : sequence of str, optional
        Names of lattices, such as "square-2x2"; by default all.
    models : mapping, optional
        Models, shipped or files, by the name of the cell; by default the shipped ones.
    output : path
        Folder of the results.
    overwrite : bool
        Whether results of another configuration may be replaced.

    Returns
    -------
    Section
        The overview, with the tables of errors and claims.

    Raises
    ------
    InputError
        If there is no such cell, or the folder holds something else.
    ModelFileError
        If a cell has no model.
    """
    chosen, folder = choose_cells(cells), Path(output)
    check_gathering(folder, (*CELLS, OVERVIEW))
    files = {cell.name: find_model((models or {}).get(cell.name, cell.name)) for cell in chosen}
    shown = {cell.name: _shown_models(cell, files[cell.name]) for cell in chosen}
    responses = {c.name: _responses(c, shown[c.name], folder, overwrite) for c in chosen}
    places = [_overview(chosen, responses, folder), *(folder / cell.name / RESPONSES for cell in chosen)]
    sections = [(place, read_section(place)) for place in places]
    write_report(folder, TITLE, sections)
    return sections[0][1]


def _shown_models(cell: Section4Cell, file: Path) -> dict[str, Path]:
    """Return the files of the models that are shown for a cell: the one in use, and that of the paper's form.

    Parameters
    ----------
    cell : Section4Cell
    file : Path
        Of the model in use.
    """
    name = f"{cell.name}-{PAPER_FORM}"
    if name in shipped_models() and with_form(cell.name) in shipped_models() and file == find_model(cell.name):
        return {"model": file, PAPER_FORM: find_model(name)}
    return {"model": file}


def _responses(
    cell: Section4Cell, models: Mapping[str, Path], output: Path, overwrite: bool
) -> list[Section4Model]:
    """Run the models of a cell on the paths of Section IV, and draw what is not drawn yet.

    Parameters
    ----------
    cell : Section4Cell
    models : mapping
        Files; the first is the model in use.
    output : Path
        Folder of the reproduction.
    overwrite : bool
        Whether results of another configuration may be replaced.
    """
    inputs = {name: file_digest(file) for name, file in models.items()}
    stage = Stage("section4", output / cell.name / RESPONSES, {"case": {"cell": cell.name}}, inputs)
    shown = [Section4Model(tann, respond_section4(tann)) for tann in map(load, models.values())]
    if not stage.finished:
        with working_folder(stage, overwrite=overwrite) as folder:
            compared = {name: response.response for name, response in shown[0].responses.items()}
            write_responses(folder, compared)
            write_section(folder, cell_section(folder, cell, shown))
            content = [_numbers(model) for model in shown]
            others = {PAPER_FORM: content[1]} if len(content) > 1 else {}
            write_numbers(folder, {"cell": cell.name, **content[0], **others})
    return shown


def _numbers(model: Section4Model) -> dict[str, Any]:
    """Return what a model is and its errors as plain values."""
    errors = Evaluation({name: response.errors for name, response in model.responses.items()}).to_dict()
    return {"form": model.tann.form, "states": model.tann.states, "paths": errors}


def _overview(cells: Sequence[Section4Cell], models: Mapping[str, Sequence[Section4Model]], output: Path) -> Path:
    """Draw the cells and training curves, and write the table of errors; return the folder.

    Parameters
    ----------
    cells : sequence of Section4Cell
    models : mapping
        Models and their responses by the name of their cell.
    output : Path
        Folder of the reproduction.
    """
    place = output / OVERVIEW
    inputs = {cell.name: file_digest(output / cell.name / RESPONSES / NUMBERS) for cell in cells}
    stage = Stage("overview", place, {"case": {"cells": [cell.name for cell in cells]}}, inputs)
    if not stage.finished:
        with working_folder(stage, overwrite=True) as folder:
            write_section(folder, section4_overview(folder, cells, models))
    return place
