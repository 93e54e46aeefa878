"""Several computations of one structure over time: a panel for every quantity, a line for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float
from numpy import float64
from numpy.typing import NDArray

from microtann.plotting.style import SERIES, house_style, new_figure, save_figure

Array = NDArray[float64]
STROKES = ("-", "--", "-.", ":")
"""Of one colour after the other; then the colours begin again."""


@dataclass(frozen=True, eq=False)
class VariantPanel:
    """One quantity of several computations.

    Parameters
    ----------
    title : str
    lines : mapping
        Times and values, each of shape (T,), by the name of the computation.
    """

    title: str
    lines: Mapping[str, tuple[Float[Array, "T"], Float[Array, "T"]]]


def draw_variants(path: Path, panels: Sequence[VariantPanel], columns: int = 3) -> None:
    """Draw every quantity in a panel, with one legend below all.

    Parameters
    ----------
    path : Path
        PNG file to write.
    panels : sequence of VariantPanel
    columns : int
        Panels in a row.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    looks = {
        name: (SERIES[k % len(SERIES)], STROKES[k // len(SERIES) % len(STROKES)]) for k, name in enumerate(names)
    }
    beside = max(1, int(3.1 * columns / (0.6 + 0.08 * max(map(len, names)))))
    with house_style():
        below = 0.22 * -(-len(names) // beside)
        figure = new_figure(3.1 * columns, 2.5 * rows + below)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        handles = {}
        for axis, panel in zip(axes, panels, strict=False):
            for name, (times, values) in panel.lines.items():
                colour, stroke = looks[name]
                width = 1.2 + 0.7 * min(5, len(names) - 1 - names.index(name))  # none hides one before
                (handles[name],) = axis.plot(times, values, color=colour, linestyle=stroke, linewidth=width)
            axis.set_title(panel.title)
            axis.set_xlabel("time")
        for axis in axes[len(panels) :]:
            axis.set_visible(False)
        figure.legend(
            [handles[name] for name in names], names, loc="outside lower center", ncols=min(beside, len(names))
        )
        save_figure(figure, path)
