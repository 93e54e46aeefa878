"""Full structures of beams: tiled frames, or any beams, solved beam by beam (direct numerical simulation)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.body import Body
from microtann.equilibrium.history import History
from microtann.errors import CellError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.full.periods import Repetition, tile_cells, whole_cells
from microtann.microstructure.bars.full.structure import check_joined
from microtann.microstructure.frames.beam_axes import beam_axes
from microtann.microstructure.frames.cross_section import CrossSection
from microtann.microstructure.frames.frame import Frame
from microtann.microstructure.frames.full.beam_arrays import BeamArrays
from microtann.microstructure.frames.full.beam_system import Beams, BeamState
from microtann.microstructure.frames.stations import StationRule, stations
from microtann.numbers.checks import as_floats
from microtann.system.paraview import Snapshot, write_series

Array = NDArray[np.float64]
NO_BENDING = 1e-12
"""Determinant of a section's second moments, over their scale, below which it does not resist bending."""


@dataclass(frozen=True, eq=False)
class FrameStructureResult(History):
    """Response of a structure of beams; see also `microtann.equilibrium.history.History`.

    Parameters
    ----------
    structure : FrameStructure
    force, stress, plastic_strain : array, shape (M,)
        At the end: normal force of every beam, tension being positive, and the stress and plastic strain of
        largest size among its fibres.
    bending_moment : array, shape (M, 2) or (M, 4)
        Bending moments that act on the first and second end of every beam about the axes in which rotations of the
        ends are positive: across y and then, in space, across z.
    twisting_moment : array, shape (M,), or None
        In space.
    state : BeamState
        Plastic strains of all fibres, and forces.

    Notes
    -----
    ``rotation`` holds the rotations of the nodes, ``fields`` the five arrays above by name.
    """

    structure: FrameStructure
    force: Float[Array, "M"]
    stress: Float[Array, "M"]
    plastic_strain: Float[Array, "M"]
    bending_moment: Float[Array, "M _"]
    twisting_moment: Float[Array, "M"] | None
    state: BeamState

    def __repr__(self) -> str:
        return self._line("FrameStructureResult", f"{len(self.force)} beams")

    @property
    def fibre_plastic_strain(self) -> Float[Array, "M S F"]:
        """Plastic strain of the fibres of all sections at the end."""
        return self.state.plastic_strain.reshape(len(self.force), self.structure.sections, -1)

    @property
    def section_strain(self) -> Float[Array, "M S 3"]:
        """Stretch and curvatures across y and z of all sections at the end."""
        return self.structure._system().section_strain(self.state)

    def write(self, folder: str | os.PathLike[str], name: str = "frame") -> Path:
        """Write beams as line cells for ParaView: ``name.pvd`` with true times and a VTU file for every increment.

        Nodes carry displacement, rotation, reaction and the moments of supports. Of increments whose fields were
        not kept, the beams are solved once more along the displacements that were found.

        Returns
        -------
        Path
            The PVD file.
        """
        return write_series(folder, name, self.points, [("line", self.structure.beams)], self.frames())[0]

    def frames(self) -> Iterator[Snapshot]:
        """Yield what the nodes did and the fields of the beams at the end of every increment."""
        yield from self._frames_along(self.structure._system())


