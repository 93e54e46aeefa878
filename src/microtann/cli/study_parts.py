"""What the studies share: their settings, data, seeds, and columns of errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import microtann
from microtann.cli.configuration import Setting, collect_settings
from microtann.cli.data import FILE as DATA_FILE
from microtann.cli.data import make_data
from microtann.cli.microstructure import cell_settings
from microtann.cli.options import CELL
from microtann.cli.page import FILE as REPORT_FILE
from microtann.cli.sections import gather
from microtann.cli.stage import file_digest
from microtann.cli.study_point import StudyData, changed
from microtann.errors import InputError
from microtann.report.table import Column, Value
from microtann.training.form import TrainableForm

DEFAULT_FORM = "variational"
FOLDERS = ("data", "points", "study")
STRESS_ERROR = "relative RMS stress error [–]"
ERRORS = (
    Column("stress", kind="error"),
    Column("energy", kind="error"),
    Column("dissip.", kind="error"),
    Column("displ.", kind="error"),
    Column("force", kind="error"),
    Column("violations", kind="integer"),
    Column("CPU time", "s", kind="seconds"),
)

CellArgument = Annotated[str | None, typer.Argument(metavar="CELL", help=CELL)]
Form = Annotated[str | None, typer.Option(help=f"Form of the TANN. [default: {DEFAULT_FORM}]")]
Seeds = Annotated[str, typer.Option(help="Seeds of the training, as in 0,1,2.")]


def study_settings(
    config: Path | None,
    assignments: Sequence[str] | None,
    cell: str | None,
    units: int | None,
    perturbation: float | None,
    form: str | None,
    states: int | None = None,
) -> list[Setting]:
    """Return the settings of a study; the form is variational unless another is chosen."""
    options = cell_settings(cell, units=units, perturbation=perturbation) | {
        "train.form": form,
        "train.states": states,
    }
    return gather_with_form(config, assignments, options)


def gather_with_form(
    config: Path | None,
    assignments: Sequence[str] | None,
    options: Mapping[str, Any],
    forms: Sequence[str] = (),
) -> list[Setting]:
    """Return the settings of a file and of the command line; the form is variational unless another is chosen.

    Forms that are compared are named apart; see `choose_forms`.
    """
    if forms:
        return gather(config, assignments, options, forms)
    given = collect_settings(config, assignments or (), options)
    chosen = any(setting.key == "train.form" for setting in given)
    return gather(config, assignments, options if chosen else {**options, "train.form": DEFAULT_FORM})


def study_data(settings: Sequence[Setting], output: Path, overwrite: bool) -> StudyData:
    """Generate the data of a study, unless they are there."""
    make_data(settings, output / "data", overwrite)
    file = output / "data" / DATA_FILE
    return StudyData(file, file_digest(file))


def integers(name: str, text: str) -> list[int]:
    """Return the numbers that an option lists, each once and in rising order.

    Raises
    ------
    InputError
        If it lists something else.
    """
    try:
        numbers = sorted({int(word) for word in text.split(",")})
    except ValueError:
        raise InputError(f"--{name} takes whole numbers such as 4,8,12, got {text!r}") from None
    if numbers[0] < (0 if name == "seeds" else 1):
        raise InputError(f"--{name} takes numbers from {0 if name == 'seeds' else 1} on, got {numbers[0]}")
    return numbers


def seeded(form: TrainableForm, seeds: str, **values: Any) -> list[TrainableForm]:
    """Return a form with other hyper-parameters, once with every seed."""
    return [changed(form, **values, seed=seed) for seed in integers("seeds", seeds)]


def seed_of(form: TrainableForm) -> int:
    """Return the seed of a form."""
    return int(getattr(form, "seed", 0))


def errors_row(numbers: Mapping[str, Any]) -> tuple[Value, ...]:
    """Return the values of `ERRORS` of a point."""
    errors = numbers.get("errors", {})
    groups = errors.get("coordinates", {})
    named = [errors.get(name) for name in ("stress", "energy", "dissipation")]
    decoded = [groups.get(name) for name in ("displacement", "force")]
    return (*named, *decoded, errors.get("violations"), numbers["seconds"])


def errors_note(form: str) -> str:
    """Return what stands below a table of errors."""
    return (
        f"Form {form}. Relative RMS errors on validation walks: stress, energy, accumulated dissipation, decoded "
        "displacements and bar forces. A dash stands for a training that failed or a model that ran away."
    )


def stamped(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers with the version of the package."""
    return {"microtann": microtann.__version__, **content}


def check_folder(output: Path, names: Sequence[str]) -> None:
    """Refuse a folder that holds something else.

    Raises
    ------
    InputError
    """
    if output.exists() and not output.is_dir():
        raise InputError(f"{output} is a file: --output names a folder")
    present = [p.name for p in output.iterdir() if not p.name.startswith(".")] if output.is_dir() else []
    foreign = sorted(set(present) - {*names, REPORT_FILE})
    if foreign:
        raise InputError(f"{output} holds something that is not of this command ({foreign[0]}): name a new folder")
