"""A block of cells at a chosen point of a homogenised structure, as decoded and as the full lattice has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from microtann.errors import InputError
from microtann.evaluation.both_scales import Microscale
from microtann.microstructure.bars.full.structure import Structure, StructureResult
from microtann.microstructure.bars.lattice import require_lattice
from microtann.microstructure.bars.lattice_inside import MATCH_TOLERANCE
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]
MANY_BARS = 50
"""Distinct bars beyond which one cell is enough to look at."""


@dataclass(frozen=True, eq=False)
class LatticeBlock:
    """Nodes and bars of a few cells of a lattice at the end of the loading.

    Parameters
    ----------
    points, displacement : array, shape (n, d)
    bars : integer array, shape (k, 2)
    stress : array, shape (k,)
    """

    points: Float[Array, "n d"]
    bars: Int[NDArray[np.int64], "k 2"]
    displacement: Float[Array, "n d"]
    stress: Float[Array, "k"]


def decoded_block(scale: Microscale, point: ArrayLike, edge: int | None = None) -> LatticeBlock:
    """Return the decoded lattice around a point: u⁰ + ε u¹ and the stresses of bars.

    Parameters
    ----------
    scale : Microscale
    point : array, shape (d,)
        Anywhere in the structure.
    edge : int, optional
        Cells along every axis, fewer where the structure has fewer; if left out, one cell that has many bars and
        two of others.

    Raises
    ------
    InputError
        If the point lies outside of the box around the structure, or what is inside is no lattice.
    """
    mesh, lattice = scale.result.mesh, require_lattice(scale.microstructure)
    assert lattice.bar is not None
    cell = lattice.cell
    where = as_floats("point", point)
    low, high = mesh.points.min(axis=0), mesh.points.max(axis=0)
    reach = MATCH_TOLERANCE * (high - low).max()
    if where.shape != low.shape or not ((where >= low - reach) & (where <= high + reach)).all():
        edges = ", ".join(f"{a:g} to {b:g}" for a, b in zip(low, high, strict=True))
        raise InputError(f"the point {tuple(where.tolist())} lies outside of the structure, which is {edges}")
    origin, vectors = np.asarray(scale.origin, dtype=np.float64), scale.inside.scale * cell.periods
    inverse = np.linalg.inv(vectors)
    first, last = (np.rint((corner - origin) @ inverse).astype(np.int64) for corner in (low, high))
    if edge is None:
        edge = 1 if cell.distinct_bars.count > MANY_BARS else 2
    counts = np.minimum(edge, last - first)
    at = np.rint((where - origin) @ inverse - 0.5 * counts).astype(np.int64)
    start = np.clip(at, first, last - counts)
    block = Structure.tile(cell, lattice.bar, counts, scale.cell_size, origin + start @ vectors)
    u0, eu1 = scale.displacement(block.points)
    bars = block.bars.astype(np.int64)
    return LatticeBlock(block.points, bars, u0 + eu1, scale.bar_stress(block.points, bars))


def same_block(block: LatticeBlock, lattice: StructureResult) -> LatticeBlock:
    """Return what the full lattice has at the nodes and bars of a block.

    Raises
    ------
    InputError
        If the lattice has other nodes or bars there.
    """
    size = np.ptp(block.points, axis=0).max()
    distance, node = cKDTree(lattice.points).query(block.points)
    own = lattice.structure.bars
    place = np.full(len(lattice.points), -1)
    place[node] = np.arange(len(block.points))
    inside = np.flatnonzero((place[own] >= 0).all(axis=1))
    known = {tuple(sorted(ends)): bar for ends, bar in zip(place[own[inside]].tolist(), inside, strict=True)}
    wanted = [tuple(sorted(ends)) for ends in block.bars.tolist()]
    if np.max(distance) > MATCH_TOLERANCE * size or not set(wanted) <= set(known):
        raise InputError("the full lattice has other nodes or bars at this place")
    chosen = np.array([known[ends] for ends in wanted])
    return LatticeBlock(block.points, block.bars, lattice.displacement[-1][node], lattice.stress[chosen])
