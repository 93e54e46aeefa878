"""``microtann reproduce``: the figures of a section of the paper, beside what the paper claims."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal

import typer

from microtann.cli.configuration import Setting
from microtann.cli.data import FILE as DATA_FILE
from microtann.cli.data import make_data
from microtann.cli.form_choice import SECTION, trainable_forms
from microtann.cli.messages import console, show_files
from microtann.cli.options import Assignments, Config, Overwrite
from microtann.cli.progress import progress
from microtann.cli.sections import gather
from microtann.cli.train import make_model
from microtann.errors import InputError, ModelFileError
from microtann.report.page import FILE as REPORT_FILE
from microtann.report.training import MODEL_FILE
from microtann.reproduction.claims import CASES, CELLS, Section4Cell, choose_cells
from microtann.reproduction.section4 import OVERVIEW, reproduce_section4
from microtann.reproduction.section5 import MODELS, reproduce_section5
from microtann.system.stage import check_gathering
from microtann.tann.form import DEFAULT_FORM
from microtann.tann.shipped import find_model


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
    place, start = output or Path("results") / section, time.perf_counter()
    given = {"--train": train, "--form": form, "--cell": cell, "--states": states, "--config": config}
    given |= {"--set": assignments}
    others = {"--model": model, "--case": case, "--full": full}
    wrong = [name for name, value in (others if section == "section4" else given).items() if value]
    if wrong:
        raise InputError(f"{wrong[0]} is not an option of {section}: leave it out")
    if section == "section5":
        shown = reproduce_section5(
            model or MODELS, case, full, output=place, overwrite=overwrite, progress=progress
        )
    else:
        settings = gather(config, assignments, {"train.form": form})
        models = section4_models(settings, cell, train, form, _numbers(states or ()), place, overwrite)
        shown = reproduce_section4(cell, models, output=place, overwrite=overwrite)
    for table in shown.tables:
        console().print(table.to_terminal())
        console().print()
    show_files(place, [REPORT_FILE, *sorted(f"{p.name}/" for p in place.iterdir() if _is_shown(p))])
    typer.echo(f"look at {place / REPORT_FILE} first; all took {time.perf_counter() - start:.0f} s")


def section4_models(
    settings: Sequence[Setting],
    cells: Sequence[str] | None,
    train: bool,
    form: str | None,
    states: Mapping[str, int],
    output: Path,
    overwrite: bool,
) -> dict[str, Path]:
    """Return the model of every cell: the shipped one, or one that is trained unless it is there.

    Parameters
    ----------
    settings : sequence of Setting
        For data and training.
    cells : sequence of str, optional
        Names; by default all.
    train : bool
        Whether to train although a model is shipped.
    form : str, optional
        Form of the models.
    states : mapping
        Internal state variables of the models that are trained for it, by cell.
    output : Path
        Folder of the reproduction.
    overwrite : bool
        Whether results of another configuration may be replaced.
    """
    chosen = choose_cells(cells)
    check_gathering(output, (*CELLS, OVERVIEW))
    models = {}
    for cell in chosen:
        shipped = None if train or cell.name in states else _shipped(cell, form)
        folder = output / cell.name
        models[cell.name] = shipped or _trained(cell, settings, states.get(cell.name), folder, overwrite)
    return models


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
    """Generate data of a cell and train a model, unless they are there; return the model.

    Parameters
    ----------
    cell : Section4Cell
    settings : sequence of Setting
    states : int, optional
        Internal state variables that were asked for.
    folder : Path
        Of the cell.
    overwrite : bool
        Whether results of another configuration may be replaced.
    """
    own = [Setting(key, value, "Section IV") for key, value in cell.settings.items()]
    given = {setting.key for setting in settings}
    form = next((s.value for s in reversed(settings) if s.key == "train.form"), DEFAULT_FORM)
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


def _is_shown(place: Path) -> bool:
    return place.is_dir() and not place.name.startswith(".")
