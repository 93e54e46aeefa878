"""Pictures of bodies in space, rendered off-screen by pyvista: no display is needed, and nothing is printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy.typing import NDArray

from microtann.errors import MissingExtraError
from microtann.fem.elements import RULES, kind_with
from microtann.plotting.style import LINE

Array = NDArray[np.float64]
INSTALL = 'pictures of bodies in space need pyvista: pip install "microtann[pictures]"'
DrawnCells = NDArray[np.int64] | Sequence[NDArray[np.int64]]
"""Nodes of cells of one kind, or of several kinds."""
LIGHTS = ((-0.45, 0.75, 0.9), (0.0, 0.0, 1.0))
"""Directions to the lights (right, up, towards the viewer): from the upper left, and from the viewer, so that
nothing that is seen stays dark."""
BAR_WIDTH = 0.065
"""Width of a bar relative to the median length of all."""
LEAST_WIDTH = 2.0
"""Least width of a bar in pixels."""
ROUND = 6000
"""Bars up to which they are cylinders; more are lines with the shading of cylinders, which is faster."""
FADE = 0.55
"""Share of white in the colour of the farthest bar."""
OUTLINE_WIDTH = 2.0
GLASS = (140, 160, 185)
"""Colour of a body that is seen through."""
MARGIN = 0.03
"""Space around the bodies, relative to their height."""


@dataclass(frozen=True)
class Camera:
    """Direction of view: degrees around the vertical axis and above the horizon."""

    azimuth: float = -58.0
    elevation: float = 20.0

    @property
    def axes(self) -> Float[Array, "3 3"]:
        """Unit vectors right, up and towards the viewer, as rows."""
        a, e = np.radians([self.azimuth, self.elevation])
        return np.array(
            [
                [-np.sin(a), np.cos(a), 0.0],
                [-np.sin(e) * np.cos(a), -np.sin(e) * np.sin(a), np.cos(e)],
                [np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)],
            ]
        )


@dataclass(frozen=True, eq=False)
class View:
    """An orthographic view of a window in space.

    Parameters
    ----------
    axes : array, shape (3, 3)
        Unit vectors right, up and towards the viewer, as rows.
    low, high : array, shape (3,)
        Corners of the window along these axes.
    resolution : float
        Pixels per unit of length.
    """

    axes: Float[Array, "3 3"]
    low: Float[Array, "3"]
    high: Float[Array, "3"]
    resolution: float

    @property
    def size(self) -> tuple[int, int]:
        """Pixels across and up."""
        across, up, _ = np.ceil((self.high - self.low) * self.resolution).astype(int)
        return int(across), int(up)


def in_space(points: Float[Array, "N d"]) -> Float[Array, "N 3"]:
    """Return points of the plane as points in space."""
    return np.pad(points, ((0, 0), (0, 3 - points.shape[1])))


def window(
    clouds: list[Float[Array, "_ d"]], camera: Camera
) -> tuple[Float[Array, "3 3"], Float[Array, "3"], Float[Array, "3"]]:
    """Return the axes of a view of all points, and the corners of its window; a plane is seen from above."""
    axes = camera.axes if clouds[0].shape[1] == 3 else np.eye(3)
    seen = np.concatenate([in_space(cloud) for cloud in clouds]) @ axes.T
    low, high = seen.min(axis=0), seen.max(axis=0)
    margin = MARGIN * (high - low).max()
    return axes, low - margin, high + margin


def render_mesh(
    view: View,
    points: Float[Array, "N d"],
    cells: DrawnCells,
    colours: Float[Array, "e 3"],
    box: Float[Array, "2 d"],
) -> UInt8[NDArray[np.uint8], "h w 3"]:
    """Return the picture of a mesh.

    Parameters
    ----------
    view : View
    points : array, shape (N, d)
    cells : integer array, shape (e, k), or sequence of such arrays
        Cells in the VTK order, of several kinds an array each: dimension and number of nodes tell which.
    colours : array, shape (e, 3)
        Red, green and blue of every cell, 0 to 1.
    box : array, shape (2, d)
        Lowest and highest corner of a box that is outlined in grey.

    Returns
    -------
    integer array, shape (h, w, 3)
    """
    style = {"show_edges": True, "edge_color": "black", "edge_opacity": 0.18, "line_width": 1.0}
    style |= {"ambient": 0.6, "diffuse": 0.45}
    grid = _grid(points, cells)
    grid.cell_data["colour"] = _bytes(colours)
    return _picture(view, [(grid, style)], in_space(box))


def render_bars(
    view: View,
    points: Float[Array, "N d"],
    bars: Int[NDArray[np.int64], "M 2"],
    colours: Float[Array, "M 3"],
    box: Float[Array, "2 d"],
) -> UInt8[NDArray[np.uint8], "h w 3"]:
    """Return the picture of a lattice; bars fade with their distance to the viewer.

    Parameters
    ----------
    view : View
    points : array, shape (N, d)
    bars : integer array, shape (M, 2)
    colours : array, shape (M, 3)
        Red, green and blue of every bar, 0 to 1.
    box : array, shape (2, d)
        Lowest and highest corner of a box that is outlined in grey.

    Returns
    -------
    integer array, shape (h, w, 3)
    """
    return _picture(view, [_bars(view, in_space(points), bars, colours)], in_space(box))


def render_inside(
    view: View,
    points: Float[Array, "N d"],
    cells: DrawnCells,
    nodes: Float[Array, "n d"],
    bars: Int[NDArray[np.int64], "M 2"],
    colours: Float[Array, "M 3"],
    box: Float[Array, "2 d"],
) -> UInt8[NDArray[np.uint8], "h w 3"]:
    """Return the picture of a lattice inside a mesh that is seen through.

    Parameters
    ----------
    view : View
    points : array, shape (N, d)
    cells : integer array, shape (e, k), or sequence of such arrays
        Cells in the VTK order, of several kinds an array each.
    nodes : array, shape (n, d)
        Ends of the bars.
    bars : integer array, shape (M, 2)
    colours : array, shape (M, 3)
        Red, green and blue of every bar, 0 to 1.
    box : array, shape (2, d)
        Lowest and highest corner of a box that is outlined in grey.

    Returns
    -------
    integer array, shape (h, w, 3)
    """
    skin = _grid(points, cells).extract_surface(algorithm="dataset_surface")
    edges = skin.extract_all_edges()
    for part in (skin, edges):
        part.cell_data["colour"] = np.full((part.n_cells, 3), GLASS, dtype=np.uint8)
    glass = [(skin, {"opacity": 0.16}), (edges, {"opacity": 0.3, "line_width": 1.0, "lighting": False})]
    return _picture(view, [_bars(view, in_space(nodes), bars, colours), *glass], in_space(box))


def pyvista() -> Any:
    """Return the package that draws bodies in space, which is an extra.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import pyvista
    except ImportError:
        raise MissingExtraError(INSTALL) from None
    return pyvista


