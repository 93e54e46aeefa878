"""Cells of repeated units: a pattern of nodes and bars, tiled, regular or perturbed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.system.memory import require_memory

LARGEST_MOVE = 0.45
"""Normal perturbations are truncated at this fraction of the unit's edge, so that no bar turns over."""

BYTES_PER_BAR = 600
"""Memory that making a cell takes for every bar of every unit: ends, sorting, and the search for copies."""

HALVES = 2
"""Pattern nodes lie on a grid of half units."""

Perturb = Literal["interior", "all"]
Law = Literal["normal", "uniform"]
GridPoints = NDArray[np.int64]


@dataclass(frozen=True)
class Pattern:
    """Bars of one unit.

    Parameters
    ----------
    ends : integer array, shape (p, 2, d)
        Ends of the bars in half unit edges, between 0 and 2. A bar on a face (an edge, in 2D) or on an edge of the
        unit is shared with the neighbouring units; it is listed on each.
    """

    ends: Int[GridPoints, "p 2 d"]

    @property
    def dimension(self) -> int:
        """Dimension of space."""
        return self.ends.shape[2]


def tile(
    pattern: Pattern,
    units: Sequence[int],
    size: float,
    perturbation: float,
    perturb: str,
    law: str,
    seed: int,
) -> UnitCell:
    """Return a cell of units of one pattern; the parameters are those of `square_cell`.

    Parameters
    ----------
    pattern : Pattern
        Bars of one unit.
    units : sequence of int
        Units along each axis.
    size : float
        Edge of the cell along the first axis; a unit's edge is h = size / units[0].
    perturbation : float
        Standard deviation or half-width of the displacement of the nodes, in units of h.
    perturb : {"interior", "all"}
        Which nodes move.
    law : {"normal", "uniform"}
        Law of the perturbation.
    seed : int
        Seed of the perturbation.

    Raises
    ------
    CellError
        If an argument is out of range, or nothing can move although a perturbation is asked for.
    InputError
        If the cell would not fit into the memory of the machine.
    """
    dimension = pattern.dimension
    counts = np.asarray(units)
    if counts.shape != (dimension,) or not np.issubdtype(counts.dtype, np.integer) or (counts < 1).any():
        raise CellError(f"units must be {dimension} positive integers, got {units!r}")
    require_memory(
        f"a cell of {'×'.join(str(n) for n in counts)} units",
        float(BYTES_PER_BAR * len(pattern.ends)) * math.prod(counts.tolist()),
        "use fewer units",
    )
    if not (np.isfinite(size) and size > 0):
        raise CellError(f"size must be positive, got {size!r}")
    if not (np.isfinite(perturbation) and 0 <= perturbation <= LARGEST_MOVE):
        raise CellError(f"perturbation must lie between 0 and {LARGEST_MOVE} unit edges, got {perturbation!r}")
    if perturb not in ("interior", "all") or law not in ("normal", "uniform"):
        raise CellError(f"perturb is 'interior' or 'all' and law 'normal' or 'uniform', got {perturb!r}, {law!r}")
    edge = size / counts[0]
    points, bars, share = _tiled_bars(pattern, counts)
    nodes = points * (edge / HALVES)
    if perturbation > 0:
        nodes = nodes + edge * _moves(points, HALVES * counts, perturbation, perturb, law, seed)
    return UnitCell(nodes, bars, share * edge ** (dimension - 1), np.diag(counts * edge))


def _tiled_bars(pattern: Pattern, counts: GridPoints) -> tuple[GridPoints, GridPoints, NDArray[np.float64]]:
    """Return the nodes in half units, the bars, and the share of each bar that belongs to the cell.

    A bar lies in 1, 2 or 4 units of the periodic medium, according to the number of faces of its unit on which it
    lies; each unit of the cell that holds it adds its part.
    """
    dimension = pattern.dimension
    on_face = (pattern.ends[:, 0] == pattern.ends[:, 1]) & (pattern.ends[:, 0] % HALVES == 0)
    part = 0.5 ** on_face.sum(axis=1)
    origins = np.array(list(product(*(range(n) for n in counts)))) * HALVES
    ends = (pattern.ends[:, None] + origins[None, :, None]).reshape(-1, dimension)
    points, which = np.unique(ends, axis=0, return_inverse=True)
    pairs = which.reshape(-1, 2)
    bars, same = np.unique(pairs, axis=0, return_inverse=True)
    share = np.bincount(same.reshape(-1), weights=np.repeat(part, len(origins)))
    return points.astype(np.int64), bars.astype(np.int64), share.astype(np.float64)


def _moves(
    points: GridPoints, counts: GridPoints, perturbation: float, perturb: str, law: str, seed: int
) -> NDArray[np.float64]:
    """Return the displacement of every node in unit edges; boundaries are those of the unperturbed grid."""
    generator = np.random.default_rng(seed)
    if perturb == "interior":
        moving = np.asarray(((points > 0) & (points < counts)).all(axis=1))
        if not moving.any():
            raise CellError(
                f"a cell of {'×'.join(str(n // HALVES) for n in counts)} units has no interior node to perturb: "
                "use more units or perturb='all'"
            )
        master = np.flatnonzero(moving)
        source = np.zeros(len(points), dtype=np.int64)
        source[master] = np.arange(len(master))
        number = len(master)
    else:
        moving = np.ones(len(points), dtype=bool)
        classes, source = np.unique(points % counts, axis=0, return_inverse=True)
        number = len(classes)
    draw = draw_moves(generator, perturbation, law, (number, points.shape[1]))
    return np.where(moving[:, None], draw[source.reshape(-1)], 0.0)


def draw_moves(
    generator: np.random.Generator, perturbation: float, law: str, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return displacements of nodes, in the unit of the perturbation.

    Parameters
    ----------
    generator : numpy.random.Generator
    perturbation : float
        Standard deviation or half-width.
    law : {"normal", "uniform"}
    shape : tuple of int
    """
    if law == "uniform":
        return generator.uniform(-perturbation, perturbation, shape)
    from scipy.stats import truncnorm  # slow to import

    bound = LARGEST_MOVE / perturbation
    draw: NDArray[np.float64] = truncnorm.rvs(
        -bound, bound, scale=perturbation, size=shape, random_state=generator
    )
    return draw
