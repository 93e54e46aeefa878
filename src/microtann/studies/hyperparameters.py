"""Search of hyper-parameters: trials of a form, judged by the error of their models on validation walks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from microtann.errors import InputError
from microtann.numbers.configuration import descriptions, plain
from microtann.report.section import Figure, Section
from microtann.report.table import Column, Table, Value, columns_of
from microtann.studies.study_figures import draw_search
from microtann.studies.study_result import check_longer, write_result
from microtann.studies.training_point import Point, StudyData, error_of, run_points, seeded
from microtann.studies.trials import Interval, Range, default_ranges, grid_trials, random_trials
from microtann.system.atomic import write_atomically
from microtann.system.progress import ShowProgress, logged
from microtann.system.stage import check_gathering
from microtann.system.toml import to_toml
from microtann.training.form import TrainableForm, changed, form_table

BEST = "best.toml"
MOST_TRIALS = 500


@dataclass(frozen=True)
class Search:
    """What a search of hyper-parameters found.

    Parameters
    ----------
    best : TrainableForm
        The trial with the smallest median error, with the first of the seeds.
    errors : sequence of float
        Median stress error of every trial over the seeds; infinite where training failed or the model ran away.
    trials : sequence of TrainableForm
    section : Section
        Its section of the report.
    """

    best: TrainableForm
    errors: Sequence[float]
    trials: Sequence[TrainableForm]
    section: Section


def search_hyperparameters(
    data: str | os.PathLike[str],
    form: TrainableForm,
    ranges: Mapping[str, Range] | None = None,
    *,
    search: Literal["random", "grid"] = "random",
    trials: int = 8,
    levels: int = 3,
    seeds: Sequence[int] = (0,),
    seed: int = 0,
    output: str | os.PathLike[str] = "results/tune",
    overwrite: bool = False,
    progress: ShowProgress = logged("studies"),
) -> Search:
    """Choose hyper-parameters of a form by the error of its models on validation walks, in closed loop.

    What is best is written as ``tune/best.toml``. Neither test walks nor the protocol are looked at.

    Parameters
    ----------
    data : path
        Data file.
    form : TrainableForm
        From where the search starts; the first trial of a random search is this very form.
    ranges : mapping, optional
        What varies, by hyper-parameter: `Choices` or an `Interval`; by default learning rates, batches and slips.
    search : {"random", "grid"}
        How trials are made of the ranges.
    trials : int
        Trials of the random search.
    levels : int
        Values of every interval on the grid.
    seeds : sequence of int
        Every trial is trained once with each of them.
    seed : int
        Seed of the random search.
    output : path
        Folder of the results.
    overwrite : bool
        Whether results of another configuration may be replaced.
    progress : callable, optional
        What shows the progress; by default the logger ``microtann.studies`` hears of it.

    Returns
    -------
    Search

    Raises
    ------
    InputError
        If nothing varies, the grid is too large, or every trial failed.
    ConfigurationError
        If a name is no hyper-parameter of the form, or a value out of its range.
    """
    folder = Path(output)
    check_gathering(folder, ("points", "tune"))
    ranges = ranges or default_ranges(form)
    if not ranges:
        raise InputError(f"there are no default ranges for the form {form.name!r}: say what varies with --vary")
    grid = search == "grid"
    forms = grid_trials(form, ranges, levels) if grid else random_trials(form, ranges, trials, seed)
    if len(forms) > MOST_TRIALS:
        raise InputError(
            f"the grid has {len(forms)} trials, more than {MOST_TRIALS}: vary less, or search at random"
        )
    source = StudyData.of(data)
    points = [
        Point(folder / "points" / f"trial-{n:03d}-seed-{s}", each, source)
        for n, trial in enumerate(forms)
        for s, each in zip(seeds, seeded(trial, seeds), strict=True)
    ]
    texts = {name: _text(r) for name, r in ranges.items()}
    sections = {"tune": {**texts, "seeds": list(seeds)}, "train": form_table(form)}
    check_longer(folder / "tune", sections, overwrite)
    results = run_points("search", points, overwrite, progress)
    groups = [results[first : first + len(seeds)] for first in range(0, len(results), len(seeds))]
    errors = [float(np.median([error_of(numbers) for numbers in group])) for group in groups]
    best = int(np.argmin(errors))
    if not np.isfinite(errors[best]):
        raise InputError(
            "every trial failed or ran away: start from other hyper-parameters, or lower learning rates"
        )
    chosen = changed(forms[best], seed=seeds[0])
    varied = [{name: _shown(getattr(trial, name)) for name in ranges} for trial in forms]
    content = {
        "best": best,
        "ranges": texts,
        "trials": [{"trial": n, "runs": group} for n, group in enumerate(groups)],
    }

    def section_in(place: Path) -> Section:
        comments = {f"train.{key}": text for key, text in descriptions(type(chosen)).items()}
        write_atomically(place / BEST, to_toml({"train": form_table(chosen)}, comments))
        draw_search(place / "search.png", varied, errors)
        text = (
            f"{len(forms)} trials of the form {form.name}, judged by the stress error of their models on "
            f"validation walks in closed loop. The best is trial {best}."
        )
        return Section(
            "Search of hyper-parameters",
            8,
            (text,),
            (_table(list(ranges), varied, errors, groups),),
            (Figure("search.png", "Validation error of every trial; the best is filled."),),
            {BEST: "the best hyper-parameters, for microtann train --config", "numbers.json": "all numbers"},
        )

    section = write_result(folder / "tune", sections, points, content, section_in)
    return Search(chosen, errors, forms, section)


def _text(chosen: Range) -> str:
    if isinstance(chosen, Interval):
        return f"{chosen.low}..{chosen.high}"
    return ",".join(str(plain(value)) for value in chosen.values)


def _shown(value: Any) -> float | str:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return value if numeric else str(plain(value))


def _table(
    names: Sequence[str],
    varied: Sequence[Mapping[str, float | str]],
    errors: Sequence[float],
    groups: Sequence[Sequence[Mapping[str, Any]]],
) -> Table:
    """Return the trials, the best first.

    Parameters
    ----------
    names : sequence of str
        Hyper-parameters that vary.
    varied : sequence of mapping
        Their values in every trial.
    errors : sequence of float
        Median error of every trial.
    groups : sequence of sequences
        Numbers of the runs of every trial.
    """
    rows: list[tuple[Value, ...]] = []
    for n in np.argsort(errors, kind="stable").tolist():
        worst = max(error_of(dict(numbers)) for numbers in groups[n])
        seconds = float(np.mean([numbers["seconds"] for numbers in groups[n]]))
        rows.append((n, *(varied[n][name] for name in names), errors[n], worst, seconds))
    columns = (
        Column("trial", kind="integer"),
        *(Column(name, kind="integer" if isinstance(varied[0][name], int) else "general") for name in names),
        *columns_of("error", "stress", "worst seed"),
        Column("CPU time", "s", kind="seconds"),
    )
    note = (
        "Relative RMS stress error on validation walks in closed loop: the median over the seeds, and the worst. "
        "Trial 0 of a random search is the choice that it starts from."
    )
    return Table("Trials, the best first", columns, tuple(rows), note)
