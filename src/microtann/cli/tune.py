"""``microtann tune``: hyper-parameters of a form, chosen on validation walks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

from microtann.cli.form_choice import SECTION, choose_form, form_help, form_table
from microtann.cli.options import Assignments, Config, Output, Overwrite
from microtann.cli.sections import effective, gather
from microtann.cli.stage import file_digest
from microtann.cli.study_parts import check_folder, integers
from microtann.cli.study_point import Point, StudyData, error_of, run_points
from microtann.cli.study_result import write_result
from microtann.cli.toml import from_toml, to_toml
from microtann.errors import ConfigurationError, InputError
from microtann.report.section import Figure, Section
from microtann.report.studies import draw_search
from microtann.report.table import Column, Table, Value
from microtann.system.atomic import write_atomically
from microtann.training.search import (
    Choices,
    Interval,
    Range,
    default_ranges,
    grid_trials,
    random_trials,
    with_seed,
)

BEST = "best.toml"
MOST_TRIALS = 500


def tune(
    data: Annotated[Path, typer.Argument(help="Data file (HDF5).")] = Path("results/data/data.h5"),
    form: Annotated[str | None, typer.Option(help="Form of the TANN.")] = None,
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
    written as best.toml, for `microtann train --config`. Neither test walks nor the protocol are looked at.
    """
    settings = gather(config, assignments, {"train.form": form})
    start = choose_form(settings)
    check_folder(output, ("points", "tune"))
    ranges = dict(map(parse_range, vary or ())) or default_ranges(start)
    if not ranges:
        raise InputError(f"there are no default ranges for the form {start.name!r}: say what varies with --vary")
    grid = search == "grid"
    forms = grid_trials(start, ranges, levels) if grid else random_trials(start, ranges, trials, seed)
    if len(forms) > MOST_TRIALS:
        raise InputError(
            f"the grid has {len(forms)} trials, more than {MOST_TRIALS}: vary less, or search at random"
        )
    source = StudyData(data, file_digest(data))
    numbered = list(enumerate(forms))
    points = [
        Point(output / "points" / f"trial-{n:03d}-seed-{s}", with_seed(trial, s), source)
        for n, trial in numbered
        for s in integers("seeds", seeds)
    ]
    found = run_points("search", points, overwrite)
    runs = len(points) // len(forms)
    groups = [found[n * runs : (n + 1) * runs] for n, _ in numbered]
    errors = [float(np.median([error_of(numbers) for numbers in group])) for group in groups]
    best = int(np.argmin(errors))
    if not np.isfinite(errors[best]):
        raise InputError(
            "every trial failed or ran away: start from other hyper-parameters, or lower learning rates"
        )
    varied = [{name: _plain(getattr(trial, name)) for name in ranges} for trial in forms]
    content = {
        "best": best,
        "ranges": {name: _text(r) for name, r in ranges.items()},
        "trials": [{"trial": n, "runs": group} for (n, _), group in zip(numbered, groups, strict=True)],
    }

    def describe(folder: Path) -> Section:
        chosen = with_seed(forms[best], integers("seeds", seeds)[0])
        write_atomically(folder / BEST, to_toml({SECTION: form_table(chosen)}, form_help(chosen.name)))
        draw_search(folder / "search.png", varied, errors)
        return Section(
            "Search of hyper-parameters",
            8,
            (
                f"{len(forms)} trials of the form {start.name}, judged by the stress error of their models on "
                f"validation walks in closed loop. The best is trial {best}.",
            ),
            (_table(list(ranges), varied, errors, groups),),
            (Figure("search.png", "Validation error of every trial; the best is filled."),),
            {BEST: "the best hyper-parameters, for microtann train --config", "numbers.json": "all numbers"},
        )

    asked = {name: _text(r) for name, r in ranges.items()} | {"seeds": seeds}
    write_result(output / "tune", effective(tune=asked, train=form_table(start)), points, content, describe)


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


def _text(chosen: Range) -> str:
    if isinstance(chosen, Interval):
        return f"{chosen.low}..{chosen.high}"
    return ",".join(str(list(value) if isinstance(value, tuple) else value) for value in chosen.values)


def _plain(value: Any) -> float | str:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return value if numeric else str(list(value) if isinstance(value, tuple) else value)


def _table(
    names: Sequence[str],
    varied: Sequence[Mapping[str, float | str]],
    errors: Sequence[float],
    groups: Sequence[Sequence[Mapping[str, Any]]],
) -> Table:
    """Return the trials, the best first."""
    rows: list[tuple[Value, ...]] = []
    for n in np.argsort(errors, kind="stable").tolist():
        worst = max(error_of(dict(numbers)) for numbers in groups[n])
        seconds = float(np.mean([numbers["seconds"] for numbers in groups[n]]))
        rows.append((n, *(varied[n][name] for name in names), errors[n], worst, seconds))
    columns = (
        Column("trial", kind="integer"),
        *(Column(name, kind="integer" if isinstance(varied[0][name], int) else "general") for name in names),
        Column("stress", kind="error"),
        Column("worst seed", kind="error"),
        Column("CPU time", "s", kind="seconds"),
    )
    note = (
        "Relative RMS stress error on validation walks in closed loop: the median over the seeds, and the worst. "
        "Trial 0 of a random search is the choice that it starts from."
    )
    return Table("Trials, the best first", columns, tuple(rows), note)
