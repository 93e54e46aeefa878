"""Quadrilaterals and hexahedra whose corners fall together: triangles and wedges, as decks write these."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
COLLAPSED = {"quad": "triangle", "hexahedron": "wedge"}
"""What becomes of a kind when an edge, at the bottom and at the top of a hexahedron, has no length."""


def collapsed_edges(cells: Int[IntArray, "E n"]) -> Int[IntArray, "E"]:
    """Return the edge of every cell, of its bottom and its top, whose ends are one node, −1 where there is none.

    Parameters
    ----------
    cells : integer array, shape (E, 4) or (E, 8)
    """
    found = np.full(len(cells), -1)
    for edge in range(4):
        ends = [(face + edge, face + (edge + 1) % 4) for face in range(0, cells.shape[1], 4)]
        found[np.logical_and.reduce([cells[:, i] == cells[:, j] for i, j in ends])] = edge
    return found


def without_edge(cell: list[int], edge: int) -> list[int]:
    """Return the nodes of a cell without the second end of an edge, at its bottom and its top.

    Parameters
    ----------
    cell : list of int
    edge : int
    """
    return [node for at, node in enumerate(cell) if at % 4 != (edge + 1) % 4]


def face_without_edge(face: int, edge: int, flat: bool) -> int:
    """Return which face of a collapsed cell a face is, −1 for that of the edge.

    Parameters
    ----------
    face : int
        From 0: S1, S2, ... of Abaqus.
    edge : int
    flat : bool
        Whether the cell is in the plane, where faces are edges.
    """
    first = 0 if flat else 2  # the bottom and the top of a hexahedron stay what they are
    if face < first:
        return face
    left = [at for at in range(4) if at != (edge + 1) % 4]  # corners that stay; a face begins at each
    begins = [(at + 1) % 4 if at == edge else at for at in left]
    return first + begins.index(face - first) if face - first in begins else -1
