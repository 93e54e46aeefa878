"""Full lattice structures: tiled cells, or any truss, solved bar by bar (direct numerical simulation)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.body import Body
from microtann.equilibrium.history import History
from microtann.errors import CellError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.condensation import distinct_properties
from microtann.microstructure.bars.full.bar_system import Bars, BarState
from microtann.microstructure.bars.full.periods import Repetition, tile_cells, whole_cells
from microtann.numbers.checks import as_floats
from microtann.system.paraview import Snapshot, write_series

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StructureResult(History):
    """Response of a lattice structure; see also `microtann.equilibrium.history.History`.

    Parameters
    ----------
    structure : Structure
    force, stress, plastic_strain : array, shape (M,)
        Of every bar at the end; tension is positive.

    Notes
    -----
    ``fields`` holds "force", "stress" and "plastic_strain" (M,) of every bar.
    """

    structure: Structure
    force: Float[Array, "M"]
    stress: Float[Array, "M"]
    plastic_strain: Float[Array, "M"]

    def __repr__(self) -> str:
        return self._line("StructureResult", f"{len(self.force)} bars")

    def write(self, folder: str | os.PathLike[str], name: str = "lattice") -> Path:
        """Write bars as line cells for ParaView: ``name.pvd`` with true times and a VTU file for every increment.

        Of increments whose fields were not kept, the bars are integrated once more along the displacements that
        were found, which gives the same bits.

        Returns
        -------
        Path
            The PVD file.
        """
        return write_series(folder, name, self.points, [("line", self.structure.bars)], self.frames())[0]

    def frames(self) -> Iterator[Snapshot]:
        """Yield displacements, reactions and the fields of the bars at the end of every increment."""
        yield from self._frames_along(self.structure._system())


@dataclass(frozen=True, eq=False)
class Structure(Body[StructureResult]):
    """A structure of elastoplastic bars.

    Most structures are tiled with a cell: see `Structure.box` and `Structure.tile`.

    Parameters
    ----------
    points : array, shape (N, d)
        Positions of the nodes, d = 2 or 3.
    bars : integer array, shape (M, 2)
        Nodes at the ends of every bar.
    areas : array, shape (M,)
    bar : ElastoplasticBar
        One material, or one value per bar.

    Raises
    ------
    CellError
        If an array has the wrong shape, a bar has no length or area or names a node that does not exist, or no
        bar holds a node.
    """

    points: Float[Array, "N d"]
    bars: Int[NDArray[np.int32], "M 2"]
    areas: Float[Array, "M"]
    bar: ElastoplasticBar

    def __init__(self, points: ArrayLike, bars: ArrayLike, areas: ArrayLike, bar: ElastoplasticBar) -> None:
        index = np.asarray(bars)
        if index.ndim != 2 or index.shape[1] != 2 or not np.issubdtype(index.dtype, np.integer) or not len(index):
            raise CellError(
                f"the structure's bars are an integer array of shape (M, 2), got {index.shape} of {index.dtype}"
            )
        positions, sections = as_floats("the structure's points", points), as_floats("areas", areas)
        _check(positions, index, sections)
        object.__setattr__(self, "points", positions)
        object.__setattr__(self, "bars", index.astype(np.int32, copy=False))
        object.__setattr__(self, "areas", sections)
        object.__setattr__(self, "bar", bar)
        if any(np.ndim(value) for value in (bar.young, bar.yield_stress, bar.hardening)):
            bar.per_bar(len(index))
        for name in ("points", "bars", "areas"):
            getattr(self, name).setflags(write=False)

    def __repr__(self) -> str:
        return f"Structure({self.dimension}D, {len(self.points)} nodes, {len(self.bars)} bars, {self.bar!r})"

    @classmethod
    def box(
        cls,
        cell: UnitCell,
        bar: ElastoplasticBar,
        lengths: ArrayLike,
        cell_size: float,
        origin: ArrayLike | None = None,
        perturbation: float = 0.0,
        law: str = "normal",
        seed: int = 0,
    ) -> Structure:
        """Fill a box with copies of a cell.

        Parameters
        ----------
        cell : UnitCell
            A cell whose lattice vectors are along the axes.
        bar : ElastoplasticBar
            One material, or one value per listed bar of the cell.
        lengths : (float, ...)
            Edges of the box; each must be a whole number of cells.
        cell_size : float
            Edge of a cell in the structure, along the first lattice vector. Areas scale with its power d − 1.
        origin : (float, ...), optional
            Corner of smallest coordinates; the coordinate origin if left out.
        perturbation, law, seed
            A fresh perturbation of the nodes inside every cell; see `Structure.tile`.

        Returns
        -------
        Structure

        Raises
        ------
        CellError
            If the box does not hold a whole number of cells, or an argument is out of range.

        Examples
        --------
        >>> import microtann as mt
        >>> s = mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(), (10, 10, 20), 1.0, origin=(-5, -5, 0))
        >>> s.points.shape, s.bars.shape
        ((2541, 3), (28040, 2))
        """
        counts = whole_cells(cell, lengths, cell_size)
        return cls.tile(cell, bar, counts, cell_size, origin, perturbation, law, seed)

    @classmethod
    def tile(
        cls,
        cell: UnitCell,
        bar: ElastoplasticBar,
        counts: ArrayLike,
        cell_size: float | None = None,
        origin: ArrayLike | None = None,
        perturbation: float = 0.0,
        law: str = "normal",
        seed: int = 0,
    ) -> Structure:
        """Tile a cell along its lattice vectors.

        Bars shared by adjacent cells are one bar whose area is the sum of the shares; bars on the boundary of the
        structure keep the half or quarter that its cells hold.

        Parameters
        ----------
        cell : UnitCell
        bar : ElastoplasticBar
            One material, or one value per listed bar of the cell.
        counts : (int, ...)
            Cells along each lattice vector.
        cell_size : float, optional
            Length of the first lattice vector in the structure; that of the cell if left out.
        origin : (float, ...), optional
            Where the cell's coordinate origin goes.
        perturbation : float
            Size of a fresh, independent displacement of every node that lies inside one cell, in units of the
            shortest bar of the cell; without it all cells are alike, perturbed or not.
        law : {"normal", "uniform"}
            Normal with this standard deviation, truncated at ±0.45, or uniform with this half-width.
        seed : int

        Returns
        -------
        Structure

        Raises
        ------
        CellError
            If an argument is out of range, or no node can move although a perturbation is asked for.
        """
        tiling = tile_cells(cell, Repetition(counts, cell_size, origin, perturbation, law, seed))
        listed = distinct_properties(cell, bar)
        if any(np.ndim(value) for value in (bar.young, bar.yield_stress, bar.hardening)):
            bar = ElastoplasticBar(*(value[tiling.family] for value in listed))
        return cls(tiling.points, tiling.bars, tiling.areas, bar)

    @property
    def dimension(self) -> int:
        """Dimension of space, 2 or 3."""
        return self.points.shape[1]

    @property
    def lengths(self) -> Float[Array, "M"]:
        """Length of every bar."""
        return np.linalg.norm(self.points[self.bars[:, 1]] - self.points[self.bars[:, 0]], axis=1)

    _every_field = False

    def _system(self) -> Bars:
        return Bars(self.points, self.bars, self.areas, self.bar)

    def _result(self, history: History, state: BarState) -> StructureResult:
        return StructureResult(
            **vars(history),
            structure=self,
            force=state.stress * self.areas,
            stress=state.stress,
            plastic_strain=state.plastic_strain,
        )


def _check(points: Array, bars: NDArray[np.integer], areas: Array) -> None:
    check_joined(points, bars)
    if areas.shape != (len(bars),):
        raise CellError(f"areas must have shape ({len(bars)},), one per bar, got {areas.shape}")
    if not (np.isfinite(areas) & (areas > 0)).all():
        bad = int(np.flatnonzero(~(np.isfinite(areas) & (areas > 0)))[0])
        raise CellError(f"bar {bad} has area {areas[bad]:g}: areas must be positive and finite")


def check_joined(
    points: Float[Array, "N d"], bars: Int[NDArray[np.integer[Any]], "M 2"], what: str = "bar"
) -> None:
    """Refuse points and bars that make no structure.

    Parameters
    ----------
    points : array, shape (N, d)
    bars : integer array, shape (M, 2)
    what : str
        What messages call a bar.

    Raises
    ------
    CellError
        If points are not finite or not those of the plane or of space, a bar names a node that does not exist or
        has no length, or none holds a node.
    """
    if points.ndim != 2 or points.shape[1] not in (2, 3) or not np.isfinite(points).all():
        raise CellError(f"the structure's points must be finite and of shape (N, 2) or (N, 3), got {points.shape}")
    if bars.min() < 0 or bars.max() >= len(points):
        bad = int(np.flatnonzero(((bars < 0) | (bars >= len(points))).any(axis=1))[0])
        raise CellError(
            f"{what} {bad} names a node that does not exist; nodes are numbered 0 to {len(points) - 1}"
        )
    length = np.linalg.norm(points[bars[:, 1]] - points[bars[:, 0]], axis=1)
    if (length <= 1e-12 * length.max()).any():
        bad = int(np.argmin(length))
        raise CellError(f"{what} {bad} between nodes {bars[bad, 0]} and {bars[bad, 1]} has no length")
    held = np.bincount(bars.ravel(), minlength=len(points))
    if not held.all():
        raise CellError(f"no {what} holds node {int(np.argmin(held))}")
