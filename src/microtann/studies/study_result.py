"""What a study of trained models leaves: its numbers, a section of the report, and the page that shows it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from microtann.errors import InputError
from microtann.report.evaluation_section import SHORT
from microtann.report.page import write_report
from microtann.report.section import Section, write_section
from microtann.report.table import Column, Value, columns_of
from microtann.studies.training_point import Point
from microtann.system.stage import CONFIGURATION, NUMBERS, Stage, file_digest, working_folder, write_numbers
from microtann.system.toml import to_toml

PROPOSAL = ("error", "by")
"""Settings of a study on which its proposal depends, but no row of it."""


def error_columns(groups: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns of the errors of a point, with one for every group of internal coordinates."""
    return (
        *columns_of("error", "stress", "energy", "dissip.", *(SHORT.get(name, name) for name in groups)),
        Column("violations", kind="integer"),
        Column("CPU time", "s", kind="seconds"),
    )


def errors_row(numbers: Mapping[str, Any], groups: Iterable[str]) -> tuple[Value, ...]:
    """Return the values of `error_columns` of a point."""
    errors = numbers.get("errors", {})
    decoded = errors.get("coordinates", {})
    named = [errors.get(name) for name in ("stress", "energy", "dissipation")]
    return (*named, *(decoded.get(name) for name in groups), errors.get("violations"), numbers["seconds"])


def errors_note(form: str, walks: str = "validation walks") -> str:
    """Return what stands below a table of errors."""
    return (
        f"Form {form}. Relative RMS errors on {walks}: stress, energy, accumulated dissipation, decoded "
        "internal coordinates. A dash stands for a training that failed or a model that ran away."
    )


def check_longer(folder: Path, configuration: Mapping[str, Any], overwrite: bool) -> None:
    """Refuse to replace the result of a study by one that does not hold all of its rows.

    Parameters
    ----------
    folder : Path
        Where the result is written.
    configuration : mapping
        Effective configuration; what was tried are its lists.
    overwrite : bool
        Whether it may be replaced all the same.

    Raises
    ------
    InputError
    """
    try:
        former = tomllib.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        former = {}
    if not overwrite and not (former and _contained(former, tomllib.loads(to_toml(configuration)))):
        raise InputError(
            f"{folder} holds results of another configuration, which would be lost: try all that was tried there, "
            "name another folder or add --overwrite"
        )


def _contained(former: Any, now: Any) -> bool:
    """Return whether a configuration has all that another has, and more at most in its lists."""
    if isinstance(former, dict) and isinstance(now, dict):
        return all(
            key in PROPOSAL or (key in now and _contained(value, now[key])) for key, value in former.items()
        )
    if isinstance(former, list) and isinstance(now, list) and all(isinstance(item, int) for item in former):
        return set(former) <= set(now)
    return bool(former == now)


def write_result(
    folder: Path,
    configuration: Mapping[str, Any],
    points: Sequence[Point],
    content: Mapping[str, Any],
    section_in: Callable[[Path], Section],
) -> Section:
    """Write the result of a study from its points, in place of an earlier one, and return its section.

    Parameters
    ----------
    folder : Path
        Where it is written; the page goes beside it. Its name is that of the stage.
    configuration : mapping
        Effective configuration.
    points : sequence of Point
        Finished; the result is that of their numbers.
    content : mapping
        All numbers, as plain values for JSON.
    section_in : callable
        Writes figures and other files into the folder that it is given, and returns the section.
    """
    inputs = {point.folder.name: file_digest(point.folder / NUMBERS) for point in points}
    with working_folder(Stage(folder.name, folder, configuration, inputs), overwrite=True) as work:
        write_numbers(work, content)
        section = write_section(work, section_in(work))
    write_report(folder.parent, section.title, [(folder, section)])
    return section
