"""What a command prints when it is done: tables, what it wrote, and what to look at."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from microtann.errors import TrainingRangeWarning
from microtann.report.section import Section

WIDTH = 132
"""Columns where there is no terminal to measure."""


def console() -> Console:
    """Return the console of standard output."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH)


def show_section(folder: Path, section: Section) -> None:
    """Print the tables of a section and the files to look at."""
    screen = console()
    for table in section.tables:
        screen.print(table.to_terminal())
        screen.print()
    show_files(folder, [*[figure.file for figure in section.figures], *(section.files or {})])


def show_files(folder: Path, files: Sequence[str]) -> None:
    """Print where the results are."""
    screen = console()
    screen.print(f"written to {folder}:", markup=False, soft_wrap=True)
    for file in files:
        screen.print(f"  {folder / file}", markup=False, soft_wrap=True)


@contextmanager
def range_warnings_shown() -> Iterator[None]:
    """Show warnings on the training range as sentences on standard error; leave all others to Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", TrainingRangeWarning)
        others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **rest: Any) -> None:
            if not issubclass(category, TrainingRangeWarning):
                return others(message, category, *place, **rest)
            screen = Console(stderr=True, highlight=False)
            return screen.print(f"microtann: warning: {message}", markup=False, soft_wrap=True)

        warnings.showwarning = show
        yield


def show_unchanged(folder: Path) -> None:
    """Print that a stage was not run again, for its results are there."""
    console().print(
        f"{folder} already holds these results (same configuration): kept", markup=False, soft_wrap=True
    )
