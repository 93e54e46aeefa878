"""``microtann tune``: hyper-parameters of a form, chosen on validation walks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from microtann.cli.form_choice import SECTION, choose_form
from microtann.cli.messages import show_section
from microtann.cli.options import Assignments, Config, FormOption, Output, Overwrite, integers
from microtann.cli.progress_bar import progress
from microtann.cli.sections import gather
from microtann.errors import ConfigurationError
from microtann.studies.hyperparameters import MOST_TRIALS, search_hyperparameters
from microtann.studies.trials import Choices, Interval, Range
from microtann.system.toml import from_toml


def tune(
    data: Annotated[Path, typer.Argument(help="Data file (HDF5).")] = Path("results/data/data.h5"),
    form: FormOption = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=RANGE",
            help="What varies: states=8,12,16 or learning_rate=1e-3..3e-2; may be given several times.",
        ),
    ] = None,
    search: Annotated[
        Literal["random", "grid"], typer.Option(help="How trials are made of the ranges.")
    ] = "random",
    trials: Annotated[int, typer.Option(min=1, max=MOST_TRIALS, help="Trials of the random search.")] = 8,
    levels: Annotated[int, typer.Option(min=2, help="Values of every interval on the grid.")] = 3,
    seeds: Annotated[str, typer.Option(help="Seeds of every training, as in 0,1,2.")] = "0",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random search.")] = 0,
    output: Output = Path("results/tune"),
    config: Config = None,
    assignments: Assignments = None,
    overwrite: Overwrite = False,
) -> None:
    """Choose hyper-parameters of a form by the error of its models on validation walks, in closed loop.

    The section [train] says from where the search starts; its first trial is this very choice. What is best is
    written as best.toml, for `microtann train --config`, beside the table of the trials (CSV), numbers.json and a
    figure (PNG). Neither test walks nor the protocol are looked at.
    """
    found = search_hyperparameters(
        data,
        choose_form(gather(config, assignments, {"train.form": form})),
        dict(map(parse_range, vary or ())),
        search=search,
        trials=trials,
        levels=levels,
        seeds=integers("seeds", seeds),
        seed=seed,
        output=output,
        overwrite=overwrite,
        progress=progress,
    )
    show_section(output / "tune", found.section)


def parse_range(text: str) -> tuple[str, Range]:
    """Return the hyper-parameter and the range that ``--vary key=range`` names.

    Raises
    ------
    ConfigurationError
        If the text has not that form.
    """
    key, equals, value = text.partition("=")
    key = key.strip().removeprefix(f"{SECTION}.")
    wrong = ConfigurationError(
        "--vary takes a hyper-parameter and its range, such as states=8,12 or learning_rate=1e-3..1e-2, "
        f"got {text!r}"
    )
    if not equals or not key or not value.strip():
        raise wrong
    low, dots, high = value.partition("..")
    if dots:
        bounds = [_value(low, wrong), _value(high, wrong)]
        if not all(isinstance(b, int | float) and not isinstance(b, bool) for b in bounds):
            raise wrong
        return key, Interval(*bounds)
    values = _value(f"[{value}]", wrong)
    if isinstance(values, list) and values:
        return key, Choices(tuple(tuple(v) if isinstance(v, list) else v for v in values))
    raise wrong


def _value(text: str, wrong: ConfigurationError) -> Any:
    try:
        return from_toml(f"value = {text.strip()}")["value"]
    except ValueError:
        raise wrong from None
