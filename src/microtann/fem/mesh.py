"""Meshes: points, cells, and the geometry at their Gauss points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.checks import as_floats
from microtann.errors import InputError
from microtann.fem.elements import RULES, ElementKind, element_kind
from microtann.memory import require_memory

Array = NDArray[np.float64]
BYTES_PER_HEXAHEDRON = 4000
"""Memory that a hexahedron takes: derivatives of the shape functions at its Gauss points, on the way and kept."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Finite-element mesh of one kind of cells in three dimensions.

    Parameters
    ----------
    points : array, shape (N, 3)
    cells : integer array, shape (E, n)
        Nodes of every cell in VTK's order.
    kind : str
        Kind of the cells; "hexahedron" has 8 nodes and 2 × 2 × 2 Gauss points.

    Raises
    ------
    InputError
        If an array has the wrong shape or names a point that does not exist, a point is in no cell, or a cell is
        turned inside out.
    """

    points: Float[Array, "N 3"]
    cells: Int[NDArray[np.int64], "E n"]
    kind: str

    def __init__(self, points: ArrayLike, cells: ArrayLike, kind: str = "hexahedron") -> None:
        if kind not in RULES:
            raise InputError(f"unknown kind of cells {kind!r}; there are: {', '.join(sorted(RULES))}")
        array = np.array(as_floats("the mesh's points", points))
        index = np.array(cells)
        _check(array, index, element_kind(kind))
        for name, value in (("points", array), ("cells", index.astype(np.int64)), ("kind", kind)):
            object.__setattr__(self, name, value)
        self.points.setflags(write=False)
        self.cells.setflags(write=False)
        bad = np.flatnonzero((self.weights <= 0.0).any(axis=1))
        if bad.size:
            names = ", ".join(map(str, bad[:8]))
            raise InputError(f"{bad.size} cells are flat or turned inside out: {names}; check the order of nodes")

    def __repr__(self) -> str:
        return f"Mesh({len(self.points)} nodes, {len(self.cells)} cells of kind {self.kind!r})"

    @property
    def element(self) -> ElementKind:
        """Shape functions and quadrature of the cells."""
        return element_kind(self.kind)

    @cached_property
    def _geometry(self) -> tuple[Array, Array]:
        element = self.element
        jacobian = np.einsum("gai,eaj->egij", element.gradients, self.points[self.cells], optimize=True)
        determinant = np.linalg.det(jacobian)
        safe = np.where((determinant == 0.0)[..., None, None], np.eye(3), jacobian)
        gradients = np.matmul(np.linalg.inv(safe), element.gradients.transpose(0, 2, 1)[None])
        return np.ascontiguousarray(gradients.transpose(0, 1, 3, 2)), determinant * element.weights

    @property
    def gradients(self) -> Float[Array, "E G n 3"]:
        """Derivatives of the shape functions with respect to position at the Gauss points."""
        return self._geometry[0]

    @property
    def weights(self) -> Float[Array, "E G"]:
        """Volume that belongs to every Gauss point."""
        return self._geometry[1]

    @property
    def volume(self) -> float:
        """Volume of the mesh."""
        return float(self.weights.sum())

    def at_nodes(self, values: Float[Array, "E G *k"]) -> Float[Array, "N *k"]:
        """Return volume averages over the Gauss points of the cells around every node."""
        weighted = values * self.weights.reshape(*self.weights.shape, *(1,) * (values.ndim - 2))
        total = np.zeros((len(self.points), *values.shape[2:]))
        volume = np.zeros(len(self.points))
        per_cell, cell_volume = weighted.sum(axis=1), self.weights.sum(axis=1)
        for corner in self.cells.T:
            np.add.at(total, corner, per_cell)
            np.add.at(volume, corner, cell_volume)
        return total / volume.reshape(-1, *(1,) * (values.ndim - 2))


def box(lengths: ArrayLike, divisions: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Mesh:
    """Return a box of equal hexahedra.

    Parameters
    ----------
    lengths : (float, float, float)
        Edges of the box.
    divisions : (int, int, int)
        Elements along each edge.
    origin : (float, float, float)
        Corner of smallest coordinates.

    Returns
    -------
    Mesh

    Raises
    ------
    InputError
        If a length or a number of divisions is not positive, or the mesh would not fit into the memory of the
        machine.

    Examples
    --------
    >>> import microtann as mt
    >>> mt.fem.box((10, 10, 20), (4, 4, 8), origin=(-5, -5, 0)).cells.shape
    (128, 8)
    """
    sizes, corner, counts = as_floats("lengths", lengths), as_floats("origin", origin), np.asarray(divisions)
    if sizes.shape != (3,) or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise InputError(f"lengths must be three positive numbers, got {lengths!r}")
    if counts.shape != (3,) or not np.issubdtype(counts.dtype, np.integer) or (counts < 1).any():
        raise InputError(f"divisions must be three positive integers, got {divisions!r}")
    if corner.shape != (3,) or not np.isfinite(corner).all():
        raise InputError(f"origin must be three numbers, got {origin!r}")
    require_memory(
        f"a mesh of {'×'.join(str(n) for n in counts)} elements",
        float(BYTES_PER_HEXAHEDRON) * math.prod(counts.tolist()),
        "use larger elements",
    )
    axes = [corner[i] + sizes[i] * np.arange(counts[i] + 1) / counts[i] for i in range(3)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    number = np.arange(x.size).reshape(x.shape)
    offsets = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))
    corners = [number[i : i + counts[0], j : j + counts[1], k : k + counts[2]].ravel() for i, j, k in offsets]
    return Mesh(np.column_stack([x.ravel(), y.ravel(), z.ravel()]), np.column_stack(corners))


def _check(points: Array, cells: NDArray[np.int64], element: ElementKind) -> None:
    if points.ndim != 2 or points.shape[1] != 3:
        raise InputError(f"the mesh's points must have shape (N, 3), got {points.shape}")
    if not np.isfinite(points).all():
        raise InputError(f"point {int(np.argwhere(~np.isfinite(points))[0][0])} of the mesh is not finite")
    if cells.ndim != 2 or cells.shape[1:] != (element.nodes,) or not np.issubdtype(cells.dtype, np.integer):
        raise InputError(
            f"cells of kind {element.name!r} are an integer array of shape (E, {element.nodes}), "
            f"got shape {cells.shape} of {cells.dtype}"
        )
    if len(cells) == 0:
        raise InputError("the mesh has no cells")
    if (cells < 0).any() or (cells >= len(points)).any():
        bad = int(np.flatnonzero(((cells < 0) | (cells >= len(points))).any(axis=1))[0])
        raise InputError(f"cell {bad} names a point that does not exist; there are points 0 to {len(points) - 1}")
    unused = np.setdiff1d(np.arange(len(points)), cells)
    if unused.size:
        others = f" (nor are {unused.size - 1} others)" if unused.size > 1 else ""
        raise InputError(f"point {unused[0]} of the mesh is in no cell{others}")
