"""Faces of elements, or their edges in the plane: which nodes they have, and the boundary that they make."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.fem.elements import RULES, ElementKind, face_kind

IntArray = NDArray[np.int64]


class Faces(NamedTuple):
    """Faces of one kind: those of an element, by its own nodes, or those of a mesh, by the nodes of that.

    Parameters
    ----------
    corners : int
        Corners of a face; they come first among its nodes.
    nodes : integer array, shape (f, m)
        Nodes of each face, in VTK's order seen from outside.
    kind : ElementKind
        Shape functions and quadrature on a face.
    """

    corners: int
    nodes: Int[IntArray, "f m"]
    kind: ElementKind


@cache
def faces_of(name: str) -> tuple[Faces, ...]:
    """Return the faces of a kind of element, kind by kind."""
    rule = RULES[name]
    middle = {frozenset(edge): rule.corner_count + number for number, edge in enumerate(rule.edges)}
    rows: dict[str, list[list[int]]] = {}
    for face in rule.faces:
        around = zip(face, (*face[1:], face[0]), strict=True) if len(face) > 2 else [face]
        nodes = [*face, *(middle[frozenset(edge)] for edge in around if rule.edges)]
        rows.setdefault(rule.face_kind(face), []).append(nodes)
    corners = {rule.face_kind(face): len(face) for face in rule.faces}
    return tuple(Faces(corners[kind], np.array(nodes), face_kind(kind)) for kind, nodes in rows.items())


def all_faces(blocks: Iterable[tuple[str, Int[IntArray, "_ _"]]]) -> tuple[Faces, ...]:
    """Return the faces of cells, given by kind, in the order of the cells; those between two cells come twice."""
    found: dict[str, list[Faces]] = {}
    for name, cells in blocks:
        for faces in faces_of(name):
            nodes = cells[:, faces.nodes].reshape(-1, faces.nodes.shape[1])
            found.setdefault(faces.kind.name, []).append(faces._replace(nodes=nodes))
    return tuple(
        parts[0]._replace(nodes=np.concatenate([faces.nodes for faces in parts])) for parts in found.values()
    )


def boundary_faces(blocks: Iterable[tuple[str, Int[IntArray, "_ _"]]]) -> tuple[Faces, ...]:
    """Return the faces that belong to one cell only, in the order of the cells."""
    found = []
    for every in all_faces(blocks):
        keys = corner_key(every.nodes, every.corners)
        _, first, times = np.unique(keys, axis=0, return_index=True, return_counts=True)
        found.append(every._replace(nodes=every.nodes[np.sort(first[times == 1])]))
    return tuple(faces for faces in found if len(faces.nodes))


def corner_key(faces: Int[IntArray, "F m"], corners: int) -> Int[IntArray, "F c"]:
    """Return the corners of faces in ascending order, which tell a face whatever node it begins with."""
    return np.sort(faces[:, :corners], axis=1)
