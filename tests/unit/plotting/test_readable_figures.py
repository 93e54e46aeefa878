"""Figures can be read: legends above curves, labels beside lines, no round-off on axes, colours with ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import microtann as mt
from microtann.errors import InputError
from microtann.plotting.bodies import _beyond
from microtann.plotting.curves import draw_training, legend_above
from microtann.reproduction.section5_figures import _asides, _label_ticks, _round_off_hidden


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_legend_lies_above_the_curves(scale: str) -> None:
    axis = Figure().subplots()
    for size in (1.0, 3.0, 5.0):
        axis.plot([0, 1, 2], [1e-3, size, 1e-2], label=f"{size}")
    axis.set_yscale(scale)
    before = axis.get_ylim()
    legend_above(axis, 2)
    assert axis.get_ylim()[0] == before[0]
    highest = axis.transAxes.inverted().transform(axis.transData.transform((1.0, 5.0)))[1]
    assert highest < 0.77  # two lines of the legend take a quarter
    lowest = axis.get_legend().get_window_extent()
    assert axis.transAxes.inverted().transform((0.0, lowest.y0))[1] > highest


@given(st.lists(st.tuples(st.floats(1e-4, 1.0), st.floats(1e-3, 100.0)), min_size=2, max_size=8, unique=True))
def test_labels_of_points_lie_beside_the_lines(points: list[tuple[float, float]]) -> None:
    x, y = np.array(points).T
    aside = _asides(x, y)
    assert np.allclose(np.linalg.norm(aside, axis=1), 1.0)
    places = np.log10(np.column_stack([x, y]))
    places = (places - places.min(axis=0)) / np.maximum(np.ptp(places, axis=0), 1e-300)
    steps = np.diff(places, axis=0)
    steps /= np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-300)
    # no line runs into a label: the angle between them is 60° and more
    assert (aside[:-1] * steps).sum(axis=1).max() < 0.51
    assert (-aside[1:] * steps).sum(axis=1).max() < 0.51


def test_values_that_agree_to_round_off_are_drawn_on_one_line() -> None:
    axis = Figure().subplots()
    axis.plot([1, 2, 4], [0.95, 0.95 + 3e-13, 0.95 - 4e-13])
    _round_off_hidden(axis)
    low, high = axis.get_ylim()
    assert high - low > 0.09
    axis = Figure().subplots()
    axis.plot([1, 2], [0.95, 0.951])
    _round_off_hidden(axis)
    assert np.ptp(axis.get_ylim()) < 0.0012


def test_a_narrow_logarithmic_axis_has_several_ticks() -> None:
    axis = Figure().subplots()
    axis.loglog([2e-3, 9e-3], [1.2, 3.0])
    for scale in (axis.xaxis, axis.yaxis):
        _label_ticks(scale)
        low, high = scale.get_view_interval()
        shown = [t for t, text in zip(scale.get_majorticklocs(), scale.get_ticklabels(), strict=True) if text]
        assert sum(low <= tick <= high for tick in shown) >= 1
    assert sum(2e-3 <= tick <= 9e-3 for tick in axis.xaxis.get_majorticklocs()) == 2


@pytest.mark.parametrize(
    ("values", "ends"),
    [([0.0, 1.0], "neither"), ([0.0, 1.5], "max"), ([-2.0, 0.5], "min"), ([-2.0, 2.0, np.nan], "both")],
)
def test_colours_say_where_values_lie_beyond_them(values: list[float], ends: str) -> None:
    assert _beyond(np.array(values), -1.0, 1.0) == ends


def test_slides_have_larger_letters_and_the_page_comes_back() -> None:
    strain = np.linspace(0.0, 0.5, 5)[1:, None] * np.eye(3)[0]
    response = mt.Lattice(mt.square_cell((1, 1))).solve(strain)
    with mt.plotting.style("slides"):
        slide = mt.plotting.plot_paths(response, unit="MPa")
    page = mt.plotting.plot_paths(response)
    sizes = [figure.axes[0].xaxis.label.get_size() for figure in (slide, page)]
    assert sizes[0] == pytest.approx(1.7 * sizes[1])
    assert slide.get_figwidth() > page.get_figwidth()
    assert [axis.get_ylabel() for axis in slide.axes] == [
        "stress [MPa]",
        "stress [MPa]",
        "energy per volume [MPa]",
    ]
    wide, narrow = (figure.axes[1].lines[0].get_linewidth() for figure in (slide, page))
    assert wide == pytest.approx(1.7 * narrow)
    chosen = mt.plotting.style("slides")
    assert mt.plotting.plot_paths(response).get_figwidth() == slide.get_figwidth()
    with chosen:
        pass
    assert mt.plotting.plot_paths(response).get_figwidth() == page.get_figwidth()
    with pytest.raises(InputError, match="there is no style 'poster': choose one of page, slides"):
        mt.plotting.style("poster")


def test_pixels_and_unit_of_a_body() -> None:
    held = [mt.fem.Prescribed(lambda x: x[:, 1] == 0, axis) for axis in "xy"]
    pull = mt.fem.Step([*held, mt.fem.Prescribed(lambda x: x[:, 1] == 1, "y", 0.2)])
    result = mt.fem.Model(mt.fem.box((1, 1), (2, 2)), mt.load("square-2x2")).solve([pull])
    coarse, fine = (mt.plotting.plot_body(result, "stress 22", unit="MPa", dpi=dpi) for dpi in (50, 100))
    assert fine.dpi == 2 * coarse.dpi == 100
    assert fine.axes[1].get_ylabel() == "stress 22 [MPa]"
    rows = [figure.axes[0].images[0].get_array().shape[0] for figure in (coarse, fine)]
    assert rows[1] == pytest.approx(2 * rows[0], abs=2)


def test_a_phase_of_one_loss_has_no_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr("microtann.plotting.curves.save_figure", lambda figure, path: drawn.append(figure))
    loss = {"training": [1.0, 0.5, 0.1], "validation": [1.0, 0.6, 0.2]}
    draw_training(tmp_path / "a.png", [1, 2, 3], loss, {"training": 0.0, "tuning": 1.0})
    draw_training(tmp_path / "a.png", [1], {"training": [1.0]}, {"training": 0.0})
    assert [[axis.get_title(loc="left") for axis in figure.axes] for figure in drawn] == [["tuning"], ["training"]]


def test_pixels_and_unit_of_a_cell() -> None:
    lattice = mt.Lattice(mt.square_cell((1, 1)))
    response = lattice.solve(0.5 * np.eye(3)[:1])
    figure = mt.plotting.plot_cell(lattice.cell, response, unit="kN", dpi=50)
    assert figure.dpi == 50
    assert figure.axes[1].get_ylabel() == "force of the bar (tension +) [kN]"
