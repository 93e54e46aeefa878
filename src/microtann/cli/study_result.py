"""What a study leaves: its numbers, a section of the report, and the page that shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from microtann.cli.messages import save_section, show_section
from microtann.cli.page import write_report
from microtann.cli.stage import Stage, file_digest, working_folder
from microtann.cli.study_parts import stamped
from microtann.cli.study_point import NUMBERS, Point
from microtann.report.section import Section
from microtann.system.atomic import write_atomically


def write_result(
    folder: Path,
    configuration: Mapping[str, Any],
    points: Sequence[Point],
    content: Mapping[str, Any],
    describe: Callable[[Path], Section],
) -> None:
    """Write the result of a study from its points, in place of an earlier one, and show it.

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
    describe : callable
        Writes figures and other files into the folder that it is given, and returns the section.
    """
    inputs = {point.folder.name: file_digest(point.folder / NUMBERS) for point in points}
    with working_folder(Stage(folder.name, folder, configuration, inputs), overwrite=True) as work:
        write_atomically(work / NUMBERS, json.dumps(stamped(content), indent=1) + "\n")
        section = describe(work)
        save_section(work, section)
    write_report(folder.parent, section.title, [(folder, section)])
    show_section(folder, section)
