"""Faces of elements, or their edges in the plane: which nodes they have, and the boundary that they make."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.fem.elements import EDGES, ElementKind, Rule, build

IntArray = NDArray[np.int64]
CORNERS: dict[str, tuple[tuple[int, ...], ...]] = {
    "triangle": ((0, 1), (1, 2), (2, 0)),
    "quad": ((0, 1), (1, 2), (2, 3), (3, 0)),
    "tetra": ((0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)),
    "hexahedron": ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)),
}
"""Corners of faces by kind of element, anticlockwise seen from outside; in the plane the inside is on the left."""
RULES: dict[str, Rule] = {
    "line": Rule("ElementLineP1", order=2, nodes=(0, 1)),
    "line3": Rule("ElementLineP2", order=3, nodes=(0, 1, 2)),
    "triangle": Rule("ElementTriP1", order=2, nodes=(0, 1, 2)),
    "triangle6": Rule("ElementTriP2", order=4, nodes=(0, 1, 2, 3, 4, 5)),
    "quad": Rule("ElementQuad1", order=3, nodes=(0, 1, 2, 3)),
    "quad8": Rule("ElementQuadS2", order=5, nodes=(0, 1, 2, 3, 4, 5, 6, 7)),
}
"""Kinds of faces, with quadrature that integrates a linear pressure exactly on flat ones."""
KINDS = {(2, False): "line", (2, True): "line3", (3, False): "triangle", (3, True): "triangle6"}
KINDS |= {(4, False): "quad", (4, True): "quad8"}
"""Kind of a face by its number of corners and whether it has nodes on its edges."""


class Faces(NamedTuple):
    """Faces of an element.

    Parameters
    ----------
    corners : int
        Corners of a face; they come first among its nodes.
    nodes : integer array, shape (f, m)
        Nodes of the element that each face has, in VTK's order.
    kind : ElementKind
        Shape functions and quadrature on a face.
    """

    corners: int
    nodes: Int[IntArray, "f m"]
    kind: ElementKind


@cache
def faces_of(name: str) -> Faces:
    """Return the faces of a kind of element."""
    base, edges = EDGES.get(name, (name, ()))
    corners = CORNERS[base]
    first = max(map(max, corners)) + 1
    middle = {frozenset(edge): first + number for number, edge in enumerate(edges)}
    count, rows = len(corners[0]), []
    for face in corners:
        around = zip(face, (*face[1:], face[0]), strict=True) if count > 2 else [face]
        rows.append([*face, *(middle[frozenset(edge)] for edge in around if edges)])
    kind = KINDS[count, bool(edges)]
    return Faces(count, np.array(rows), build(kind, RULES[kind]))


def all_faces(name: str, cells: Int[IntArray, "E n"]) -> Int[IntArray, "F m"]:
    """Return the nodes of the faces of all cells; those between two cells come twice."""
    nodes = faces_of(name).nodes
    return cells[:, nodes].reshape(-1, nodes.shape[1])


def boundary_faces(name: str, cells: Int[IntArray, "E n"]) -> Int[IntArray, "F m"]:
    """Return the nodes of the faces that belong to one cell only, in the order of the cells."""
    faces, every = faces_of(name), all_faces(name, cells)
    _, first, times = np.unique(corner_key(every, faces.corners), axis=0, return_index=True, return_counts=True)
    return every[np.sort(first[times == 1])]


def corner_key(faces: Int[IntArray, "F m"], corners: int) -> Int[IntArray, "F c"]:
    """Return the corners of faces in ascending order, which tell a face whatever node it begins with."""
    return np.sort(faces[:, :corners], axis=1)
