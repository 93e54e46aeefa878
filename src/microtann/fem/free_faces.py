"""Surfaces that a file gives by cells alone: the faces of these that no other cell has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from microtann.fem.elements import RULES
from microtann.mesh_files.foreign_mesh import FREE_FACES, ForeignMesh


def with_free_faces(foreign: ForeignMesh, dimension: int) -> ForeignMesh:
    """Return a mesh whose surfaces name single faces in place of all free ones of a cell.

    Parameters
    ----------
    foreign : ForeignMesh
    dimension : int
        That of the cells of the body.
    """
    if not any(face == FREE_FACES for faces in foreign.surfaces.values() for _, face in faces):
        return foreign
    faces_of_cell = {cell: faces for cell, faces in enumerate(_faces(foreign, dimension)) if faces}
    times = Counter(face for faces in faces_of_cell.values() for face in faces)

    def named(cell: int, face: int) -> list[tuple[int, int]]:
        if face != FREE_FACES:
            return [(cell, face)]
        return [(cell, at) for at, corners in enumerate(faces_of_cell.get(cell, [])) if times[corners] == 1]

    surfaces = {
        name: list(dict.fromkeys(pair for cell, face in given for pair in named(cell, face)))
        for name, given in foreign.surfaces.items()
    }
    return replace(foreign, surfaces={name: faces for name, faces in surfaces.items() if faces})


def _faces(foreign: ForeignMesh, dimension: int) -> Iterator[list[frozenset[int]]]:
    """Yield the corners of the faces of every cell, none for those that are not in the body."""
    for kind, cells in foreign.blocks:
        faces = RULES[kind].faces if kind in RULES and RULES[kind].dimension == dimension else ()
        for row in cells.tolist():
            yield [frozenset(row[corner] for corner in face) for face in faces]
