"""What stands in a report where a picture needs an extra that is not installed: a sentence, and no failure."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from microtann.errors import MissingExtraError
from microtann.plotting.style import SOFT, house_style, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOG = logging.getLogger("microtann.plotting")


def save_or_say(
    path: Path, draw: Callable[[], Figure], dpi: float | None = None, levels: int | None = None
) -> None:
    """Write a figure to a PNG file, or a sentence in its place if it needs an extra that is not installed.

    A simulation of hours ends with its numbers whether or not its pictures can be drawn.

    Parameters
    ----------
    path : Path
    draw : callable
        Returns the figure, or raises `microtann.errors.MissingExtraError`.
    dpi, levels
        As `microtann.plotting.style.save_figure`.
    """
    with house_style():
        try:
            figure = draw()
        except MissingExtraError as error:
            LOG.warning("%s is without its picture: %s", path, error)
            figure = new_figure(5.0, 1.4)
            sentence = textwrap.fill(str(error), 60)
            figure.text(0.5, 0.5, sentence, ha="center", va="center", color=SOFT, family="monospace", fontsize=8)
        save_figure(figure, path, dpi=dpi, levels=levels)
