"""Which nodes of the mesh of a cell are copies of one node across the periods, and whether its faces match."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.rigid import connected_parts
from microtann.errors import CellError
from microtann.fem.mesh import Mesh
from microtann.microstructure.bars.cells.copies import COORDINATE_TOLERANCE, DistinctNodes, identify_nodes
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]
AXES = "xyz"
INSIDE = 1e-9
"""Twice the area, over that of the face of a cell, by which a point may lie beside a face and be on it."""
OVERFULL = 1e-6
"""Volume of a mesh beyond that of its cell, relative to it, that is round-off."""


def periods_of(mesh: Mesh, periods: ArrayLike | None) -> Float[Array, "d d"]:
    """Return the lattice vectors of a cell as rows.

    Parameters
    ----------
    mesh : Mesh
    periods : array, shape (d,) or (d, d), optional
        Edges of a box, or lattice vectors as rows; by default the box around the mesh.

    Raises
    ------
    CellError
        If they are no lattice vectors, or the mesh has more volume than the cell.
    """
    d = mesh.dimension
    given = np.ptp(mesh.points, axis=0) if periods is None else as_floats("the periods of the cell", periods)
    if given.shape not in ((d,), (d, d)) or not np.isfinite(given).all():
        raise CellError(f"the periods of a cell are {d} edges, or {d} lattice vectors as rows, got {periods!r}")
    vectors: Array = np.diag(given) if given.ndim == 1 else np.array(given)
    volume = abs(float(np.linalg.det(vectors)))
    if volume <= 1e-12 * float(np.linalg.norm(vectors, axis=1).prod()):
        raise CellError("the periods of the cell enclose no volume: give lattice vectors that are independent")
    if mesh.volume > volume * (1.0 + OVERFULL):
        raise CellError(
            f"the mesh has the volume {mesh.volume:.6g}, more than its cell with {volume:.6g}: check the periods"
        )
    return vectors


def periodic_nodes(mesh: Mesh, periods: Float[Array, "d d"]) -> DistinctNodes:
    """Return the nodes of the periodic medium, after a check that opposite faces of the cell match.

    Parameters
    ----------
    mesh : Mesh
    periods : array, shape (d, d)

    Raises
    ------
    CellError
        If a node on a face of the cell has solid opposite it but no partner there, nodes lie on one another
        inside the cell, or the cell has parts that nothing joins.
    """
    fractional = mesh.points @ np.linalg.inv(periods)
    fractional -= fractional.min(axis=0)
    distinct = identify_nodes(mesh.points, periods)
    if (fractional.max(axis=0) <= 1.0 + COORDINATE_TOLERANCE).all():  # else no faces of a parallelepiped
        _require_matching_faces(mesh, fractional, distinct)
    if distinct.doubled:
        raise CellError("nodes of the mesh lie on one another: read it with merge_doubled=True, or merge them")
    _require_one_part(mesh, distinct)
    return distinct


def _require_matching_faces(mesh: Mesh, fractional: Float[Array, "N d"], distinct: DistinctNodes) -> None:
    """Refuse nodes on a face of the cell that have solid opposite them, but no node."""
    for axis in range(mesh.dimension):
        low = fractional[:, axis] < COORDINATE_TOLERANCE
        high = fractional[:, axis] > 1.0 - COORDINATE_TOLERANCE
        others = [i for i in range(mesh.dimension) if i != axis]
        for one, other, here, there in ((low, high, "lower", "upper"), (high, low, "upper", "lower")):
            alone = np.flatnonzero(one & ~np.isin(distinct.of_node, distinct.of_node[other]))
            if alone.size:
                alone = alone[_lie_on_faces(mesh, fractional[:, others], alone, other)]
            if alone.size:
                raise CellError(
                    f"the faces of the cell do not match: {alone.size} of {one.sum()} nodes on the {here} face "
                    f"along {AXES[axis]} have no partner on the {there} one, the first at "
                    f"{mesh.points[alone[0]].tolist()}; mesh opposite faces alike"
                )


def _lie_on_faces(
    mesh: Mesh,
    places: Float[Array, "N k"],
    nodes: Int[NDArray[np.int64], "n"],
    opposite: Bool[NDArray[np.bool_], "N"],
) -> Bool[NDArray[np.bool_], "n"]:
    """Return which nodes have a face of an element opposite them.

    Parameters
    ----------
    mesh : Mesh
    places : array, shape (N, k)
        Coordinates of all nodes in the face of the cell.
    nodes : integer array, shape (n,)
    opposite : array of bool, shape (N,)
        Nodes on the opposite face of the cell.
    """
    found = np.zeros(len(nodes), dtype=bool)
    for part in mesh.boundary_parts:
        corners = part.nodes[:, : part.corners]
        for face in places[corners[opposite[corners].all(axis=1)]]:
            if face.shape[1] == 1:
                inside = (places[nodes, 0] - face.min()) * (face.max() - places[nodes, 0]) >= 0.0
            else:
                along = np.roll(face, -1, axis=0) - face
                to = places[nodes][:, None] - face
                turn = along[:, 0] * to[..., 1] - along[:, 1] * to[..., 0]
                inside = (turn >= -INSIDE).all(axis=1) | (turn <= INSIDE).all(axis=1)
            found |= inside
    return found


def _require_one_part(mesh: Mesh, distinct: DistinctNodes) -> None:
    """Refuse a cell of several parts, the periodic copies taken together."""
    every = [distinct.of_node[block.cells] for block in mesh.blocks]
    first, second = (np.concatenate([c[:, side].ravel() for c in every]) for side in (np.s_[:-1], np.s_[1:]))
    parts = connected_parts(first, second, distinct.count)[distinct.of_node]
    count = int(parts.max()) + 1
    if count == 1:
        return
    sizes = np.bincount(parts)
    least = int(sizes.argmin())
    where = np.round(mesh.points[parts == least].mean(axis=0), 6).tolist()
    raise CellError(
        f"the cell has {count} parts that nothing joins; the smallest, of {sizes[least]} nodes, lies around "
        f"{where}: leave it out, or join it to the rest"
    )
