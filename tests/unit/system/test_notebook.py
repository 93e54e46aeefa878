"""Bars, figures and tables as a notebook shows them; its kernel is played by a module of its name."""

from __future__ import annotations

import struct
import sys
from types import ModuleType, SimpleNamespace

import pytest

import microtann as mt
from microtann.evaluation.closed_loop import Evaluation, PathErrors
from microtann.plotting.style import house_style, new_figure
from microtann.system import notebook
from microtann.system.notebook import bar_html, in_notebook, notebook_bar
from microtann.system.progress import logged
from microtann.training.training_progress import TrainingProgress, shown_updates

ERRORS = PathErrors(1e-3, 2e-3, 3e-3, {}, {}, 0, None, False)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the cell shows below it, one picture after the other."""
    pictures: list[str] = []

    def display(content: str, display_id: bool) -> SimpleNamespace:
        assert display_id
        pictures.append(content)
        return SimpleNamespace(update=pictures.append)

    shell, page = ModuleType("IPython"), ModuleType("IPython.display")
    shell.get_ipython = lambda: SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    page.HTML, page.display = str, display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", page)
    monkeypatch.setattr(notebook, "EVERY", 0.0)
    return pictures


def test_no_bar_without_a_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not in_notebook()
    terminal = ModuleType("IPython")
    terminal.get_ipython = lambda: SimpleNamespace()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", terminal)
    assert not in_notebook()


def stopped_at_half() -> None:
    with notebook_bar("") as report:
        report(1.0, 2.0, "")
        raise KeyboardInterrupt


def test_a_bar_tells_share_and_words_and_ends_full(shown: list[str]) -> None:
    with notebook_bar("a < b") as report:
        report(1.0, 4.0, "half & half")
    assert "a &lt; b" in shown[0]
    assert 'value="0.2500"' in shown[1]
    assert "25 %" in shown[1]
    assert "half &amp; half" in shown[1]
    assert 'value="1.0000"' in shown[-1]
    with pytest.raises(KeyboardInterrupt):
        stopped_at_half()
    assert "stopped" in shown[-1]
    assert 'value="0.5000"' in shown[-1]
    assert "value" not in bar_html("unknown", None, "", 0.0)


def test_structures_and_studies_show_bars(shown: list[str]) -> None:
    held = [mt.fem.Prescribed(lambda x: x[:, 1] == 0, axis) for axis in "xy"]
    steps = [mt.fem.Step([*held, mt.fem.Prescribed(lambda x: x[:, 1] == 1, "y", 0.2)], increments=2, name="pull")]
    model = mt.fem.Model(mt.fem.box((1, 1), (1, 1)), mt.load("square-2x2"))
    model.solve(steps)
    assert "pull, iteration 1" in shown[1]
    assert "100 %" in shown[-1]
    count = len(shown)
    model.solve(steps, progress=lambda _: None)  # who listens needs no bar
    assert len(shown) == count
    with logged("studies")("a study") as report:
        report(1.0, 2.0, "first")
    assert "50 %, " in shown[-2]


def test_training_shows_a_bar(shown: list[str]) -> None:
    with shown_updates(None) as told:
        assert told is not None
        told(TrainingProgress("descent", 50, 100, 4, 1e-3, 2e-3, share=0.25))
    assert "25 %" in shown[1]
    assert "descent, update 50 of 100" in shown[1]
    with shown_updates(print) as told:
        assert told is print


def test_figures_have_a_picture_as_large_as_they_are() -> None:
    with house_style():
        figure = new_figure(3.0, 2.0)
        figure.subplots().plot([0, 1])
    data, size = figure._repr_png_()  # type: ignore[attr-defined]
    assert size == {"width": 300, "height": 200}
    assert struct.unpack(">II", data[16:24]) == (600, 400)


def test_cards_evaluations_and_statistics_have_html() -> None:
    card = mt.model_card("cube")
    page = card._repr_html_()
    assert card.name in page
    assert page.count("<tr>") == 1 + len(card._error_rows())
    for path in card.errors:
        assert f">{path}</td>" in page
    found = Evaluation({"own": ERRORS})
    assert '<td style="text-align: right">2.0e-03</td>' in found._repr_html_()
    assert str(found).splitlines()[1].startswith("own          1.0e-03       2.0e-03")
    held = [mt.fem.Prescribed(lambda x: x[:, 1] == 0, axis) for axis in "xy"]
    result = mt.fem.Model(mt.fem.box((1, 1), (1, 1)), mt.load("square-2x2")).solve([mt.fem.Step(held)])
    assert "Newton iterations</td>" in result.statistics._repr_html_()
    assert "<pre>" in result.statistics._repr_html_()
