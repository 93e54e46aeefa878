"""Figures of studies: error against a number, canonical correlations, trials of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from microtann.plotting.style import MODEL, SERIES, SOFT, house_style, new_figure, save_figure
from microtann.report.number import format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROUND_OFF = 1e-9
"""Errors below are round-off: they are drawn at the bottom."""

Points = Sequence[tuple[float, float]]


def draw_study(
    path: Path,
    series: Mapping[str, Points],
    x_label: str,
    y_label: str,
    *,
    logarithmic: bool = False,
    marked: tuple[float, float] | None = None,
    within: float | None = None,
) -> None:
    """Draw errors against a number: every run as a dot, the median of the runs of each number as a line.

    Runs that failed or ran away are crosses at the top, and count in the median.

    Parameters
    ----------
    path : Path
        PNG file to write.
    series : mapping
        (number, error) of every run, by the name of the series.
    x_label, y_label : str
    logarithmic : bool
        Whether the number has a logarithmic scale.
    marked : (float, float), optional
        Point that is proposed.
    within : float, optional
        Error that is small enough.
    """
    with house_style():
        figure = new_figure(5.6, 3.5)
        axis = figure.subplots()
        errors = [y for points in series.values() for _, y in points]
        bottom, top = _bottom(errors), _top(errors)
        for row, ((name, points), colour) in enumerate(zip(series.items(), SERIES, strict=False)):
            finite = [(x, max(y, bottom)) for x, y in points if np.isfinite(y)]
            lost = [(x, top * 2.0**row) for x, y in points if not np.isfinite(y)]  # none hides another
            numbers = sorted({x for x, _ in points})
            medians = [_median([y for x, y in points if x == number], bottom) for number in numbers]
            axis.plot(numbers, medians, color=colour, label=name)
            for shape, shown in (
                ("o", [p for p in finite if p[1] > bottom]),
                ("v", [(x, y) for x, y in finite if y == bottom]),
                ("x", lost),
            ):
                axis.plot(
                    [x for x, _ in shown], [y for _, y in shown], shape, color=colour, markersize=4.5, alpha=0.8
                )
        axis.set_yscale("log")
        if bottom > 0.0:
            axis.plot([], [], "v", color=SOFT, markersize=4.5, label="round-off")
        if not np.isfinite(errors).all():
            axis.plot([], [], "x", color=SOFT, markersize=4.5, label="ran away")
        if logarithmic:
            _logarithmic(axis, sorted({x for points in series.values() for x, _ in points}))
        elif all(x == round(x) for points in series.values() for x, _ in points):  # nothing lies between
            axis.locator_params(axis="x", integer=True)
        if within is not None:
            axis.axhline(within, color=SOFT, linewidth=0.8, linestyle=":")
        if marked is not None:
            point = (marked[0], max(marked[1], bottom))
            axis.plot(*point, "o", markersize=11, markerfacecolor="none", markeredgecolor=SOFT, label="proposed")
        axis.set(xlabel=x_label, ylabel=y_label)
        figure.legend(loc="outside upper right", ncols=4)
        save_figure(figure, path)


def draw_cost(
    path: Path,
    series: Mapping[str, Sequence[tuple[float, float, int]]],
    exact: float | None,
    y_label: str,
) -> None:
    """Draw errors against the cost of a point: every model as a dot with its number of states.

    Parameters
    ----------
    path : Path
        PNG file to write.
    series : mapping
        (microseconds, error, states) of every model, by the name of the series; errors that are not finite are
        left out.
    exact : float, optional
        Microseconds of the exact microstructure, a line.
    y_label : str
    """
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    with house_style():
        figure = new_figure(5.6, 3.5)
        axis = figure.subplots()
        bottom = _bottom([y for models in series.values() for _, y, _ in models])
        for (name, models), colour in zip(series.items(), SERIES, strict=False):
            axis.plot([], [], "o", color=colour, label=name)
            for x, y, n in ((x, max(y, bottom), n) for x, y, n in models if np.isfinite(y)):
                axis.plot(x, y, "v" if y == bottom else "o", color=colour, alpha=0.8)
                axis.annotate(str(n), (x, y), (4, 3), textcoords="offset points", color=colour, fontsize="small")
        if bottom > 0.0:
            axis.plot([], [], "v", color=SOFT, markersize=4.5, label="round-off")
        if exact is not None:
            axis.axvline(exact, color=SOFT, linewidth=0.8, linestyle="--", label="exact microstructure")
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_yscale("log")
        axis.set(xlabel="CPU time of an increment at a Gauss point [µs]", ylabel=y_label)
        figure.legend(loc="outside upper right", ncols=4)
        save_figure(figure, path)


def _bottom(errors: Sequence[float]) -> float:
    """Return where errors of round-off are drawn, below all others; 0 if there are none."""
    finite = [e for e in errors if np.isfinite(e)]
    others = [e for e in finite if e > ROUND_OFF]
    if len(others) == len(finite):
        return 0.0
    return min(others) / 5.0 if others else ROUND_OFF


def _top(errors: Sequence[float]) -> float:
    """Return where runs that failed or ran away are drawn, above all others."""
    return 5.0 * max((e for e in errors if np.isfinite(e) and e > ROUND_OFF), default=1.0)


def _median(errors: Sequence[float], bottom: float) -> float:
    """Return the median; nothing that could be drawn if half of the runs failed or ran away."""
    middle = float(np.median(errors))
    return max(middle, bottom) if np.isfinite(middle) else np.nan


def _logarithmic(axis: Axes, numbers: Sequence[float]) -> None:
    """Give the numbers a logarithmic scale with a tick at each."""
    from matplotlib.ticker import NullLocator

    axis.set_xscale("log")
    axis.set_xticks(numbers, [format_number(x, "integer") for x in numbers])
    axis.xaxis.set_minor_locator(NullLocator())


def draw_correlations(path: Path, correlations: Mapping[str, Sequence[float]]) -> None:
    """Draw canonical correlations of pairs of latent spaces, the largest first, by the name of the pair."""
    from matplotlib.ticker import MaxNLocator

    with house_style():
        figure = new_figure(5.6, 3.2)
        axis = figure.subplots()
        for (name, values), colour in zip(correlations.items(), SERIES, strict=False):
            number = np.arange(1, len(values) + 1)
            axis.plot(number, values, "o-", color=colour, markersize=4, label=name)
        axis.set_ylim(0.0, 1.05)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set(xlabel="direction [–]", ylabel="canonical correlation [–]")
        figure.legend(loc="outside upper right", ncols=2)
        save_figure(figure, path)


def draw_search(path: Path, trials: Sequence[Mapping[str, float | str]], errors: Sequence[float]) -> None:
    """Draw the error of every trial against every hyper-parameter that was varied; the best is filled.

    Parameters
    ----------
    path : Path
        PNG file to write.
    trials : sequence of mapping
        Value of every hyper-parameter that varied, by name: a number, or a text for one of several choices.
    errors : sequence of float
    """
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    names = list(trials[0])
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    shown = np.array([max(e, ROUND_OFF) if np.isfinite(e) else np.nan for e in errors])
    best = int(np.nanargmin(shown)) if np.isfinite(shown).any() else -1
    with house_style():
        figure = new_figure(3.1 * columns + 0.4, 2.6 * rows + 0.25)
        axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for axis, name in zip(axes, names, strict=False):
            values = [trial[name] for trial in trials]
            numbers = [v for v in values if not isinstance(v, str)]
            x: list[float | str] = list(values) if len(numbers) == len(values) else [str(v) for v in values]
            axis.plot(x, shown, "o", color=MODEL, markersize=5, markerfacecolor="none")
            if best >= 0:
                axis.plot(x[best], shown[best], "o", color=MODEL, markersize=7)
            spread = (
                min(numbers) > 0 and max(numbers) >= 8 * min(numbers) if len(numbers) == len(values) else False
            )
            if spread:
                axis.set_xscale("log")
            elif len(numbers) == len(values):
                axis.xaxis.set_major_locator(
                    MaxNLocator(4, integer=all(isinstance(value, int) for value in values))
                )
                axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_yscale("log")
            axis.set(xlabel=name)
        for axis in axes[len(names) :]:
            axis.set_visible(False)
        for row in range(rows):
            axes[row * columns].set_ylabel("validation error [–]")
        save_figure(figure, path)