@dataclass(frozen=True, eq=False)
class FrameStructure(Body[FrameStructureResult]):
    """A structure of elastoplastic beams, force-based elements with fibres as those of `Frame`.

    Most are tiled with a frame: see `FrameStructure.box` and `FrameStructure.tile`. Loads and supports may act on
    the rotations of nodes: their components are "rz" in the plane, "rx", "ry" and "rz" in space.

    Parameters
    ----------
    points : array, shape (N, d)
        Positions of the nodes, d = 2 or 3.
    beams : integer array, shape (M, 2)
        Nodes at the ends of every beam.
    section : CrossSection or sequence of CrossSection
        One for all beams, one for each, or those that ``kind`` numbers. All have as many fibres.
    bar : ElastoplasticBar, optional
        Law of the fibres, one or one value per beam; by default the dimensionless reference material.
    poisson : float
        Poisson's ratio, for the shear modulus.
    sections : int
        Sections along every beam at which fibres are.
    rule : {"lobatto", "gauss"}
        Where they are: with the ends, so that hinges form there, or without.
    pinned : array of bool, shape (M, 2), optional
        Whether the ends of the beams turn freely; by default all joints are rigid.
    kind : integer array, shape (M,), optional
        Number of the section of every beam.
    up : array, shape (M, 3) or (3,), optional
        In space the y axis of sections is as near to this direction as can be; by default to the coordinate axis
        that is most nearly across the beam.

    Raises
    ------
    CellError
        If an array has the wrong shape, a beam has no length or names a node that does not exist, no beam holds a
        node, or a section does not resist bending.

    Examples
    --------
    A cantilever of length 10 and depth 1, loaded at its end:

    >>> import microtann as mt
    >>> from microtann import fem
    >>> beam = mt.FrameStructure([[0.0, 0.0], [10.0, 0.0]], [[0, 1]], mt.CrossSection.rectangle(1.0))
    >>> clamped = [fem.Prescribed([0], component) for component in ("x", "y", "rz")]
    >>> result = beam.solve(fem.Step(clamped, [fem.NodalForce([1], "y", 1e-3)]))
    >>> round(float(result.displacement[-1, 1, 1]), 6)  # F L³ / 3 E I
    4.0
    """

    points: Float[Array, "N d"]
    beams: Int[NDArray[np.int32], "M 2"]
    section: tuple[CrossSection, ...]
    bar: ElastoplasticBar
    poisson: float
    sections: int
    rule: StationRule
    pinned: Bool[NDArray[np.bool_], "M 2"]
    kind: Int[NDArray[np.int32], "M"]
    axes: Float[Array, "M d d"]

    def __init__(
        self,
        points: ArrayLike,
        beams: ArrayLike,
        section: CrossSection | Sequence[CrossSection],
        bar: ElastoplasticBar | None = None,
        poisson: float = 0.3,
        sections: int = 6,
        rule: StationRule = "lobatto",
        pinned: ArrayLike | None = None,
        kind: ArrayLike | None = None,
        up: ArrayLike | None = None,
    ) -> None:
        index = np.asarray(beams)
        if index.ndim != 2 or index.shape[1] != 2 or not np.issubdtype(index.dtype, np.integer) or not len(index):
            raise CellError(
                f"the structure's beams are an integer array of shape (M, 2), got {index.shape} of {index.dtype}"
            )
        positions, count = as_floats("the structure's points", points), len(index)
        check_joined(positions, index, "beam")
        listed = (section,) if isinstance(section, CrossSection) else tuple(section)
        numbers = _kinds(kind, len(listed), count)
        _check_sections(listed, positions.shape[1])
        pins = np.zeros((count, 2), dtype=bool) if pinned is None else np.array(pinned, dtype=bool)
        if pins.shape != (count, 2):
            raise CellError(f"pins are told for both ends of {count} beams, got shape {pins.shape}")
        if not -1.0 < poisson <= 0.5:
            raise CellError(f"Poisson's ratio lies between -1 and 0.5, got {poisson!r}")
        stations(sections, rule)
        bar = ElastoplasticBar() if bar is None else bar
        if any(np.ndim(value) for value in bar.arrays().values()):
            bar.per_bar(count)
        vectors = positions[index[:, 1]] - positions[index[:, 0]]
        direction = None if up is None else np.broadcast_to(as_floats("the direction up", up), vectors.shape)
        for name, value in (
            ("points", positions),
            ("beams", index.astype(np.int32, copy=False)),
            ("pinned", pins),
            ("kind", numbers),
            ("axes", beam_axes(vectors, direction)),
        ):
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        for name, told in zip(
            ("section", "bar", "poisson", "sections", "rule"),
            (listed, bar, float(poisson), int(sections), rule),
            strict=True,
        ):
            object.__setattr__(self, name, told)

    def __repr__(self) -> str:
        return (
            f"FrameStructure({self.dimension}D, {len(self.points)} nodes, {len(self.beams)} beams, {self.bar!r})"
        )

    @classmethod
    def box(
        cls,
        frame: Frame,
        lengths: ArrayLike,
        cell_size: float,
        origin: ArrayLike | None = None,
        perturbation: float = 0.0,
        law: str = "normal",
        seed: int = 0,
    ) -> FrameStructure:
        """Fill a box with copies of a frame.

        Parameters
        ----------
        frame : Frame
            Of a cell whose lattice vectors are along the axes.
        lengths : (float, ...)
            Edges of the box; each must be a whole number of cells.
        cell_size : float
            Edge of a cell in the structure, along the first lattice vector; sections scale with it.
        origin : (float, ...), optional
            Corner of smallest coordinates; the coordinate origin if left out.
        perturbation, law, seed
            A fresh perturbation of the nodes inside every cell; see `FrameStructure.tile`.

        Raises
        ------
        CellError
            If the box does not hold a whole number of cells, or an argument is out of range.
        """
        counts = whole_cells(frame.cell, lengths, cell_size)
        return cls.tile(frame, counts, cell_size, origin, perturbation, law, seed)

    @classmethod
    def tile(
        cls,
        frame: Frame,
        counts: ArrayLike,
        cell_size: float | None = None,
        origin: ArrayLike | None = None,
        perturbation: float = 0.0,
        law: str = "normal",
        seed: int = 0,
    ) -> FrameStructure:
        """Tile a frame along the lattice vectors of its cell.

        Beams on the boundary of the structure keep the share of their section that its cells hold.

        Parameters
        ----------
        frame : Frame
        counts : (int, ...)
            Cells along each lattice vector.
        cell_size : float, optional
            Length of the first lattice vector in the structure; that of the cell if left out. Sections scale with
            it, in the plane without their width.
        origin : (float, ...), optional
            Where the cell's coordinate origin goes.
        perturbation, law, seed
            A fresh perturbation of every node that lies in one cell only, as in `Structure.tile`.

        Raises
        ------
        CellError
            If an argument is out of range, or no node can move although a perturbation is asked for.
        """
        cell, d = frame.cell, frame.cell.dimension
        tiling = tile_cells(cell, Repetition(counts, cell_size, origin, perturbation, law, seed))
        properties, distinct = frame._properties, cell.distinct_bars
        whole = distinct.area[tiling.family] * tiling.scale ** (d - 1)
        share = np.round(tiling.areas / whole, 12)
        of_family = {id(one): number for number, one in enumerate(properties.sections)}
        type_of = np.array([of_family[id(one)] for one in properties.sections])[tiling.family]
        keys, kind = np.unique(np.column_stack([type_of, share]), axis=0, return_inverse=True)
        sections = [properties.sections[int(number)].scaled(tiling.scale, d, part) for number, part in keys]
        law_of = (properties.young, properties.yield_stress, properties.hardening)
        alike = all(np.ndim(value) == 0 for value in frame.bar.arrays().values())
        bar = frame.bar if alike else ElastoplasticBar(*(value[tiling.family] for value in law_of))
        copies = perturbation == 0.0
        up = beam_axes(cell.bar_vectors[distinct.representative])[tiling.family, 1] if copies and d == 3 else None
        return cls(
            tiling.points,
            tiling.bars,
            sections,
            bar,
            frame.poisson,
            frame.sections,
            frame.rule,
            properties.pinned[tiling.family],
            kind.reshape(-1).astype(np.int32),
            up,
        )

    @property
    def dimension(self) -> int:
        """Dimension of space, 2 or 3."""
        return self.points.shape[1]

    @property
    def lengths(self) -> Float[Array, "M"]:
        """Length of every beam."""
        return np.linalg.norm(self.points[self.beams[:, 1]] - self.points[self.beams[:, 0]], axis=1)

    _every_field = False

    @cached_property
    def _beams(self) -> Beams:
        vectors = self.points[self.beams[:, 1]] - self.points[self.beams[:, 0]]
        along = stations(self.sections, self.rule)
        arrays = BeamArrays.of(vectors, self.section, self.kind, along, self.bar, self.poisson, self.pinned)
        torsion = np.where(
            self.pinned.any(axis=1), 0.0, np.array([one.torsion for one in self.section])[self.kind]
        )
        return Beams(self.points, self.beams, self.axes, arrays, torsion)

    def _system(self) -> Beams:
        return self._beams

    def _result(self, history: History, state: BeamState) -> FrameStructureResult:
        fields = self._beams.fields(state)
        return FrameStructureResult(
            **vars(history),
            structure=self,
            force=fields["force"],
            stress=fields["stress"],
            plastic_strain=fields["plastic_strain"],
            bending_moment=fields["bending_moment"],
            twisting_moment=fields.get("twisting_moment"),
            state=state,
        )


