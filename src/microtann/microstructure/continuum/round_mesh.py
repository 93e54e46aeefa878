"""Meshes of a square or cube with a round hole in its middle, or with a ball there as a phase of its own."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.fem.box import box, with_edge_nodes
from microtann.fem.elements import RULES, kinds_in
from microtann.fem.mesh import Mesh

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
CORE = 0.55
"""Edge of the block in the middle of a ball over the edge of the cube whose corners are on it."""
FINER_INSIDE = 1.3
"""Exponent with which layers grow from the ball to the faces of the cell."""


def round_mesh(radius: float, dimension: int, divisions: int, layers: int, kind: str | None, filled: bool) -> Mesh:
    """Return the mesh of a unit cell with a ball in its middle; regions "matrix" and, if filled, "inclusion".

    Parameters
    ----------
    radius : float
        Of the ball, over the edge of the cell, less than 1/2.
    dimension : int
        2: a circle in a square; 3: a sphere in a cube.
    divisions : int
        Elements along an edge of the cell.
    layers : int
        Of elements from the ball to the faces of the cell.
    kind : str, optional
        "quad" or "quad8" in the plane, "hexahedron" or "hexahedron20" in space; by default the first.
    filled : bool
        Whether the ball has elements.

    Raises
    ------
    CellError
        If the ball does not fit into the cell, or an argument is out of its range.
    """
    if dimension not in (2, 3):
        raise CellError(f"a cell has 2 or 3 dimensions, got {dimension!r}")
    if not 0.0 < radius < 0.5:
        raise CellError(f"the radius is more than 0 and less than half the edge of the cell, got {radius!r}")
    if divisions < 2 or layers < 1:
        raise CellError(f"a round mesh has at least 2 divisions and 1 layer, got {divisions!r} and {layers!r}")
    kind = kinds_in(dimension)[0] if kind is None else kind
    fitting = [name for name in kinds_in(dimension) if (RULES[name].corners or name) == kinds_in(dimension)[0]]
    if kind not in fitting:
        raise CellError(f"a round mesh in {dimension} dimensions is made of {' or '.join(fitting)}, got {kind!r}")
    cube = box((1.0,) * dimension, (divisions,) * dimension, (-0.5,) * dimension)
    used, faces = np.unique(cube.boundary, return_inverse=True)
    outer = cube.points[used]
    sphere = radius * outer / np.linalg.norm(outer, axis=1, keepdims=True)
    shells = [sphere + share * (outer - sphere) for share in np.linspace(0.0, 1.0, layers + 1) ** FINER_INSIDE]
    inside = 0
    core = cube.points * (2.0 * CORE * radius / np.sqrt(dimension))
    if filled:
        inside = max(1, layers // 2)
        shells = [core[used] + share * (sphere - core[used]) for share in np.arange(inside) / inside] + shells
    points, cells = _shells(shells, faces.reshape(cube.boundary.shape))
    within = len(faces.reshape(cube.boundary.shape)) * inside
    inclusion = np.arange(len(cells)) < within
    if filled:
        number = np.full(len(core), -1)
        number[used] = np.arange(len(used))
        new = number < 0
        number[new] = len(points) + np.arange(new.sum())
        points, cells = np.concatenate([points, core[new]]), np.concatenate([cells, number[cube.cells]])
        inclusion = np.concatenate([inclusion, np.ones(len(cube.cells), dtype=bool)])
    if RULES[kind].edges:
        points, cells = with_edge_nodes(points, cells, RULES[kind].edges)
    regions = {"matrix": ~inclusion} | ({"inclusion": inclusion} if filled else {})
    return Mesh(points + 0.5, cells, kind, regions=regions)


def _shells(
    shells: list[Float[Array, "n d"]], faces: Int[IntArray, "F m"]
) -> tuple[Float[Array, "N d"], Int[IntArray, "E k"]]:
    """Return points and cells between surfaces of the same faces, from the inner one to the outer one."""
    count = len(shells[0])
    inner = [faces + number * count for number in range(len(shells) - 1)]
    if faces.shape[1] == 2:  # edges have the inside on their left
        cells = [np.hstack([own + count, own[:, ::-1]]) for own in inner]
    else:
        cells = [np.hstack([own, own + count]) for own in inner]
    return np.concatenate(shells), np.concatenate(cells)
