"""Sections of the report of Section IV: an overview, and one for every cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.lattice import require_lattice
from microtann.plotting.curves import phase_starts
from microtann.report.number import format_number
from microtann.report.response_file import RESPONSES, WHAT_RESPONSES_HOLD
from microtann.report.section import Figure, Section
from microtann.report.table import Column, Table, Value, columns_of
from microtann.reproduction.claims import CELLS, PAPER, Section4Cell, paper_figure
from microtann.reproduction.section4_figures import (
    TrainingCurve,
    draw_cells,
    draw_micro,
    draw_response,
    draw_training_curves,
)
from microtann.reproduction.section4_responses import PATHS, WHAT, Section4Response
from microtann.tann.shipped import load, shipped_models
from microtann.tann.trained_model import TANN

CLAIMS = PAPER.section4
SCALES = (
    "Bars of the reference material (Young modulus 1, yield stress 1/3, hardening 0.1) in a cell of edge 1. The "
    "bars of the paper have the same ratio of hardening to Young modulus (10 and 100 GPa) and yield at a strain "
    "of 0.003 in place of 1/3: strains and stresses are those of the paper up to a factor."
)


def section4_overview(
    folder: Path,
    cells: Sequence[Section4Cell],
    tanns: Mapping[str, TANN],
    responses: Mapping[str, Mapping[str, Section4Response]],
) -> Section:
    """Draw the cells and training curves, and return the section with errors and claims.

    Parameters
    ----------
    folder : Path
    cells : sequence of Section4Cell
    tanns : mapping
        Models by the name of their cell.
    responses : mapping
        By cell, then by path.
    """
    figures = []
    for number, perturbed, claim in ((5, False, CLAIMS.shapes), (10, True, CLAIMS.perturbed)):
        shown: dict[str, UnitCell] = {}
        for cell in cells:
            lattice = require_lattice(tanns[cell.name].microstructure).cell
            if (cell.perturbation > 0.0) == perturbed:
                shown[cell.title] = lattice
        if shown:
            file = f"figure-{number:02d}.png"
            draw_cells(folder / file, shown)
            figures.append(
                Figure(
                    file,
                    f"Beside Figure {number}: the {'perturbed' if perturbed else 'regular'} lattices. {claim}",
                )
            )
        if number == 5:
            figures += _training_curves(folder, cells, tanns)
    return Section(
        title="Section IV beside the paper",
        order=1,
        paragraphs=(
            "Every model gets strain increments only; its own state is fed back. The reference is the exact cell. "
            "The paper shows curves and gives no errors, so that its claims are put in words.",
            SCALES,
        ),
        tables=(_errors_table(cells, tanns, responses), _claims_table(cells, tanns, responses)),
        figures=tuple(figures),
    )


def cell_section(
    folder: Path, cell: Section4Cell, tann: TANN, responses: Mapping[str, Section4Response]
) -> Section:
    """Draw the responses of a cell, and return its section.

    Parameters
    ----------
    folder : Path
    cell : Section4Cell
    tann : TANN
    responses : mapping
        By path.
    """
    lattice = require_lattice(tann.microstructure).cell
    figures = []
    for name, response in responses.items():
        drawn = paper_figure(cell.name, name)
        beside = f"Beside Figure {drawn.number}" if drawn else "Not shown in the paper"
        claim = f" {drawn.claim}" if drawn else ""
        file = f"{f'figure-{drawn.number:02d}' if drawn else f'path-{name}'}.png"
        draw_response(folder / file, lattice, response)
        text = (
            f"{beside}: {cell.title} lattice, {WHAT[name]} (path {name}).{claim} Here: {_errors_text(response)}."
        )
        figures.append(Figure(file, text))
        micro = file.replace(".png", "-micro.png")
        increment = draw_micro(folder / micro, lattice, response)
        figures.append(
            Figure(
                micro,
                f"{beside}, microstructure at the largest strain (increment {increment + 1} of path {name}): "
                "exact cell, decoded by the TANN, and the error of the force, all on one scale of colours.",
            )
        )
    return Section(
        title=f"{cell.title} lattice",
        order=2 + list(CELLS).index(cell.name),
        paragraphs=(
            f"Form {tann.form}, {tann.states} internal state variables; {len(lattice.nodes)} nodes and "
            f"{len(lattice.bars)} bars, {lattice.distinct_bars.count} of them distinct. Grey lines in (f) are the "
            "internal state variables that the encoder gives for the exact internal coordinates.",
        ),
        figures=tuple(figures),
        files={"numbers.json": "all errors", RESPONSES: WHAT_RESPONSES_HOLD},
    )


def _errors_text(response: Section4Response) -> str:
    errors = response.errors
    parts = {
        "stress": errors.stress,
        "energy": errors.energy,
        "dissipation": errors.dissipation,
        **errors.coordinates,
    }
    return "relative RMS errors of " + ", ".join(
        f"{name} {format_number(v, 'error')}" for name, v in parts.items()
    )


def _errors_table(
    cells: Sequence[Section4Cell],
    tanns: Mapping[str, TANN],
    responses: Mapping[str, Mapping[str, Section4Response]],
) -> Table:
    rows: list[tuple[Value, ...]] = []
    for cell in cells:
        for name in PATHS:
            errors, drawn = responses[cell.name][name].errors, paper_figure(cell.name, name)
            decoded = (errors.coordinates.get("displacement"), errors.coordinates.get("force"))
            rows.append(
                (
                    cell.title,
                    name,
                    None if drawn is None else drawn.number,
                    tanns[cell.name].form,
                    tanns[cell.name].states,
                    errors.stress,
                    errors.energy,
                    errors.dissipation,
                    *decoded,
                    errors.violations,
                )
            )
    columns = (
        *columns_of("text", "lattice", "path"),
        Column("figure", kind="integer"),
        Column("form", kind="text"),
        Column("ISVs", kind="integer"),
        *columns_of("error", "stress", "energy", "dissip.", "displ.", "force"),
        Column("violations", kind="integer"),
    )
    note = (
        "Relative RMS errors against the exact cell in closed loop: stress, energy, accumulated dissipation, "
        f"decoded displacements and bar forces. Path b: {WHAT['b']}; c: {WHAT['c']}. Violations: increments that "
        "break the second law. A dash under figure: the paper does not show it."
    )
    return Table("Errors in closed loop", columns, tuple(rows), note)


def _claims_table(
    cells: Sequence[Section4Cell],
    tanns: Mapping[str, TANN],
    responses: Mapping[str, Mapping[str, Section4Response]],
) -> Table:
    """Return what the paper says with a number beside what is found here."""
    claimed = CLAIMS.numbers
    rows: list[tuple[Value, ...]] = []
    for cell in cells:
        tann = tanns[cell.name]
        paper = claimed["states_perturbed" if cell.perturbation else "states"]
        rows.append((cell.title, "internal state variables", paper, str(tann.states)))
        history = tann.information.history
        here = f"{history[-1].update} updates" if history else "no training"
        rows.append((cell.title, "length of training", claimed["training"], here))
        if cell.perturbation:
            share = responses[cell.name]["b"].remaining_state
            text = "–" if share is None else f"at least {format_number(share, 'percent')} of the largest"
            rows.append((cell.title, "internal state variables after unloading", claimed["unloaded"], text))
    columns = (*columns_of("text", "lattice", "what", "paper", "here"),)
    note = (
        "After unloading: the least norm of Z where the strain of path b is zero after the first flow, relative "
        "to the largest norm on the path."
    )
    return Table("Claims with a number", columns, tuple(rows), note)


def _training_curves(folder: Path, cells: Sequence[Section4Cell], tanns: Mapping[str, TANN]) -> list[Figure]:
    """Draw the training of a model of every lattice that has a trained one (Figure 6), and say which have none."""
    trained = {cell.title: _trained(cell, tanns[cell.name]) for cell in cells}
    curves = [_curve(title, tann) for title, tann in trained.items() if tann is not None]
    if not curves:
        return []
    draw_training_curves(folder / "figure-06.png", curves)
    text = (
        f"Beside Figure 6: loss in training and validation against the updates. {CLAIMS.training} Here the loss "
        "is that of the form, and the perturbed lattices are shown too."
    )
    others = [cell.title for cell in cells if trained[cell.title] not in (None, tanns[cell.name])]
    if others:
        text += (
            f" The models in the tables above of the lattices {', '.join(others)} took no training: shown are "
            "other models of the same cells that come with microtann."
        )
    without = [title for title, tann in trained.items() if tann is None]
    if without:
        text += (
            f" Of the lattices {', '.join(without)} there is no trained model: theirs is exact as it is reduced."
        )
    return [Figure("figure-06.png", text)]


def _trained(cell: Section4Cell, tann: TANN) -> TANN | None:
    """Return a model of a cell that knows its training: the one in use, or another that comes with microtann."""
    if tann.information.history:
        return tann
    nodes = require_lattice(tann.microstructure).cell.nodes
    for name in shipped_models():
        if name.startswith(f"{cell.name}-"):
            other = load(name)
            same = np.array_equal(require_lattice(other.microstructure).cell.nodes, nodes)
            if other.information.history and same:
                return other
    return None


def _curve(title: str, tann: TANN) -> TrainingCurve:
    history = tann.information.history
    return TrainingCurve(
        f"{title}\n{tann.form}, {tann.states} ISVs",
        [r.update for r in history],
        [r.training for r in history],
        [r.validation for r in history],
        phase_starts(history),
    )
