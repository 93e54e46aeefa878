"""``microtann simulate JOB.toml``: a structure of one's own from an input file, or variants of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from microtann.cli.messages import show_files, show_section, show_unchanged
from microtann.cli.progress_bar import progress
from microtann.errors import ConfigurationError
from microtann.job.variants import value_of
from microtann.studies.job_run import simulate_job
from microtann.studies.job_variants import VARIANT_FOLDERS, study_variants


def make_job(file: Path, output: Path, changes: Mapping[str, Any], overwrite: bool = False) -> None:
    """Run a job unless its results are there, and show them.

    Parameters
    ----------
    file : Path
    output : Path
    changes : mapping
        Values in place of those in the file.
    overwrite : bool
        Whether results of another job may be replaced.
    """
    run = simulate_job(file, changes, output=output, overwrite=overwrite, progress=progress)
    if run.kept:
        show_unchanged(output)
    show_section(output, run.section)


def make_variants(
    file: Path, variants: Sequence[str], output: Path, changes: Mapping[str, Any], overwrite: bool = False
) -> None:
    """Run those variants of a job whose results are not there, and show their comparison.

    Parameters
    ----------
    file : Path
    variants : sequence of str
        What ``--variants`` gives: a table, or values of keys.
    output : Path
    changes : mapping
        Values in place of those in the file, for all variants.
    overwrite : bool
        Whether results of other variants may be replaced.
    """
    study = study_variants(file, variants, changes, output=output, overwrite=overwrite, progress=progress)
    show_section(output / VARIANT_FOLDERS[1], study.section)
    show_files(output, ["report.html"])


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
        changes[key.strip()] = value_of(value)
    return changes


def engine_of_job(engines: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes of a job, by dotted key, that --engine, --ranks and --engine-fields ask for."""
    tables = {"engine": "job.engine", "ranks": "job.ranks", "engine_fields": "output.engine_fields"}
    return {tables[name]: value for name, value in engines.items() if value is not None}
