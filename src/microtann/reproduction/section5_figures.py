"""Figures of Section V: convergence in ε and in mesh size, bar stresses, cyclic torsion, cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microtann.evaluation.measures import by_kind
from microtann.plotting.style import EXACT, LATTICE, MODEL, SERIES, SOFT, house_style, new_figure, save_figure
from microtann.report.simulation_section import LABELS
from microtann.reproduction.section5_cases import CaseNumbers
from microtann.reproduction.section5_errors import Limits, cost_ratios, run_errors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

Array = NDArray[np.float64]
ROUND_OFF = 1e-6
"""Values that differ by less, relative to their size, are drawn as equal."""
MARKERS = "osD^vP*"


def draw_convergence(path: Path, numbers: CaseNumbers) -> None:
    """Draw every compared quantity at the end against 1/ε: the full lattice, and FE on the finest mesh.

    Where cells have a fluctuation, u⁰ + εu¹ is drawn too.
    """
    lattices, model, exact = numbers.of("lattice"), numbers.finest("model"), numbers.finest("exact")
    names = _distinct(numbers)
    across = [1.0 / run.size for run in lattices]
    with house_style():
        figure = new_figure(2.6 * len(names), 2.7)
        for axis, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
            axis.axhline(
                exact.quantities[name][-1], color=EXACT, linewidth=3.2, alpha=0.75, label="FE, exact cell"
            )
            axis.axhline(model.quantities[name][-1], color=MODEL, linewidth=1.1, label="FE × TANN")
            axis.plot(
                across,
                [run.quantities[name][-1] for run in lattices],
                "o--",
                color=LATTICE,
                markersize=4,
                linewidth=0.8,
                label="full lattice",
            )
            if name.startswith("u_"):
                moved = [numbers.moved[f"{run.size:.12g}"][name] for run in lattices]
                if not np.allclose(moved, model.quantities[name][-1], rtol=1e-9, atol=0.0):
                    axis.plot(across, moved, "x", color=MODEL, markersize=5, label="FE × TANN, u⁰ + εu¹")
            _ratio_axis(axis, across)
            _round_off_hidden(axis)
            axis.set_title(LABELS.get(name, name))
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=4)
        save_figure(figure, path)


def draw_bar_stresses(path: Path, numbers: CaseNumbers) -> None:
    """Draw the stresses of the bars at the first control node: decoded, solved again, and of the full lattice."""
    finest = numbers.bars[-1]
    count = len(finest.stress["lattice"])
    places = np.arange(1, count + 1)
    with house_style():
        figure = new_figure(6.4, 3.0)
        axis = figure.subplots()
        for entry, alpha in zip(numbers.bars[-3:], np.linspace(0.3, 1.0, len(numbers.bars[-3:])), strict=True):
            label = f"full lattice, ε = {_fraction(entry.ratio)}"
            axis.plot(places, entry.stress["lattice"], "s", color=LATTICE, alpha=alpha, markersize=6, label=label)
        axis.plot(
            places,
            finest.stress["exact"],
            "_",
            color=EXACT,
            markersize=18,
            markeredgewidth=3,
            label="FE, exact cell",
        )
        axis.plot(places, finest.stress["model"], "o", color=MODEL, markersize=3.5, label="FE × TANN, decoded")
        axis.plot(places, finest.stress["solved"], "x", color=MODEL, markersize=7, label="FE × TANN, solved again")
        axis.axhline(0.0, color=SOFT, linewidth=0.6)
        axis.set_xticks(places)
        axis.set_xlabel("bar at the control node")
        axis.set_ylabel("stress [–]")
        axis.margins(x=0.05, y=0.12)
        figure.legend(loc="outside upper right", ncols=3)
        save_figure(figure, path)


def draw_cost_ratios(path: Path, cases: Sequence[CaseNumbers], meshes: Sequence[float]) -> None:
    """Draw the paper's cost ratio against the error of the energy, a panel for every case and mesh.

    Parameters
    ----------
    path : Path
        PNG file to write.
    cases : sequence of CaseNumbers
    meshes : sequence of float
        Edges of the elements.
    """
    with house_style():
        figure = new_figure(3.1 * len(meshes), 2.7 * len(cases))
        panels = figure.subplots(len(cases), len(meshes), squeeze=False)
        for row, numbers in zip(panels, cases, strict=True):
            for axis, mesh in zip(row, meshes, strict=True):
                points = cost_ratios(numbers, mesh)
                ratio, error = np.array(list(points.values())).T
                axis.loglog(error, ratio, "o-", color=MODEL, linewidth=0.8, markersize=4)
                for epsilon, x, y, aside in zip(points, error, ratio, _asides(error, ratio), strict=True):
                    axis.annotate(
                        _fraction(epsilon),
                        (x, y),
                        tuple(11.0 * aside),
                        textcoords="offset points",
                        fontsize=7.5,
                        ha="center",
                        va="center",
                    )
                axis.axhline(1.0, color=SOFT, linewidth=0.6)
                axis.set_title(f"{numbers.case}, elements of {mesh:g}")
                axis.set_xlabel("error of the energy [–]")
                axis.margins(x=0.2, y=0.2)
                for scale in (axis.xaxis, axis.yaxis):
                    _label_ticks(scale)
            row[0].set_ylabel("cost ratio (calls) [–]")
        save_figure(figure, path)


def draw_mesh_errors(path: Path, cases: Sequence[CaseNumbers]) -> None:
    """Draw errors of displacement, energy and dissipation against the finest mesh, over mesh size."""
    quantities = ("displacement", "energy", "dissipation")
    with house_style():
        figure = new_figure(9.0, 2.9)
        panels = figure.subplots(1, len(quantities))
        for number, numbers in enumerate(cases):
            runs = numbers.of("model")
            colour = SERIES[number % len(SERIES)]
            rows = [by_kind(run_errors(run, runs[-1])) for run in runs[:-1]]
            sizes = [run.size for run in runs[:-1]]
            for axis, name in zip(panels, quantities, strict=True):
                errors = [row[name] for row in rows]
                if max(errors) > 1e-8:  # uniform strains are exact on any mesh
                    axis.loglog(
                        sizes, errors, MARKERS[number] + "-", color=colour, markersize=4, label=numbers.case
                    )
        for axis, name in zip(panels, quantities, strict=True):
            axis.set_title(name)
            axis.set_xlabel("edge of the elements [–]")
            sizes = sorted({run.size for numbers in cases for run in numbers.of("model")[:-1]})
            axis.set_xticks(sizes, [f"{size:g}" for size in sizes])
            axis.minorticks_off()
            axis.margins(x=0.1)
            _label_ticks(axis.yaxis)
        panels[0].set_ylabel("error against the finest [–]")
        known: dict[str, Any] = {}
        for axis in panels:
            for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
                known.setdefault(label, handle)
        figure.legend(list(known.values()), list(known), loc="outside upper right", ncols=7)
        save_figure(figure, path)


def draw_limits(path: Path, limits: Mapping[str, Limits]) -> None:
    """Draw quantities against the size of elements and of cells, with the limits of both."""
    shown = [entry for entry in limits.values() if not entry.name.startswith("u_")]
    shown += [entry for entry in limits.values() if entry.name.startswith("u_")][:1]
    with house_style():
        figure = new_figure(3.1 * len(shown), 2.7)
        for axis, entry in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
            width = 10.0
            for sizes, values, limit, colour, mark, name in (
                (entry.meshes, entry.elements, entry.of_elements, MODEL, "o", "FE, exact cell, edge of elements"),
                (
                    [width * ratio for ratio in entry.ratios],
                    entry.lattices,
                    entry.of_lattices,
                    LATTICE,
                    "s",
                    "full lattice, edge of cells",
                ),
            ):
                axis.plot(sizes, values, mark, color=colour, markersize=4.5, label=name)
                if np.isfinite(limit.limit):
                    fine = np.linspace(0.0, max(sizes), 200)
                    factor = (values[-1] - limit.limit) / min(sizes) ** limit.order
                    axis.plot(fine, limit.limit + factor * fine**limit.order, "-", color=colour, linewidth=0.8)
                    axis.plot(0.0, limit.limit, mark, color=colour, markersize=7, markerfacecolor="none")
            axis.set_title(LABELS.get(entry.name, entry.name))
            axis.set_xlabel("edge of elements or cells [–]")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=2)
        save_figure(figure, path)


def _asides(x: Array, y: Array) -> Array:
    """Return the direction in which a label of every point of a curve on logarithmic scales meets no line."""
    if len(x) < 2:
        return np.tile([1.0, 0.0], (len(x), 1))
    places = np.log10(np.column_stack([x, y]))
    places = (places - places.min(axis=0)) / np.maximum(np.ptp(places, axis=0), 1e-300)
    steps = np.diff(places, axis=0)
    steps /= np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-300)
    # away from the neighbours; where these lie opposite each other, across the line
    along = np.concatenate([steps[:1], steps]) + np.concatenate([steps, steps[-1:]])
    toward = np.concatenate([steps, np.zeros((1, 2))])
    toward[1:] -= steps
    across = np.column_stack([-along[:, 1], along[:, 0]])
    across *= np.where(across[:, :1] < 0.0, -1.0, 1.0)
    aside = np.where(np.linalg.norm(toward, axis=1, keepdims=True) > 0.5, -toward, across)
    size = np.linalg.norm(aside, axis=1, keepdims=True)
    return np.where(size > 0.0, aside / np.maximum(size, 1e-300), [1.0, 0.0])


def _label_ticks(scale: Axis) -> None:
    """Label 1, 2 and 5 of every decade of a logarithmic scale that spans few of them, else the decades."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    low, high = scale.get_view_interval()
    if high < 200.0 * low:
        scale.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        scale.set_major_formatter(StrMethodFormatter("{x:g}"))
    scale.set_minor_formatter(NullFormatter())


