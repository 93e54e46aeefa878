"""Periodic lattice cells: nodes, bars, areas and the lattice vectors that repeat them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from microtann.errors import CellError
from microtann.numbers import voigt

MATCH_TOLERANCE = 1e-8
"""Distance, relative to the period, below which two nodes are copies of one node."""

LARGEST, SMALLEST = 1e50, 1e-50
"""Range of the lattice vectors: neither volumes nor areas overflow or vanish."""

NEAR_TOLERANCE = 1e-5
"""Distance, relative to the period, below which two nodes that do not match are taken for inexact copies."""

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class DistinctNodes:
    """The nodes of the periodic medium, one per set of copies.

    Parameters
    ----------
    of_node : array, shape (N,)
        Distinct node of every listed node.
    image : array, shape (N, d)
        Integer lattice translation from the distinct node to the listed one.
    count : int
        Number of distinct nodes.
    """

    of_node: Int[IntArray, "N"]
    image: Int[IntArray, "N d"]
    count: int


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
        Positions, d = 2 or 3, in any unit of length.
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
        that does not exist, an area is not positive, no bar holds a node, the lattice vectors do not span the
        space, two nodes are almost but not quite copies, or a node on a face has no partner on the opposite one.
    """

    ARRAYS: ClassVar[tuple[str, ...]] = ("nodes", "bars", "areas", "periods")
    """Names of the arrays that make up a cell, in the order of the arguments."""

    nodes: Float[Array, "N d"]
    bars: Int[IntArray, "M 2"]
    areas: Float[Array, "M"]
    periods: Float[Array, "d d"]

    def __init__(self, nodes: ArrayLike, bars: ArrayLike, areas: ArrayLike, periods: ArrayLike) -> None:
        set_ = object.__setattr__
        set_(self, "nodes", _floats("nodes", nodes))
        set_(self, "bars", _indices(bars))
        set_(self, "areas", _floats("areas", areas))
        set_(self, "periods", _floats("periods", periods))
        _check_arrays(self.nodes, self.bars, self.areas, self.periods)
        for name in self.ARRAYS:
            getattr(self, name).setflags(write=False)
        _check_partners(self)

    def __repr__(self) -> str:
        counts = f"{len(self.nodes)} nodes, {len(self.bars)} bars ({self.distinct_bars.count} distinct)"
        edges = " × ".join(f"{edge:.4g}" for edge in np.linalg.norm(self.periods, axis=1))
        return f"UnitCell({self.dimension}D, {counts}, periods {edges})"

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that make up the cell, by name, as files keep them."""
        return {name: getattr(self, name) for name in self.ARRAYS}

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
        return _identify_nodes(self.nodes, self.periods)

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
    if (bars < 0).any() or (bars >= n).any():
        bad = int(np.flatnonzero(((bars < 0) | (bars >= n)).any(axis=1))[0])
        name = next(int(end) for end in bars[bad] if not 0 <= end < n)
        raise CellError(f"bar {bad} names node {name}, but nodes are numbered 0 to {n - 1}")
    if (areas <= 0).any():
        bad = int(np.flatnonzero(areas <= 0)[0])
        raise CellError(f"bar {bad} has area {areas[bad]:g}: areas must be positive")
    length = np.linalg.norm(nodes[bars[:, 1]] - nodes[bars[:, 0]], axis=1)
    if (length <= MATCH_TOLERANCE * size).any():
        bad = int(np.flatnonzero(length <= MATCH_TOLERANCE * size)[0])
        raise CellError(f"bar {bad} between nodes {bars[bad, 0]} and {bars[bad, 1]} has no length")
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


def _identify_nodes(nodes: Array, periods: Array) -> DistinctNodes:
    """Group the nodes that coincide modulo the lattice vectors."""
    fractional = nodes @ np.linalg.inv(periods)
    wrapped = fractional - np.floor(fractional)
    wrapped[wrapped >= 1.0] = 0.0
    tree = cKDTree(wrapped, boxsize=np.ones(nodes.shape[1]))
    parent = np.arange(len(nodes))
    for i, j in sorted(tree.query_pairs(MATCH_TOLERANCE)):  # i < j; copies of one node are mutually within reach
        parent[j] = min(parent[j], parent[i])
    representative, of_node = np.unique(parent, return_inverse=True)
    image = np.rint(fractional - fractional[parent]).astype(np.int64)
    return DistinctNodes(of_node.reshape(-1).astype(np.int64), image, len(representative))


def _check_partners(cell: UnitCell) -> None:
    """Refuse nodes that are almost copies, and a node on a face of the box without a copy on the opposite face."""
    fractional = cell.nodes @ np.linalg.inv(cell.periods)
    low, high = fractional.min(axis=0), fractional.max(axis=0)
    distinct = cell.distinct_nodes
    wrapped = fractional - np.floor(fractional)
    wrapped[wrapped >= 1.0] = 0.0
    for i, j in sorted(cKDTree(wrapped, boxsize=np.ones(cell.dimension)).query_pairs(NEAR_TOLERANCE)):
        if distinct.of_node[i] != distinct.of_node[j]:
            raise CellError(
                f"nodes {i} and {j} nearly coincide modulo the lattice vectors, but not to {MATCH_TOLERANCE:g} "
                "of a period: give the coordinates of copies with more digits"
            )
    for axis in range(cell.dimension):
        if abs(high[axis] - low[axis] - 1.0) > MATCH_TOLERANCE:
            continue  # boundary nodes were moved, or the cell lists images beyond its box
        on_low = np.abs(fractional[:, axis] - low[axis]) <= MATCH_TOLERANCE
        on_high = np.abs(fractional[:, axis] - high[axis]) <= MATCH_TOLERANCE
        unpaired = (on_low & ~np.isin(distinct.of_node, distinct.of_node[on_high])) | (
            on_high & ~np.isin(distinct.of_node, distinct.of_node[on_low])
        )
        if unpaired.any():
            names = ", ".join(str(i) for i in np.flatnonzero(unpaired)[:8])
            who = f"node {names} lies" if unpaired.sum() == 1 else f"nodes {names} lie"
            raise CellError(f"{who} on a face across lattice vector {axis} without a partner on the opposite one")


def _lexicographically_less(a: IntArray, b: IntArray) -> NDArray[np.bool_]:
    """Compare rows: True where row i of ``a`` comes before row i of ``b``."""
    different = a != b
    first = np.argmax(different, axis=1)
    rows = np.arange(len(a))
    return different.any(axis=1) & (a[rows, first] < b[rows, first])
