"""``microtann simulate JOB.toml``: a structure of one's own from an input file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from microtann.cli.messages import show_unchanged
from microtann.cli.progress_bar import progress
from microtann.errors import ConfigurationError, ConvergenceError, InputError
from microtann.evaluation.reference_run import RECORDS, newton_progress
from microtann.job.job_file import read_job
from microtann.report.job_section import write_job
from microtann.system.stage import Stage, file_digest, working_folder
from microtann.system.toml import from_toml


def make_job(file: Path, output: Path, changes: Mapping[str, Any], overwrite: bool = False) -> None:
    """Run a job unless its results are there.

    Parameters
    ----------
    file : Path
    output : Path
    changes : mapping
        Values in place of those in the file.
    overwrite : bool
        Whether results of another job may be replaced.
    """
    chosen = read_job(file, changes)
    inputs = {"job": file_digest(file), **chosen.inputs}
    stage = Stage("job", output, {"case": {"name": str(file), **{k: str(v) for k, v in changes.items()}}}, inputs)
    if stage.finished:
        show_unchanged(output)
        return
    failure = output.with_name(f"{output.name}.failed-point.h5")
    again = (ConvergenceError, InputError)
    with working_folder(stage, overwrite=overwrite, keep_unfinished=True, would_fail_again=again) as folder:
        with progress(file.stem) as report:
            result = chosen.solve(newton_progress(report), record=folder / RECORDS, failure=failure)
        write_job(folder, chosen, result)
        shutil.rmtree(folder / RECORDS, ignore_errors=True)


def changes_of(assignments: Sequence[str]) -> dict[str, Any]:
    """Return the values that ``--set`` gives, by dotted key.

    Raises
    ------
    ConfigurationError
        If one has another form, or comes twice.
    """
    changes: dict[str, Any] = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals or not all(key.strip().split(".")):
            raise ConfigurationError(f"--set takes key=value, such as material.name=cube, got {text!r}")
        if key.strip() in changes:
            raise ConfigurationError(f"--set gives {key.strip()} twice: give it once")
        try:
            changes[key.strip()] = from_toml(f"value = {value}")["value"]
        except ValueError:
            changes[key.strip()] = value.strip()
    return changes
