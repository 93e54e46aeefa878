"""Cells of units that repeat at any angles: nodes of one unit, and which of them beams join across units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.tiling import LARGEST_MOVE, Law, draw_moves

Array = NDArray[np.float64]
Link = tuple[int, int, tuple[int, ...]]
"""First node, second node, and in how many units further along each axis the second one is."""


@dataclass(frozen=True, eq=False)
class RepeatedUnit:
    """One unit of a periodic frame.

    Parameters
    ----------
    nodes : array, shape (q, d)
        Positions, in units of the beams' length.
    periods : array, shape (d, d)
        Lattice vectors of the unit as rows.
    links : sequence of (first, second, shift)
        The beams.
    """

    nodes: Float[Array, "q d"]
    periods: Float[Array, "d d"]
    links: Sequence[Link]


def repeat(
    unit: RepeatedUnit,
    units: Sequence[int],
    size: float,
    thickness: float,
    perturbation: float,
    law: Law,
    seed: int,
) -> UnitCell:
    """Return a cell of repeated units; every beam is listed once, with the image of its second end.

    Parameters
    ----------
    unit : RepeatedUnit
    units : sequence of int
        Units along each axis.
    size : float
        Length of the first lattice vector of the cell.
    thickness : float
        Of the beams over their length, from which the areas follow: of unit width in the plane, of circles in
        space.
    perturbation : float
        Standard deviation or half-width of the displacement of all nodes, over the length of a beam.
    law : {"normal", "uniform"}
    seed : int
        Seed of the perturbation.

    Raises
    ------
    CellError
        If an argument is out of range.
    """
    d = unit.nodes.shape[1]
    counts = np.asarray(units)
    if counts.shape != (d,) or not np.issubdtype(counts.dtype, np.integer) or (counts < 1).any():
        raise CellError(f"units must be {d} positive integers, got {units!r}")
    if not (math.isfinite(size) and size > 0):
        raise CellError(f"size must be positive, got {size!r}")
    if not (math.isfinite(thickness) and thickness > 0):
        raise CellError(f"thickness must be positive, got {thickness!r}")
    if not 0 <= perturbation <= LARGEST_MOVE:
        raise CellError(f"perturbation must lie between 0 and {LARGEST_MOVE} beams, got {perturbation!r}")
    edge = size / (counts[0] * np.linalg.norm(unit.periods[0]))
    shifts = np.array(list(product(*(range(n) for n in counts))))
    number = {tuple(shift): i for i, shift in enumerate(shifts.tolist())}
    nodes = (unit.nodes + (shifts @ unit.periods)[:, None]).reshape(-1, d)
    if perturbation > 0:
        nodes = nodes + draw_moves(np.random.default_rng(seed), perturbation, law, nodes.shape)
    periods = unit.periods * counts[:, None]
    listed, images, bars = list(nodes), {}, []
    for shift in shifts:
        for first, second, further in unit.links:
            target = shift + further
            inside = target % counts
            image = tuple((target - inside) // counts)
            end = number[tuple(inside.tolist())] * len(unit.nodes) + second
            if any(image):
                key = (end, image)
                if key not in images:
                    images[key] = len(listed)
                    listed.append(nodes[end] + np.array(image) @ periods)
                end = images[key]
            bars.append((number[tuple(shift.tolist())] * len(unit.nodes) + first, end))
    area = thickness * edge if d == 2 else math.pi / 4.0 * (thickness * edge) ** 2
    return UnitCell(np.array(listed) * edge, np.array(bars), np.full(len(bars), area), periods * edge)
