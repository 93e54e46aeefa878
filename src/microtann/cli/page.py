"""``microtann report``: one page from the sections of finished stages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import console, show_files
from microtann.report.page import REPORT_FILE, write_report
from microtann.report.runs import compare_runs, run_names
from microtann.report.section import find_sections


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
    show_files(folder, [REPORT_FILE])
