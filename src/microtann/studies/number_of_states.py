"""How many internal state variables a material needs: a study of trainings, and a proposal from their errors."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.data.whole_walks import whole_walks
from microtann.errors import InputError
from microtann.evaluation.exact_reference import ExactReference
from microtann.report.section import Figure, Section
from microtann.report.table import Column, Table
from microtann.report.training_section import MODEL_FILE
from microtann.studies.cost_of_a_point import microseconds_a_point
from microtann.studies.latent_spaces import LATENT_CAPTION, compare_latent_spaces, latent_table
from microtann.studies.study_figures import draw_correlations, draw_cost, draw_study
from microtann.studies.study_result import check_longer, error_columns, errors_note, errors_row, write_result
from microtann.studies.training_point import (
    STRESS,
    Point,
    StudyData,
    error_label,
    error_of,
    load_point,
    run_points,
    seeded,
)
from microtann.system.progress import ShowProgress, logged
from microtann.system.stage import check_gathering
from microtann.tann.trained_model import TANN
from microtann.training.form import TrainableForm, changed, form_table

Array = NDArray[np.float64]
SMALLEST_ERROR = 1e-12
"""Errors below are round-off, and alike."""
FEWEST, MOST = 4, 48
"""Numbers of internal state variables between which a study looks, unless others are given."""
TARGET = 0.01
"""Error that is small enough where neither it nor numbers are given."""
COST_NOTE = "A point: CPU time of an increment with its tangent along these walks, in batches as in a structure."
FOLDERS = ("data", "points", "study")
"""What the folder of a study holds."""


@dataclass(frozen=True)
class Proposal:
    """A number of internal state variables, and the sentence that says why."""

    states: int
    error: float
    reason: str


def propose_states(states: Sequence[int], errors: Sequence[float], within: float | None = None) -> Proposal:
    """Return the smallest number tried of states whose error is small enough, or else the one at the knee.

    The knee is the point farthest below the chord from the first to the last point, in the logarithm of the error
    against the number; where the curve nowhere bends that way, it is the number with the smallest error.

    Parameters
    ----------
    states : sequence of int
        Numbers that were tried.
    errors : sequence of float
        Error with each; what is not finite is left out.
    within : float, optional
        Error that is small enough.

    Raises
    ------
    InputError
        If nothing was tried, or no error is finite.
    """
    pairs = sorted((n, e) for n, e in zip(states, errors, strict=True) if np.isfinite(e))
    if not pairs:
        raise InputError("no number of internal state variables gave a finite error: train longer, or otherwise")
    missed = ""
    if within is not None:
        for n, error in pairs:
            if error <= within:
                last = max((tried for tried in states if tried < n), default=0)
                smallest = f"the smallest number within the error {within:g}"
                return Proposal(n, error, smallest + _untried(last, n))
        missed = f"no number reaches the error {within:g}; "
    n, error, knee = _knee(pairs)
    return Proposal(n, error, missed + ("the knee of the curve" if knee else "the smallest error"))


def _untried(last: int, proposed: int) -> str:
    """Return what the sentence of a proposal says of the numbers between it and the last that is too small."""
    if proposed - last == 1:
        return ""
    which = f"{last + 1} was" if proposed - last == 2 else f"{last + 1} to {proposed - 1} were"
    return f" of those tried; {which} not tried"


def next_to_try(states: Sequence[int], errors: Sequence[float], within: float | None, most: int) -> int | None:
    """Return the number to try next for the smallest within an error.

    It is twice the largest until one is within, and then halfway between the smallest that is and the last that is
    too small.

    Parameters
    ----------
    states : sequence of int
        Numbers that were tried.
    errors : sequence of float
        Error with each.
    within : float, optional
        Error that is small enough; without it nothing is left to try.
    most : int
        The largest number to try.

    Returns
    -------
    int or None
        None if the number next to the smallest that is within was tried, or none up to the most is within.
    """
    if within is None:
        return None
    enough = min((n for n, e in zip(states, errors, strict=True) if e <= within), default=None)
    if enough is None:
        return min(2 * max(states), most) if max(states) < most else None
    last = max((n for n in states if n < enough), default=0)
    return (last + enough) // 2 if enough - last > 1 else None


def _knee(pairs: Sequence[tuple[int, float]]) -> tuple[int, float, bool]:
    number, error = (
        np.array([n for n, _ in pairs], dtype=np.float64),
        np.log([max(e, SMALLEST_ERROR) for _, e in pairs]),
    )
    best = int(np.argmin(error))
    if best >= 2:  # what comes after the smallest error is no gain
        x = (number[: best + 1] - number[0]) / (number[best] - number[0])
        below = error[0] + x * (error[best] - error[0]) - error[: best + 1]
        place = int(np.argmax(below))
        if below[place] > 1e-9:
            return *pairs[place], True
    return *pairs[best], False


@dataclass(frozen=True)
class StatesStudy:
    """What a study of the number of internal state variables found.

    Parameters
    ----------
    proposal : Proposal
    points : sequence of dict
        Numbers of every training: "series" (trained or reduced), "asked" (its number of states), "seed", "states",
        "errors", "seconds".
    section : Section
        Its section of the report.
    """

    proposal: Proposal
    points: Sequence[Mapping[str, Any]]
    section: Section


def study_states(
    data: str | os.PathLike[str],
    form: TrainableForm,
    states: Sequence[int] = (),
    *,
    seeds: Sequence[int] = (0,),
    error: float | None = None,
    by: str = STRESS,
    output: str | os.PathLike[str] = "results/isvs",
    overwrite: bool = False,
    progress: ShowProgress = logged("studies"),
) -> StatesStudy:
    """Measure the error against the number of internal state variables on validation walks, and propose one.

    Every training is kept in a folder of its own: a study that was interrupted goes on where it stopped, and a
    longer one starts from what is there. With the form variational microstructures of slips, as lattices are, are
    also reduced without training.

    Parameters
    ----------
    data : path
        Data file, on whose walks is trained.
    form : TrainableForm
        Its number of states varies.
    states : sequence of int
        Numbers to try; by default they are doubled, up to that of the exact model or to 48, until one is within
        the ``error``, and then halved to the smallest that is.
    seeds : sequence of int
        Each number is trained once with each of them.
    error : float, optional
        Error that is small enough, by default 1 % without ``states``; with states the knee of the curve is
        proposed. It is proposed too where no number reaches the error.
    by : str
        Whose error counts: "stress", or a group of internal coordinates such as "force" or "displacement". A model
        that is good in stress may decode displacements badly.
    output : path
        Folder of the results; the proposed model is ``study/model.safetensors`` in it.
    overwrite : bool
        Whether results of another configuration may be replaced.
    progress : callable, optional
        What shows the progress; by default the logger ``microtann.studies`` hears of it.

    Returns
    -------
    StatesStudy

    Raises
    ------
    InputError
        If the data cannot be used, the form has no such number, or every training failed.
    """
    folder, source = Path(output), StudyData.of(data)
    check_gathering(folder, FOLDERS)
    dataset = source.read()
    reference = ExactReference.of(dataset)
    groups = list(dataset.coordinate_shapes)
    if by not in (STRESS, *groups):
        raise InputError(f"models are chosen by {', '.join((STRESS, *groups))} of these data, not by {by!r}")
    exact = None if reference is None else reference.microstructure.exact_states
    most = exact or MOST
    error = error if error or states else TARGET
    numbers = list(states) or [min(FEWEST, most)]
    asked = {"states": list(states), "error": error or 0.0, "seeds": list(seeds), "by": by}
    sections = {"study": asked, "train": form_table(form)}
    check_longer(folder / "study", sections, overwrite)
    slips = reference is not None and reference.microstructure.slip_problem() is not None
    both = slips and form.name == "variational" and bool(getattr(form, "updates", False))
    next_number: int | None = 0
    while next_number is not None:
        series = {"trained": {n: seeded(form, seeds, states=n) for n in numbers}}
        if both:
            series["reduced"] = {n: [changed(form, states=n, updates=0)] for n in numbers}
        points = {
            (name, n): [Point(_place(folder, name, n, each), each, source) for each in forms]
            for name, table in series.items()
            for n, forms in table.items()
        }
        flat = [point for group in points.values() for point in group]
        results = run_points("number of ISVs", flat, overwrite, progress)
        numbers_of = dict(zip([p.folder for p in flat], results, strict=True))
        medians = [
            float(np.median([error_of(numbers_of[p.folder], by) for p in points["trained", n]])) for n in numbers
        ]
        next_number = None if states else next_to_try(numbers, medians, error, most)
        numbers = sorted({*numbers, next_number}) if next_number else numbers
    proposal = propose_states(numbers, medians, error)
    strain = whole_walks(dataset.validation).strain
    pairs = _latent_pairs(points, numbers_of, proposal, numbers)
    comparisons = {name: compare_latent_spaces(*pair, strain) for name, pair in pairs.items()}
    models = {p.folder: load_point(p) for p in flat}
    costs = {
        place: None if model is None else microseconds_a_point(model, strain) for place, model in models.items()
    }
    exact_cost = None if reference is None else microseconds_a_point(reference.microstructure, strain)
    rows = [
        (
            name,
            n,
            p.seed,
            numbers_of[p.folder].get("states"),
            *errors_row(numbers_of[p.folder], groups),
            costs[p.folder],
        )
        for (name, n), group in points.items()
        for p in group
    ]
    columns = (
        Column("", kind="text"),
        Column("asked", "ISVs", kind="integer"),
        Column("seed", kind="integer"),
        Column("found", "ISVs", kind="integer"),
        *error_columns(groups),
        Column("a point", "µs", kind="general"),
    )
    table = Table(
        "Errors on validation walks in closed loop", columns, tuple(rows), f"{errors_note(form.name)} {COST_NOTE}"
    )
    drawn = {
        name: [(float(n), error_of(numbers_of[p.folder], by)) for n in numbers for p in points[name, n]]
        for name in series
    }
    weighed = {
        name: [
            (cost, error_of(numbers_of[p.folder], by), n)
            for n in numbers
            for p in points[name, n]
            if (cost := costs[p.folder])
        ]
        for name in series
    }
    records = [
        {"series": name, "asked": n, "seed": p.seed, "microseconds": costs[p.folder], **numbers_of[p.folder]}
        for (name, n), group in points.items()
        for p in group
    ]
    content = {
        "microstructure": {"exact_states": exact, "microseconds": exact_cost},
        "form": form.name,
        "by": by,
        "proposal": asdict(proposal),
        "points": records,
        "latent_spaces": {name: c.to_dict() for name, c in comparisons.items()},
    }

    def section_in(place: Path) -> Section:
        marked = (float(proposal.states), proposal.error)
        draw_study(
            place / "isvs.png",
            drawn,
            "internal state variables [–]",
            error_label(by),
            marked=marked,
            within=error,
        )
        draw_cost(place / "cost.png", weighed, exact_cost, error_label(by))
        figures = [
            Figure("isvs.png", f"Error of the {by} on validation walks; proposed: {proposal.reason}."),
            Figure(
                "cost.png", "The same against the cost at a Gauss point, with the number of states at each dot."
            ),
        ]
        tables = [table]
        if comparisons:
            tables.append(latent_table(comparisons))
            correlations = {name: c.correlations.tolist() for name, c in comparisons.items()}
            draw_correlations(place / "latent.png", correlations)
            figures.append(Figure("latent.png", LATENT_CAPTION))
        known = f"The exact model has {exact} internal variables. " if exact else ""
        sentence = (
            f"{known}Proposed: {proposal.states} internal state variables, with an error of the {by} of "
            f"{proposal.error:.1e} ({proposal.reason})."
        )
        files = {"numbers.json": "all numbers"}
        best = min(points["trained", proposal.states], key=lambda p: error_of(numbers_of[p.folder], by))
        if (best.folder / MODEL_FILE).is_file():
            shutil.copyfile(best.folder / MODEL_FILE, place / MODEL_FILE)
            files[MODEL_FILE] = "the proposed model" + (f", seed {best.seed}" if len(seeds) > 1 else "")
        title = "How many internal state variables"
        return Section(title, 5, (sentence,), tuple(tables), tuple(figures), files)

    section = write_result(folder / "study", sections, flat, content, section_in)
    return StatesStudy(proposal, records, section)


def _place(folder: Path, series: str, states: int, form: TrainableForm) -> Path:
    return folder / "points" / f"{series}-{states:03d}-seed-{getattr(form, 'seed', 0)}"


def _latent_pairs(
    points: Mapping[tuple[str, int], Sequence[Point]],
    numbers_of: Mapping[Path, Mapping[str, Any]],
    proposal: Proposal,
    numbers: Sequence[int],
) -> dict[str, tuple[TANN, TANN]]:
    """Return the model that is proposed beside another seed, its untrained start, and a neighbour.

    Parameters
    ----------
    points : mapping
        By series and number of states.
    numbers_of : mapping
        Numbers of every point by its folder.
    proposal : Proposal
    numbers : sequence of int
        Numbers of states that were tried.
    """
    chosen = points["trained", proposal.states]
    first = load_point(chosen[0])
    if first is None:
        return {}
    others = {f"{proposal.states}, seeds {chosen[0].seed} and {p.seed}": p for p in chosen[1:2]}
    if ("reduced", proposal.states) in points:
        others[f"{proposal.states}, trained and untrained"] = points["reduced", proposal.states][0]
    larger = [n for n in numbers if n > proposal.states]
    smaller = [n for n in numbers if n < proposal.states]
    for neighbour in larger[:1] or smaller[-1:]:
        others[f"{proposal.states} and {neighbour}"] = points["trained", neighbour][0]
    loaded = {name: load_point(point) for name, point in others.items() if "errors" in numbers_of[point.folder]}
    return {name: (first, second) for name, second in loaded.items() if second is not None}
