"""What a job will cost as a folder of results: tables, numbers and a page."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from microtann.job.job_file import StructureJob, read_job
from microtann.report.number import format_number
from microtann.report.page import write_report
from microtann.report.section import Section, read_section, write_section
from microtann.report.table import Column, Table, Value, columns_of
from microtann.studies.cost import CostForecast
from microtann.studies.job_forecast import JobForecast, forecast_job
from microtann.studies.region_forecast import Band
from microtann.system.memory import machine_memory
from microtann.system.progress import ShowProgress, logged
from microtann.system.stage import Stage, file_digest, working_folder, write_numbers


def forecast_job_cost(
    file: str | os.PathLike[str],
    changes: Mapping[str, Any] | None = None,
    *,
    output: str | os.PathLike[str] = "results/cost",
    overwrite: bool = False,
    progress: ShowProgress = logged("studies"),
) -> CostForecast:
    """Predict what a job file will cost, and write it as tables, numbers and a page.

    Parameters
    ----------
    file : path
        Job file (docs/jobs.md).
    changes : mapping, optional
        Values in place of those in the file, by dotted key.
    output : path
        Folder of the results.
    overwrite : bool
        Whether results of another configuration may be replaced.
    progress : callable, optional
        What shows the progress; by default the logger ``microtann.studies`` hears of it.

    Returns
    -------
    CostForecast

    Raises
    ------
    InputError
        If the file is wrong, or the body is held too little.
    """
    place, folder = Path(file), Path(output)
    job = read_job(place, changes)
    asked = {"name": str(place), **{key: str(value) for key, value in (changes or {}).items()}}
    stage = Stage("cost", folder, {"case": asked}, {"job": file_digest(place), **job.inputs})
    if stage.finished:
        return CostForecast(read_section(folder), True)
    with working_folder(stage, overwrite=overwrite) as work:
        with progress(f"cost of {place.stem}") as report:
            report(0, None, "an elastic solution, and the materials at a few points")
            found = forecast_job(job)
        write_numbers(work, found.to_dict())
        section = write_section(work, job_cost_section(job, found, place.stem))
        write_report(work, section.title, [(work, section)])
    return CostForecast(section, False)


def job_cost_section(job: StructureJob, found: JobForecast, name: str) -> Section:
    """Return the forecast of a job as a section of a report.

    Parameters
    ----------
    job : StructureJob
    found : JobForecast
    name : str
        Of the job where it has no title.
    """
    return Section(
        f"Cost of {job.title.title or name}",
        4,
        (_sentence(found),),
        (_cost_table(found), _region_table(found)),
        files={"numbers.json": "all numbers", "report.html": "this section alone"},
    )


def _sentence(found: JobForecast) -> str:
    memory, limit = found.memory_gb, machine_memory()
    fits = (
        "" if limit is None or memory.high < 1e-9 * limit else " It may not fit into the memory of this machine."
    )
    outside = sum(r.points * r.outside.value for r in found.regions if r.outside is not None)
    left = f" About {outside:.0f} Gauss points leave the range of training data." if outside >= 0.5 else ""
    return (
        f"{found.unknowns} unknowns, {found.points} Gauss points, {found.increments} increments: "
        f"{_words(found.seconds)} CPU s, {_words(memory)} GB of memory, {_words(found.record_mb)} MB of records "
        f"while it runs.{fits}{left}"
    )


def _words(band: Band) -> str:
    value, low, high = (format_number(number, "general") for number in (band.value, band.low, band.high))
    return f"{value} ({low} to {high})"


def _cost_table(found: JobForecast) -> Table:
    rows: tuple[tuple[Value, ...], ...] = (
        ("Newton iterations", *_ends(found.newton)),
        ("materials, CPU s", *_ends(found.material)),
        ("assembly, set-up and solver, CPU s", *_ends(found.solving)),
        ("in all, CPU s", *_ends(found.seconds)),
        ("memory, GB", *_ends(found.memory_gb)),
        ("records while it runs, MB", *_ends(found.record_mb)),
        ("fields for ParaView, MB", found.fields_mb, None, None),
    )
    columns = (Column("", kind="text"), *(Column(name) for name in ("to expect", "at least", "at most")))
    note = (
        "CPU seconds of this machine after compilation. An elastic solution on this mesh says what assembly and "
        "solver cost; materials are driven along its strains, and along half and one and a half times of them for "
        "the bands."
    )
    return Table("What the job will cost", columns, rows, note)


def _region_table(found: JobForecast) -> Table:
    columns = (
        *columns_of("text", "region", "material"),
        Column("Gauss points", kind="integer"),
        *(Column(name, "µs") for name in ("a call", "at least", "at most")),
        *(Column(name, kind="percent") for name in ("outside training", "at most ")),
        *(Column(name, kind="percent") for name in ("stress error", "at most  ", "energy error", "at most   ")),
    )
    rows = []
    for region in found.regions:
        stress, energy = (region.errors.get(name) for name in ("stress", "energy"))
        pairs = (region.outside, stress, energy)
        last = [value for band in pairs for value in ((None, None) if band is None else (band.value, band.high))]
        rows.append(
            (region.name or "all", region.material, region.points, *_ends(region.microseconds), *last),
        )
    note = (
        "Errors are those of the model against its exact microstructure along the elastic strains of some cells, "
        "relative RMS; the error of the mesh is not among them."
    )
    return Table("Its materials", columns, tuple(rows), note)


def _ends(band: Band) -> tuple[float, float, float]:
    return band.value, band.low, band.high
