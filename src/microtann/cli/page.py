"""Writing of ``report.html`` from the sections of a folder, and ``microtann report``."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import microtann
from microtann.cli.messages import console, show_files
from microtann.report.page import render_page
from microtann.report.runs import compare_runs, run_names
from microtann.report.section import Section, find_sections
from microtann.system.atomic import write_atomically

FILE = "report.html"


def write_report(folder: Path, title: str, sections: Sequence[tuple[Path, Section]]) -> None:
    """Write the self-contained report of sections into a folder."""
    footer = f"microtann {microtann.__version__}, Python {platform.python_version()}, {platform.machine()}."
    subtitle = "All pictures are inside this file; each section names the files beside it."
    write_atomically(folder / FILE, render_page(folder, title, subtitle, sections, footer))


def report(
    folder: Annotated[Path, typer.Argument(help="Folder of results, or a folder that holds several.")],
    title: Annotated[str, typer.Option(help="Title of the report.")] = "microtann",
) -> None:
    """Gather the sections of finished stages into one self-contained report.html.

    The stages lie in the folder, in folders in it (results/data), or one level below (study/run-1/data). Runs of
    one kind are compared in a table.
    """
    sections = find_sections(folder)
    write_report(folder, title, sections)
    for table in compare_runs(run_names(folder, sections), sections):
        console().print(table.to_terminal())
    show_files(folder, [FILE])
