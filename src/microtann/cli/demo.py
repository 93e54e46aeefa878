"""``microtann demo``: the whole pipeline, from a lattice cell to a twisted prism and a report."""

from __future__ import annotations

import time
from pathlib import Path

from microtann.cli.data import DATA_FILE, make_data
from microtann.cli.evaluate import make_evaluation
from microtann.cli.messages import console, show_files
from microtann.cli.microstructure import cell_settings, choose_microstructure
from microtann.cli.options import Assignments, Cell, Config, Output, Overwrite, Perturbation, Units
from microtann.cli.sections import gather
from microtann.cli.simulate import make_simulation
from microtann.cli.train import make_model
from microtann.errors import InputError
from microtann.numbers.settings import collect_settings
from microtann.report.page import REPORT_FILE, write_report
from microtann.report.section import find_sections
from microtann.report.training_section import MODEL_FILE
from microtann.system.stage import check_gathering

CASE = "lcT2"
STAGES = ("data", "train", "evaluate", CASE)
FORM = "play"
"""Form for the regular cube of the demo: it learns the slips from data, where the usual one starts from them."""
CHOSEN = ("cell.", "microstructure.")
"""Sections that choose another cell."""
TITLE = "From a lattice cell to a twisted prism"


def demo(
    output: Output = Path("results/demo"),
    config: Config = None,
    assignments: Assignments = None,
    cell: Cell = None,
    units: Units = None,
    perturbation: Perturbation = None,
    overwrite: Overwrite = False,
) -> None:
    """Run every stage: data, training, closed-loop evaluation, torsion of a prism by 60° (lcT2), report.

    Finished stages with the same configuration are kept, so that an interrupted demo goes on where it stopped.
    """
    start = time.perf_counter()
    options = cell_settings(cell, units=units, perturbation=perturbation)
    given = [setting.key for setting in collect_settings(config, assignments or (), options)]
    if not any(key == "train.form" or key.startswith(CHOSEN) for key in given):
        options["train.form"] = FORM
    settings = gather(config, assignments, options)
    check_gathering(output, STAGES, "the demo")
    if choose_microstructure(settings).microstructure.components != 6:
        raise InputError(f"the demo ends with {CASE}, a structure in space: choose a cell in space, not a square")
    make_data(settings, output / "data", overwrite)
    make_model(settings, output / "data" / DATA_FILE, output / "train", overwrite)
    model = output / "train" / MODEL_FILE
    make_evaluation(str(model), output / "evaluate", overwrite)
    make_simulation(settings, CASE, str(model), output / CASE, overwrite)
    sections = find_sections(output)
    write_report(output, TITLE, sections)
    screen = console()
    for folder, section in sections:
        if folder.name in ("evaluate", CASE):
            screen.print()
            for table in section.tables:
                screen.print(table.to_terminal())
    show_files(output, [REPORT_FILE, *(f"{name}/" for name in STAGES)])
    screen.print(
        f"look at {output / REPORT_FILE} first; all took {time.perf_counter() - start:.0f} s", markup=False
    )
