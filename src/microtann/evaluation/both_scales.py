"""Both scales of a homogenised structure: u⁰ + ε u¹ and bar stresses, from the states at Gauss points.

The first-order displacement of a lattice is u⁰(x) + ε u¹(x, y), where ε u¹ is the zero-mean periodic fluctuation w
of the cell, without its affine part E · x, times the size of a cell in the structure over that of the model's cell
(paper, Section V.A). The stresses of bars are, to zeroth order, those of the cell. The state at a node of the mesh
is the volume average over the Gauss points around it; between nodes what it says is interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from microtann.errors import InputError
from microtann.evaluation.localisation import SolvedStates, cells_around
from microtann.evaluation.nodal_states import KeptStates, NodalStates, Share
from microtann.fem.locate import locate
from microtann.fem.model import Result
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.solve import affine_displacement
from microtann.microstructure.bars.exact_cell import ExactCell
from microtann.numbers.checks import as_floats
from microtann.tann.hybrid import Hybrid
from microtann.tann.model import TANN

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Decodable = TANN | Hybrid | ExactCell
"""Materials from whose states the internal coordinates of a lattice cell follow."""
Localisation = Literal["decode", "solve"]
CHUNK = 2048
"""Nodes of the mesh that are decoded at a time."""
MATCH_TOLERANCE = 1e-6
"""Distance, relative to a cell, below which a node of the lattice is a copy of a node of the cell."""


def decodes_lattice(material: Decodable) -> bool:
    """Return whether a material decodes the displacements and forces of a lattice."""
    if not isinstance(material, TANN):
        return True
    return material.cell is not None and {"displacement", "force"} <= set(material.information.coordinate_shapes)


@dataclass(frozen=True, eq=False)
class Microscale:
    """The lattice inside a homogenised structure at the end of its loading.

    Parameters
    ----------
    result : Result
        Of finite elements with the material.
    material : TANN, Hybrid or ExactCell
        That of the result. A hybrid has the exact cell's own coordinates at the share of it.
    cell_size : float
        Length of the first lattice vector of the cell in the structure.
    origin : (float, ...)
        Where the coordinate origin of the cell lies in the structure, up to lattice vectors.
    localisation : {"decode", "solve"}
        Decode the states at the Gauss points, or solve the exact cell again along the strains that they have
        followed (`microtann.evaluation.localisation`), at those around the places that are asked for.

    Raises
    ------
    InputError
        If the material decodes no lattice, the size is not positive, or there is no such localisation.

    Examples
    --------
    >>> import microtann as mt
    >>> from microtann.evaluation.both_scales import Microscale
    >>> material = mt.fem.ExactCell(mt.cube_cell((2, 2, 2), perturbation=0.2), mt.ElastoplasticBar())
    >>> mesh = mt.fem.box((1, 1, 1), (2, 2, 2))
    >>> sides = [mt.fem.Prescribed(lambda x: x[:, 2] >= 0, a, lambda x: 0.2 * x[:, 2]) for a in "xyz"]
    >>> result = mt.fem.Model(mesh, material).solve([mt.fem.Step(sides)])
    >>> lattice = mt.Structure.box(material.cell, material.bar, (1, 1, 1), 0.25)
    >>> u0, eu1 = Microscale(result, material, 0.25, (0, 0, 0)).displacement(lattice.points)
    >>> u0.shape == eu1.shape == lattice.points.shape
    True
    """

    result: Result
    material: Decodable
    cell_size: float
    origin: ArrayLike
    localisation: Localisation = "decode"

    def __post_init__(self) -> None:
        if self.localisation not in get_args(Localisation):
            known = " or ".join(map(repr, get_args(Localisation)))
            raise InputError(f"the localisation is {known}, got {self.localisation!r}")
        if not isinstance(self.material, Decodable) or not decodes_lattice(self.material):
            raise InputError(
                "both scales need the exact cell, or a model that decodes displacements and forces of a lattice"
            )
        if not (np.isfinite(self.cell_size) and self.cell_size > 0.0):
            raise InputError(f"cell_size must be positive, got {self.cell_size!r}")

    @property
    def cell(self) -> UnitCell:
        """The cell of the material."""
        cell = self._network.cell
        assert cell is not None
        return cell

    @property
    def bar(self) -> ElastoplasticBar:
        """The bars of the cell."""
        bar = self._network.bar
        assert bar is not None
        return bar

    @property
    def _network(self) -> TANN | ExactCell:
        return self.material.tann if isinstance(self.material, Hybrid) else self.material

    @property
    def scale(self) -> float:
        """Size of a cell in the structure over that of the model."""
        return float(self.cell_size / np.linalg.norm(self.cell.periods[0]))

    def displacement(self, points: ArrayLike) -> tuple[Float[Array, "p d"], Float[Array, "p d"]]:
        """Return u⁰ and ε u¹ at nodes of the lattice.

        Parameters
        ----------
        points : array, shape (p, d)
            Nodes of the undeformed lattice, inside the mesh.

        Raises
        ------
        InputError
            If a point is no node of the lattice or lies in no element.
        """
        where = as_floats("points", points)
        node, _ = self.places(where)
        located = locate(self.result.mesh, where, self._slack)
        nodes, place = _numbered(located.nodes)
        fluctuation, _ = self._at(nodes)
        first = np.zeros_like(where)
        for corner, values in zip(place.T, located.values.T, strict=True):
            first += values[:, None] * fluctuation[corner, node]
        return located.interpolate(self.result.displacement[-1]), self.scale * first

    def bar_stress(
        self, points: ArrayLike, bars: Int[NDArray[np.integer], "k 2"], at: ArrayLike | None = None
    ) -> Float[Array, "k"]:
        """Return the stresses of bars of the lattice.

        Parameters
        ----------
        points : array, shape (N, d)
            Nodes of the undeformed lattice.
        bars : integer array, shape (k, 2)
            Nodes at the ends of the bars in question.
        at : array, shape (d,) or (k, d), optional
            Where the state is taken; the middle of every bar if left out.

        Raises
        ------
        InputError
            If a bar is not one of the lattice, or a place lies in no element.
        """
        where = as_floats("points", points)
        families = self.families(where, bars)
        places = where[bars].mean(axis=1) if at is None else np.broadcast_to(at, (len(bars), where.shape[1]))
        located = locate(self.result.mesh, places, self._slack)
        nodes, place = _numbered(located.nodes)
        _, stress = self._at(nodes)
        return np.einsum("kn,kn->k", located.values, stress[place, families[:, None]])

    def gauss_points(self, places: ArrayLike) -> int:
        """Return how many Gauss points the answers at some places rest on: those around the nodes of their cells.

        Parameters
        ----------
        places : array, shape (p, d)

        Raises
        ------
        InputError
            If a place lies in no element.
        """
        nodes, _ = _numbered(locate(self.result.mesh, places, self._slack).nodes)
        return len(cells_around(self.result, nodes)) * self.result.mesh.element.gauss_points

    @property
    def solved(self) -> SolvedStates | None:
        """What was solved again so far; None where states are decoded."""
        return self._states if isinstance(self._states, SolvedStates) else None

    def places(self, points: Float[Array, "p d"]) -> tuple[Int[IntArray, "p"], Int[IntArray, "p d"]]:
        """Return the distinct node of the cell that every node of the lattice is a copy of, and its translation.

        Raises
        ------
        InputError
            If a point is no node of the lattice.
        """
        cell = self.cell
        inverse = np.linalg.inv(cell.periods)
        base = cell.nodes[self._first] @ inverse
        fractional = (points - np.asarray(self.origin, dtype=np.float64)) / self.scale @ inverse
        tree = cKDTree(_wrapped(base), boxsize=np.ones(cell.dimension))
        found = tree.query(_wrapped(fractional))
        distance, node = np.asarray(found[0]), np.asarray(found[1], dtype=np.int64)
        if distance.max(initial=0.0) > MATCH_TOLERANCE:
            bad = ", ".join(f"{x:g}" for x in points[int(distance.argmax())])
            raise InputError(f"({bad}) is no node of the lattice with cells of {self.cell_size:g}")
        return node, np.rint(fractional - base[node]).astype(np.int64)

    def families(self, points: Float[Array, "N d"], bars: Int[NDArray[np.integer], "k 2"]) -> Int[IntArray, "k"]:
        """Return the distinct bar of the cell that every bar of the lattice is a copy of.

        Raises
        ------
        InputError
            If there is none.
        """
        cell = self.cell
        nodes, listed = cell.distinct_nodes, cell.bars
        keys = _keys(nodes.of_node[listed], nodes.image[listed])
        known = dict(zip(keys, cell.distinct_bars.of_bar.tolist(), strict=True))
        known |= {(b, a, *(-i for i in shift)): bar for (a, b, *shift), bar in list(known.items())}
        ends, which = np.unique(np.asarray(bars), return_inverse=True)
        node, shift = self.places(points[ends])
        pairs = which.reshape(len(bars), 2)
        try:
            return np.array([known[key] for key in _keys(node[pairs], shift[pairs])], dtype=np.int64)
        except KeyError:
            raise InputError("a bar is not one of the lattice that the cell makes") from None

    @property
    def _slack(self) -> float:
        """How far nodes of perturbed cells may lie outside of the box that the cells fill."""
        return 0.5 * self.cell_size

    @cached_property
    def _first(self) -> Int[IntArray, "n"]:
        """One listed node of every distinct node."""
        return np.unique(self.cell.distinct_nodes.of_node, return_index=True)[1]

    @cached_property
    def _states(self) -> NodalStates:
        kind = SolvedStates if self.localisation == "solve" else KeptStates
        return kind(self.result, self.material)

    def _at(self, nodes: Int[IntArray, "k"]) -> tuple[Float[Array, "k n d"], Float[Array, "k m"]]:
        """Return the fluctuation of the distinct nodes, in units of the model's cell, and the stress of the bars.

        They are those at some nodes of the mesh, for the distinct nodes and bars of the cell.
        """
        cell = self.cell
        fluctuation = np.zeros((len(nodes), cell.distinct_nodes.count, cell.dimension))
        stress = np.zeros((len(nodes), cell.distinct_bars.count))
        for first in range(0, len(nodes), CHUNK):
            part = slice(first, first + CHUNK)
            for share in self._states.at(nodes[part]):
                moved, stressed = _distinct(cell, share)
                fluctuation[part] += share.weight[:, None, None] * moved
                stress[part] += share.weight[:, None] * stressed
        return fluctuation, stress


def _distinct(cell: UnitCell, share: Share) -> tuple[Float[Array, "p n d"], Float[Array, "p m"]]:
    """Return the zero-mean fluctuation of the distinct nodes and the stress of the distinct bars."""
    decoded = share.decode(share.state, share.strain)
    listed = decoded["displacement"] - affine_displacement(cell, share.strain)
    nodes, bars = cell.distinct_nodes, cell.distinct_bars.representative
    # a network may decode copies of one node a little apart
    copies = np.bincount(nodes.of_node)
    fluctuation = np.zeros((len(share.state), nodes.count, cell.dimension))
    for node, moved in zip(
        nodes.of_node, (listed / copies[nodes.of_node][:, None]).transpose(1, 0, 2), strict=True
    ):
        fluctuation[:, node] += moved
    fluctuation -= fluctuation.mean(axis=1, keepdims=True)
    return fluctuation, decoded["force"][:, bars] / cell.areas[bars]


def _numbered(nodes: Int[IntArray, "p n"]) -> tuple[Int[IntArray, "k"], Int[IntArray, "p n"]]:
    """Return the nodes that occur, each once, and which of them every entry is."""
    found, place = np.unique(nodes, return_inverse=True)
    return found, place.reshape(nodes.shape)


def _wrapped(fractional: Float[Array, "p d"]) -> Float[Array, "p d"]:
    wrapped = fractional - np.floor(fractional)
    wrapped[wrapped >= 1.0] = 0.0
    return wrapped


def _keys(nodes: Int[IntArray, "k 2"], shift: Int[IntArray, "k 2 d"]) -> list[tuple[int, ...]]:
    """Return what names a bar: its distinct nodes and the translation between them."""
    return [tuple(row) for row in np.column_stack([nodes, shift[:, 1] - shift[:, 0]]).tolist()]
