"""Meshes: points, cells, named parts of them, and the geometry at their Gauss points."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.steps import Nodes, select_nodes
from microtann.errors import InputError
from microtann.fem.cell_block import CellBlock, mesh_blocks
from microtann.fem.cell_check import check_cells, check_faces
from microtann.fem.elements import ElementKind
from microtann.fem.faces import Faces, boundary_faces
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Cells = ArrayLike | Mapping[str, ArrayLike]
"""Nodes of cells of one kind, or of several by kind."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Finite-element mesh in space or in the plane.

    Parameters
    ----------
    points : array, shape (N, d)
    cells : integer array, shape (E, n), or mapping from kinds to such arrays
        Nodes of every cell in VTK's order. Cells of several kinds are counted one kind after the other.
    kind : str
        Kind of the cells, as meshio and VTK call it: "tetra", "tetra10", "hexahedron", "hexahedron20", "wedge" or
        "pyramid" in space (d = 3), "triangle", "triangle6", "quad" or "quad8" in the plane (d = 2, unit
        thickness). It does not matter where ``cells`` says the kinds.
    regions : mapping, optional
        Cells by name, to which `Model` gives materials: indices, a mask, or a function of the centres of the
        cells (E, d) that returns either. Kept as sorted indices.
    sets : mapping, optional
        Nodes by name, for `Prescribed` and other conditions: indices, a mask, or a function of the points. Kept as
        sorted indices.
    sides : mapping, optional
        Parts of the boundary by name, for `Pressure`: indices of faces of `boundary`, a mask, or a function of
        their centres. Kept as sorted indices. A side is also a set of its nodes, unless there is one of its name.
    curved : collection of str, optional
        Kinds that get the quadrature of curved cells although none here is curved, as in a part of a curved mesh.

    Raises
    ------
    InputError
        If an array has the wrong shape or names a point that does not exist, a point is in no cell, a cell is
        flat, turned inside out or names a point twice, kinds with and without nodes amid their edges meet, or a
        region, set or side is empty.

    Notes
    -----
    ``blocks`` holds the cells kind by kind. With one kind, ``cells``, ``element`` and ``gradients`` are those of
    the only block, and arrays at Gauss points have the shape (E, G, ...); with several, they are flat, (P, ...),
    cell by cell.

    Examples
    --------
    >>> from microtann import fem
    >>> plain = fem.box((1, 1, 2), (2, 2, 4))
    >>> mesh = plain.named(regions={"core": lambda x: x[:, 2] < 1}, sets={"top": lambda x: x[:, 2] == 2})
    >>> len(mesh.regions["core"]), len(mesh.sets["top"])
    (8, 9)
    >>> fem.Mesh([[0, 0], [1, 0], [1, 1], [0, 1], [2, 0]], {"quad": [[0, 1, 2, 3]], "triangle": [[1, 4, 2]]})
    Mesh(5 nodes, 2 cells of kind 'quad' and 'triangle')
    """

    points: Float[Array, "N d"]
    blocks: tuple[CellBlock, ...]
    regions: Mapping[str, Int[NDArray[np.int64], "_"]] = field(default_factory=dict)
    sets: Mapping[str, Int[NDArray[np.int64], "_"]] = field(default_factory=dict)
    sides: Mapping[str, Int[NDArray[np.int64], "_"]] = field(default_factory=dict)

    def __init__(
        self,
        points: ArrayLike,
        cells: Cells,
        kind: str = "hexahedron",
        regions: Mapping[str, Nodes] | None = None,
        sets: Mapping[str, Nodes] | None = None,
        sides: Mapping[str, Nodes] | None = None,
        curved: Collection[str] = (),
    ) -> None:
        array = np.array(as_floats("the mesh's points", points))
        given = [
            (name, np.array(c)) for name, c in (cells if isinstance(cells, Mapping) else {kind: cells}).items()
        ]
        check_cells(array, given)
        blocks = mesh_blocks(array, [(name, index.astype(np.int64)) for name, index in given], curved)
        for name, value in (("points", array), ("blocks", blocks)):
            object.__setattr__(self, name, value)
        self.points.setflags(write=False)
        if len(blocks) > 1:
            check_faces(self.boundary_parts)
        self._give_names(regions or {}, sets or {}, sides or {})

    def _give_names(
        self, regions: Mapping[str, Nodes], sets: Mapping[str, Nodes], sides: Mapping[str, Nodes]
    ) -> None:
        """Set the named cells, nodes and faces, as indices, in place of all former ones."""
        by_side: dict[str, Nodes] = {}
        faces: dict[str, Int[NDArray[np.int64], "_"]] = {}
        if sides:  # the boundary is not searched for otherwise
            middles = [self.points[part.nodes].mean(axis=1) for part in self.boundary_parts]
            faces = _indices(sides, np.concatenate(middles), "side", "face")
            by_side = {name: np.setdiff1d(self.boundary[chosen], -1) for name, chosen in faces.items()}
        centres = self.centres if regions else self.points
        object.__setattr__(self, "regions", _indices(regions, centres, "region", "cell"))
        object.__setattr__(self, "sets", _indices({**by_side, **sets}, self.points, "set", "node"))
        object.__setattr__(self, "sides", faces)

    def __repr__(self) -> str:
        parts = "".join(
            f", {what} {', '.join(map(repr, names))}"
            for what, names in (("regions", self.regions), ("sets", self.sets), ("sides", self.sides))
            if names
        )
        kinds = " and ".join(repr(block.kind) for block in self.blocks)
        return f"Mesh({len(self.points)} nodes, {self.cell_count} cells of kind {kinds}{parts})"

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
    def boundary_parts(self) -> tuple[Faces, ...]:
        """Faces (edges in the plane) that one cell only has, kind by kind; they are counted in this order."""
        return boundary_faces([(block.kind, block.cells) for block in self.blocks])

    @cached_property
    def boundary(self) -> Int[IntArray, "F m"]:
        """Nodes of the faces (edges in the plane) that one cell only has, in VTK's order seen from outside.

        Where some faces have fewer nodes than others, −1 fills their rows.
        """
        parts = [part.nodes for part in self.boundary_parts]
        most = max(nodes.shape[1] for nodes in parts)
        filled = [np.pad(nodes, ((0, 0), (0, most - nodes.shape[1])), constant_values=-1) for nodes in parts]
        return np.concatenate(filled)

    @property
    def kind(self) -> str:
        """Kind of the cells; several are joined by "and"."""
        return " and ".join(block.kind for block in self.blocks)

    @property
    def cells(self) -> Int[IntArray, "E n"]:
        """Nodes of every cell, where all are of one kind."""
        return self._only.cells

    @property
    def element(self) -> ElementKind:
        """Shape functions and quadrature of the cells, where all are of one kind."""
        return self._only.element

    @property
    def gradients(self) -> Float[Array, "E G n d"]:
        """Derivatives of the shape functions with respect to position, where all cells are of one kind."""
        return self._only.gradients

    @property
    def _only(self) -> CellBlock:
        if len(self.blocks) > 1:
            raise InputError(f"the mesh has cells of several kinds, {self.kind}: ask each of its blocks")
        return self.blocks[0]

    @cached_property
    def weights(self) -> Float[Array, "*P"]:
        """Volume (area in the plane) that belongs to every Gauss point, (E, G); (P,) where kinds are several."""
        if len(self.blocks) == 1:
            return self.blocks[0].weights
        return np.concatenate([block.weights.ravel() for block in self.blocks])

    @property
    def dimension(self) -> int:
        """Dimension of space, 2 or 3."""
        return self.points.shape[1]

    @property
    def cell_count(self) -> int:
        """Number of cells."""
        return self.blocks[-1].numbers.stop

    @cached_property
    def centres(self) -> Float[Array, "E d"]:
        """Means of the nodes of every cell."""
        return np.concatenate([self.points[block.cells].mean(axis=1) for block in self.blocks])

    @property
    def volume(self) -> float:
        """Volume of the mesh; in the plane its area."""
        return float(self.weights.sum())

    @cached_property
    def first_points(self) -> Int[IntArray, "E"]:
        """Number of the first Gauss point of every cell; the points of a cell are counted one after another."""
        numbers = [b.first_point + b.element.gauss_points * np.arange(len(b.cells)) for b in self.blocks]
        return np.concatenate(numbers)

    def nodes_of(self, cell: int) -> Int[IntArray, "n"]:
        """Return the nodes of a cell."""
        block = next(block for block in self.blocks if cell < block.numbers.stop)
        return block.cells[cell - block.first]

    def gauss_points(self, cells: Int[IntArray, "k"]) -> Int[IntArray, "p"]:
        """Return the numbers of the Gauss points of cells."""
        counts = np.diff(self.first_points, append=self.weights.size)[cells]
        ends = np.cumsum(counts)
        return np.repeat(self.first_points[cells] - (ends - counts), counts) + np.arange(
            ends[-1] if len(ends) else 0
        )

    def cells_of(self, points: Int[IntArray, "p"]) -> tuple[Int[IntArray, "p"], Int[IntArray, "p"]]:
        """Return the cells of Gauss points, and their numbers in these."""
        cells = np.searchsorted(self.first_points, points, side="right") - 1
        return cells, points - self.first_points[cells]

    def positions(self, points: Int[IntArray, "p"]) -> Float[Array, "p d"]:
        """Return where Gauss points are."""
        places = np.empty((len(points), self.dimension))
        for block in self.blocks:
            own = (points >= block.points.start) & (points < block.points.stop)
            cell, gauss = np.divmod(points[own] - block.first_point, block.element.gauss_points)
            places[own] = np.einsum("na,nai->ni", block.element.values[gauss], self.points[block.cells[cell]])
        return places

    def shaped(self, values: Shaped[NDArray[Any], "P *k"]) -> Shaped[NDArray[Any], "*Pk"]:
        """Return values at all Gauss points in the shape of `weights`."""
        return values.reshape(*self.weights.shape, *values.shape[1:])

    def averages(self, values: Float[Array, "P *k"]) -> Float[Array, "E *k"]:
        """Return volume averages over every cell of values at all Gauss points."""
        shares = [block.weights / block.weights.sum(axis=1, keepdims=True) for block in self.blocks]
        pairs = zip(self.blocks, shares, strict=True)
        return np.concatenate(
            [np.einsum("eg,eg...->e...", share, block.by_cell(values)) for block, share in pairs]
        )

    def largest(self, values: Float[Array, "P"]) -> Float[Array, "E"]:
        """Return the largest value in every cell of values at all Gauss points."""
        return np.concatenate([block.by_cell(values).max(axis=1) for block in self.blocks])

    def at_nodes(self, values: Float[Array, "*Pk"]) -> Float[Array, "N *k"]:
        """Return volume averages over the Gauss points of the cells around every node.

        Parameters
        ----------
        values : array, shape (E, G, ...), or (P, ...) where the kinds of cells are several
        """
        flat = values.reshape(self.weights.size, *values.shape[self.weights.ndim :])
        ones = (1,) * (flat.ndim - 1)
        total, volume = np.zeros((len(self.points), *flat.shape[1:])), np.zeros(len(self.points))
        for block in self.blocks:
            weighted = block.by_cell(flat) * block.weights.reshape(*block.weights.shape, *ones)
            per_cell, cell_volume = weighted.sum(axis=1), block.weights.sum(axis=1)
            for corner in block.cells.T:
                np.add.at(total, corner, per_cell)
                np.add.at(volume, corner, cell_volume)
        return total / volume.reshape(-1, *ones)


def _indices(
    given: Mapping[str, Nodes] | None, points: Float[Array, "N d"], kind: str, what: str
) -> dict[str, Int[NDArray[np.int64], "_"]]:
    """Return named choices of nodes or cells as sorted indices."""
    found = {}
    for name, chosen in (given or {}).items():
        found[name] = np.unique(select_nodes(chosen, points, f"{kind} {name!r} of the mesh", what))
        found[name].setflags(write=False)
    return found
