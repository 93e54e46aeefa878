"""Deformed bodies and lattices side by side, coloured by a field on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.report.scene import Camera, boundary_faces, paint_faces, paint_segments
from microtann.report.style import DIVERGING, INK, LINE, SEQUENTIAL, house_style, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

Array = NDArray[np.float64]
MOST_BARS = 60_000
"""Bars drawn at most; of larger lattices only the outer ones, which hide the others, are drawn."""


@dataclass(frozen=True, eq=False)
class Body:
    """A deformed finite-element mesh.

    Parameters
    ----------
    title : str
    points : array, shape (N, 3)
        Undeformed positions.
    cells : integer array, shape (e, k)
        8-node hexahedra or 4-node tetrahedra.
    displacement : array, shape (N, 3)
    field : array, shape (e,)
        What colours every element.
    """

    title: str
    points: Float[Array, "N 3"]
    cells: Int[NDArray[np.int64], "e k"]
    displacement: Float[Array, "N 3"]
    field: Float[Array, "e"]


@dataclass(frozen=True, eq=False)
class Lattice:
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


def draw_bodies(
    path: Path,
    bodies: Sequence[Body | Lattice],
    label: str,
    *,
    camera: Camera | None = None,
    scale: float = 1.0,
    signed: bool = False,
    height: float = 4.6,
) -> None:
    """Draw deformed bodies beside one another with one colour scale.

    Parameters
    ----------
    path : Path
        PNG file to write.
    bodies : sequence of Body or Lattice
    label : str
        Name and unit of the field, beside the colour bar.
    camera : Camera, optional
    scale : float
        Factor on the displacement.
    signed : bool
        Whether zero is the middle of the colours (for forces and stresses).
    height : float
        Height of the figure in inches.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    camera = camera or Camera()
    low, high = _limits([body.field for body in bodies], signed)
    extents = [np.ptp(camera.project(body.points + scale * body.displacement), axis=0) for body in bodies]
    tallest = max(extent[1] for extent in extents)
    width = sum(max(extent[0] / tallest, 0.32) for extent in extents) * (height - 0.5) + 1.1
    with house_style():
        figure = new_figure(width, height)
        axes = figure.subplots(
            1, len(bodies), squeeze=False, width_ratios=[max(extent[0] / tallest, 0.32) for extent in extents]
        )[0]
        colours = ScalarMappable(Normalize(low, high), DIVERGING if signed else SEQUENTIAL)
        for axis, body in zip(axes, bodies, strict=True):
            if isinstance(body, Body):
                _draw_mesh(axis, body, camera, scale, colours)
            else:
                _draw_lattice(axis, body, camera, scale, colours)
            _draw_outline(axis, body, camera)
            axis.set_title(body.title, loc="center", fontsize=9.0)
            axis.set_aspect("equal")
            axis.set_axis_off()
            axis.autoscale_view()
        bar = figure.colorbar(colours, ax=list(axes), shrink=0.62, aspect=28, pad=0.015)
        bar.set_label(label)
        bar.outline.set_visible(False)
        save_figure(figure, path)


def _limits(fields: Sequence[Array], signed: bool) -> tuple[float, float]:
    values = np.concatenate([np.ravel(field) for field in fields])
    # a few bars or elements at clamped edges would otherwise leave one colour for all the rest
    if signed:
        bound = float(np.quantile(np.abs(values), 0.995)) or 1.0
        return -bound, bound
    low, high = (float(q) for q in np.quantile(values, [0.005, 0.995]))
    return min(low, 0.0), high if high > 0 else 1.0


def _draw_mesh(axis: Axes, body: Body, camera: Camera, scale: float, colours: ScalarMappable) -> None:
    from matplotlib.collections import PolyCollection

    faces, owner = boundary_faces(body.cells)
    moved = body.points + scale * body.displacement
    polygons = paint_faces(moved[faces], camera)
    rgba = np.asarray(colours.to_rgba(body.field[owner[polygons.source]]))
    rgba[:, :3] *= polygons.brightness[:, None]
    edge = rgba.copy()
    edge[:, :3] *= 0.86
    axis.add_collection(
        PolyCollection(
            list(polygons.outline), facecolors=rgba, edgecolors=edge, linewidths=0.25, joinstyle="round"
        )
    )


def _draw_lattice(axis: Axes, body: Lattice, camera: Camera, scale: float, colours: ScalarMappable) -> None:
    from matplotlib.collections import LineCollection

    chosen = _outer_bars(body.bars) if len(body.bars) > MOST_BARS else np.arange(len(body.bars))
    moved = body.points + scale * body.displacement
    segments = paint_segments(moved[body.bars[chosen]], camera)
    rgba = np.asarray(colours.to_rgba(body.field[chosen][segments.source]))
    fade = 0.6 * (1.0 - segments.nearness[:, None]) ** 1.5
    rgba[:, :3] = rgba[:, :3] * (1.0 - fade) + fade
    lengths = np.linalg.norm(np.diff(body.points[body.bars[chosen]], axis=1)[:, 0], axis=1)
    extent = float(np.ptp(camera.project(moved), axis=0)[:2].max())
    width = float(np.clip(34.0 * np.median(lengths) / extent, 0.35, 3.5))
    # every bar is drawn with a thin shadow under it, so that crossing bars stay apart
    ends = np.repeat(segments.ends, 2, axis=0)
    pairs = np.repeat(rgba, 2, axis=0)
    pairs[0::2, :3] *= 0.45
    axis.add_collection(
        LineCollection(
            list(ends), colors=pairs, linewidths=np.tile([1.6 * width, width], len(rgba)), capstyle="round"
        )
    )


def _outer_bars(bars: Int[NDArray[np.int64], "M 2"]) -> Int[NDArray[np.int64], "m"]:
    """Return the bars between nodes that hold fewer bars than those in the interior do."""
    count = np.bincount(bars.ravel())
    outer = count < count.max()
    chosen = np.flatnonzero(outer[bars].all(axis=1))
    return (chosen if len(chosen) else np.arange(len(bars))).astype(np.int64)


def _draw_outline(axis: Axes, body: Body | Lattice, camera: Camera) -> None:
    """Draw the edges of the undeformed bounding box behind the body, thin and grey."""
    from matplotlib.collections import LineCollection

    low, high = body.points.min(axis=0), body.points.max(axis=0)
    dimension = len(low)
    corners = np.array([[(low, high)[(i >> k) & 1][k] for k in range(dimension)] for i in range(2**dimension)])
    edges = [(i, i | (1 << k)) for i in range(2**dimension) for k in range(dimension) if not i & (1 << k)]
    seen = camera.project(corners)
    axis.add_collection(
        LineCollection(
            [seen[list(edge), :2] for edge in edges],
            colors=LINE,
            linewidths=0.8,
            zorder=0.5,
        )
    )
    axis.plot(seen[:, 0], seen[:, 1], linestyle="none", color=INK)
