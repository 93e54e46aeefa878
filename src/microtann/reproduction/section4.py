"""Section IV of the paper again: two-dimensional lattices, a folder of results with figures beside its claims."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from microtann.evaluation.closed_loop import Evaluation
from microtann.report.page import write_report
from microtann.report.response_file import write_responses
from microtann.report.section import Section, read_section, write_section
from microtann.reproduction.claims import CELLS, Section4Cell, choose_cells
from microtann.reproduction.section4_report import cell_section, section4_overview
from microtann.reproduction.section4_responses import Section4Response, respond_section4
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
    tanns = {name: load(file) for name, file in files.items()}
    responses = {c.name: _responses(c, tanns[c.name], files[c.name], folder, overwrite) for c in chosen}
    places = [_overview(chosen, tanns, responses, folder), *(folder / cell.name / RESPONSES for cell in chosen)]
    sections = [(place, read_section(place)) for place in places]
    write_report(folder, TITLE, sections)
    return sections[0][1]


def _responses(
    cell: Section4Cell, tann: TANN, model: Path, output: Path, overwrite: bool
) -> dict[str, Section4Response]:
    """Run the model of a cell on the paths of Section IV, and draw what is not drawn yet.

    Parameters
    ----------
    cell : Section4Cell
    tann : TANN
    model : Path
        Its file.
    output : Path
        Folder of the reproduction.
    overwrite : bool
        Whether results of another configuration may be replaced.
    """
    inputs = {"model": file_digest(model)}
    stage = Stage("section4", output / cell.name / RESPONSES, {"case": {"cell": cell.name}}, inputs)
    responses = respond_section4(tann)
    if not stage.finished:
        with working_folder(stage, overwrite=overwrite) as folder:
            compared = {name: response.response for name, response in responses.items()}
            write_responses(folder, compared)
            write_section(folder, cell_section(folder, cell, tann, responses))
            errors = Evaluation({name: response.errors for name, response in responses.items()}).to_dict()
            content = {"cell": cell.name, "form": tann.form, "states": tann.states, "paths": errors}
            write_numbers(folder, content)
    return responses


def _overview(
    cells: Sequence[Section4Cell],
    tanns: Mapping[str, TANN],
    responses: Mapping[str, Mapping[str, Section4Response]],
    output: Path,
) -> Path:
    """Draw the cells and training curves, and write the table of errors; return the folder.

    Parameters
    ----------
    cells : sequence of Section4Cell
    tanns : mapping
        Models by the name of their cell.
    responses : mapping
        By cell, then by path.
    output : Path
        Folder of the reproduction.
    """
    place = output / OVERVIEW
    inputs = {cell.name: file_digest(output / cell.name / RESPONSES / NUMBERS) for cell in cells}
    stage = Stage("overview", place, {"case": {"cells": [cell.name for cell in cells]}}, inputs)
    if not stage.finished:
        with working_folder(stage, overwrite=True) as folder:
            write_section(folder, section4_overview(folder, cells, tanns, responses))
    return place
