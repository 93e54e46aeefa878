"""The cells of the paper: square and cube units, regular or perturbed (paper, Section IV and Figs. 4, 5, 10)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.tiling import HALVES, LARGEST_MOVE, Law, Pattern, Perturb, tile

__all__ = ["LARGEST_MOVE", "Law", "Perturb", "cube_cell", "square_cell"]


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
    return tile(_corners(2), units, size, perturbation, perturb, law, seed)


def cube_cell(
    units: Sequence[int] = (1, 1, 1),
    size: float = 1.0,
    perturbation: float = 0.0,
    perturb: Perturb = "interior",
    law: Law = "normal",
    seed: int = 0,
) -> UnitCell:
    """Return a cubic cell of n × n × n units, each with 12 edges, 12 face diagonals and 4 body diagonals.

    A unit's edge is h = size / units[0], and a full bar has area h².

    Parameters
    ----------
    units : (int, int, int)
        Units along each axis.
    size : float
        Edge of the cell along the first axis.
    perturbation : float
        Standard deviation (normal law, truncated at ±0.45) or half-width (uniform law) of the displacement of
        the nodes, in units of h.
    perturb : {"interior", "all"}
        Which nodes move; with "all", periodic partners move together.
    law : {"normal", "uniform"}
        Law of the perturbation.
    seed : int
        Seed of the perturbation.

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
    return tile(_corners(3), units, size, perturbation, perturb, law, seed)


def _corners(dimension: int) -> Pattern:
    """Return the pattern that joins every pair of corners of a unit."""
    corners = np.array(list(product((0, HALVES), repeat=dimension)), dtype=np.int64)
    return Pattern(np.array(list(combinations(corners, 2))))
