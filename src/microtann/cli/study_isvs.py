"""``microtann study isvs``: error against the number of internal state variables, and a proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.cli.form_choice import choose_form, form_table
from microtann.cli.microstructure import read_microstructure
from microtann.cli.options import Assignments, Config, Output, Overwrite, Perturbation, Units
from microtann.cli.sections import effective
from microtann.cli.study_parts import (
    ERRORS,
    FOLDERS,
    STRESS_ERROR,
    CellArgument,
    Form,
    Seeds,
    check_folder,
    errors_note,
    errors_row,
    integers,
    seed_of,
    seeded,
    study_data,
    study_settings,
)
from microtann.cli.study_point import Point, StudyData, changed, error_of, load_point, run_points
from microtann.cli.study_result import write_result
from microtann.cli.study_states import LATENT_CAPTION, latent_table
from microtann.data.whole_walks import whole_walks
from microtann.errors import InputError
from microtann.evaluation.latent import compare_latent_spaces
from microtann.evaluation.number_of_states import Proposal, propose_states
from microtann.report.section import Figure, Section
from microtann.report.studies import draw_correlations, draw_study
from microtann.report.table import Column, Table
from microtann.tann.model import TANN

FEWEST, MOST = 4, 48
"""Numbers of internal state variables between which a study looks, unless it is told."""


def isvs(
    cell: CellArgument = None,
    units: Units = None,
    perturbation: Perturbation = None,
    states: Annotated[str | None, typer.Option(help="Numbers to try, as in 4,8,12; by default up to 48.")] = None,
    error: Annotated[
        float | None,
        typer.Option(help="Stress error that is small enough; else the knee of the curve is proposed."),
    ] = None,
    form: Form = None,
    seeds: Seeds = "0",
    config: Config = None,
    assignments: Assignments = None,
    output: Output = Path("results/isvs"),
    overwrite: Overwrite = False,
) -> None:
    """Measure the error against the number of internal state variables on validation walks, and propose one.

    With the form variational the lattice is also reduced without training, for comparison.
    """
    if error is not None and not error > 0.0:
        raise InputError(f"--error must be larger than 0, got {error:g}")
    settings = study_settings(config, assignments, cell, units, perturbation, form)
    check_folder(output, FOLDERS)
    chosen = choose_form(settings)
    bars = read_microstructure(settings).microstructure.exact_states
    numbers = integers("states", states) if states else _default_numbers(bars)
    series = {"trained": {n: seeded(chosen, seeds, states=n) for n in numbers}}
    if chosen.name == "variational" and bool(getattr(chosen, "updates", False)):
        series["reduced"] = {n: [changed(chosen, states=n, updates=0)] for n in numbers}
    data = study_data(settings, output, overwrite)
    points = {
        (name, n): [
            Point(output / "points" / f"{name}-{n:03d}-seed-{seed_of(each)}", each, data) for each in forms
        ]
        for name, table in series.items()
        for n, forms in table.items()
    }
    flat = [point for group in points.values() for point in group]
    found = dict(zip([p.folder for p in flat], run_points("number of ISVs", flat, overwrite), strict=True))
    medians = [float(np.median([error_of(found[p.folder]) for p in points["trained", n]])) for n in numbers]
    proposal = propose_states(numbers, medians, error)
    pairs = _latent_pairs(points, found, proposal, numbers)
    strain = _common_walks(data)
    comparisons = {name: compare_latent_spaces(*pair, strain) for name, pair in pairs.items()}
    rows = [
        (name, n, seed_of(p.form), found[p.folder].get("states"), *errors_row(found[p.folder]))
        for (name, n), group in points.items()
        for p in group
    ]
    columns = (
        Column("", kind="text"),
        Column("asked", "ISVs", kind="integer"),
        Column("seed", kind="integer"),
        Column("found", "ISVs", kind="integer"),
        *ERRORS,
    )
    table = Table("Errors on validation walks in closed loop", columns, tuple(rows), errors_note(chosen.name))
    drawn = {
        name: [(float(n), error_of(found[p.folder])) for n in numbers for p in points[name, n]] for name in series
    }
    content = {
        "cell": {"distinct_bars": bars},
        "form": chosen.name,
        "proposal": {"states": proposal.states, "error": proposal.error, "reason": proposal.reason},
        "points": [
            {"series": name, "asked": n, "seed": seed_of(p.form), **found[p.folder]}
            for (name, n), group in points.items()
            for p in group
        ],
        "latent_spaces": {name: c.to_dict() for name, c in comparisons.items()},
    }

    def describe(folder: Path) -> Section:
        marked = (float(proposal.states), proposal.error)
        draw_study(
            folder / "isvs.png", drawn, "internal state variables [–]", STRESS_ERROR, marked=marked, within=error
        )
        figures = [Figure("isvs.png", f"Stress error on validation walks; proposed: {proposal.reason}.")]
        tables = [table]
        if comparisons:
            tables.append(latent_table(comparisons))
            draw_correlations(
                folder / "latent.png", {name: c.correlations.tolist() for name, c in comparisons.items()}
            )
            figures.append(Figure("latent.png", LATENT_CAPTION))
        sentence = (
            f"A cell of {bars} distinct bars, which have as many plastic strains. Proposed: {proposal.states} "
            f"internal state variables, with a stress error of {proposal.error:.1e} ({proposal.reason})."
        )
        return Section(
            "How many internal state variables",
            5,
            (sentence,),
            tuple(tables),
            tuple(figures),
            {"numbers.json": "all numbers"},
        )

    asked = effective(study={"states": numbers, "error": error or 0.0, "seeds": seeds}, train=form_table(chosen))
    write_result(output / "study", asked, flat, content, describe)
    typer.echo(f"proposed: {proposal.states} internal state variables ({proposal.reason})")


def _default_numbers(bars: int) -> list[int]:
    """Return about seven numbers up to that of the distinct bars, whose plastic strains are exact, or 48."""
    numbers = np.geomspace(min(FEWEST, bars), min(MOST, bars), 7)
    return sorted({round(n) for n in numbers})


def _common_walks(data: StudyData) -> Float[NDArray[np.float64], "B T v"]:
    return whole_walks(data.read().validation).strain


def _latent_pairs(
    points: Mapping[tuple[str, int], Sequence[Point]],
    found: Mapping[Path, Mapping[str, Any]],
    proposal: Proposal,
    numbers: Sequence[int],
) -> dict[str, tuple[TANN, TANN]]:
    """Return the model that is proposed beside another seed, its untrained start, and a neighbour."""
    chosen = points["trained", proposal.states]
    first = load_point(chosen[0])
    if first is None:
        return {}
    others = {f"{proposal.states}, seeds {seed_of(chosen[0].form)} and {seed_of(p.form)}": p for p in chosen[1:2]}
    if ("reduced", proposal.states) in points:
        others[f"{proposal.states}, trained and untrained"] = points["reduced", proposal.states][0]
    larger = [n for n in numbers if n > proposal.states]
    smaller = [n for n in numbers if n < proposal.states]
    for neighbour in larger[:1] or smaller[-1:]:
        others[f"{proposal.states} and {neighbour}"] = points["trained", neighbour][0]
    loaded = {name: load_point(point) for name, point in others.items() if "errors" in found[point.folder]}
    return {name: (first, second) for name, second in loaded.items() if second is not None}
