"""Periodic lattice cells: nodes, bars, areas and the lattice vectors that repeat them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.errors import CellError, ReadingNote
from microtann.microstructure.bars.cells.copies import (
    COORDINATE_TOLERANCE,
    DistinctNodes,
    identify_nodes,
    lies_in_plane,
    unite_copies,
)
from microtann.microstructure.bars.cells.free_motions import FreeMotions, find_free_motions
from microtann.microstructure.bars.cells.images import with_images
from microtann.microstructure.bars.cells.straight import may_join_two_bars, straightened
from microtann.numbers import voigt

LARGEST, SMALLEST = 1e50, 1e-50
"""Range of the lattice vectors: neither volumes nor areas overflow or vanish."""

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class DistinctBars:
    """The bars of the periodic medium, one per set of copies.

    Parameters
    ----------
    of_bar : array, shape (M,)
        Distinct bar of every listed bar.
    representative : array, shape (m,)
        One listed bar of every distinct bar; it fixes the sense of its direction.
    area : array, shape (m,)
        Area of the whole bar: the sum of the shares of its copies.
    """

    of_bar: Int[IntArray, "M"]
    representative: Int[IntArray, "m"]
    area: Float[Array, "m"]

    @property
    def count(self) -> int:
        """Number of distinct bars."""
        return len(self.representative)


@dataclass(frozen=True, eq=False)
class UnitCell:
    """Cell of a periodic lattice of bars.

    Parameters
    ----------
    nodes : array, shape (N, d)
        Positions, d = 2 or 3, in any unit of length. They may lie anywhere: only differences modulo the lattice
        vectors count. Nodes that coincide modulo these to 1e-5 of a period are one; a `ReadingNote` tells of those
        that do so to no more than 1e-8. With two lattice vectors in the plane, nodes in a plane z = const will do.
    bars : integer array, shape (M, 2)
        Node indices of the ends of every bar. A bar shared with neighbouring cells is listed on each boundary.
    areas : array, shape (M,)
        Cross-section of every listed bar within this cell: its share of the full area where it is shared.
    periods : array, shape (d, d)
        Lattice vectors as rows.

    Raises
    ------
    CellError
        If an array has the wrong shape or is not finite, a bar has no length, is listed twice or names a node
        that does not exist, an area is not positive, no bar holds a node, or the lattice vectors do not span the
        space.
    """

    ARRAYS: ClassVar[tuple[str, ...]] = ("nodes", "bars", "areas", "periods")
    """Names of the arrays that make up a cell, in the order of the arguments."""

    nodes: Float[Array, "N d"]
    bars: Int[IntArray, "M 2"]
    areas: Float[Array, "M"]
    periods: Float[Array, "d d"]

    def __init__(self, nodes: ArrayLike, bars: ArrayLike, areas: ArrayLike, periods: ArrayLike) -> None:
        points, vectors = _floats("nodes", nodes), _floats("periods", periods)
        if vectors.shape == (2, 2) and lies_in_plane(points):
            points = points[:, :2]
        ends, shares = _indices(bars), _floats("areas", areas)
        _check_arrays(points, ends, shares, vectors)
        distinct = identify_nodes(points, vectors)
        points, note = unite_copies(points, vectors, distinct)
        for name, value in zip(self.ARRAYS, (points, ends, shares, vectors), strict=True):
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "distinct_nodes", distinct)
        _check_lengths(self)
        for sentence in filter(None, (note, _told_doubles(self), self._straighten())):
            warnings.warn(sentence, ReadingNote, stacklevel=2)

    def _straighten(self) -> str:
        """Move nodes that join two bars nearly in line onto that line; return in words what was done."""
        nodes = self.distinct_nodes
        if not may_join_two_bars(nodes.count, nodes.of_node, self.bars):
            return ""
        chosen, first = self.distinct_bars.representative, nodes.first
        ends, vectors = nodes.of_node[self.bars[chosen]], self.bar_vectors[chosen]
        moves = straightened(self.nodes[first] - nodes.image[first] @ self.periods, ends, vectors, self.size)
        far = np.linalg.norm(moves, axis=1)
        count = int((far > 0).sum())
        if not count:
            return ""
        points = self.nodes + moves[nodes.of_node]
        points.setflags(write=False)
        object.__setattr__(self, "nodes", points)
        del self.__dict__["bar_vectors"]
        which = f"{count} nodes were" if count > 1 else "a node was"
        where = f"up to {far.max() / self.size:.1e} of the cell (node {first[far.argmax()]})"
        return f"{which} moved by {where} onto the line of the two bars that meet there"

    def __repr__(self) -> str:
        counts = f"{len(self.nodes)} nodes, {len(self.bars)} bars ({self.distinct_bars.count} distinct)"
        edges = " × ".join(f"{edge:.4g}" for edge in np.linalg.norm(self.periods, axis=1))
        return f"UnitCell({self.dimension}D, {counts}, periods {edges})"

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that make up the cell, by name, as files keep them."""
        return {name: getattr(self, name) for name in self.ARRAYS}

    @classmethod
    def from_line_mesh(
        cls,
        nodes: ArrayLike,
        bars: ArrayLike,
        area: ArrayLike = 1.0,
        periods: ArrayLike | None = None,
        images: ArrayLike | None = None,
    ) -> UnitCell:
        """Return the cell of a line mesh, whose areas are those of whole bars, wherever these are listed.

        A bar that is listed on several faces gets an equal share of its area on each. Nodes that no bar holds are
        left out.

        Parameters
        ----------
        nodes : array, shape (N, d)
            Positions. Without ``periods`` nodes in a plane z = const make a plane cell.
        bars : integer array, shape (M, 2)
            Nodes at the ends of every listed bar.
        area : float or array, shape (M,)
            Area of every bar, the same on all its copies.
        periods : array, shape (d, d), optional
            Lattice vectors as rows; by default the edges of the bounding box of the nodes.
        images : integer array, shape (M, d), optional
            Lattice translations from the second node of every bar to where it ends, as catalogues of lattices have
            them that list every bar once: bar (i, j) goes from node i to node j + image @ periods.

        Raises
        ------
        CellError
            If copies of a bar differ in their area, images have no periods, or the cell is not well defined.

        Examples
        --------
        The triangular lattice, one node and three bars to images of it:

        >>> import microtann as mt
        >>> images = [[1, 0], [0, 1], [1, -1]]
        >>> periods = [[1.0, 0.0], [0.5, 0.75**0.5]]
        >>> mt.UnitCell.from_line_mesh([[0.0, 0.0]], [[0, 0]] * 3, 0.1, periods, images)
        UnitCell(2D, 4 nodes, 3 bars (3 distinct), periods 1 × 1)
        """
        points, ends, sections = _floats("nodes", nodes), _indices(bars), _floats("areas", area)
        if sections.shape not in ((), (len(ends),)):
            raise CellError(f"area is one number or one per bar, shape ({len(ends)},), got {sections.shape}")
        if not (sections > 0).all():
            raise CellError(f"areas must be positive, got {sections[~(sections > 0)].flat[0]:g}")
        _check_ends(ends, len(points))
        if periods is None and lies_in_plane(points):
            points = points[:, :2]
        if images is not None:
            if periods is None:
                raise CellError("images of nodes need the periods that make them")
            vectors, shift = _floats("periods", periods), _floats("images", images)
            points, ends = with_images(points, ends, shift, vectors)
        used, compact = np.unique(ends, return_inverse=True)
        points, ends = points[used], compact.reshape(ends.shape).astype(np.int64)
        box = np.diag(np.ptp(points, axis=0))
        cell = cls(points, ends, np.broadcast_to(sections, (len(ends),)), box if periods is None else periods)
        copies = cell.distinct_bars
        whole = cell.areas[copies.representative][copies.of_bar]
        differs = np.flatnonzero(np.abs(cell.areas - whole) > COORDINATE_TOLERANCE * whole)
        if len(differs):
            one, other = int(copies.representative[copies.of_bar[differs[0]]]), int(differs[0])
            raise CellError(
                f"bars {one} and {other} are copies of one bar but have areas {cell.areas[one]:g} and "
                f"{cell.areas[other]:g}: give the area of the whole bar on each, or UnitCell the share of each"
            )
        shares = cell.areas / np.bincount(copies.of_bar)[copies.of_bar]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReadingNote)  # what there is to tell has been told
            return cls(cell.nodes, cell.bars, shares, cell.periods)

    @property
    def dimension(self) -> int:
        """Dimension of space, 2 or 3."""
        return self.nodes.shape[1]

    @property
    def components(self) -> int:
        """Number of Voigt components of strain and stress."""
        return voigt.components(self.dimension)

    @cached_property
    def volume(self) -> float:
        """Volume of the cell (area in 2D, per unit thickness)."""
        return float(abs(np.linalg.det(self.periods)))

    @property
    def size(self) -> float:
        """Length of the longest lattice vector."""
        return float(np.linalg.norm(self.periods, axis=1).max())

    @cached_property
    def free_motions(self) -> FreeMotions:
        """Motions of the distinct nodes that stretch no bar, beside translations of all: they cost nothing."""
        chosen = self.distinct_bars.representative
        ends = self.distinct_nodes.of_node[self.bars[chosen]]
        return find_free_motions(self.bar_vectors[chosen] / self.size, ends, self.distinct_nodes.count)

    @cached_property
    def bar_vectors(self) -> Float[Array, "M d"]:
        """Vectors from the first to the second end of every bar."""
        return self.nodes[self.bars[:, 1]] - self.nodes[self.bars[:, 0]]

    @cached_property
    def lengths(self) -> Float[Array, "M"]:
        """Length of every bar."""
        return np.linalg.norm(self.bar_vectors, axis=1)

    @cached_property
    def directions(self) -> Float[Array, "M d"]:
        """Unit vectors along the bars."""
        return self.bar_vectors / self.lengths[:, None]

    @cached_property
    def distinct_nodes(self) -> DistinctNodes:
        """Nodes of the periodic medium: nodes that coincide modulo the lattice vectors are one."""
        return identify_nodes(self.nodes, self.periods)

    @cached_property
    def bar_translations(self) -> Int[IntArray, "M d"]:
        """Lattice translation of every listed bar from the representative of its copies."""
        nodes, kept = self.distinct_nodes, self.distinct_bars.representative[self.distinct_bars.of_bar]
        start, end = self.bars.T
        kept_start, kept_end = self.bars[kept].T
        same = (nodes.of_node[start] == nodes.of_node[kept_start]) & (
            (nodes.image[end] - nodes.image[start]) == (nodes.image[kept_end] - nodes.image[kept_start])
        ).all(axis=1)
        matching = np.where(same, start, end)  # the end that corresponds to the representative's first
        return nodes.image[matching] - nodes.image[kept_start]

    @cached_property
    def distinct_bars(self) -> DistinctBars:
        """Bars of the periodic medium: bars that join the same distinct nodes across the same image are one."""
        nodes = self.distinct_nodes
        start, end = self.bars.T
        offset = nodes.image[end] - nodes.image[start]
        key = np.column_stack([nodes.of_node[start], nodes.of_node[end], offset])
        reverse = np.column_stack([nodes.of_node[end], nodes.of_node[start], -offset])
        canonical = np.where(_lexicographically_less(reverse, key)[:, None], reverse, key)
        _, representative, of_bar = np.unique(canonical, axis=0, return_index=True, return_inverse=True)
        of_bar = of_bar.reshape(-1)
        area = np.bincount(of_bar, weights=self.areas).astype(np.float64)
        return DistinctBars(of_bar.astype(np.int64), representative.astype(np.int64), area)


