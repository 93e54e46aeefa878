"""Variants of a job side by side: each a folder of results of its own, compared on one page."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from microtann.errors import ConfigurationError, ConvergenceError, InputError
from microtann.job.job_file import read_job
from microtann.job.variants import JobVariant, job_variants
from microtann.plotting.variant_curves import VariantPanel, draw_variants
from microtann.report.page import write_report
from microtann.report.section import Figure, Section, write_section
from microtann.report.table import Column, Table, Value, columns_of
from microtann.studies.job_run import simulate_job
from microtann.system.csv_file import write_csv
from microtann.system.progress import ShowProgress, logged
from microtann.system.stage import NUMBERS, Stage, check_gathering, file_digest, working_folder, write_numbers

VARIANT_FOLDERS = ("variants", "comparison")
"""What the folder of a study of variants holds."""
RESPONSE = "response.csv"
MOST_PANELS = 6
SMALL = 1e-9
"""Reactions below this part of the largest are round-off, and not drawn."""


@dataclass(frozen=True)
class VariantsStudy:
    """Variants of a job that were computed.

    Parameters
    ----------
    numbers : mapping
        Numbers of every variant by its name, as its own numbers.json has them; those that failed are not there.
    failures : mapping
        The sentence of every variant that failed.
    section : Section
        Its section of the report.
    """

    numbers: Mapping[str, Mapping[str, Any]]
    failures: Mapping[str, str]
    section: Section


def study_variants(
    file: str | os.PathLike[str],
    variants: str | Path | Sequence[str] | Mapping[str, Sequence[Any]],
    changes: Mapping[str, Any] | None = None,
    *,
    output: str | os.PathLike[str] = "results/variants",
    overwrite: bool = False,
    progress: ShowProgress = logged("studies"),
) -> VariantsStudy:
    """Compute variants of a job, and compare them.

    All variants are checked before the first one is computed. Every one is a folder of results: a study that was
    interrupted goes on where it stopped, and a longer one starts from what is there. One whose increments fail is
    named in the comparison, and the others go on.

    Parameters
    ----------
    file : path
        Job file (docs/jobs.md).
    variants : path, texts "key=a,b,c", or mapping
        As for `microtann.job.variants.job_variants`.
    changes : mapping, optional
        Values in place of those in the job file for all variants, by dotted key.
    output : path
        Folder of the results.
    overwrite : bool
        Whether results of other variants of the same names may be replaced.
    progress : callable, optional
        What shows the progress; by default the logger ``microtann.studies`` hears of it.

    Returns
    -------
    VariantsStudy

    Raises
    ------
    InputError
        If the job, a key or a name is wrong; it names the line.
    ConvergenceError
        If every variant failed.
    """
    folder, place, chosen = Path(output), Path(file), job_variants(variants)
    check_gathering(folder, VARIANT_FOLDERS, "variants of a job")
    title = ""
    for variant in chosen:
        try:
            title = read_job(place, {**(changes or {}), **variant.changes}).title.title
        except InputError as error:
            raise ConfigurationError(variant.says(error)) from None
    numbers, failures = {}, {}
    for count, variant in enumerate(chosen, start=1):
        own = folder / VARIANT_FOLDERS[0] / variant.name
        try:
            simulate_job(
                place,
                {**(changes or {}), **variant.changes},
                output=own,
                overwrite=overwrite,
                progress=progress,
                title=f"{variant.name} ({count} of {len(chosen)})",
            )
        except (ConvergenceError, InputError) as error:
            if own.exists():  # results that would be lost
                raise
            failures[variant.name] = str(error)
            continue
        numbers[variant.name] = json.loads((own / NUMBERS).read_text(encoding="utf-8"))
    if not numbers:
        raise ConvergenceError(f"every variant failed; {chosen[0].name}: {failures[chosen[0].name]}")
    section = _compared(folder, title or place.stem, chosen, numbers, failures)
    return VariantsStudy(numbers, failures, section)


def _compared(
    folder: Path,
    title: str,
    variants: Sequence[JobVariant],
    numbers: Mapping[str, Mapping[str, Any]],
    failures: Mapping[str, str],
) -> Section:
    """Write the comparison of variants, and return its section.

    Parameters
    ----------
    folder : Path
    title : str
        Of the job.
    variants : sequence of JobVariant
    numbers : mapping
        Of those that were computed.
    failures : mapping
        Sentences of the others.
    """
    places = {name: folder / VARIANT_FOLDERS[0] / name for name in numbers}
    responses = {name: _response(own / RESPONSE) for name, own in places.items()}
    inputs = {name: file_digest(own / NUMBERS) for name, own in places.items()}
    table = {"variants": {v.name: {key: str(value) for key, value in v.changes.items()} for v in variants}}
    with working_folder(Stage("variants", folder / VARIANT_FOLDERS[1], table, inputs), overwrite=True) as work:
        panels = _panels(numbers, responses)
        figures = (Figure("variants.png", "Energies and reactions of the variants over time."),) if panels else ()
        if panels:
            draw_variants(work / "variants.png", panels)
        _write_responses(work / "histories.csv", responses)
        write_numbers(work, {"variants": {k: dict(v) for k, v in numbers.items()}, "failures": dict(failures)})
        files = {
            "histories.csv": "energies, displacements and reactions of all sets, by variants and increments",
            "numbers.json": "the numbers of all variants",
        }
        failed = tuple(f"{name} failed: {sentence}" for name, sentence in failures.items())
        section = write_section(
            work,
            Section(
                f"Variants of {title}",
                4,
                (f"{len(numbers)} of {len(variants)} variants were computed.", *failed),
                (_ends(variants, numbers), _costs(variants, numbers)),
                figures,
                files,
            ),
        )
    write_report(folder, section.title, [(folder / VARIANT_FOLDERS[1], section)])
    return section


def _response(path: Path) -> dict[str, list[str]]:
    """Return the columns of the response of a variant."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def _write_responses(path: Path, responses: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
    """Write the responses of all variants one below the other; a column that a variant has not is empty there."""
    names = list(dict.fromkeys(name for response in responses.values() for name in response))
    columns: dict[str, list[str]] = {name: [] for name in ("variant", *names)}
    for variant, response in responses.items():
        count = len(response["increment"])
        columns["variant"] += [variant] * count
        for name in names:
            columns[name] += list(response.get(name, [""] * count))
    write_csv(path, {name: np.array(values) for name, values in columns.items()})


