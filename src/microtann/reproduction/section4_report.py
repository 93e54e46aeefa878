"""Sections of the report of Section IV: an overview, and one for every cell."""

from __future__ import annotations

import itertools
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
from microtann.reproduction.paper_schedule import SCHEDULE_CELL, paper_schedule
from microtann.reproduction.section4_figures import (
    TrainingCurve,
    draw_cells,
    draw_micro,
    draw_response,
    draw_training_curves,
)
from microtann.reproduction.section4_responses import PATHS, WHAT, Section4Model, Section4Response
from microtann.tann.shipped import load, shipped_models
from microtann.tann.trained_model import TANN

CLAIMS = PAPER.section4
PAPER_FORM = "published"
SCALES = (
    "Bars of the reference material (Young modulus 1, yield stress 1/3, hardening 0.1) in a cell of edge 1. The "
    "bars of the paper have the same ratio of hardening to Young modulus (10 and 100 GPa) and yield at a strain "
    "of 0.003 in place of 1/3: strains and stresses are those of the paper up to a factor."
)


def section4_overview(
    folder: Path,
    cells: Sequence[Section4Cell],
    models: Mapping[str, Sequence[Section4Model]],
) -> Section:
    """Draw the cells and training curves, and return the section with errors and claims.

    Parameters
    ----------
    folder : Path
    cells : sequence of Section4Cell
    models : mapping
        Models and their responses by the name of their cell; the first is the one in use.
    """
    figures = []
    for number, perturbed, claim in ((5, False, CLAIMS.shapes), (10, True, CLAIMS.perturbed)):
        shown: dict[str, UnitCell] = {}
        for cell in cells:
            lattice = require_lattice(models[cell.name][0].tann.microstructure).cell
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
            figures += _training_curves(folder, cells, models)
    return Section(
        title="Section IV beside the paper",
        order=1,
        paragraphs=(
            "Every model gets strain increments only; its own state is fed back. The reference is the exact cell. "
            "The paper shows curves and gives no errors, so that its claims are put in words.",
            SCALES,
        ),
        tables=(_errors_table(cells, models), _claims_table(cells, models)),
        figures=tuple(figures),
    )


def cell_section(folder: Path, cell: Section4Cell, models: Sequence[Section4Model]) -> Section:
    """Draw the responses of the models of a cell, and return its section.

    Parameters
    ----------
    folder : Path
    cell : Section4Cell
    models : sequence of Section4Model
        The first is the one in use.
    """
    lattice = require_lattice(models[0].tann.microstructure).cell
    figures: list[Figure] = []
    for name, model in itertools.product(PATHS, models):
        response = model.responses[name]
        own = "" if model is models[0] else f"-{model.tann.form}"
        form = f", form {model.tann.form}" if len(models) > 1 else ""
        drawn = paper_figure(cell.name, name)
        beside = f"Beside Figure {drawn.number}" if drawn else "Not shown in the paper"
        claim = f" {drawn.claim}" if drawn else ""
        file = f"{f'figure-{drawn.number:02d}' if drawn else f'path-{name}'}{own}.png"
        draw_response(folder / file, lattice, response)
        place = f"{cell.title} lattice, {WHAT[name]} (path {name}{form})"
        text = f"{beside}: {place}.{claim} Here: {_errors_text(response)}."
        figures.append(Figure(file, text))
        micro = file.replace(".png", "-micro.png")
        increment = draw_micro(folder / micro, lattice, response)
        figures.append(
            Figure(
                micro,
                f"{beside}, microstructure at the largest strain (increment {increment + 1} of path "
                f"{name}{form}): "
                "exact cell, decoded by the TANN, and the error of the force, all on one scale of colours.",
            )
        )
    return Section(
        title=f"{cell.title} lattice",
        order=2 + list(CELLS).index(cell.name),
        paragraphs=(
            f"{_in_words(models)}; {len(lattice.nodes)} nodes and "
            f"{len(lattice.bars)} bars, {lattice.distinct_bars.count} of them distinct. Grey lines in (f) are the "
            "internal state variables that the encoder gives for the exact internal coordinates.",
        ),
        figures=tuple(figures),
        files={"numbers.json": "all errors", RESPONSES: WHAT_RESPONSES_HOLD},
    )


