"""``microtann reduce``: a TANN of a microstructure of slips without training, with its error on unseen walks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

import microtann
from microtann.cli.configuration import Setting
from microtann.cli.messages import show_section, show_unchanged
from microtann.cli.microstructure import cell_settings, read_microstructure
from microtann.cli.options import CELL, Assignments, Config, Output, Overwrite, Perturbation, Units, setting
from microtann.cli.progress import progress
from microtann.cli.reduction import ReductionChoice
from microtann.cli.sections import choose, effective, gather
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.whole_walks import strain_paths
from microtann.evaluation.protocol import EvaluationPath
from microtann.evaluation.recall import Evaluation, PathResponse, respond
from microtann.report.evaluation import draw_evaluation, errors_table
from microtann.report.page import write_report
from microtann.report.section import Section, read_section, write_section
from microtann.report.table import Column, Table
from microtann.system.atomic import write_atomically
from microtann.system.stage import Stage, working_folder
from microtann.tann.model import TANN

FILE = "model.safetensors"


def reduce(
    microstructure: Annotated[str | None, typer.Argument(metavar="CELL", help=CELL)] = None,
    isvs: Annotated[int | None, setting(ReductionChoice, "isvs")] = None,
    slips: Annotated[int | None, setting(ReductionChoice, "slips")] = None,
    walks: Annotated[int | None, setting(ReductionChoice, "walks")] = None,
    units: Units = None,
    perturbation: Perturbation = None,
    config: Config = None,
    assignments: Assignments = None,
    output: Output = Path("results/reduce"),
    overwrite: Overwrite = False,
) -> None:
    """Make a TANN from a lattice cell without training, in seconds, and measure its error.

    The cell is solved along a few random walks; bars that flow together are merged into slips, whose motion the
    internal state variables describe. The sections of the configuration are [cell], [bar]
    and [reduce].
    """
    options = cell_settings(microstructure, units=units, perturbation=perturbation)
    options |= {"reduce.isvs": isvs, "reduce.slips": slips, "reduce.walks": walks}
    make_reduction(gather(config, assignments, options), output, overwrite)
    show_section(output, read_section(output))


def make_reduction(settings: Sequence[Setting], output: Path, overwrite: bool = False) -> None:
    """Run the stage unless its results are there."""
    choice = choose("reduce", ReductionChoice, settings)
    chosen = read_microstructure(settings)
    stage = Stage("reduce", output, chosen.sections | effective(reduce=choice), chosen.inputs)
    if stage.finished:
        show_unchanged(output)
        return
    with working_folder(stage, overwrite=overwrite) as folder:
        with progress("solving the microstructure") as report:
            dataset = generate(
                chosen.microstructure, choice.plan(), progress=lambda done, total: report(done, total, "")
            )
        with progress("reducing the slips"):
            tann = microtann.reduce(dataset, states=choice.isvs, slips=choice.slips)
            tann.save(str(folder / FILE))
            response = validated(tann, dataset)
        section = describe(folder, tann, response)
        write_section(folder, section)
        write_report(folder, "A TANN without training", [(folder, section)])


def validated(tann: TANN, dataset: Dataset) -> PathResponse:
    """Return the response of the model beside that of the cell on walks from which nothing was taken."""
    strain = strain_paths(dataset.validation)
    words = f"{strain.shape[0]} walks × {strain.shape[1]} steps that were held out"
    return next(respond(tann, [EvaluationPath("validation", words, strain)]))


def describe(folder: Path, tann: TANN, response: PathResponse) -> Section:
    """Draw what the model does on the validation walks and return the section of the report."""
    evaluation = Evaluation({"validation": response.errors})
    numbers = {"microtann": microtann.__version__, "states": tann.states, "errors": evaluation.to_dict()}
    write_atomically(folder / "numbers.json", json.dumps(numbers, indent=1) + "\n")
    known, seen = tann.microstructure, tann.information.training_range
    assert known is not None
    assert seen is not None
    slips = known.exact_states
    rows = (
        ("internal state variables", str(tann.states)),
        (f"slips of the {known.kind}", str(slips)),
        ("largest strain of the walks", float(np.max(seen.strain))),
    )
    errors = response.errors
    columns = (
        Column("states", kind="integer"),
        Column("slips", kind="integer"),
        *(Column(title, kind="error") for title in ("stress", "energy", "dissip.")),
    )
    summary = (tann.states, slips, errors.stress, errors.energy, errors.dissipation)
    return Section(
        title="A TANN without training",
        order=2,
        paragraphs=(
            f"The {slips} slips of the {known.kind} were merged where they go together, and {tann.states} "
            "internal state variables describe how they move; nothing was trained. "
            "The errors are those in closed loop on walks from which nothing was taken.",
        ),
        tables=(
            Table("The reduced model", (Column("", kind="text"), Column("value")), rows),
            errors_table(evaluation),
        ),
        figures=tuple(draw_evaluation(folder, evaluation, {"validation": response})),
        files={
            FILE: "the model (safetensors, with its metadata)",
            "numbers.json": "all errors",
            "configuration.toml": "what made it",
            "report.html": "this section alone",
        },
        summary=Table("Model", columns, (summary,)),
    )
