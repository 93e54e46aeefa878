"""Places of the nodes of a mesh from a file, to the accuracy that files have: the plane, and nodes given twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from microtann.errors import InputError
from microtann.fem.cell_check import unused_nodes
from microtann.mesh_files.foreign_mesh import ForeignMesh

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
SAME_PLACE = 1e-6
"""Distance, relative to the body, below which places are one: files keep coordinates in single precision."""
LARGEST = 1e100
UNTOLD = 1e-9
"""Distance, relative to the body, below which points may leave a plane without a word."""


def require_places(points: Float[Array, "N _"]) -> None:
    """Refuse coordinates that are no numbers, or so large that no volume can be computed.

    Raises
    ------
    InputError
    """
    wrong = np.flatnonzero(~(np.abs(points) < LARGEST).all(axis=1))
    if wrong.size:
        raise InputError(
            f"the place of node {wrong[0]} is not finite, or beyond {LARGEST:g}: {points[wrong[0]].tolist()}"
        )


def plane_points(points: Float[Array, "N _"], dimension: int, notes: list[str]) -> Float[Array, "N _"]:
    """Return the coordinates of points that a mesh of a dimension has; in the plane z says nothing.

    Parameters
    ----------
    points : array, shape (N, 2) or (N, 3)
    dimension : int
        Of the cells, 2 or 3.
    notes : list of str
        Gets a sentence if z is not constant to round-off.

    Raises
    ------
    InputError
        If plane cells lie in no plane z = constant.
    """
    inside = points[:, :dimension]
    if dimension == 3 or points.shape[1] < 3 or not len(points):
        return inside
    height, size = np.ptp(points[:, 2]), np.ptp(inside, axis=0).max()
    if height > SAME_PLACE * size:
        raise InputError(
            "its cells are a surface in space, and finite elements are solids, or lie in z = constant"
        )
    if height > UNTOLD * size:
        notes.append(f"z differs by {height:.2g} between its points, which are taken to be in one plane")
    return inside


def with_doubled_nodes(foreign: ForeignMesh, merge: bool, notes: list[str]) -> ForeignMesh:
    """Return the mesh with the nodes that lie at one place merged, or as it is, and tell of them.

    Parameters
    ----------
    foreign : ForeignMesh
    merge : bool
        Whether they are one node; else the body is apart there, as along a crack.
    notes : list of str
        Gets a sentence that counts them.
    """
    first = np.arange(len(foreign.points))
    used = np.delete(first, unused_nodes(len(first), [cells for _, cells in foreign.blocks]))
    first[used] = used[_first_at_place(foreign.points[used])]
    again = np.flatnonzero(first != np.arange(len(first)))
    if not again.size:
        return foreign
    where = foreign.points[again[0]].tolist()
    if not merge:
        word = "node lies" if again.size == 1 else "nodes lie"
        notes.append(
            f"{again.size} {word} where another one does, the first at {where}: the body is apart there, unless "
            "it is read with merge_doubled=True"
        )
        return foreign
    notes.append(f"{again.size} nodes are merged with others at the same place, the first at {where}")
    kept = np.setdiff1d(np.arange(len(first)), again)
    number = np.searchsorted(kept, first)
    return replace(
        foreign,
        points=foreign.points[kept],
        blocks=[(kind, number[cells]) for kind, cells in foreign.blocks],
        node_sets={name: np.unique(number[nodes]) for name, nodes in foreign.node_sets.items()},
    )


def _first_at_place(points: Float[Array, "N _"]) -> Int[IntArray, "N"]:
    """Return for every point the first one that lies at its place."""
    first = np.arange(len(points))
    size = np.ptp(points, axis=0).max() if len(points) else 0.0
    if size > 0.0:
        pairs = cKDTree((points - points[0]) / size).query_pairs(SAME_PLACE, output_type="ndarray")
        np.minimum.at(first, pairs.max(axis=1), pairs.min(axis=1))
    return first[first]