def _kinds(kind: ArrayLike | None, types: int, count: int) -> Int[NDArray[np.int32], "M"]:
    """Return the number of the section of every beam."""
    if kind is None:
        if types not in (1, count):
            raise CellError(f"a structure of {count} beams has one section or as many, got {types}")
        return np.zeros(count, dtype=np.int32) if types == 1 else np.arange(count, dtype=np.int32)
    numbers = np.array(kind)
    if numbers.shape != (count,) or not np.issubdtype(numbers.dtype, np.integer):
        raise CellError(f"kind numbers the section of each of {count} beams, got shape {numbers.shape}")
    if numbers.min() < 0 or numbers.max() >= types:
        raise CellError(
            f"sections are numbered 0 to {types - 1}, but kind names {numbers.min()} to {numbers.max()}"
        )
    return numbers.astype(np.int32)


def _check_sections(sections: Sequence[CrossSection], dimension: int) -> None:
    """Refuse sections with different numbers of fibres, or that do not resist bending."""
    if len({len(one.fibres) for one in sections}) != 1:
        raise CellError("the sections of a frame have different numbers of fibres: give all as many (of_fibres)")
    for number, one in enumerate(sections):
        y, z, area = one.fibres.T
        size = float(area @ (y**2 + z**2))
        flat = area @ y**2 if dimension == 2 else (area @ y**2) * (area @ z**2) - (area @ (y * z)) ** 2
        if flat <= NO_BENDING * (size if dimension == 2 else size**2):
            across = "in the plane" if dimension == 2 else "in every direction: fibres must differ in y and in z"
            raise CellError(f"section {number} does not resist bending {across}")
