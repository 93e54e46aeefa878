"""Meshes: points, cells, named parts of them, and the geometry at their Gauss points."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.steps import Nodes, select_nodes
from microtann.errors import InputError
from microtann.fem.elements import RULES, ElementKind, element_kind
from microtann.fem.faces import boundary_faces
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]
FLAT, SHORT = 1e-12, 1e-4
"""Volume over that of the box on its edges below which a cell is flat; least edge of that box over its largest."""


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
        Nodes by name, for `Prescribed` and other conditions: indices, a mask, or a function of the points. Kept as
        sorted indices.
    sides : mapping, optional
        Parts of the boundary by name, for `Pressure`: indices of faces of `boundary`, a mask, or a function of
        their centres. Kept as sorted indices. A side is also a set of its nodes, unless there is one of its name.

    Raises
    ------
    InputError
        If an array has the wrong shape or names a point that does not exist, a point is in no cell, a cell is
        flat, turned inside out or names a point twice, or a region, set or side is empty.

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
    sides: Mapping[str, Int[NDArray[np.int64], "_"]] = field(default_factory=dict)

    def __init__(
        self,
        points: ArrayLike,
        cells: ArrayLike,
        kind: str = "hexahedron",
        regions: Mapping[str, Nodes] | None = None,
        sets: Mapping[str, Nodes] | None = None,
        sides: Mapping[str, Nodes] | None = None,
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
        _require_volume(self._geometry[2])
        self._give_names(regions or {}, sets or {}, sides or {})

    def _give_names(
        self, regions: Mapping[str, Nodes], sets: Mapping[str, Nodes], sides: Mapping[str, Nodes]
    ) -> None:
        """Set the named cells, nodes and faces, as indices, in place of all former ones."""
        by_side: dict[str, Nodes] = {}
        faces: dict[str, Int[NDArray[np.int64], "_"]] = {}
        if sides:  # the boundary is not searched for otherwise
            faces = _indices(sides, self.points[self.boundary].mean(axis=1), "side", "face")
            by_side = {name: self.boundary[chosen].ravel() for name, chosen in faces.items()}
        centres = self.points[self.cells].mean(axis=1) if regions else self.points
        object.__setattr__(self, "regions", _indices(regions, centres, "region", "cell"))
        object.__setattr__(self, "sets", _indices({**by_side, **sets}, self.points, "set", "node"))
        object.__setattr__(self, "sides", faces)

    def __repr__(self) -> str:
        parts = "".join(
            f", {what} {', '.join(map(repr, names))}"
            for what, names in (("regions", self.regions), ("sets", self.sets), ("sides", self.sides))
            if names
        )
        return f"Mesh({len(self.points)} nodes, {len(self.cells)} cells of kind {self.kind!r}{parts})"

    def named(
        self,
        regions: Mapping[str, Nodes] | None = None,
        sets: Mapping[str, Nodes] | None = None,
        sides: Mapping[str, Nodes] | None = None,
    ) -> Mesh:
        """Return the mesh with more regions, sets and sides; parameters as of `Mesh`. A known name is replaced.

        Parameters
        ----------
        regions, sets, sides : mapping, optional
            Cells, nodes and faces by name, as in `Mesh`; a known name is replaced.
        """
        replaced = [name for name in sides or {} if name in self.sides]
        kept = {name: nodes for name, nodes in self.sets.items() if name not in replaced}
        mesh = copy(self)  # with its geometry
        mesh._give_names(
            {**self.regions, **(regions or {})}, {**kept, **(sets or {})}, {**self.sides, **(sides or {})}
        )
        return mesh

    @cached_property
    def boundary(self) -> Int[NDArray[np.int64], "F m"]:
        """Nodes of the faces (edges in the plane) that one cell only has, in VTK's order seen from outside."""
        return boundary_faces(self.kind, self.cells)

    @property
    def element(self) -> ElementKind:
        """Shape functions and quadrature of the cells."""
        return element_kind(self.kind)

    @property
    def dimension(self) -> int:
        """Dimension of space, 2 or 3."""
        return self.points.shape[1]

    @cached_property
    def _geometry(self) -> tuple[Array, Array, Array]:
        element = self.element
        jacobian = np.einsum("gai,eaj->egij", element.gradients, self.points[self.cells], optimize=True)
        determinant = np.linalg.det(jacobian)
        safe = np.where((determinant == 0.0)[..., None, None], np.eye(self.dimension), jacobian)
        gradients = np.matmul(np.linalg.inv(safe), element.gradients.transpose(0, 2, 1)[None])
        edges = np.linalg.norm(jacobian, axis=3)
        least = SHORT * edges.max(axis=2, keepdims=True)  # that of a flat cell is round-off
        box = np.maximum(edges, np.where(least == 0.0, 1.0, least)).prod(axis=2)
        ratio = (determinant / box).min(axis=1)
        return np.ascontiguousarray(gradients.transpose(0, 1, 3, 2)), determinant * element.weights, ratio

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
        found[name] = np.unique(select_nodes(chosen, points, f"{kind} {name!r} of the mesh", what))
        found[name].setflags(write=False)
    return found


def _require_volume(ratio: Float[Array, "E"]) -> None:
    """Refuse cells whose least volume at a Gauss point, over that of the box on its edges, is not positive."""
    for what, bad, hint in (
        ("turned inside out", ratio < -FLAT, "check the order of their nodes"),
        ("flat", np.abs(ratio) <= FLAT, "move or merge nodes, or leave such cells out"),
    ):
        if bad.any():
            names = ", ".join(map(str, np.flatnonzero(bad)[:8])) + (", ..." if bad.sum() > 8 else "")
            count = "a cell is" if bad.sum() == 1 else f"{bad.sum()} cells are"
            raise InputError(f"{count} {what}: {names}; {hint}")


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
    twice = np.flatnonzero((np.diff(np.sort(cells, axis=1), axis=1) == 0).any(axis=1))
    if twice.size:
        raise InputError(f"cell {twice[0]} names a point twice: {cells[twice[0]].tolist()}")
    unused = np.setdiff1d(np.arange(len(points)), cells)
    if unused.size:
        others = f" (nor are {unused.size - 1} others)" if unused.size > 1 else ""
        raise InputError(f"point {unused[0]} of the mesh is in no cell{others}")
