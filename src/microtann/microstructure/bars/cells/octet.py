"""The octet truss: octahedra and tetrahedra, the nearest neighbours of a face-centred cubic lattice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.tiling import Law, Pattern, Perturb, tile


def octet_cell(
    units: Sequence[int] = (1, 1, 1),
    size: float = 1.0,
    perturbation: float = 0.0,
    perturb: Perturb = "interior",
    law: Law = "normal",
    seed: int = 0,
) -> UnitCell:
    """Return a cell of n × n × n octet units, with nodes at corners and face centres and 36 bars each.

    The 12 bars between face centres lie inside the unit (the octahedron), the 24 from face centres to corners on
    its faces; 24 of them are distinct. A unit's edge is h = size / units[0], every bar is h/√2 long and a full bar
    has area h².

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

    References
    ----------
    V. S. Deshpande, N. A. Fleck and M. F. Ashby, Effective properties of the octet-truss lattice material,
    Journal of the Mechanics and Physics of Solids 49 (2001).

    Examples
    --------
    >>> import microtann as mt
    >>> cell = mt.octet_cell()
    >>> cell.nodes.shape, cell.bars.shape, cell.distinct_bars.count
    ((14, 3), (36, 2), 24)
    """
    points = [p for p in product(range(3), repeat=3) if sum(p) % 2 == 0]  # corners and face centres, in halves
    pairs = [
        (a, b) for a, b in combinations(points, 2) if sum((i - j) ** 2 for i, j in zip(a, b, strict=True)) == 2
    ]
    return tile(Pattern(np.array(pairs)), units, size, perturbation, perturb, law, seed)
