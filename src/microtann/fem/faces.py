"""Faces of elements, or their edges in the plane: which nodes they have, and the boundary that they make."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.fem.elements import RULES, ElementKind, face_kind

IntArray = NDArray[np.int64]


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
    rule = RULES[name]
    middle = {frozenset(edge): rule.corner_count + number for number, edge in enumerate(rule.edges)}
    count, rows = len(rule.faces[0]), []
    for face in rule.faces:
        around = zip(face, (*face[1:], face[0]), strict=True) if count > 2 else [face]
        rows.append([*face, *(middle[frozenset(edge)] for edge in around if rule.edges)])
    return Faces(count, np.array(rows), face_kind(rule.face))


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