def _grid(points: Float[Array, "N d"], cells: DrawnCells) -> Any:
    """Return the corners of cells as a grid; nodes amid edges are left out."""
    pv = pyvista()

    rows, types = [], []
    for own in [cells] if isinstance(cells, np.ndarray) else cells:
        kind = kind_with(nodes=own.shape[1], dimension=points.shape[1])
        rule = RULES[kind]
        rows.append(np.insert(own[:, : rule.corner_count], 0, rule.corner_count, axis=1).ravel())
        types.append(np.full(len(own), getattr(pv.CellType, (rule.corners or kind).upper()), dtype=np.uint8))
    return pv.UnstructuredGrid(np.concatenate(rows), np.concatenate(types), in_space(points))


def _bars(
    view: View, points: Float[Array, "N 3"], bars: Int[NDArray[np.int64], "M 2"], colours: Float[Array, "M 3"]
) -> tuple[Any, dict[str, Any]]:
    """Return bars as tubes or lines, and their style."""
    pv = pyvista()

    depth = (points @ view.axes[2])[bars].mean(axis=1)
    span = float(np.ptp(depth))
    fade = FADE * ((depth.max() - depth) / span if span > 0 else np.zeros(len(bars)))[:, None] ** 1.5
    length = float(np.median(np.linalg.norm(np.diff(points[bars], axis=1)[:, 0], axis=1)))
    width = max(BAR_WIDTH * length, LEAST_WIDTH / view.resolution)
    mesh = pv.PolyData(points, lines=_lines(bars))
    mesh.cell_data["colour"] = _bytes(colours * (1.0 - fade) + fade)
    style: dict[str, Any] = {"ambient": 0.35, "diffuse": 0.75}
    if len(bars) <= ROUND:
        mesh = mesh.tube(radius=0.5 * width, n_sides=16, capping=True)
        style |= {"smooth_shading": True}
    else:
        style |= {"render_lines_as_tubes": True, "line_width": width * view.resolution}
    return mesh, style


