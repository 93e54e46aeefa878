"""A job from its file to a folder of results, which a second call goes on with where the first one was stopped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microtann.errors import ConvergenceError, InputError
from microtann.evaluation.reference_run import RECORDS, newton_progress
from microtann.job.job_file import read_job
from microtann.report.job_section import write_job
from microtann.report.section import Section, read_section
from microtann.system.progress import ShowProgress, logged
from microtann.system.stage import Stage, file_digest, working_folder


@dataclass(frozen=True)
class JobRun:
    """A job that was computed.

    Parameters
    ----------
    section : Section
        Its section of the report.
    kept : bool
        Whether the folder held it already.
    """

    section: Section
    kept: bool


def simulate_job(
    file: str | os.PathLike[str],
    changes: Mapping[str, Any] | None = None,
    *,
    output: str | os.PathLike[str],
    overwrite: bool = False,
    progress: ShowProgress = logged("studies"),
    title: str = "",
) -> JobRun:
    """Compute the structure of a job file, and write its results, unless they are there.

    Parameters
    ----------
    file : path
        Job file (docs/jobs.md).
    changes : mapping, optional
        Values in place of those in the file, by dotted key.
    output : path
        Folder of the results; what an interrupted call found is kept beside it.
    overwrite : bool
        Whether results of another job may be replaced.
    progress : callable, optional
        What shows the progress; by default the logger ``microtann.studies`` hears of it.
    title : str
        What the progress is called; by default as the file.

    Returns
    -------
    JobRun

    Raises
    ------
    InputError
        If the file is wrong, or the folder holds something else.
    EquilibriumError
        If an increment fails although it was cut.
    """
    place, folder, changed = Path(file), Path(output), dict(changes or {})
    chosen = read_job(place, changed)
    inputs = {"job": file_digest(place), **chosen.inputs}
    case = {"name": str(place), **{key: str(value) for key, value in changed.items()}}
    stage = Stage("job", folder, {"case": case}, inputs)
    if stage.finished:
        return JobRun(read_section(folder), True)
    failure = folder.with_name(f"{folder.name}.failed-point.h5")
    again = (ConvergenceError, InputError)
    with working_folder(stage, overwrite=overwrite, keep_unfinished=True, would_fail_again=again) as work:
        with progress(title or place.stem) as report:
            result = chosen.solve(newton_progress(report), record=work / RECORDS, failure=failure, files=work)
        section = write_job(work, chosen, result)
        shutil.rmtree(work / RECORDS, ignore_errors=True)
    return JobRun(section, False)
