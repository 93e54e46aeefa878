"""Meshes: points, cells, named parts of them, and the geometry at their Gauss points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.checks import as_floats
from microtann.equilibrium.steps import Nodes, select
from microtann.errors import InputError
from microtann.fem.elements import RULES, ElementKind, element_kind

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Finite-element mesh of one kind of cells, in space or in the plane.

    Parameters
    ----------
    points : array, shape (N, d)
    cells : integer array, shape (E, n)
        Nodes of every cell in VTK's order.
    kind : str
        Kind of the cells, as meshio and VTK call it: "tetra", "tetra10", "hexahedron" or "hexahedron20" in space
        (d = 3), "triangle", "triangle6", "quad" or "quad8" in the plane (d = 2, unit thickness).
    regions : mapping, optional
        Cells by name, to which `Model` gives materials: indices, a mask, or a function of the centres of the
        cells (E, d) that returns either. Kept as sorted indices.
    sets : mapping, optional
        Nodes by name: indices, a mask, or a function of the points. Kept as sorted indices.

    Raises
    ------
    InputError
        If an array has the wrong shape or names a point that does not exist, a point is in no cell, a cell is
        flat or turned inside out, or a region or set is empty.

    Examples
    --------
    >>> from microtann import fem
    >>> plain = fem.box((1, 1, 2), (2, 2, 4))
    >>> mesh = plain.named(regions={"core": lambda x: x[:, 2] < 1}, sets={"top": lambda x: x[:, 2] == 2})
    >>> len(mesh.regions["core"]), len(mesh.sets["top"])
    (8, 9)
    """

    points: Float[Array, "N d"]
    cells: Int[NDArray[np.int64], "E n"]
    kind: str
    regions: Mapping[str, Int[NDArray[np.int64], "_"]] = field(default_factory=dict)
    sets: Mapping[str, Int[NDArray[np.int64], "_"]] = field(default_factory=dict)

    def __init__(
        self,
        points: ArrayLike,
        cells: ArrayLike,
        kind: str = "hexahedron",
        regions: Mapping[str, Nodes] | None = None,
        sets: Mapping[str, Nodes] | None = None,
    ) -> None:
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
        centres = self.points[self.cells].mean(axis=1)
        object.__setattr__(self, "regions", _indices(regions, centres, "region", "cell"))
        object.__setattr__(self, "sets", _indices(sets, self.points, "set", "node"))

    def __repr__(self) -> str:
        parts = "".join(
            f", {what} {', '.join(map(repr, names))}"
            for what, names in (("regions", self.regions), ("sets", self.sets))
            if names
        )
        return f"Mesh({len(self.points)} nodes, {len(self.cells)} cells of kind {self.kind!r}{parts})"

    def named(self, regions: Mapping[str, Nodes] | None = None, sets: Mapping[str, Nodes] | None = None) -> Mesh:
        """Return the mesh with more regions and sets; parameters as those of `Mesh`. A known name is replaced."""
        return Mesh(
            self.points,
            self.cells,
            self.kind,
            regions={**self.regions, **(regions or {})},
            sets={**self.sets, **(sets or {})},
        )

    @property
    def element(self) -> ElementKind:
        """Shape functions and quadrature of the cells."""
        return element_kind(self.kind)

    @property
    def dimension(self) -> int:
        """Dimension of space, 2 or 3."""
        return self.points.shape[1]

    @cached_property
    def _geometry(self) -> tuple[Array, Array]:
        element = self.element
        jacobian = np.einsum("gai,eaj->egij", element.gradients, self.points[self.cells], optimize=True)
        determinant = np.linalg.det(jacobian)
        safe = np.where((determinant == 0.0)[..., None, None], np.eye(self.dimension), jacobian)
        gradients = np.matmul(np.linalg.inv(safe), element.gradients.transpose(0, 2, 1)[None])
        return np.ascontiguousarray(gradients.transpose(0, 1, 3, 2)), determinant * element.weights

    @property
    def gradients(self) -> Float[Array, "E G n d"]:
        """Derivatives of the shape functions with respect to position at the Gauss points."""
        return self._geometry[0]

    @property
    def weights(self) -> Float[Array, "E G"]:
        """Volume (area in the plane) that belongs to every Gauss point."""
        return self._geometry[1]

    @property
    def volume(self) -> float:
        """Volume of the mesh; in the plane its area."""
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


def _indices(
    given: Mapping[str, Nodes] | None, points: Float[Array, "N d"], kind: str, what: str
) -> dict[str, Int[NDArray[np.int64], "_"]]:
    """Return named choices of nodes or cells as sorted indices."""
    found = {}
    for name, chosen in (given or {}).items():
        found[name] = np.unique(select(chosen, points, f"{kind} {name!r} of the mesh", what))
        found[name].setflags(write=False)
    return found


def _check(points: Array, cells: NDArray[np.int64], element: ElementKind) -> None:
    if points.ndim != 2 or points.shape[1] != element.dimension:
        raise InputError(f"the mesh's points must have shape (N, {element.dimension}), got {points.shape}")
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
