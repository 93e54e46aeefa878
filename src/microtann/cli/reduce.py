"""``microtann reduce``: a TANN of a microstructure without training, with its error on unseen walks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import microtann
from microtann.cli.messages import show_section, show_unchanged
from microtann.cli.microstructure import cell_settings, choose_microstructure
from microtann.cli.options import CELL, Assignments, Config, Output, Overwrite, Perturbation, Units, setting
from microtann.cli.progress_bar import progress
from microtann.cli.reduction_choice import ReductionChoice
from microtann.cli.sections import choose, effective, gather
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.whole_walks import strain_paths
from microtann.evaluation.closed_loop import PathComparison, respond
from microtann.evaluation.protocol_paths import EvaluationPath
from microtann.numbers.settings import Setting
from microtann.report.reduction_section import write_reduction
from microtann.report.section import read_section
from microtann.system.stage import Stage, working_folder
from microtann.tann.trained_model import TANN

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
    """Make a TANN from a cell without training, in seconds, and measure its error.

    The cell is solved along a few random walks. What flows together, bars of a lattice, fibres of a frame, or
    integration points of a solid, is merged into slips, or groups of them, whose motion the internal state
    variables describe. The sections of the configuration are [cell], [bar], [frame] or [solid], and [reduce]. It
    writes model.safetensors, its errors (numbers.json, CSV), the response on a walk that it has not seen
    (responses.csv), curves (PNG) and report.html.
    """
    options = cell_settings(microstructure, units=units, perturbation=perturbation)
    options |= {"reduce.isvs": isvs, "reduce.slips": slips, "reduce.walks": walks}
    make_reduction(gather(config, assignments, options), output, overwrite)
    show_section(output, read_section(output))


def make_reduction(settings: Sequence[Setting], output: Path, overwrite: bool = False) -> None:
    """Run the stage unless its results are there.

    Parameters
    ----------
    settings : sequence of Setting
    output : Path
    overwrite : bool
        Whether results of another configuration may be replaced.
    """
    choice = choose("reduce", ReductionChoice, settings)
    chosen = choose_microstructure(settings)
    stage = Stage("reduce", output, chosen.sections | effective(reduce=choice), chosen.inputs)
    if stage.finished:
        show_unchanged(output)
        return
    with working_folder(stage, overwrite=overwrite) as folder:
        with progress("solving the microstructure") as report:
            dataset = generate(
                chosen.microstructure, choice.plan(), progress=lambda done, total: report(done, total, "")
            )
        with progress("merging what flows together"):
            tann = microtann.reduce(dataset, states=choice.isvs, slips=choice.slips)
            response = validated(tann, dataset)
        write_reduction(folder, tann, response)


def validated(tann: TANN, dataset: Dataset) -> PathComparison:
    """Return the response of the model beside that of the cell on walks from which nothing was taken."""
    strain = strain_paths(dataset.validation)
    words = f"{strain.shape[0]} walks × {strain.shape[1]} steps that were held out"
    return next(respond(tann, [EvaluationPath("validation", words, strain)]))
