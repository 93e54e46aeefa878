"""``microtann reproduce``: the figures of a section of the paper, beside what the paper claims."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

import microtann as mt
from microtann.cli.messages import console, show_files
from microtann.cli.options import Assignments, Config, Overwrite
from microtann.cli.progress_bar import progress
from microtann.cli.section4_models import section4_models, states_by_cell
from microtann.cli.sections import gather
from microtann.errors import InputError
from microtann.report.page import REPORT_FILE
from microtann.reproduction.claims import CELLS, SECTION5_CASES
from microtann.reproduction.section5 import MODELS


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
        typer.Option(
            metavar="NAME", help=f"Section V: only this case; several times: {', '.join(SECTION5_CASES)}."
        ),
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

    Every cell or case has a folder of its own with its figures (PNG), numbers.json and what they were drawn from
    (responses.csv, runs.csv); the folder `overview` has the tables (CSV), and report.html shows all.
    """
    place, start = output or Path("results") / section, time.perf_counter()
    given = {"--train": train, "--form": form, "--cell": cell, "--states": states, "--config": config}
    given |= {"--set": assignments}
    others = {"--model": model, "--case": case, "--full": full}
    wrong = [name for name, value in (others if section == "section4" else given).items() if value]
    if wrong:
        raise InputError(f"{wrong[0]} is not an option of {section}: leave it out")
    if section == "section5":
        shown = mt.reproduce(
            section, model, cases=case, full=full, output=place, overwrite=overwrite, progress=progress
        )
    else:
        settings = gather(config, assignments, {"train.form": form})
        models = section4_models(settings, cell, train, form, states_by_cell(states or ()), place, overwrite)
        shown = mt.reproduce(section, models, cells=cell, output=place, overwrite=overwrite)
    for table in shown.tables:
        console().print(table.to_terminal())
        console().print()
    show_files(place, [REPORT_FILE, *sorted(f"{p.name}/" for p in place.iterdir() if _is_shown(p))])
    typer.echo(f"look at {place / REPORT_FILE} first; all took {time.perf_counter() - start:.0f} s")


def _is_shown(place: Path) -> bool:
    return place.is_dir() and not place.name.startswith(".")
