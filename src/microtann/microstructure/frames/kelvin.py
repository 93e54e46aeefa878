"""Kelvin's foam: truncated octahedra that fill space, as a frame of their edges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations, product

import numpy as np

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.tiling import Law
from microtann.microstructure.frames.repeated_units import Link, RepeatedUnit, repeat


def kelvin_cell(
    units: Sequence[int] = (1, 1, 1),
    size: float = 1.0,
    thickness: float = 0.1,
    perturbation: float = 0.0,
    law: Law = "normal",
    seed: int = 0,
) -> UnitCell:
    """Return a foam of n × n × n cubes of two truncated octahedra, 12 nodes and 24 beams each.

    A beam is 1 / (2√2) of a cube's edge long.

    Parameters
    ----------
    units : (int, int, int)
        Cubes along each axis.
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

    References
    ----------
    W. E. Warren and A. M. Kraynik, Linear elastic behavior of a low-density Kelvin foam with open cells, Journal
    of Applied Mechanics 64 (1997), 787-794.

    Examples
    --------
    >>> import microtann as mt
    >>> mt.kelvin_cell().distinct_bars.count
    24
    """
    quarters = sorted(
        {
            tuple(int(c) % 4 for c in corner)
            for one, two in product((1, -1), repeat=2)
            for corner in permutations((0, one, 2 * two))
        }
    )
    edge = 2.0 * math.sqrt(2.0)  # of a cube, in beams
    links: list[Link] = []
    for (i, first), (j, second) in product(enumerate(quarters), repeat=2):
        for shift in product((-1, 0, 1), repeat=3):
            apart = np.array(second) + 4 * np.array(shift) - np.array(first)
            back = (j, i, tuple(-s for s in shift))
            if apart @ apart == 2 and back not in links:
                links.append((i, j, shift))
    unit = RepeatedUnit(np.array(quarters) * (edge / 4.0), np.eye(3) * edge, links)
    return repeat(unit, units, size, thickness, perturbation, law, seed)
