"""Plane frames: honeycombs, regular or re-entrant, and triangles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from microtann.errors import CellError
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.tiling import Law
from microtann.microstructure.frames.repeated_units import RepeatedUnit, repeat


def honeycomb_cell(
    units: Sequence[int] = (1, 1),
    size: float = math.sqrt(3.0),
    angle: float = 30.0,
    ratio: float = 1.0,
    thickness: float = 0.1,
    perturbation: float = 0.0,
    law: Law = "normal",
    seed: int = 0,
) -> UnitCell:
    """Return a honeycomb of n × n rectangular units of two hexagons, 4 nodes and 6 beams.

    Vertical beams of length ``ratio`` join zigzags of beams of length 1, which rise by ``angle`` on either side.

    Parameters
    ----------
    units : (int, int)
        Units along each axis.
    size : float
        Edge of the cell along the first axis; by default a beam of a zigzag is 1 long.
    angle : float
        In degrees: 30 makes regular hexagons; negative ones are re-entrant, and the honeycomb auxetic.
    ratio : float
        Length of the vertical beams over that of the others.
    thickness : float
        Of the beams, over the length of a beam.
    perturbation : float
        Standard deviation (normal law, truncated at ±0.45) or half-width (uniform law) of the displacement of the
        nodes, in units of a beam.
    law : {"normal", "uniform"}
    seed : int
        Seed of the perturbation.

    Raises
    ------
    CellError
        If an argument is out of range, or beams of a re-entrant honeycomb would cross.

    Examples
    --------
    >>> import microtann as mt
    >>> mt.honeycomb_cell((2, 2)).distinct_bars.count
    24
    """
    if not (-90.0 < angle < 90.0 and ratio > 0.0 and math.isfinite(ratio)):
        raise CellError(
            f"a honeycomb has an angle between -90 and 90 and a positive ratio, got {angle!r}, {ratio!r}"
        )
    half, rise = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    if ratio + 2.0 * rise <= 0.0:
        raise CellError(f"beams cross: with an angle of {angle:g} the ratio must be above {-2.0 * rise:.3g}")
    nodes = np.array([[0.0, 0.0], [half, rise], [half, rise + ratio], [0.0, 2.0 * rise + ratio]])
    periods = np.diag([2.0 * half, 2.0 * (ratio + rise)])
    links = [(0, 1, (0, 0)), (1, 2, (0, 0)), (2, 3, (0, 0)), (3, 0, (0, 1)), (1, 0, (1, 0)), (3, 2, (-1, 0))]
    return repeat(RepeatedUnit(nodes, periods, links), units, size, thickness, perturbation, law, seed)


def reentrant_cell(
    units: Sequence[int] = (1, 1),
    size: float = math.sqrt(3.0),
    angle: float = 30.0,
    ratio: float = 2.0,
    thickness: float = 0.1,
    perturbation: float = 0.0,
    law: Law = "normal",
    seed: int = 0,
) -> UnitCell:
    """Return a re-entrant honeycomb, which widens when it is stretched; see `honeycomb_cell`.

    Parameters
    ----------
    units : (int, int)
        Units along each axis.
    size : float
        Edge of the cell along the first axis.
    angle : float
        By which the beams of a zigzag turn inwards, in degrees, above 0.
    ratio : float
        Length of the vertical beams over that of the others.
    thickness : float
        Of the beams, over the length of a beam.
    perturbation : float
        Standard deviation or half-width of the displacement of the nodes, in units of a beam.
    law : {"normal", "uniform"}
    seed : int
        Seed of the perturbation.

    Raises
    ------
    CellError
        If an argument is out of range, or beams would cross.

    Examples
    --------
    >>> import microtann as mt
    >>> stiffness = mt.Frame(mt.reentrant_cell(), sections=3).elastic_stiffness()
    >>> bool(stiffness[0, 1] < 0)  # auxetic
    True
    """
    if not 0.0 < angle < 90.0:
        raise CellError(f"a re-entrant honeycomb turns inwards by an angle between 0 and 90, got {angle!r}")
    return honeycomb_cell(units, size, -angle, ratio, thickness, perturbation, law, seed)


def triangular_cell(
    units: Sequence[int] = (1, 1),
    size: float = 1.0,
    thickness: float = 0.1,
    perturbation: float = 0.0,
    law: Law = "normal",
    seed: int = 0,
) -> UnitCell:
    """Return a lattice of equilateral triangles of n × n units of one node and 3 beams.

    Parameters
    ----------
    units : (int, int)
        Units along each axis; the axes are 60 degrees apart.
    size : float
        Edge of the cell along the first axis.
    thickness : float
        Of the beams, over the length of a beam.
    perturbation : float
        Standard deviation (normal law, truncated at ±0.45) or half-width (uniform law) of the displacement of the
        nodes, in units of a beam.
    law : {"normal", "uniform"}
    seed : int
        Seed of the perturbation.

    Raises
    ------
    CellError
        If an argument is out of range.
    """
    periods = np.array([[1.0, 0.0], [0.5, math.sqrt(0.75)]])
    links = [(0, 0, (1, 0)), (0, 0, (0, 1)), (0, 0, (-1, 1))]
    return repeat(RepeatedUnit(np.zeros((1, 2)), periods, links), units, size, thickness, perturbation, law, seed)


def square_grid_cell(
    units: Sequence[int] = (1, 1),
    size: float = 1.0,
    thickness: float = 0.1,
    perturbation: float = 0.0,
    law: Law = "normal",
    seed: int = 0,
) -> UnitCell:
    """Return a square grid of n × n units of one node and 2 beams, without diagonals.

    Parameters
    ----------
    units : (int, int)
        Units along each axis.
    size : float
        Edge of the cell along the first axis.
    thickness : float
        Of the beams, over the length of a beam.
    perturbation : float
        Standard deviation (normal law, truncated at ±0.45) or half-width (uniform law) of the displacement of the
        nodes, in units of a beam.
    law : {"normal", "uniform"}
    seed : int
        Seed of the perturbation.

    Raises
    ------
    CellError
        If an argument is out of range.
    """
    links = [(0, 0, (1, 0)), (0, 0, (0, 1))]
    return repeat(
        RepeatedUnit(np.zeros((1, 2)), np.eye(2), links), units, size, thickness, perturbation, law, seed
    )
