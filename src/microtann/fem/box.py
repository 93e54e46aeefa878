"""Boxes and rectangles of equal elements."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.checks import as_floats
from microtann.errors import InputError
from microtann.fem.elements import element_kind
from microtann.fem.mesh import Mesh
from microtann.memory import require_memory

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
BYTES_PER_VALUE = 60
"""Memory that a node of an element takes at each of its Gauss points: derivatives, on the way and kept."""

KINDS: dict[int, tuple[str, ...]] = {
    2: ("quad", "quad8", "triangle", "triangle6"),
    3: ("hexahedron", "hexahedron20"),
}
"""Kinds of elements that a box may be made of, by dimension; the first is used if none is named."""

EDGES: dict[str, tuple[str, tuple[tuple[int, int], ...]]] = {
    "triangle6": ("triangle", ((0, 1), (1, 2), (2, 0))),
    "quad8": ("quad", ((0, 1), (1, 2), (2, 3), (3, 0))),
    "hexahedron20": (
        "hexahedron",
        (
            *((0, 1), (1, 2), (2, 3), (3, 0)),
            *((4, 5), (5, 6), (6, 7), (7, 4)),
            *((0, 4), (1, 5), (2, 6), (3, 7)),
        ),
    ),
}
"""Kinds with nodes on the middle of edges: the kind of their corners, and the edges in VTK's order."""


def box(
    lengths: ArrayLike, divisions: ArrayLike, origin: ArrayLike | None = None, kind: str | None = None
) -> Mesh:
    """Return a box, or in the plane a rectangle, of equal elements.

    Parameters
    ----------
    lengths : (float, float, float) or (float, float)
        Edges of the box.
    divisions : (int, ...)
        Elements along each edge; of triangles, two for each.
    origin : (float, ...), optional
        Corner of smallest coordinates; the coordinate origin if left out.
    kind : str, optional
        "hexahedron" (by default) or "hexahedron20" in space; "quad" (by default), "quad8", "triangle" or
        "triangle6" in the plane. The diagonals of triangles are mirrored from square to square, which favours no
        direction.

    Returns
    -------
    Mesh

    Raises
    ------
    InputError
        If a length or a number of divisions is not positive, the kind does not fill a box of that dimension, or
        the mesh would not fit into the memory of the machine.

    Examples
    --------
    >>> import microtann as mt
    >>> mt.fem.box((10, 10, 20), (4, 4, 8), origin=(-5, -5, 0)).cells.shape
    (128, 8)
    >>> mt.fem.box((2, 1), (4, 2), kind="triangle6").cells.shape
    (16, 6)
    """
    sizes, counts = as_floats("lengths", lengths), np.asarray(divisions)
    if sizes.shape not in ((2,), (3,)) or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise InputError(f"lengths must be three positive numbers, or two in the plane, got {lengths!r}")
    d = len(sizes)
    corner = np.zeros(d) if origin is None else as_floats("origin", origin)
    words = "three" if d == 3 else "two"
    if counts.shape != (d,) or not np.issubdtype(counts.dtype, np.integer) or (counts < 1).any():
        raise InputError(f"divisions must be {words} positive integers, got {divisions!r}")
    if corner.shape != (d,) or not np.isfinite(corner).all():
        raise InputError(f"origin must be {words} numbers, got {origin!r}")
    kind = KINDS[d][0] if kind is None else kind
    if kind not in KINDS[d]:
        raise InputError(f"a box in {d} dimensions is made of {', '.join(KINDS[d])}, got {kind!r}")
    element = element_kind(kind)
    require_memory(
        f"a mesh of {'×'.join(str(n) for n in counts)} elements",
        float(BYTES_PER_VALUE) * element.gauss_points * element.nodes * math.prod(counts.tolist()),
        "use larger elements",
    )
    axes = [corner[i] + sizes[i] * np.arange(counts[i] + 1) / counts[i] for i in range(d)]
    points = np.column_stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")])
    cells = _blocks(counts)
    base = EDGES[kind][0] if kind in EDGES else kind
    if base == "triangle":
        cells = _halves(cells, counts)
    if kind in EDGES:
        points, cells = _with_edge_nodes(points, cells, EDGES[kind][1])
    return Mesh(points, cells, kind)


def _blocks(counts: Int[NDArray[np.integer], "d"]) -> Int[IntArray, "E n"]:
    """Return the corners of the blocks of a grid, in VTK's order."""
    d = len(counts)
    number = np.arange(math.prod((counts + 1).tolist())).reshape(counts + 1)
    square = ((0, 0), (1, 0), (1, 1), (0, 1))
    offsets = square if d == 2 else (*((i, j, 0) for i, j in square), *((i, j, 1) for i, j in square))
    corners = [
        number[tuple(slice(o, o + n) for o, n in zip(offset, counts, strict=True))].ravel() for offset in offsets
    ]
    return np.column_stack(corners)


def _halves(squares: Int[IntArray, "E 4"], counts: Int[NDArray[np.integer], "2"]) -> Int[IntArray, "T 3"]:
    """Return two triangles for every square, with diagonals that change direction from one to the next."""
    i, j = np.indices(tuple(counts.tolist())).reshape(2, -1)
    turned = np.where(((i + j) % 2 == 0)[:, None], squares, np.roll(squares, -1, axis=1))
    return np.concatenate([turned[:, [0, 1, 2]], turned[:, [0, 2, 3]]], axis=1).reshape(-1, 3)


def _with_edge_nodes(
    points: Float[Array, "N d"], cells: Int[IntArray, "E c"], edges: tuple[tuple[int, int], ...]
) -> tuple[Float[Array, "M d"], Int[IntArray, "E n"]]:
    """Return points and cells with a node in the middle of every edge."""
    ends = np.sort(cells[:, np.array(edges)].reshape(-1, 2), axis=1)
    unique, place = np.unique(ends, axis=0, return_inverse=True)
    middle = 0.5 * (points[unique[:, 0]] + points[unique[:, 1]])
    added = len(points) + place.reshape(len(cells), len(edges))
    return np.concatenate([points, middle]), np.concatenate([cells, added], axis=1)
