"""The response of a structure over the increments: a panel for every quantity, a line for each of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from microtann.plotting.curves import CurveHistory
from microtann.plotting.style import COMPONENTS, house_style, new_figure, save_figure


def draw_panels(path: Path, panels: Sequence[CurveHistory], columns: int = 3) -> None:
    """Draw the parts of every quantity as lines with a legend of their own.

    Parameters
    ----------
    path : Path
        PNG file to write.
    panels : sequence of CurveHistory
    columns : int
        Panels in a row.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    with house_style():
        figure = new_figure(3.1 * columns, 2.5 * rows)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for axis, panel in zip(axes, panels, strict=False):
            for (name, values), colour in zip(panel.lines.items(), COMPONENTS, strict=False):
                axis.plot(values, color=colour, label=name)
            axis.set_title(panel.title)
            axis.set_xlabel(panel.x_label)
            axis.set_ylabel(panel.y_label)
            axis.legend()
        for axis in axes[len(panels) :]:
            axis.set_visible(False)
        save_figure(figure, path)