def _in_words(models: Sequence[Section4Model]) -> str:
    """Return the forms of models and their numbers of states."""
    first, *others = (f"{m.tann.form}, {m.tann.states} internal state variables" for m in models)
    return "; beside it ".join([f"Form {first}", *(f"form {other}" for other in others)])


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


def _errors_table(cells: Sequence[Section4Cell], models: Mapping[str, Sequence[Section4Model]]) -> Table:
    rows: list[tuple[Value, ...]] = []
    for cell in cells:
        for model, name in itertools.product(models[cell.name], PATHS):
            errors, drawn = model.responses[name].errors, paper_figure(cell.name, name)
            decoded = (errors.coordinates.get("displacement"), errors.coordinates.get("force"))
            rows.append(
                (
                    cell.title,
                    name,
                    None if drawn is None else drawn.number,
                    model.tann.form,
                    model.tann.states,
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


def _claims_table(cells: Sequence[Section4Cell], models: Mapping[str, Sequence[Section4Model]]) -> Table:
    """Return what the paper says with a number beside what is found here."""
    claimed = CLAIMS.numbers
    rows: list[tuple[Value, ...]] = []
    for cell in cells:
        tann, responses = models[cell.name][0].tann, models[cell.name][0].responses
        paper = claimed["states_perturbed" if cell.perturbation else "states"]
        rows.append((cell.title, "internal state variables", paper, str(tann.states)))
        history = tann.information.history
        here = f"{history[-1].update} updates" if history else "no training"
        rows.append((cell.title, "length of training", claimed["training"], here))
        if cell.perturbation:
            share = responses["b"].remaining_state
            text = "–" if share is None else f"at least {format_number(share, 'percent')} of the largest"
            rows.append((cell.title, "internal state variables after unloading", claimed["unloaded"], text))
    columns = (*columns_of("text", "lattice", "what", "paper", "here"),)
    note = (
        "After unloading: the least norm of Z where the strain of path b is zero after the first flow, relative "
        "to the largest norm on the path."
    )
    return Table("Claims with a number", columns, tuple(rows), note)


def _training_curves(
    folder: Path, cells: Sequence[Section4Cell], models: Mapping[str, Sequence[Section4Model]]
) -> list[Figure]:
    """Draw the training of all models that are trained (Figure 6), and say which take none."""
    curves: list[TrainingCurve] = []
    exact: list[str] = []
    others: list[str] = []
    without: list[str] = []
    for cell in cells:
        shown = [model.tann for model in models[cell.name]]
        trained = [tann for tann in shown if tann.information.history]
        other = None if trained else _trained(cell, shown[0])
        if trained and trained[0] is not shown[0]:
            exact.append(cell.title)
        elif not trained:
            (without if other is None else others).append(cell.title)
        curves += [_curve(cell.title, tann) for tann in (*trained, other) if tann is not None]
        if cell.name == SCHEDULE_CELL:
            curves.append(paper_schedule(cell.title))
    if not curves:
        return []
    draw_training_curves(folder / "figure-06.png", curves)
    text = (
        f"Beside Figure 6: loss in training and validation against updates or epochs. {CLAIMS.training} Here the "
        "loss is that of the form, and the perturbed lattices are shown too."
    )
    if any(cell.name == SCHEDULE_CELL for cell in cells):
        text += " The schedule of the paper, random weights and NAdam until early stopping, has its own panel."
    if exact:
        text += (
            f" Of the lattices {', '.join(exact)} the form of the paper is shown alone: the other model is exact "
            "as it is reduced, and takes no training."
        )
    if others:
        text += (
            f" The models in the tables above of the lattices {', '.join(others)} took no training: shown are "
            "other models of the same cells that come with microtann."
        )
    if without:
        text += (
            f" Of the lattices {', '.join(without)} there is no trained model: theirs is exact as it is reduced."
        )
    return [Figure("figure-06.png", text)]


def _trained(cell: Section4Cell, tann: TANN) -> TANN | None:
    """Return another model of a cell that comes with microtann and knows its training; None if there is none."""
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
        "epochs" if tann.form == PAPER_FORM else "updates",
    )
