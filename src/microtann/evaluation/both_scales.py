"""Both scales of a homogenised structure: u⁰ + ε u¹ and bar stresses, from the states at Gauss points.

The first-order displacement of a lattice is u⁰(x) + ε u¹(x, y), where ε u¹ is the zero-mean periodic fluctuation w
of the cell, without its affine part E · x, times the size of a cell in the structure over that of the model's cell
(paper, Section V.A). The stresses of bars are, to zeroth order, those of the cell. The state at a node of the mesh
is the volume average over the Gauss points around it; between nodes what it says is interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeGuard, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.evaluation.localisation import (
    SolvedStates,
    cells_around,
    check_localisation,
    nodal_states,
)
from microtann.evaluation.nodal_states import DecodingMaterial, NodalStates, require_decoding
from microtann.fem.locate import locate
from microtann.fem.model import Result
from microtann.microstructure.bars.lattice_inside import LatticeInside
from microtann.microstructure.protocol import Microstructure
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
CHUNK = 2048
"""Nodes of the mesh that are decoded at a time."""


@runtime_checkable
class FillsStructures(Protocol):
    """A microstructure whose copies make a lattice in a structure."""

    def in_structure(self, cell_size: float, origin: ArrayLike) -> LatticeInside:
        """Return that lattice, for cells of a size, one of them with its origin at a place."""
        ...


def shows_both_scales(material: object) -> TypeGuard[DecodingMaterial]:
    """Return whether a material decodes the displacements and forces of a lattice."""
    if not isinstance(material, DecodingMaterial):
        return False
    known = material.microstructure
    if not isinstance(known, Microstructure) or not isinstance(known, FillsStructures) or not known.solvable:
        return False
    return set(known.coordinate_shapes) <= set(material.coordinate_shapes)


@dataclass(frozen=True, eq=False)
class Microscale:
    """The lattice inside a homogenised structure at the end of its loading.

    Parameters
    ----------
    result : Result
        Of finite elements with the material.
    material : TANN, Hybrid or Lattice
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
    >>> material = mt.Lattice(mt.cube_cell((2, 2, 2), perturbation=0.2))
    >>> mesh = mt.fem.box((1, 1, 1), (2, 2, 2))
    >>> sides = [mt.fem.Prescribed(lambda x: x[:, 2] >= 0, a, lambda x: 0.2 * x[:, 2]) for a in "xyz"]
    >>> result = mt.fem.Model(mesh, material).solve([mt.fem.Step(sides)])
    >>> lattice = mt.Structure.box(material.cell, material.bar, (1, 1, 1), 0.25)
    >>> u0, eu1 = Microscale(result, material, 0.25, (0, 0, 0)).displacement(lattice.points)
    >>> u0.shape == eu1.shape == lattice.points.shape
    True
    """

    result: Result
    material: DecodingMaterial
    cell_size: float
    origin: ArrayLike
    localisation: str = "decode"

    def __post_init__(self) -> None:
        check_localisation(self.localisation)
        if not shows_both_scales(self.material):
            raise InputError(
                "both scales need a lattice, or a model that decodes the displacements and forces of one"
            )
        if not (np.isfinite(self.cell_size) and self.cell_size > 0.0):
            raise InputError(f"cell_size must be positive, got {self.cell_size!r}")

    @property
    def microstructure(self) -> Microstructure:
        """What fills the structure."""
        known = self.material.microstructure
        assert known is not None
        return known

    @cached_property
    def inside(self) -> LatticeInside:
        """The lattice that fills the structure."""
        known = self.material.microstructure
        assert isinstance(known, FillsStructures)
        return known.in_structure(self.cell_size, self.origin)

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
        node, _ = self.inside.places(where)
        located = locate(self.result.mesh, where, self._slack)
        nodes, place = _numbered(located.nodes)
        fluctuation, _ = self._at(nodes)
        first = np.zeros_like(where)
        for corner, values in zip(place.T, located.values.T, strict=True):
            first += values[:, None] * fluctuation[corner, node]
        return located.interpolate(self.result.displacement[-1]), self.inside.scale * first

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
        families = self.inside.families(where, bars)
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
        return len(self.result.mesh.gauss_points(cells_around(self.result, nodes)))

    @property
    def solved(self) -> SolvedStates | None:
        """What was solved again so far; None where states are decoded."""
        return self._states if isinstance(self._states, SolvedStates) else None

    @property
    def _slack(self) -> float:
        """How far nodes of perturbed cells may lie outside of the box that the cells fill."""
        return 0.5 * self.cell_size

    @cached_property
    def _states(self) -> NodalStates:
        return nodal_states(self.result, require_decoding(self.material), self.localisation)

    def _at(self, nodes: Int[IntArray, "k"]) -> tuple[Float[Array, "k n d"], Float[Array, "k m"]]:
        """Return the fluctuation of the distinct nodes, in units of the model's cell, and the stress of the bars.

        They are those at some nodes of the mesh, for the distinct nodes and bars of the cell.
        """
        cell = self.inside.cell
        fluctuation = np.zeros((len(nodes), cell.distinct_nodes.count, cell.dimension))
        stress = np.zeros((len(nodes), cell.distinct_bars.count))
        for first in range(0, len(nodes), CHUNK):
            part = slice(first, first + CHUNK)
            for share in self._states.at(nodes[part]):
                decoded = share.decode(share.state)
                moved, stressed = self.inside.fluctuation_and_stress(decoded, share.state["strain"])
                fluctuation[part] += share.weight[:, None, None] * moved
                stress[part] += share.weight[:, None] * stressed
        return fluctuation, stress


def _numbered(nodes: Int[IntArray, "p n"]) -> tuple[Int[IntArray, "k"], Int[IntArray, "p n"]]:
    """Return the nodes that occur, each once, and which of them every entry is."""
    distinct, place = np.unique(nodes, return_inverse=True)
    return distinct, place.reshape(nodes.shape)
