"""Deformed bodies and lattices side by side, coloured by a field on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.microstructure.picture import Picture
from microtann.plotting.missing_picture import save_or_say
from microtann.plotting.scene import Camera, DrawnCells, View, render_bars, render_mesh, window
from microtann.plotting.style import DIVERGING, SEQUENTIAL, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
DPI = 100.0
"""Pixels per inch of the figure: about as many as a page shows."""
LEVELS = 24
"""Levels of every colour in the file."""
READABLE = 0.12
"""Largest displacement, relative to the body, to which small ones are magnified."""
LARGEST = 2.0
"""Largest displacement, relative to the body, to which larger ones are reduced."""
UNKNOWN = "0.8"
"""Grey of elements that have no value."""
NARROWEST = 0.32
"""Least width of a picture relative to the tallest, for the title above it."""


@dataclass(frozen=True, eq=False)
class DrawnBody:
    """A deformed finite-element mesh.

    Parameters
    ----------
    title : str
    points : array, shape (N, d)
        Undeformed positions.
    cells : integer array, shape (e, k), or sequence of such arrays
        Cells in the VTK order, of several kinds an array each; edges are drawn straight between their corners.
    displacement : array, shape (N, d)
    field : array, shape (e,)
        What colours every element; grey where it is not a number.
    """

    title: str
    points: Float[Array, "N d"]
    cells: DrawnCells
    displacement: Float[Array, "N d"]
    field: Float[Array, "e"]


@dataclass(frozen=True, eq=False)
class DrawnLattice:
    """A deformed lattice of bars.

    Parameters
    ----------
    title : str
    points, displacement : array, shape (N, d)
    bars : integer array, shape (M, 2)
    field : array, shape (M,)
        What colours every bar.
    """

    title: str
    points: Float[Array, "N d"]
    bars: Int[NDArray[np.int64], "M 2"]
    displacement: Float[Array, "N d"]
    field: Float[Array, "M"]


def draw_bodies(path: Path, bodies: Sequence[DrawnBody | DrawnLattice], label: str, **look: Any) -> None:
    """Write the `bodies_figure` of deformed bodies to a PNG file, or what to install for it.

    Parameters
    ----------
    path : Path
    bodies : sequence of DrawnBody or DrawnLattice
    label : str
        Name and unit of the field.
    **look
        Other arguments of `bodies_figure`.
    """
    save_or_say(path, lambda: bodies_figure(bodies, label, **{"dpi": DPI, **look}), dpi=DPI, levels=LEVELS)


def draw_picture(path: Path, picture: Picture, **look: Any) -> None:
    """Write the picture of a microstructure to a PNG file."""
    points, moved, values = picture.points, picture.displacement, picture.values
    body: DrawnBody | DrawnLattice = DrawnLattice("", points, picture.lines, moved, values)
    if picture.cells:
        drawn = np.ones(len(values), dtype=bool) if picture.drawn is None else picture.drawn
        parts = np.split(drawn, np.cumsum([len(part) for part in picture.cells])[:-1])
        shown = [part[own] for part, own in zip(picture.cells, parts, strict=True) if own.any()]
        body = DrawnBody("", points, shown, moved, values[drawn])
    draw_bodies(path, [body], picture.label, signed=picture.signed, **look)


def bodies_figure(
    bodies: Sequence[DrawnBody | DrawnLattice],
    label: str,
    *,
    camera: Camera | None = None,
    scale: float = 1.0,
    signed: bool = False,
    height: float = 4.6,
    dpi: float = DPI,
) -> Figure:
    """Draw deformed bodies beside one another with one colour scale.

    Parameters
    ----------
    bodies : sequence of DrawnBody or DrawnLattice
    label : str
        Name and unit of the field, beside the colour bar.
    camera : Camera, optional
    scale : float
        Factor on the displacement.
    signed : bool
        Whether zero is the middle of the colours (for forces and stresses).
    height : float
        Height of the figure in inches.
    dpi : float
        Pixels per inch of the figure; twice as many are rendered, and reducing them smooths the edges.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    values = np.concatenate([np.ravel(body.field) for body in bodies])
    limits = _limits(values, signed)
    norm = Normalize(*limits)
    colours = ScalarMappable(norm, colormaps[DIVERGING if signed else SEQUENTIAL].with_extremes(bad=UNKNOWN))
    moved = [body.points + scale * body.displacement for body in bodies]
    windows = [
        window([body.points, points], camera or Camera()) for body, points in zip(bodies, moved, strict=True)
    ]
    across, up = np.array([(high - low)[:2] for _, low, high in windows]).T
    tallest = float(up.max())
    shares = np.maximum(across / tallest, NARROWEST)
    resolution = 2.0 * dpi * height / tallest
    with house_style():
        figure = new_figure(float(shares.sum()) * (height - 0.5) + 1.1, height, dpi)
        axes = figure.subplots(1, len(bodies), squeeze=False, width_ratios=shares.tolist())[0]
        for axis, body, points, (frame, low, high) in zip(axes, bodies, moved, windows, strict=True):
            view = View(frame, low, high, resolution)
            tints = np.asarray(colours.to_rgba(body.field))[:, :3]
            box = np.array([body.points.min(axis=0), body.points.max(axis=0)])
            if isinstance(body, DrawnBody):
                picture = render_mesh(view, points, body.cells, tints, box)
            else:
                picture = render_bars(view, points, body.bars, tints, box)
            axis.imshow(picture, extent=(low[0], high[0], low[1], high[1]))
            axis.set_title(body.title, loc="center", fontsize="medium")
            axis.set_axis_off()
        beyond = _beyond(values, *limits)
        bar = figure.colorbar(colours, ax=list(axes), shrink=0.62, aspect=28, pad=0.015, extend=beyond)
        bar.set_label(label)
        if beyond in ("max", "both"):
            bar.ax.set_title(
                f"to {np.nanmax(values):.2g}", loc="left", fontsize="small", fontweight="normal", pad=9
            )
        if beyond in ("min", "both"):
            lowest = f"to {np.nanmin(values):.2g}".replace("-", "−")
            bar.ax.set_xlabel(lowest, loc="left", fontsize="small", labelpad=9)
        bar.outline.set_visible(False)
        return figure


