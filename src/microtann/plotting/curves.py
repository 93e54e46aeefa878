"""Curves of closed-loop recall and of training: exact response and model in the same axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.numbers import voigt
from microtann.plotting.style import (
    COMPONENTS,
    EXACT,
    INK,
    LATTICE,
    LINE,
    MODEL,
    SERIES,
    SOFT,
    chosen_sizes,
    house_style,
    line_width,
    new_figure,
    save_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from microtann.tann.information import TrainingRecord

Array = NDArray[np.float64]
NOTICEABLE = 5e-3
"""Components below this part of the largest are not drawn."""


def from_virgin(values: Float[Array, "T *k"]) -> Float[Array, "T1 *k"]:
    """Put the virgin state, zero, before the increments."""
    return np.concatenate([np.zeros_like(values[:1]), values])


def noticeable(values: Float[Array, "T v"]) -> list[int]:
    """Return the components that are not small beside the largest."""
    size = np.abs(values).max(axis=0)
    return np.flatnonzero(size > NOTICEABLE * size.max()).tolist()


def draw_on_exact(
    axis: Axes, x: Float[Array, "T"], exact: Float[Array, "T"] | None, model: Float[Array, "T"], **look: Any
) -> None:
    """Draw a response as a thin line, on the exact one as a wide grey line if there is one.

    Parameters
    ----------
    axis : Axes
    x, exact, model : array, shape (T,)
    **look
        Of the thin line: its colour and label.
    """
    if exact is not None:
        axis.plot(x, exact, color=EXACT, linewidth=line_width(3.2), alpha=0.75)
    axis.plot(x, model, **{"linewidth": line_width(1.1 if exact is not None else 1.3), **look})


def draw_components(
    axis: Axes,
    x: Float[Array, "T *k"],
    values: Float[Array, "T v"],
    shown: Sequence[int],
    exact: Float[Array, "T v"] | None = None,
) -> None:
    """Draw components of strain or stress, each in its colour, on the exact ones if there are some.

    Parameters
    ----------
    axis : Axes
    x : array, shape (T,) or (T, v)
        For all of them, or for each.
    values, exact : array, shape (T, v)
    shown : sequence of int
        Components that are drawn.
    """
    labels = voigt.LABELS[voigt.dimension(values.shape[1])]
    for c in shown:
        across, behind = x[:, c] if x.ndim == 2 else x, None if exact is None else exact[:, c]
        draw_on_exact(axis, across, behind, values[:, c], color=COMPONENTS[c], label=labels[c])


LEGEND = 8.5
"""Points of the letters of a legend above the curves, on a page."""


def legend_above(axis: Axes, columns: int, size: float | None = None) -> None:
    """Put the legend above the curves, in room that the axis gets for it.

    Parameters
    ----------
    axis : Axes
        With its curves.
    columns : int
        Entries in a line of the legend.
    size : float, optional
        Of the letters, in points; by default that of the style.
    """
    count = len(axis.get_legend_handles_labels()[1])
    letters, figures = chosen_sizes()
    size = letters * LEGEND if size is None else size
    columns = -(-columns // 2) if letters > 1.0 else columns  # fewer words of large letters stand in a line
    share = 0.12 * letters / figures * -(-count // columns)
    across = axis.transScale.inverted()
    low, high = (axis.transScale.transform((1.0, bound))[1] for bound in axis.get_ylim())
    axis.set_ylim(top=float(across.transform((0.0, high + share * (high - low) / (1.0 - share)))[1]))
    axis.legend(ncols=columns, fontsize=size, loc="upper left")


@dataclass(frozen=True, eq=False)
class Curve:
    """One quantity of the exact material and of a model along one path.

    Parameters
    ----------
    title : str
    x, exact, model : array, shape (T,)
    x_label, y_label : str
        With units.
    """

    title: str
    x: Float[Array, "T"]
    exact: Float[Array, "T"]
    model: Float[Array, "T"]
    x_label: str
    y_label: str


def draw_comparison(
    path: Path, curves: Sequence[Curve], model_name: str, columns: int = 3, beside: str = "exact cell"
) -> None:
    """Draw one panel per curve: the exact response as a wide grey line, the model as a thin line on top of it.

    Parameters
    ----------
    path : Path
        PNG file to write.
    curves : sequence of Curve
    model_name : str
        Name of the model in the legend.
    columns : int
        Panels in a row.
    beside : str
        Name of the wide line in the legend.
    """
    columns = min(columns, len(curves))
    rows = -(-len(curves) // columns)
    with house_style():
        figure = new_figure(3.1 * columns, 2.5 * rows + 0.25)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for axis, curve in zip(axes, curves, strict=False):
            _draw_pair(axis, curve, model_name, beside)
        for axis in axes[len(curves) :]:
            axis.set_visible(False)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=2)
        save_figure(figure, path)


def _draw_pair(axis: Axes, curve: Curve, model_name: str, beside: str) -> None:
    draw_on_exact(axis, curve.x, curve.exact, curve.model, color=MODEL, label=model_name)
    axis.lines[0].set_label(beside)
    axis.set_title(curve.title)
    axis.set_xlabel(curve.x_label)
    axis.set_ylabel(curve.y_label)
    axis.margins(x=0.03)


@dataclass(frozen=True, eq=False)
class CurveHistory:
    """One quantity of several computations over the increments, the virgin state first.

    Parameters
    ----------
    title, x_label, y_label : str
    lines : mapping
        Values, shape (I + 1,), by the name of the computation.
    """

    title: str
    x_label: str
    y_label: str
    lines: Mapping[str, Float[Array, "I1"]]


def draw_histories(path: Path, histories: Sequence[CurveHistory], columns: int = 3) -> None:
    """Draw one panel per quantity, with one line per computation.

    Parameters
    ----------
    path : Path
        PNG file to write.
    histories : sequence of CurveHistory
    columns : int
        Panels in a row.
    """
    columns = min(columns, len(histories))
    rows = -(-len(histories) // columns)
    looks = ((MODEL, 1.2, "-"), (EXACT, 3.2, "-"), (LATTICE, 1.2, "--"))
    with house_style():
        figure = new_figure(3.1 * columns, 2.5 * rows + 0.25)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for axis, history in zip(axes, histories, strict=False):
            for (name, values), (colour, width, dash) in zip(history.lines.items(), looks, strict=False):
                axis.plot(values, dash, color=colour, linewidth=width, label=name, zorder=1 if width > 2 else 2)
            axis.set_title(history.title)
            axis.set_xlabel(history.x_label)
            axis.set_ylabel(history.y_label)
        for axis in axes[len(histories) :]:
            axis.set_visible(False)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=3)
        save_figure(figure, path)


def draw_errors(
    path: Path, errors: Mapping[str, float], published: Mapping[str, float | None], model_name: str
) -> None:
    """Draw the relative stress error on every path beside that of the authors' published network.

    Parameters
    ----------
    path : Path
        PNG file to write.
    errors : mapping
        Relative RMS stress error of the model on every path.
    published : mapping
        The same of the published network; None or absent where there is no figure.
    model_name : str
    """
    names = list(errors)
    with house_style():
        figure = new_figure(6.4, 0.34 * len(names) + 1.25)
        axis = figure.subplots()
        for row, name in enumerate(names):
            ours, theirs = errors[name], published.get(name)
            if theirs is not None:
                axis.plot([ours, theirs], [row, row], color=LINE, linewidth=2.0, zorder=1)
                axis.plot(theirs, row, "s", color=EXACT, markersize=7, zorder=2)
            axis.plot(ours, row, "o", color=MODEL, markersize=7, zorder=3)
        axis.plot([], [], "o", color=MODEL, markersize=7, label=model_name)
        axis.plot([], [], "s", color=EXACT, markersize=7, label="published network")
        axis.set_xscale("log")
        axis.set_yticks(range(len(names)), [f"path {name}" for name in names])
        axis.set_ylim(len(names) - 0.5, -0.5)
        axis.tick_params(axis="y", length=0, labelcolor=INK)
        axis.grid(visible=False, axis="y")
        axis.spines["left"].set_visible(False)
        axis.set_xlabel("relative RMS stress error in closed loop [–]")
        figure.legend(loc="outside upper right", ncols=2)
        save_figure(figure, path)


def phase_starts(history: Sequence[TrainingRecord]) -> dict[str, float]:
    """Return the update at which every phase of a training begins, by its name."""
    starts: dict[str, float] = {}
    for before, record in zip([None, *history], history, strict=False):
        if before is None or before.phase != record.phase:
            starts[record.phase] = 0.0 if before is None else float(before.update)
    return starts


def draw_training(
    path: Path,
    update: Sequence[float],
    losses: Mapping[str, Sequence[float]],
    phases: Mapping[str, float],
    terms: Mapping[str, Sequence[float]] | None = None,
) -> None:
    """Draw losses against the updates of training, on a logarithmic scale, a panel for every phase.

    A phase that is over after one loss has none: the next begins with it. Every phase has a scale of its own: a
    polish of a few hundred updates beside a descent of thousands would be a vertical line.

    Parameters
    ----------
    path : Path
        PNG file to write.
    update : sequence of float
        Number of updates done.
    losses : mapping
        Name of each curve, such as "training" and "validation", and its values.
    phases : mapping
        Name of each phase of the training, and the update at which it starts.
    terms : mapping, optional
        Name of each term of the validation loss and its values; not finite where a phase has no such term.
    """
    from matplotlib.ticker import MaxNLocator

    done = np.asarray(update, dtype=np.float64)
    starts = [*phases.values(), np.inf] if phases else [-np.inf, np.inf]
    # a panel begins with the last loss of the phase before
    parts = [np.flatnonzero((done >= a) & (done <= b)) for a, b in pairwise(starts)]
    shown = [(name, part) for name, part in zip(phases or [""], parts, strict=True) if len(part) > 1]
    shown = shown or [(next(iter(phases), ""), parts[0])]  # what has but one loss is a curve with others alone
    with house_style():
        figure = new_figure(6.4, 3.0)
        panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
        for axis, (name, part) in zip(panels, shown, strict=True):
            for (label, values), colour in zip(losses.items(), (MODEL, LATTICE, SOFT), strict=False):
                loss = np.asarray(values, dtype=np.float64)[part]
                axis.semilogy(done[part], loss, color=colour, label=label, marker="o", markersize=2.5)
            looks = zip(cycle(("--", ":", "-.")), cycle(SERIES[2:]), strict=False)
            for (label, values), (style, colour) in zip((terms or {}).items(), looks, strict=False):
                term = np.asarray(values, dtype=np.float64)[part]
                axis.semilogy(done[part], term, linewidth=0.8, linestyle=style, color=colour, label=label)
            axis.set_title(name)
            axis.set_xlabel("updates or epochs [–]")
            axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            if len(part) == 1:
                axis.set_xlim(done[part[0]] - 1.0, done[part[0]] + 1.0)
        panels[0].set_ylabel("loss [–]")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=3)
        save_figure(figure, path)