def _round_off_hidden(axis: Axes) -> None:
    """Widen the scale of values that agree to round-off, so that they are seen to agree."""
    low, high = axis.dataLim.intervaly
    size = max(abs(low), abs(high))
    if high - low < ROUND_OFF * size:
        axis.set_ylim(low - 0.05 * size, high + 0.05 * size)
    axis.ticklabel_format(axis="y", useOffset=False)


def _fraction(ratio: float) -> str:
    return "1" if ratio == 1.0 else f"1/{round(1 / ratio)}"


def _distinct(numbers: CaseNumbers) -> list[str]:
    """Return the compared quantities; control displacements that are equal by symmetry once."""
    quantities = numbers.finest("lattice").quantities
    chosen: list[str] = []
    for name, values in quantities.items():
        margin = ROUND_OFF * float(np.abs(values).max())
        alike = (np.allclose(values, quantities[other], rtol=0.0, atol=margin) for other in chosen)
        if not (name.startswith("u_") and any(alike)):
            chosen.append(name)
    return chosen


def _ratio_axis(axis: Axes, across: Sequence[float]) -> None:
    axis.set_xscale("log", base=2)
    axis.set_xticks(list(across), [f"{n:.0f}" for n in across])
    axis.minorticks_off()
    axis.set_xlabel("cells per width, 1/ε [–]")