def readable_scale(points: Float[Array, "N d"], displacement: Float[Array, "N d"]) -> float:
    """Return the factor on displacements with which the deformed shape is seen.

    It is 1 where they are seen as they are, and else a round number: more than 1 where they are small beside the
    body, less where they are several times as large as it.
    """
    extent = float(np.ptp(points, axis=0).max())
    relative = float(np.abs(displacement).max(initial=0.0)) / extent
    if 0.0 < relative < 0.5 * READABLE:
        return float(f"{READABLE / relative:.1g}")
    return float(f"{LARGEST / relative:.1g}") if relative > LARGEST else 1.0


def _limits(values: Float[Array, "n"], signed: bool) -> tuple[float, float]:
    values = values[~np.isnan(values)]
    # a few bars or elements at clamped edges would otherwise leave one colour for all the rest
    if signed:
        bound = float(np.quantile(np.abs(values), 0.995)) or 1.0
        return -bound, bound
    low, high = (float(q) for q in np.quantile(values, [0.005, 0.995]))
    return min(low, 0.0), high if high > 0 else 1.0


def _beyond(values: Float[Array, "n"], low: float, high: float) -> Literal["neither", "both", "min", "max"]:
    """Return the ends of the colours beyond which there are values, which an arrow of the colour bar shows."""
    margin = 0.01 * (high - low)
    below, above = bool((values < low - margin).any()), bool((values > high + margin).any())
    if below and above:
        return "both"
    return "min" if below else "max" if above else "neither"
