"""The cells of the paper: square and cube units, regular or perturbed (paper, Section IV and Figs. 4, 5, 10)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import truncnorm

from microtann.errors import CellError
from microtann.lattice.cell import UnitCell

LARGEST_MOVE = 0.45
"""Normal perturbations are truncated at this fraction of the unit's edge, so that no bar turns over."""

Perturb = Literal["interior", "all"]
Law = Literal["normal", "uniform"]


def square_cell(
    units: Sequence[int] = (2, 2),
    size: float = 1.0,
    perturbation: float = 0.0,
    perturb: Perturb = "interior",
    law: Law = "normal",
    seed: int = 0,
) -> UnitCell:
    """Return a square cell of n × n units, each with 4 edges and 2 diagonals.

    Parameters
    ----------
    units : (int, int)
        Units along each axis.
    size : float
        Edge of the cell; a unit's edge is h = size / units[0], and a full bar has area h (unit thickness).
    perturbation : float
        Standard deviation (normal law, truncated at ±0.45) or half-width (uniform law) of the displacement of
        the nodes, in units of h.
    perturb : {"interior", "all"}
        Which nodes move; with "all", periodic partners move together.
    law : {"normal", "uniform"}
        Law of the perturbation.
    seed : int
        Seed of the perturbation.

    Returns
    -------
    UnitCell

    Raises
    ------
    CellError
        If an argument is out of range, or nothing can move although a perturbation is asked for.

    Examples
    --------
    >>> import microtann as mt
    >>> cell = mt.square_cell(units=(2, 2))
    >>> cell.nodes.shape, cell.bars.shape, cell.distinct_bars.count
    ((9, 2), (20, 2), 16)
    """
    return _grid_cell(units, 2, size, perturbation, perturb, law, seed)


def cube_cell(
    units: Sequence[int] = (1, 1, 1),
    size: float = 1.0,
    perturbation: float = 0.0,
    perturb: Perturb = "interior",
    law: Law = "normal",
    seed: int = 0,
) -> UnitCell:
    """Return a cubic cell of n × n × n units, each with 12 edges, 12 face diagonals and 4 body diagonals.

    A unit's edge is h = size / units[0], and a full bar has area h². The other parameters are those of
    `square_cell`.

    Raises
    ------
    CellError
        If an argument is out of range, or nothing can move although a perturbation is asked for.

    Examples
    --------
    >>> import microtann as mt
    >>> cell = mt.cube_cell()
    >>> cell.nodes.shape, cell.bars.shape, cell.distinct_bars.count
    ((8, 3), (28, 2), 13)
    """
    return _grid_cell(units, 3, size, perturbation, perturb, law, seed)


def _grid_cell(
    units: Sequence[int],
    dimension: int,
    size: float,
    perturbation: float,
    perturb: str,
    law: str,
    seed: int,
) -> UnitCell:
    counts = np.asarray(units)
    if counts.shape != (dimension,) or not np.issubdtype(counts.dtype, np.integer) or (counts < 1).any():
        raise CellError(f"units must be {dimension} positive integers, got {units!r}")
    if not (np.isfinite(size) and size > 0):
        raise CellError(f"size must be positive, got {size!r}")
    if not (np.isfinite(perturbation) and 0 <= perturbation <= LARGEST_MOVE):
        raise CellError(f"perturbation must lie between 0 and {LARGEST_MOVE} unit edges, got {perturbation!r}")
    if perturb not in ("interior", "all") or law not in ("normal", "uniform"):
        raise CellError(f"perturb is 'interior' or 'all' and law 'normal' or 'uniform', got {perturb!r}, {law!r}")
    edge = size / counts[0]
    index = np.array(list(product(*(range(n + 1) for n in counts))))
    bars, share = _unit_bars(counts)
    nodes = index * edge
    if perturbation > 0:
        nodes = nodes + edge * _moves(index, counts, perturbation, perturb, law, seed)
    return UnitCell(nodes, bars, share * edge ** (dimension - 1), np.diag(counts * edge))


def _unit_bars(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the bars of the grid and the share of each that belongs to the cell.

    Every pair of corners of a unit is joined. A bar lies in 1, 2 or 4 units of the periodic medium, according to
    the number of axes along which it does not extend; each unit of the cell that holds it adds its part.
    """
    dimension = len(counts)
    shape = tuple(counts + 1)
    corners = np.array(list(product((0, 1), repeat=dimension)))
    pairs, parts = [], []
    for a in range(len(corners)):
        for b in range(a + 1, len(corners)):
            pairs.append((corners[a], corners[b]))
            parts.append(0.5 ** np.count_nonzero(corners[a] == corners[b]))
    origins = np.array(list(product(*(range(n) for n in counts))))
    ends = np.array(
        [np.column_stack([np.ravel_multi_index((origins + c).T, shape) for c in pair]) for pair in pairs]
    ).reshape(-1, 2)
    part = np.repeat(parts, len(origins))
    bars, which = np.unique(ends, axis=0, return_inverse=True)
    return bars.astype(np.int64), np.bincount(which.reshape(-1), weights=part).astype(np.float64)


def _moves(
    index: NDArray[np.int64],
    counts: NDArray[np.int64],
    perturbation: float,
    perturb: str,
    law: str,
    seed: int,
) -> NDArray[np.float64]:
    """Return the displacement of every node in unit edges; boundaries are those of the unperturbed grid."""
    generator = np.random.default_rng(seed)
    if perturb == "interior":
        moving = np.asarray(((index > 0) & (index < counts)).all(axis=1))
        if not moving.any():
            raise CellError(
                f"a cell of {'×'.join(map(str, counts))} units has no interior node to perturb: "
                "use more units or perturb='all'"
            )
        master = np.flatnonzero(moving)
        source = np.zeros(len(index), dtype=np.int64)
        source[master] = np.arange(len(master))
    else:
        moving = np.ones(len(index), dtype=bool)
        master, source = np.unique(np.ravel_multi_index((index % counts).T, tuple(counts)), return_inverse=True)
    shape = (len(master), len(counts))
    if law == "uniform":
        draw = generator.uniform(-perturbation, perturbation, shape)
    else:
        bound = LARGEST_MOVE / perturbation
        draw = truncnorm.rvs(-bound, bound, scale=perturbation, size=shape, random_state=generator)
    return np.where(moving[:, None], draw[source.reshape(-1)], 0.0)
