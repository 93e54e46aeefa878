"""Boxes and rectangles of equal elements."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.fem.elements import RULES, element_kind, kinds_in
from microtann.fem.mesh import Mesh
from microtann.numbers.checks import as_floats
from microtann.system.memory import require_memory

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
BYTES_PER_VALUE = 60
"""Memory that a node of an element takes at each of its Gauss points: derivatives, on the way and kept."""

DIAGONALS = ("mirrored", "parallel")
"""How the blocks of a box are cut into triangles or tetrahedra."""


def box(
    lengths: ArrayLike,
    divisions: ArrayLike,
    origin: ArrayLike | None = None,
    kind: str | None = None,
    diagonals: str = "mirrored",
) -> Mesh:
    """Return a box, or in the plane a rectangle, of equal elements.

    Parameters
    ----------
    lengths : (float, float, float) or (float, float)
        Edges of the box.
    divisions : (int, ...)
        Blocks along each edge: a block is one hexahedron or quadrilateral, six tetrahedra, two triangles or
        wedges, or six pyramids around a node in its middle.
    origin : (float, ...), optional
        Corner of smallest coordinates; the coordinate origin if left out.
    kind : str, optional
        "hexahedron" (by default), "hexahedron20", "tetra", "tetra10", "wedge" or "pyramid" in space; "quad" (by
        default), "quad8", "triangle" or "triangle6" in the plane.
    diagonals : {"mirrored", "parallel"}
        Of triangles, wedges and tetrahedra. "mirrored" (union jack): each block is the mirror image of its
        neighbours, so that no direction is favoured. "parallel": all blocks are cut alike, as in the meshes of
        FEniCS; the mesh is stiffer across the diagonals than along them, which biases coarse meshes of linear
        elements.

    Returns
    -------
    Mesh

    Raises
    ------
    InputError
        If a length or a number of divisions is not positive, the kind does not fill a box of that dimension, the
        diagonals are not known, or the mesh would not fit into the memory of the machine.

    References
    ----------
    M. J. Todd, The Computation of Fixed Points and Applications, Springer, 1976: the triangulations J1 of Tucker
    (mirrored) and K1 of Freudenthal (parallel).

    Examples
    --------
    >>> import microtann as mt
    >>> mt.fem.box((10, 10, 20), (4, 4, 8), origin=(-5, -5, 0)).cells.shape
    (128, 8)
    >>> mt.fem.box((2, 1), (4, 2), kind="triangle6").cells.shape
    (16, 6)
    >>> mt.fem.box((10, 10, 20), (4, 4, 8), kind="tetra10", diagonals="parallel").cells.shape
    (768, 10)
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
    kinds = kinds_in(d)
    kind = kinds[0] if kind is None else kind
    if kind not in kinds:
        raise InputError(f"a box in {d} dimensions is made of {', '.join(kinds)}, got {kind!r}")
    if diagonals not in DIAGONALS:
        known = " or ".join(map(repr, DIAGONALS))
        raise InputError(f"the diagonals of a box are {known}, got {diagonals!r}")
    element, rule = element_kind(kind), RULES[kind]
    cells_of_block = math.factorial(d) if rule.simplex else {"wedge": 2, "pyramid": 6}.get(kind, 1)
    require_memory(
        f"a mesh of {'×'.join(str(n) for n in counts)} blocks of elements",
        float(BYTES_PER_VALUE)
        * element.gauss_points
        * element.nodes
        * cells_of_block
        * math.prod(counts.tolist()),
        "use larger elements",
    )
    axes = [corner[i] + sizes[i] * np.arange(counts[i] + 1) / counts[i] for i in range(d)]
    points = np.column_stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")])
    if kind == "pyramid":
        points, cells = _pyramids(points, _blocks(counts))
    elif kind == "wedge":
        cells = _wedges(counts, diagonals == "mirrored")
    else:
        cells = _simplices(counts, diagonals == "mirrored") if rule.simplex else _blocks(counts)
    if rule.edges:
        points, cells = with_edge_nodes(points, cells, rule.edges)
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


def _simplices(counts: Int[NDArray[np.integer], "d"], mirrored: bool) -> Int[IntArray, "T n"]:
    """Return triangles or tetrahedra, d! for every block of a grid, those of a block in sequence.

    Each follows the edges of its block from one corner to the opposite one, along the axes in one of their orders.
    Mirrored blocks start at the corner where all coordinates are even, so that neighbours share their diagonals.
    """
    d = len(counts)
    strides = np.append(np.cumprod((counts + 1)[:0:-1])[::-1], 1)
    block = np.indices(tuple(counts.tolist())).reshape(d, -1).T
    odd = block % 2 if mirrored else np.zeros_like(block)
    start = (block + odd) @ strides
    along = (1 - 2 * odd) * strides
    simplices = []
    for order in permutations(range(d)):
        path = np.column_stack([np.zeros_like(start), *(along[:, axis] for axis in order)]).cumsum(axis=1)
        # the volume changes its sign with every exchange of axes and every mirrored axis
        turned = (np.linalg.det(np.eye(d)[list(order)]) < 0) ^ (odd.sum(axis=1) % 2 == 1)
        path[turned, -2:] = path[turned, :-3:-1]
        simplices.append(start[:, None] + path)
    return np.stack(simplices, axis=1).reshape(-1, d + 1)


def _wedges(counts: Int[NDArray[np.integer], "3"], mirrored: bool) -> Int[IntArray, "T 6"]:
    """Return wedges: the triangles of the first two axes, layer by layer along the third."""
    flat = _simplices(counts[:2], mirrored) * (counts[2] + 1)
    bottom = (flat[:, None] + np.arange(counts[2])[:, None]).reshape(-1, 3)
    return np.hstack([bottom, bottom + 1])


def _pyramids(
    points: Float[Array, "N 3"], blocks: Int[IntArray, "E 8"]
) -> tuple[Float[Array, "M 3"], Int[IntArray, "T 5"]]:
    """Return points with one in the middle of every block, and six pyramids around it."""
    bases = np.array([face[::-1] for face in RULES["hexahedron"].faces])  # seen from the middle
    tops = np.broadcast_to(len(points) + np.arange(len(blocks))[:, None, None], (len(blocks), len(bases), 1))
    cells = np.concatenate([blocks[:, bases], tops], axis=2).reshape(-1, 5)
    return np.concatenate([points, points[blocks].mean(axis=1)]), cells


def with_edge_nodes(
    points: Float[Array, "N d"], cells: Int[IntArray, "E c"], edges: tuple[tuple[int, int], ...]
) -> tuple[Float[Array, "M d"], Int[IntArray, "E n"]]:
    """Return points and cells with a node in the middle of every edge.

    Parameters
    ----------
    points : array, shape (N, d)
    cells : integer array, shape (E, c)
        Corners.
    edges : tuple of pairs of int
        Ends of the edges among the corners.
    """
    ends = np.sort(cells[:, np.array(edges)].reshape(-1, 2), axis=1)
    unique, place = np.unique(ends, axis=0, return_inverse=True)
    middle = 0.5 * (points[unique[:, 0]] + points[unique[:, 1]])
    added = len(points) + place.reshape(len(cells), len(edges))
    return np.concatenate([points, middle]), np.concatenate([cells, added], axis=1)
