"""One restrained look for every figure, and how a figure becomes a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microtann.errors import InputError
from microtann.system.atomic import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#1c2430"
SOFT = "#5b6675"
LINE = "#d9dee5"
EXACT = "#9aa5b4"
MODEL = "#0b5fa5"
LATTICE = "#b3541e"
"""Colours of what is compared: exact (grey), model (blue), full lattice (rust); they differ in lightness too, so
that they stay apart for every kind of colour vision and in print."""

SERIES = (MODEL, LATTICE, "#2e7d4f", "#8a5aa8", "#c2902f", SOFT)
"""One colour per series, internal state variable, node or bar."""
COMPONENTS = (MODEL, LATTICE, "#2e7d4f", SOFT, "#8a5aa8", "#c2902f")
"""One colour per strain component."""

SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"
"""Colour maps for magnitudes and for signed quantities; both are safe for colour-blind readers."""

PARAMETERS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": 9.0,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "lines.linewidth": 1.3,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "text.color": INK,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "savefig.facecolor": "white",
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": True,
}


STYLES = {"page": (1.0, 1.0), "slides": (1.7, 1.3)}
"""What letters and lines are multiplied by, and the figures themselves, by the name of a style."""
LETTERS = (
    "font.size",
    "axes.titlesize",
    "axes.labelsize",
    "xtick.labelsize",
    "ytick.labelsize",
    "legend.fontsize",
)
LINES = ("axes.linewidth", "grid.linewidth", "lines.linewidth")
_CHOSEN: ContextVar[str] = ContextVar("style of figures", default="page")


class ChosenStyle(AbstractContextManager[None]):
    """A style that was chosen: left by ``with``, the one before holds again."""

    def __init__(self, name: str) -> None:
        self._token = _CHOSEN.set(name)

    def __exit__(self, *_: object) -> None:
        _CHOSEN.reset(self._token)


def style(name: str = "page") -> ChosenStyle:
    """Choose the style of the figures that are drawn from now on, or within a ``with`` block.

    Parameters
    ----------
    name : {"page", "slides"}
        Slides have letters that are read from the last row.

    Raises
    ------
    InputError
        If there is no such style.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> strain = np.linspace(0, 0.5, 5)[1:, None] * np.eye(6)[0]
    >>> with mt.plotting.style("slides"):
    ...     figure = mt.plotting.plot_paths(mt.load("cube").recall(strain))
    """
    if name not in STYLES:
        raise InputError(f"there is no style {name!r}: choose one of {', '.join(STYLES)}")
    return ChosenStyle(name)


def chosen_sizes() -> tuple[float, float]:
    """Return by what letters and figures are multiplied in the style that is chosen."""
    return STYLES[_CHOSEN.get()]


def line_width(points: float) -> float:
    """Return the width of a line in the style that is chosen, from that on a page."""
    return chosen_sizes()[0] * points


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the style of the house; the reader's own matplotlib settings come back afterwards."""
    import matplotlib

    larger = chosen_sizes()[0]
    scaled = {key: larger * PARAMETERS[key] for key in (*LETTERS, *LINES)}
    with matplotlib.rc_context(PARAMETERS | scaled):
        yield


def new_figure(width: float, height: float, dpi: float | None = None) -> Figure:
    """Return an empty figure (inches) that needs no display; call it within `house_style`.

    Parameters
    ----------
    width, height : float
        On a page.
    dpi : float, optional
        Pixels per inch.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from microtann.plotting.shown_figure import ShownFigure

    size = chosen_sizes()[1]
    figure = ShownFigure(figsize=(size * width, size * height), dpi=dpi, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, path: Path, dpi: float | None = None, levels: int | None = None) -> None:
    """Write a figure as PNG, atomically.

    Parameters
    ----------
    figure : Figure
    path : Path
    dpi : float, optional
        Pixels per inch; by default those of the house.
    levels : int, optional
        Levels of red, green and blue that are kept of the 256; shaded pictures are small files with 24,
        and look the same.
    """
    from matplotlib.image import imread, imsave

    options: Any = {"format": "png", "metadata": {"Software": None}}
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=dpi, **options)
        if levels is not None:
            steps = levels - 1
            picture = (imread(temporary, format="png")[..., :3] * steps).round() / steps
            imsave(temporary, picture, pil_kwargs={"optimize": True}, **options)
