"""Tile a structure with unit cells: nodes are joined and the shares of bars in adjacent cells added.

A bar of the structure is a distinct bar of the periodic cell at a lattice translation. Every cell adds its share
of the area there, so bars on the boundary of the structure keep the half or the quarter that their cells hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.errors import CellError
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.generators import LARGEST_MOVE
from microtann.numbers.checks import as_floats
from microtann.system.memory import require_memory

Array = NDArray[np.float64]
BYTES_PER_BAR = 200
"""Memory that tiling takes for every bar of the structure."""
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tiling:
    """Nodes and bars of a tiled structure.

    Parameters
    ----------
    points : array, shape (N, d)
    bars : array, shape (M, 2)
    areas : array, shape (M,)
    family : array, shape (M,)
        Distinct bar of the cell that every bar is a copy of.
    scale : float
        Length in the structure over length in the cell.
    """

    points: Float[Array, "N d"]
    bars: Int[NDArray[np.int32], "M 2"]
    areas: Float[Array, "M"]
    family: Int[NDArray[np.int32], "M"]
    scale: float


@dataclass(frozen=True)
class Jitter:
    """An independent displacement of every node that lies in one cell only.

    Parameters
    ----------
    size : float
        Standard deviation (normal law, truncated at ±0.45) or half-width (uniform law), in units of the shortest
        bar of the cell.
    law : {"normal", "uniform"}
    seed : int
    """

    size: float
    law: str = "normal"
    seed: int = 0

    def draw(self, count: int, dimension: int) -> Float[Array, "count d"]:
        """Return displacements in units of the shortest bar."""
        generator = np.random.default_rng(self.seed)
        if self.law == "uniform":
            return generator.uniform(-self.size, self.size, (count, dimension))
        from scipy.stats import truncnorm  # slow to import

        bound = LARGEST_MOVE / self.size
        return truncnorm.rvs(
            -bound, bound, scale=self.size, size=(count, dimension), random_state=generator
        ).reshape(count, dimension)


@dataclass(frozen=True)
class Repetition:
    """How often a cell is repeated, how large and where.

    Parameters
    ----------
    counts : (int, ...)
        Cells along each lattice vector.
    cell_size : float, optional
        Length of the first lattice vector in the structure; that of the cell if left out.
    origin : (float, ...), optional
        Where the cell's coordinate origin goes.
    perturbation, law, seed
        Of the jitter, as in `Jitter`; there is none of size zero.
    """

    counts: ArrayLike
    cell_size: float | None = None
    origin: ArrayLike | None = None
    perturbation: float = 0.0
    law: str = "normal"
    seed: int = 0

    def checked(self, cell: UnitCell) -> tuple[Int[IntArray, "d"], float, Float[Array, "d"], Jitter | None]:
        """Return counts, length in the structure over that in the cell, corner and jitter.

        Raises
        ------
        CellError
            If one of them is out of range.
        """
        number, d = np.asarray(self.counts), cell.dimension
        if number.shape != (d,) or not np.issubdtype(number.dtype, np.integer) or (number < 1).any():
            raise CellError(f"counts must be {d} positive integers, got {self.counts!r}")
        known = self.law in ("normal", "uniform")
        if not (np.isfinite(self.perturbation) and 0 <= self.perturbation <= LARGEST_MOVE and known):
            raise CellError(
                f"perturbation lies between 0 and {LARGEST_MOVE} shortest bars and law is 'normal' or 'uniform', "
                f"got {self.perturbation!r}, {self.law!r}"
            )
        corner = np.zeros(d) if self.origin is None else as_floats("origin", self.origin)
        if corner.shape != (d,) or not np.isfinite(corner).all():
            raise CellError(f"origin must be {d} numbers, got {self.origin!r}")
        jitter = Jitter(self.perturbation, self.law, self.seed) if self.perturbation > 0 else None
        scale = 1.0 if self.cell_size is None else length_scale(cell, self.cell_size)
        return number.astype(np.int64), scale, corner, jitter


def length_scale(cell: UnitCell, cell_size: float) -> float:
    """Return length in a structure over length in its cell, by the length of the first lattice vector there.

    Raises
    ------
    CellError
        If it is not positive.
    """
    if not (np.isfinite(cell_size) and cell_size > 0):
        raise CellError(f"cell_size must be positive, got {cell_size!r}")
    return float(cell_size / np.linalg.norm(cell.periods[0]))


def whole_cells(cell: UnitCell, lengths: ArrayLike, cell_size: float) -> Int[IntArray, "d"]:
    """Return how many cells fill a box along each axis.

    Parameters
    ----------
    cell : UnitCell
    lengths : (float, ...)
        Edges of the box.
    cell_size : float
        Edge of a cell in the structure, along the first lattice vector.

    Raises
    ------
    CellError
        If the box does not hold a whole number of cells, or lattice vectors are not along the axes.
    """
    sizes = as_floats("lengths", lengths)
    if not np.allclose(cell.periods, np.diag(np.diag(cell.periods))):
        raise CellError("a box is filled by cells whose lattice vectors are along the axes; use Structure.tile")
    edges = length_scale(cell, cell_size) * np.abs(np.diag(cell.periods))
    if sizes.shape != edges.shape or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise CellError(f"lengths must be {len(edges)} positive numbers, got {lengths!r}")
    counts = np.rint(sizes / edges)
    if (np.abs(counts * edges - sizes) > 1e-9 * sizes).any():
        raise CellError(f"edges {sizes.tolist()} of the box are no whole number of cells of {edges.tolist()}")
    return counts.astype(np.int64)


def tile_cells(cell: UnitCell, repetition: Repetition) -> Tiling:
    """Tile cells along their lattice vectors; areas scale with the power d − 1 of the size.

    Parameters
    ----------
    cell : UnitCell
    repetition : Repetition

    Returns
    -------
    Tiling

    Raises
    ------
    CellError
        If the repetition is not well defined, or no node can move although a perturbation is asked for.
    InputError
        If the structure would not fit into the memory of the machine.
    """
    counts, scale, origin, jitter = repetition.checked(cell)
    require_memory(
        f"a structure of {'×'.join(str(n) for n in counts)} cells",
        float(BYTES_PER_BAR * cell.distinct_bars.count) * math.prod(counts.tolist()),
        "use larger cells",
    )
    nodes, bars, d = cell.distinct_nodes, cell.distinct_bars, cell.dimension
    lowest = nodes.image.min(axis=0)
    room = tuple(counts + nodes.image.max(axis=0) - lowest)
    chosen = cell.bars[bars.representative]
    offset = cell.bar_translations
    least = offset.min(axis=0)
    share = np.zeros((*(counts + offset.max(axis=0) - least), bars.count))
    for listed in range(len(cell.bars)):
        at = tuple(slice(o, o + n) for o, n in zip(offset[listed] - least, counts, strict=True))
        share[(*at, bars.of_bar[listed])] += cell.areas[listed]
    entry = np.nonzero(share)
    family = entry[-1].astype(np.int32)
    translation = np.column_stack(entry[:-1]) + least
    ends = []
    for end in (0, 1):
        listed_node = chosen[family, end]
        where = translation + nodes.image[listed_node] - lowest
        ends.append(np.ravel_multi_index(tuple(where.T), room) * nodes.count + nodes.of_node[listed_node])
    present = np.zeros(int(np.prod(room)) * nodes.count, dtype=bool)
    for end_keys in ends:
        present[end_keys] = True
    number = np.cumsum(present, dtype=np.int32) - np.int32(1)
    keys = np.flatnonzero(present)
    distinct = keys % nodes.count
    at_cell = np.column_stack(np.unravel_index(keys // nodes.count, room)) + lowest
    _, first = np.unique(nodes.of_node, return_index=True)
    base = cell.nodes[first] - nodes.image[first] @ cell.periods
    points = base[distinct] + at_cell @ cell.periods
    if jitter is not None:
        inner = (np.bincount(nodes.of_node) == 1)[distinct]
        if not inner.any():
            raise CellError(
                "no node lies in one cell only, so none can be perturbed on its own: use more units per cell"
            )
        points[inner] += float(cell.lengths.min()) * jitter.draw(int(inner.sum()), d)
    return Tiling(
        points=origin + scale * points,
        bars=np.column_stack([number[end] for end in ends]),
        areas=share[entry] * scale ** (d - 1),
        family=family,
        scale=scale,
    )