def _floats(name: str, value: ArrayLike) -> Array:
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise CellError(f"the cell's {name} must be an array of numbers") from None
    if not np.isfinite(array).all():
        where = int(np.argwhere(~np.isfinite(array))[0][0])
        raise CellError(f"the cell's {name} must be finite: row {where} is not")
    return array


def _indices(value: ArrayLike) -> IntArray:
    try:
        array = np.array(value)
    except ValueError:
        raise CellError("the cell's bars must be an integer array of shape (M, 2)") from None
    if not np.issubdtype(array.dtype, np.integer) or array.ndim != 2 or array.shape[1] != 2:
        raise CellError(
            f"the cell's bars must be an integer array of shape (M, 2), got shape {array.shape} of {array.dtype}"
        )
    return array.astype(np.int64)


def _check_arrays(nodes: Array, bars: IntArray, areas: Array, periods: Array) -> None:
    if nodes.ndim != 2 or nodes.shape[1] not in (2, 3):
        raise CellError(f"the cell's nodes must have shape (N, 2) or (N, 3), got {nodes.shape}")
    n, d = nodes.shape
    if len(bars) == 0:
        raise CellError("the cell has no bars")
    if areas.shape != (len(bars),):
        raise CellError(f"the cell's areas must have shape ({len(bars)},), one per bar, got {areas.shape}")
    if periods.shape != (d, d):
        raise CellError(f"the cell's periods must have shape ({d}, {d}), got {periods.shape}")
    size = float(np.abs(periods).max())
    extremes = [size, float(np.abs(nodes).max()), float(areas.max())]
    if max(extremes) > LARGEST or 0.0 < size < SMALLEST:
        raise CellError(
            f"the cell's lengths must lie between {SMALLEST:g} and {LARGEST:g}, got {max(extremes):g}: choose "
            "another unit of length"
        )
    if abs(np.linalg.det(periods)) <= 1e-12 * size**d:
        raise CellError("the cell's periods do not span the space: they must be linearly independent")
    _check_ends(bars, n)
    if (areas <= 0).any():
        bad = int(np.flatnonzero(areas <= 0)[0])
        raise CellError(f"bar {bad} has area {areas[bad]:g}: areas must be positive")
    ordered = np.sort(bars, axis=1)
    _, first, count = np.unique(ordered, axis=0, return_index=True, return_counts=True)
    if (count > 1).any():
        i, j = ordered[first[count > 1][0]]
        twice = np.flatnonzero((ordered == (i, j)).all(axis=1))
        raise CellError(f"bars {twice[0]} and {twice[1]} both join nodes {i} and {j}: list each bar once")
    unheld = np.setdiff1d(np.arange(n), bars)
    if unheld.size:
        raise CellError(
            f"no bar holds node {unheld[0]}" + (f" (nor {unheld.size - 1} others)" * (unheld.size > 1))
        )


