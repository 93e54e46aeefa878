"""The body-centred cubic truss with cube edges."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.tiling import HALVES, Law, Pattern, Perturb, tile


def body_centred_cell(
    units: Sequence[int] = (1, 1, 1),
    size: float = 1.0,
    perturbation: float = 0.0,
    perturb: Perturb = "interior",
    law: Law = "normal",
    seed: int = 0,
) -> UnitCell:
    """Return a cell of n × n × n units, each with 12 edges and 8 bars from the corners to the centre.

    Of the 20 bars 11 are distinct. A unit's edge is h = size / units[0], and a full bar has area h².

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
    >>> cell = mt.body_centred_cell()
    >>> cell.nodes.shape, cell.bars.shape, cell.distinct_bars.count
    ((9, 3), (20, 2), 11)
    """
    corners = list(product((0, HALVES), repeat=3))
    edges = [(a, b) for a, b in combinations(corners, 2) if sum(i != j for i, j in zip(a, b, strict=True)) == 1]
    halves = [(corner, (1, 1, 1)) for corner in corners]
    return tile(Pattern(np.array(edges + halves)), units, size, perturbation, perturb, law, seed)