def _picture(
    view: View, parts: Sequence[tuple[Any, dict[str, Any]]], box: Float[Array, "2 3"]
) -> UInt8[NDArray[np.uint8], "h w 3"]:
    """Return what is seen of meshes whose cells have a colour, each in its style, with a box behind them."""
    pv = pyvista()

    with _silence():
        plotter = pv.Plotter(
            off_screen=True, window_size=view.size, lighting="none", theme=pv.themes.DocumentTheme()
        )
        try:
            plotter.set_background("white")
            for position in LIGHTS:
                plotter.add_light(pv.Light(position=position, light_type="camera light", intensity=0.5))
            for mesh, style in parts:
                plotter.add_mesh(mesh, scalars="colour", rgb=True, specular=0.0, **style)
            middle = 0.5 * (view.low + view.high) @ view.axes
            distance = float(np.linalg.norm(view.high - view.low))
            behind = _outline(box - distance * view.axes[2])
            plotter.add_mesh(behind, color=LINE, line_width=OUTLINE_WIDTH, lighting=False)
            plotter.camera_position = [middle + distance * view.axes[2], middle, view.axes[1]]
            plotter.camera.parallel_projection = True
            plotter.camera.parallel_scale = 0.5 * view.size[1] / view.resolution
            plotter.camera.clipping_range = (0.1 * distance, 3.0 * distance)
            return np.asarray(plotter.screenshot(return_img=True))
        finally:
            plotter.close()


def _bytes(colours: Float[Array, "n 3"]) -> UInt8[NDArray[np.uint8], "n 3"]:
    return (255.0 * colours).round().astype(np.uint8)


def _outline(box: Float[Array, "2 3"]) -> Any:
    """Return the edges of a box; of a flat one, those of a rectangle."""
    pv = pyvista()

    corners = np.array([[box[i >> k & 1, k] for k in range(3)] for i in range(8)])
    edges = np.array([(i, i | 1 << k) for i in range(8) for k in range(3) if not i >> k & 1])
    return pv.PolyData(corners, lines=_lines(edges))


def _lines(edges: Int[NDArray[np.int64], "n 2"]) -> Int[NDArray[np.int64], "_"]:
    """Return edges as VTK counts them: the number of points before each."""
    return np.insert(edges, 0, 2, axis=1).ravel()


@contextmanager
def _silence() -> Iterator[None]:
    """Keep VTK from writing to the terminal that it has found no display, which it does not need."""
    from vtkmodules.vtkCommonCore import vtkObject

    before = vtkObject.GetGlobalWarningDisplay()
    vtkObject.GlobalWarningDisplayOff()
    try:
        yield
    finally:
        vtkObject.SetGlobalWarningDisplay(before)
