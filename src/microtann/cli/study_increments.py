"""``microtann study increments``: error against the number of training increments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.configuration import Setting
from microtann.cli.form_choice import choose_forms, form_table
from microtann.cli.microstructure import cell_settings
from microtann.cli.options import Assignments, Config, Output, Overwrite, Perturbation, Units
from microtann.cli.sections import choose, effective
from microtann.cli.study_parts import (
    DEFAULT_FORM,
    ERRORS,
    FOLDERS,
    STRESS_ERROR,
    CellArgument,
    Seeds,
    check_folder,
    errors_note,
    errors_row,
    gather_with_form,
    integers,
    seed_of,
    seeded,
    study_data,
)
from microtann.cli.study_point import Point, error_of, run_points
from microtann.cli.study_result import write_result
from microtann.data.walks import WalkPlan, split_paths
from microtann.errors import InputError
from microtann.report.section import Figure, Section
from microtann.report.studies import draw_study
from microtann.report.table import Column, Table

INCREMENTS = "300,1000,3000,10000,30000,100000"


def increments(
    cell: CellArgument = None,
    units: Units = None,
    perturbation: Perturbation = None,
    counts: Annotated[str, typer.Option(help="Numbers of training increments to try.")] = INCREMENTS,
    form: Annotated[
        list[str] | None,
        typer.Option(help=f"Form of the TANN; may be given several times. [default: {DEFAULT_FORM}]"),
    ] = None,
    states: Annotated[int | None, typer.Option(help="Internal state variables.")] = None,
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
    settings = gather_with_form(config, assignments, options, form or ())
    check_folder(output, FOLDERS)
    forms = choose_forms(settings, form or ())
    plan = choose("walks", WalkPlan, settings)
    wanted = integers("counts", counts)
    walks = {n: max(1, round(n / plan.steps)) for n in wanted}
    settings = [*settings, Setting("walks.paths", _paths_for(plan, max(walks.values())), "--counts")]
    data = study_data(settings, output, overwrite)
    points = [
        Point(
            output / "points" / f"{name}-{n:06d}-seed-{seed_of(each)}",
            each.with_updates_of(max(wanted), n),
            data,
            walks[n],
            "test",
        )
        for name, chosen in forms.items()
        for n in wanted
        for each in seeded(chosen, seeds)
    ]
    found = run_points("data efficiency", points, overwrite)
    rows = [
        (p.form.name, numbers["increments"], seed_of(p.form), numbers.get("states"), *errors_row(numbers))
        for p, numbers in zip(points, found, strict=True)
    ]
    columns = (
        Column("form", kind="text"),
        Column("training increments", kind="integer"),
        Column("seed", kind="integer"),
        Column("ISVs", kind="integer"),
        *ERRORS,
    )
    note = errors_note(", ".join(forms)).replace("validation walks", "test walks, the same for all")
    table = Table("Errors on test walks in closed loop", columns, tuple(rows), note)
    drawn = {
        name: [
            (numbers["increments"], error_of(numbers))
            for p, numbers in zip(points, found, strict=True)
            if p.form.name == name
        ]
        for name in forms
    }
    content = {
        "points": [
            {"form": p.form.name, "seed": seed_of(p.form), **numbers}
            for p, numbers in zip(points, found, strict=True)
        ]
    }

    def describe(folder: Path) -> Section:
        draw_study(folder / "increments.png", drawn, "training increments [–]", STRESS_ERROR, logarithmic=True)
        caption = (
            "Stress error on the test walks in closed loop; a dot for every training, a line through medians, a "
            "cross for a model that ran away."
        )
        return Section(
            "Data efficiency",
            6,
            ("The first walks of one data file are seen in training, the more the longer the study goes.",),
            (table,),
            (Figure("increments.png", caption),),
            {"numbers.json": "all numbers"},
        )

    chosen = effective(study={"counts": wanted, "seeds": seeds})
    chosen |= {name: form_table(form_chosen) for name, form_chosen in forms.items()}
    write_result(output / "study", chosen, points, content, describe)


def _paths_for(plan: WalkPlan, walks: int) -> int:
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
        training, *held = (len(found) for found in split_paths(replace(plan, paths=paths)))
        if training >= walks and min(held) > 0:
            return paths
        paths += max(walks - training, 1)
