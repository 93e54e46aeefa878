"""Tile a structure with unit cells: nodes are joined and the shares of bars in adjacent cells added.

A bar of the structure is a distinct bar of the periodic cell at a lattice translation. Every cell adds its share
of the area there, so bars on the boundary of the structure keep the half or the quarter that their cells hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.generators import LARGEST_MOVE
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
    """

    points: Float[Array, "N d"]
    bars: Int[NDArray[np.int32], "M 2"]
    areas: Float[Array, "M"]
    family: Int[NDArray[np.int32], "M"]


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


def tile_cells(
    cell: UnitCell, counts: Int[IntArray, "d"], scale: float, origin: Float[Array, "d"], jitter: Jitter | None
) -> Tiling:
    """Tile ``counts`` cells along the lattice vectors.

    Parameters
    ----------
    cell : UnitCell
    counts : array, shape (d,)
    scale : float
        Length in the structure over length in the cell; areas scale with its power d − 1.
    origin : array, shape (d,)
        Where the cell's coordinate origin goes.
    jitter : Jitter, optional

    Returns
    -------
    Tiling

    Raises
    ------
    InputError
        If the structure would not fit into the memory of the machine.
    """
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
    )
