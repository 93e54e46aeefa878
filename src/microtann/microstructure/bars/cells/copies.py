"""Nodes of a cell that are copies of one node, to the accuracy of coordinates in files.

Files keep coordinates in single precision or with a few digits. What differs by less than a tolerance is
taken for equal everywhere in a cell: copies across the lattice vectors, doubled nodes, the plane of a plane
cell, and the line of a bar in several pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.spatial import cKDTree

COORDINATE_TOLERANCE = 1e-5
"""Distance, relative to the cell, below which two nodes are copies of one node."""

COORDINATE_ROUND_OFF = 1e-8
"""Distance, relative to the cell, up to which copies stay where they are and nothing is said of them."""

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class DistinctNodes:
    """The nodes of the periodic medium, one per set of copies.

    Parameters
    ----------
    of_node : array, shape (N,)
        Distinct node of every listed node.
    image : array, shape (N, d)
        Integer lattice translation from the distinct node to the listed one.
    count : int
        Number of distinct nodes.
    """

    of_node: Int[IntArray, "N"]
    image: Int[IntArray, "N d"]
    count: int

    @cached_property
    def first(self) -> Int[IntArray, "n"]:
        """The first listed node of every distinct one."""
        return np.unique(self.of_node, return_index=True)[1].astype(np.int64)

    @property
    def doubled(self) -> bool:
        """Whether some nodes lie at one place, and not across the lattice vectors."""
        key = self.of_node
        for shift in (self.image - self.image.min(axis=0)).T:
            key = key * (shift.max() + 1) + shift
        return len(np.unique(key)) < len(key)


def identify_nodes(nodes: Float[Array, "N d"], periods: Float[Array, "d d"]) -> DistinctNodes:
    """Group the nodes that coincide modulo the lattice vectors."""
    fractional = nodes @ np.linalg.inv(periods)
    wrapped = fractional - np.floor(fractional)
    wrapped[wrapped >= 1.0] = 0.0
    tree = cKDTree(wrapped, boxsize=np.ones(nodes.shape[1]))
    one, other = tree.query_pairs(COORDINATE_TOLERANCE, output_type="ndarray").T
    parent, before = np.arange(len(nodes)), None
    while before is None or (parent != before).any():  # until every node knows the first one that it is joined to
        before = parent.copy()
        least = np.minimum(parent[one], parent[other])
        np.minimum.at(parent, one, least)
        np.minimum.at(parent, other, least)
    representative, of_node = np.unique(parent, return_inverse=True)
    image = np.rint(fractional - fractional[parent]).astype(np.int64)
    return DistinctNodes(of_node.reshape(-1).astype(np.int64), image, len(representative))


def unite_copies(
    nodes: Float[Array, "N d"], periods: Float[Array, "d d"], distinct: DistinctNodes
) -> tuple[Float[Array, "N d"], str]:
    """Return nodes whose copies are copies to round-off, and what was done in words, empty if nothing was.

    Parameters
    ----------
    nodes : array, shape (N, d)
    periods : array, shape (d, d)
    distinct : DistinctNodes
    """
    original = distinct.first[distinct.of_node]
    exact = nodes[original] + distinct.image @ periods
    gap = np.abs((nodes - exact) @ np.linalg.inv(periods)).max(axis=1)
    moved = gap > COORDINATE_ROUND_OFF
    if not moved.any():
        return nodes, ""
    worst = int(gap.argmax())
    count = int(moved.sum())
    who = "a node was" if count == 1 else f"{count} nodes were"
    return np.where(moved[:, None], exact, nodes), (
        f"{who} taken for {'a copy of another' if count == 1 else 'copies of others'}, missed by up to "
        f"{gap[worst]:.1e} of a period (node {worst} of node {original[worst]}), and moved there"
    )


def lies_in_plane(points: Array) -> bool:
    """Return whether points in space lie in a plane z = const, to the tolerance of coordinates."""
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        return False
    extents = np.ptp(points, axis=0)
    return bool(extents[2] <= COORDINATE_TOLERANCE * extents.max())
