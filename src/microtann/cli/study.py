"""``microtann study``: how many internal state variables, how much data, and what two models have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from microtann.cli.data import DATA_FILE, make_data
from microtann.cli.form_choice import choose_form, choose_forms
from microtann.cli.messages import show_section
from microtann.cli.microstructure import cell_settings, choose_microstructure
from microtann.cli.options import (
    Assignments,
    CellArgument,
    Config,
    FormOption,
    Output,
    Overwrite,
    Perturbation,
    Seeds,
    Units,
    integers,
)
from microtann.cli.progress_bar import progress
from microtann.cli.sections import choose, gather
from microtann.data.walks import WalkPlan
from microtann.errors import InputError
from microtann.numbers.settings import Setting
from microtann.report.training_section import MODEL_FILE
from microtann.studies.amount_of_data import COUNTS, paths_for, study_increments, walks_for
from microtann.studies.latent_spaces import study_latent_spaces
from microtann.studies.number_of_states import FOLDERS, study_states
from microtann.studies.training_point import STRESS
from microtann.system.stage import check_gathering
from microtann.tann.form import DEFAULT_FORM

NUMBERS = "Numbers to try, as in 4,8,12; by default doubled, up to 48, and halved to the smallest within --error."
OwnData = Annotated[
    Path | None, typer.Option("--data", help="Data file of yours, in place of a cell whose data are generated.")
]
app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")


@app.callback()
def study() -> None:
    """Study how many internal state variables or how much data a cell needs, or compare two models' states.

    Every training is a stage of its own: an interrupted study goes on where it stopped, and a longer one starts
    from what is there. The result is in the folder `study`: its tables (CSV), numbers.json and figures (PNG);
    report.html beside it shows it.
    """


@app.command("isvs")
def isvs(
    cell: CellArgument = None,
    units: Units = None,
    perturbation: Perturbation = None,
    states: Annotated[str | None, typer.Option(help=NUMBERS)] = None,
    error: Annotated[
        float | None,
        typer.Option(
            help="Error that is small enough, 0.01 by default; with --states the knee of the curve is proposed."
        ),
    ] = None,
    by: Annotated[
        str, typer.Option(help="Whose error counts: stress, force, displacement or another group of the data.")
    ] = STRESS,
    data: OwnData = None,
    form: FormOption = None,
    seeds: Seeds = "0",
    config: Config = None,
    assignments: Assignments = None,
    output: Output = Path("results/isvs"),
    overwrite: Overwrite = False,
) -> None:
    """Measure the error against the number of internal state variables on validation walks, and propose one.

    The proposed model is `study/model.safetensors`. With the form variational the lattice is also reduced without
    training, for comparison.
    """
    if error is not None and not error > 0.0:
        raise InputError(f"--error must be larger than 0, got {error:g}")
    options = cell_settings(cell, units=units, perturbation=perturbation) | {"train.form": form}
    settings = gather(config, assignments, options)
    chosen, numbers = choose_form(settings), integers("states", states) if states else []
    common: dict[str, Any] = {
        "seeds": integers("seeds", seeds),
        "output": output,
        "overwrite": overwrite,
        "progress": progress,
    }
    file = _data(settings, output, overwrite) if data is None else _own_data(data, cell, units, perturbation)
    found = study_states(file, chosen, numbers, error=error, by=by, **common)
    show_section(output / "study", found.section)
    typer.echo(f"proposed: {found.proposal.states} internal state variables ({found.proposal.reason})")
    if (output / "study" / MODEL_FILE).is_file():
        typer.echo(f"the proposed model: {output / 'study' / MODEL_FILE}")


@app.command("increments")
def increments(
    cell: CellArgument = None,
    units: Units = None,
    perturbation: Perturbation = None,
    counts: Annotated[str, typer.Option(help="Numbers of training increments to try.")] = ",".join(
        map(str, COUNTS)
    ),
    form: Annotated[
        list[str] | None,
        typer.Option(help=f"Form of the TANN; may be given several times. [default: {DEFAULT_FORM}]"),
    ] = None,
    states: Annotated[int | None, typer.Option(help="Internal state variables.")] = None,
    data: OwnData = None,
    seeds: Seeds = "0",
    config: Config = None,
    assignments: Assignments = None,
    output: Output = Path("results/increments"),
    overwrite: Overwrite = False,
) -> None:
    """Measure the error on test walks against the number of training increments, for one form or for several.

    Whole walks are taken, and validation walks in proportion; the test walks are the same for all, and so is the
    number of updates: forms that count epochs take more of them where there are fewer increments. A
    hyper-parameter that only some of the forms have is theirs.
    """
    options = cell_settings(cell, units=units, perturbation=perturbation) | {"train.states": states}
    settings = gather(config, assignments, options, form or ())
    forms, plan = choose_forms(settings, form or ()), choose("walks", WalkPlan, settings)
    numbers = integers("counts", counts)
    common: dict[str, Any] = {
        "seeds": integers("seeds", seeds),
        "output": output,
        "overwrite": overwrite,
        "progress": progress,
    }
    if data is None:
        paths = paths_for(plan, walks_for(max(numbers), plan.steps))
        file = _data([*settings, Setting("walks.paths", paths, "--counts")], output, overwrite)
    else:
        file = _own_data(data, cell, units, perturbation)
    found = study_increments(file, list(forms.values()), numbers, **common)
    show_section(output / "study", found.section)


@app.command("states")
def states(
    first: Annotated[str, typer.Argument(help="Shipped model or model file.")],
    second: Annotated[str, typer.Argument(help="Another one, of a material with as many strain components.")],
    output: Output = Path("results/states"),
    overwrite: Overwrite = False,
) -> None:
    """Compare the internal state variables of two models up to a linear map, along the walks of path a.

    Canonical correlations of 1 are directions that both know; least-squares maps go from each to the other.
    """
    show_section(output, study_latent_spaces(first, second, output, overwrite))


def _own_data(data: Path, *generated: object) -> Path:
    """Return a data file of the user, which says what it is of.

    Raises
    ------
    InputError
        If a cell is asked for too.
    """
    if any(option is not None for option in generated):
        raise InputError(f"{data} holds the data of the study: leave out the cell, --units and --perturbation")
    return data


def _data(settings: Sequence[Setting], output: Path, overwrite: bool) -> Path:
    """Generate the data of a study, unless they are there; return the file."""
    check_gathering(output, FOLDERS)
    choose_microstructure(settings)
    make_data(settings, output / "data", overwrite)
    return output / "data" / DATA_FILE
