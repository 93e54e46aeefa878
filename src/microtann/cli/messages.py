"""What a command prints when it is done: tables, what it wrote, and what to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from microtann.report.section import Section

WIDTH = 400
"""Columns where there is no terminal to measure: a row of a table is one line of a log file."""


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


def show_unchanged(folder: Path) -> None:
    """Print that a stage was not run again, for its results are there."""
    console().print(
        f"{folder} already holds these results (same configuration): kept", markup=False, soft_wrap=True
    )
