"""How much data a model needs: error against the number of training increments."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from microtann.data.walks import WalkPlan, split_paths
from microtann.errors import InputError
from microtann.report.section import Figure, Section
from microtann.report.table import Column, Table, columns_of
from microtann.studies.number_of_states import FOLDERS
from microtann.studies.study_figures import draw_study
from microtann.studies.study_result import check_longer, error_columns, errors_note, errors_row, write_result
from microtann.studies.training_point import (
    STRESS,
    Point,
    StudyData,
    error_label,
    error_of,
    run_points,
    seeded,
)
from microtann.system.progress import ShowProgress, logged
from microtann.system.stage import check_gathering
from microtann.training.form import TrainableForm, form_table

COUNTS = (300, 1000, 3000, 10_000, 30_000, 100_000)
"""Numbers of training increments that are tried unless others are given."""


@dataclass(frozen=True)
class IncrementsStudy:
    """What a study of the amount of data found.

    Parameters
    ----------
    points : sequence of dict
        Numbers of every training: "form", "seed", "increments", "states", "errors", "seconds".
    section : Section
        Its section of the report.
    """

    points: Sequence[Mapping[str, Any]]
    section: Section


def study_increments(
    data: str | os.PathLike[str],
    forms: Sequence[TrainableForm],
    counts: Sequence[int] = COUNTS,
    *,
    seeds: Sequence[int] = (0,),
    output: str | os.PathLike[str] = "results/increments",
    overwrite: bool = False,
    progress: ShowProgress = logged("studies"),
) -> IncrementsStudy:
    """Measure the error on test walks against the number of training increments, for one form or for several.

    Whole walks are taken, and validation walks in proportion; the test walks are the same for all, and so is the
    number of updates: forms that count epochs take more of them where there are fewer increments.

    Parameters
    ----------
    data : path
        Data file with as many training walks as the largest number needs (`paths_for`).
    forms : sequence of TrainableForm
    counts : sequence of int
        Numbers of training increments to try.
    seeds : sequence of int
        Each number is trained once with each of them.
    output : path
        Folder of the results.
    overwrite : bool
        Whether results of another configuration may be replaced.
    progress : callable, optional
        What shows the progress; by default the logger ``microtann.studies`` hears of it.

    Returns
    -------
    IncrementsStudy

    Raises
    ------
    InputError
        If the data cannot be used, or hold too few walks.
    """
    folder, source = Path(output), StudyData.of(data)
    check_gathering(folder, FOLDERS)
    dataset = source.read()
    training = dataset.training
    steps = round(len(training) / max(len(np.unique(training.path)), 1))
    points = [
        Point(
            folder / "points" / f"{form.name}-{n:06d}-seed-{getattr(each, 'seed', 0)}",
            each.with_updates_of(max(counts), n),
            source,
            walks_for(n, steps),
            "test",
        )
        for form in forms
        for n in counts
        for each in seeded(form, seeds)
    ]
    chosen: dict[str, Any] = {"study": {"counts": list(counts), "seeds": list(seeds)}}
    chosen |= {form.name: form_table(form) for form in forms}
    check_longer(folder / "study", chosen, overwrite)
    results = run_points("data efficiency", points, overwrite, progress)
    pairs = list(zip(points, results, strict=True))
    groups = list(dataset.coordinate_shapes)
    rows = [(p.form.name, r["increments"], p.seed, r.get("states"), *errors_row(r, groups)) for p, r in pairs]
    columns = (
        Column("form", kind="text"),
        *columns_of("integer", "training increments", "seed", "ISVs"),
        *error_columns(groups),
    )
    names = [form.name for form in forms]
    note = errors_note(", ".join(names), "test walks, the same for all")
    table = Table("Errors on test walks in closed loop", columns, tuple(rows), note)
    drawn = {name: [(r["increments"], error_of(r)) for p, r in pairs if p.form.name == name] for name in names}
    records = [{"form": p.form.name, "seed": p.seed, **r} for p, r in pairs]

    def section_in(place: Path) -> Section:
        label = "training increments [–]"
        draw_study(place / "increments.png", drawn, label, error_label(STRESS), logarithmic=True)
        caption = (
            "Stress error on the test walks in closed loop; a dot for every training, a line through medians, a "
            "cross for a model that ran away."
        )
        text = "The first walks of one data file are seen in training, the more the longer the study goes."
        figures, files = (Figure("increments.png", caption),), {"numbers.json": "all numbers"}
        return Section("Data efficiency", 6, (text,), (table,), figures, files)

    section = write_result(folder / "study", chosen, points, {"points": records}, section_in)
    return IncrementsStudy(records, section)


def walks_for(count: int, steps: int) -> int:
    """Return how many whole walks of so many steps make about ``count`` increments; one at least."""
    return max(1, round(count / steps))


def paths_for(plan: WalkPlan, walks: int) -> int:
    """Return how many walks hold this many training walks, and one at least to validate and one to test.

    Raises
    ------
    InputError
        If the plan takes no walks to validate or to test.
    """
    for name in ("validation", "test"):
        if not getattr(plan, name):
            raise InputError(f"walks.{name} is 0: the study needs some walks for it, such as walks.{name} = 0.1")
    paths = max(walks, 3)
    while True:
        training, *held = (len(chosen) for chosen in split_paths(replace(plan, paths=paths)))
        if training >= walks and min(held) > 0:
            return paths
        paths += max(walks - training, 1)
