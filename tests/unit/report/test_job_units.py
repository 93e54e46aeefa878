"""The units of a job stand on its pictures, figures and tables; without them nothing is claimed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

import microtann as mt
from microtann.plotting.curves import CurveHistory
from microtann.plotting.deformed import plot_body
from microtann.plotting.panels import draw_panels
from microtann.report import job_section

BAR = """\
[job]
length = "mm"
stress = "MPa"
[mesh]
lengths = [2.0, 1.0]
divisions = [2, 1]
[set.left]
x = 0.0
[side.right]
x = 2.0
[material]
kind = "elastic"
young = 3.0
poisson = 0.0
plane = "stress"
[[support]]
on = "left"
components = "xy"
[[step]]
increments = 2
[[step.load]]
kind = "traction"
on = "right"
value = [0.1, 0.0]
[output]
fields = false
pictures = ["stress 11", "energy", "strain 11"]
"""


def labels(folder: Path, text: str, patch: pytest.MonkeyPatch) -> tuple[list[str], list[str], list[str]]:
    """Return what stands on pictures, on figures and over the table of the steps."""
    file = folder / "bar.toml"
    file.write_text(text, encoding="utf-8")
    job, pictures, figures = mt.read_job(file), list[str](), list[str]()

    def drawn(*arguments: Any, **keywords: Any) -> Figure:
        figure = plot_body(*arguments, **keywords)
        pictures.extend(axes.get_ylabel() for axes in figure.axes if axes.get_ylabel())
        return figure

    patch.setattr(job_section, "plot_body", drawn)

    def over_increments(path: Path, panels: Sequence[CurveHistory]) -> None:
        figures.extend(panel.y_label for panel in panels)
        draw_panels(path, panels)

    patch.setattr(job_section, "draw_panels", over_increments)
    section = job_section.write_job(folder, job, job.solve())
    return pictures, figures, [column.unit for column in section.tables[0].columns]


def test_units_of_the_job_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, figures, columns = labels(tmp_path, BAR, monkeypatch)
    assert pictures == ["stress 11 [MPa]", "energy [MPa]", "strain 11"]
    assert figures == ["energy [MPa·mm³]", "force [MPa·mm²]"]
    assert columns == ["", "", "MPa·mm³", "MPa·mm³", "mm", "MPa·mm²", "MPa·mm²"]


def test_a_job_without_units_claims_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = BAR.replace('length = "mm"\nstress = "MPa"\n', "")
    pictures, figures, columns = labels(tmp_path, text, monkeypatch)
    assert pictures == ["stress 11", "energy", "strain 11"]
    assert figures == ["energy [–]", "force [–]"]
    assert set(columns) == {""}