def _check_ends(bars: IntArray, n: int) -> None:
    """Refuse bars that name nodes which do not exist."""
    if (bars < 0).any() or (bars >= n).any():
        bad = int(np.flatnonzero(((bars < 0) | (bars >= n)).any(axis=1))[0])
        name = next(int(end) for end in bars[bad] if not 0 <= end < n)
        raise CellError(f"bar {bad} names node {name}, but nodes are numbered 0 to {n - 1}")


def _check_lengths(cell: UnitCell) -> None:
    """Refuse bars between nodes that are one."""
    nodes, (start, end) = cell.distinct_nodes, cell.bars.T
    short = (nodes.of_node[start] == nodes.of_node[end]) & (nodes.image[start] == nodes.image[end]).all(axis=1)
    if short.any():
        bad = int(np.flatnonzero(short)[0])
        raise CellError(f"bar {bad} between nodes {start[bad]} and {end[bad]} has no length")


def _told_doubles(cell: UnitCell) -> str:
    """Return in words that bars lie at one place, between doubled nodes; empty if none do."""
    if not cell.distinct_nodes.doubled:
        return ""
    key = np.column_stack([cell.distinct_bars.of_bar, cell.bar_translations])
    _, first, which = np.unique(key, axis=0, return_index=True, return_inverse=True)
    original = first[which.reshape(-1)]
    again = np.flatnonzero(original != np.arange(len(key)))
    if not len(again):
        return ""
    one, other = int(original[again[0]]), int(again[0])
    return (
        f"{len(again)} bar{'s lie' if len(again) > 1 else ' lies'} where another one does, between doubled nodes "
        f"(bar {other} on bar {one}): their areas add"
    )


def _lexicographically_less(a: IntArray, b: IntArray) -> NDArray[np.bool_]:
    """Compare rows: True where row i of ``a`` comes before row i of ``b``."""
    different = a != b
    first = np.argmax(different, axis=1)
    rows = np.arange(len(a))
    return different.any(axis=1) & (a[rows, first] < b[rows, first])