def _panels(
    numbers: Mapping[str, Mapping[str, Any]], responses: Mapping[str, Mapping[str, Sequence[str]]]
) -> list[VariantPanel]:
    """Return energy, dissipation and the largest reactions of supports of all variants over time."""
    held = _unique(
        f"reaction {name} {axis}" for own in numbers.values() for name in own["reactions"] for axis in "xyz"
    )
    largest = {
        name: max(np.abs(np.array(r[name], dtype=float)).max() for r in responses.values() if name in r)
        for name in held
        if any(name in response for response in responses.values())
    }
    top = max(largest.values(), default=0.0)
    shown = [name for name, size in sorted(largest.items(), key=lambda item: -item[1]) if size > SMALL * top]
    panels = []
    for name in ("energy", "dissipation", *shown[: MOST_PANELS - 2]):
        lines = {
            variant: (
                np.array([0.0, *map(float, response["time"])]),
                np.array([0.0, *map(float, response[name])]),
            )
            for variant, response in responses.items()
            if name in response
        }
        if any(values.any() for _, values in lines.values()):
            panels.append(VariantPanel(name, lines))
    return panels


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _ends(variants: Sequence[JobVariant], numbers: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return what every variant changes, and its values at the end."""
    keys = _unique(key for variant in variants for key in variant.changes)
    sets = {name: len(v) for own in numbers.values() for name, v in own["reactions"].items()}
    columns = (
        *columns_of("text", "variant", *keys),
        *(Column(name) for name in ("energy", "dissipation", "largest displacement")),
        *(Column(f"{name} {axis}") for name, count in sets.items() for axis in "xyz"[:count]),
    )
    rows: list[tuple[Value, ...]] = []
    for variant in variants:
        own = numbers.get(variant.name)
        chosen = [str(variant.changes.get(key, "")) for key in keys]
        if own is None:
            rows.append((variant.name, *chosen, *(None for _ in range(len(columns) - 1 - len(keys)))))
            continue
        forces: list[Value] = []
        for name, count in sets.items():
            forces += own["reactions"].get(name, [None] * count)
        ends = (own["energy"], own["dissipation"], own["largest_displacement"])
        rows.append((variant.name, *chosen, *ends, *forces))
    note = "Values at the end; reactions of supports by set and axis. A dash stands for a variant that failed."
    return Table("The end of every variant", columns, tuple(rows), note)


def _costs(variants: Sequence[JobVariant], numbers: Mapping[str, Mapping[str, Any]]) -> Table:
    columns = (
        Column("variant", kind="text"),
        *columns_of("integer", "unknowns", "Gauss points", "increments", "Newton", "CG"),
        Column("total", "s", "seconds"),
    )
    keys = ("unknowns", "gauss_points", "increments", "newton_iterations", "linear_iterations", "seconds")
    rows = tuple((v.name, *(numbers.get(v.name, {}).get(key) for key in keys)) for v in variants)
    return Table("What every variant cost", columns, rows, "CPU seconds.")
