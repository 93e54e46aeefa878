"""Bodies of random decks: meshes of one kind or two, and the numbers of nodes, cells and faces in the deck."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

import microtann as mt

FACES = {
    "triangle": ((0, 1), (1, 2), (2, 0)),
    "quad": ((0, 1), (1, 2), (2, 3), (3, 0)),
    "tetra": ((0, 1, 2), (0, 3, 1), (1, 3, 2), (2, 3, 0)),
    "wedge": ((0, 1, 2), (3, 5, 4), (0, 3, 4, 1), (1, 4, 5, 2), (2, 5, 3, 0)),
    "hexahedron": ((0, 1, 2, 3), (4, 7, 6, 5), (0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0)),
}
"""Corners of S1, S2, ..."""


@dataclass(eq=False)
class RandomPart:
    """A body with names, and the numbers that its nodes and cells have in the deck."""

    name: str
    mesh: mt.fem.Mesh
    height: float
    nodes: np.ndarray
    cells: np.ndarray
    sets: dict[str, set[int]] = field(default_factory=dict)
    regions: dict[str, set[int]] = field(default_factory=dict)
    sides: dict[str, set[int]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    collapsed: set[int] = field(default_factory=set)
    """Cells that are written as those with one more corner, the last one twice."""

    def __post_init__(self) -> None:
        self.rows, self.boundary = rows_of(self.mesh), boundary_of(self.mesh)
        self.faces = {
            frozenset(row[corner] for corner in face): (cell, at)
            for cell, (kind, row) in enumerate(self.rows)
            for at, face in enumerate(FACES[kind.rstrip("0123456789")], start=1)
        }

    def face(self, number: int) -> tuple[int, int]:
        """Return the cell that a face of the boundary is of, and which of its faces it is, from 1."""
        cell, label = self.faces[frozenset(self.boundary[number][0])]
        last = {"triangle": 3, "wedge": 5}.get(self.rows[cell][0])
        return cell, label + 1 if cell in self.collapsed and label == last else label

    def written(self, cell: int) -> list[int]:
        """Return the nodes of a cell as the deck lists them."""
        row = self.rows[cell][1]
        if cell not in self.collapsed:
            return row
        return [node for at in range(0, len(row), 3) for node in (*row[at : at + 3], row[at + 2])]


def random_body(random: np.random.Generator, kind: str) -> mt.fem.Mesh:
    """Return a body somewhere; quadrilaterals and hexahedra have triangles and wedges among them."""
    d = 2 if kind.startswith(("tri", "quad")) else 3
    box = mt.fem.box((1.0,) * d, random.integers(1, 6 - d, d).tolist(), kind=kind)
    matrix = np.zeros((d, d))
    while np.linalg.det(matrix) < 0.2:
        matrix = random.normal(0.0, 1.0, (d, d))
    mixed = kind in ("quad", "hexahedron") and random.random() < 0.7
    cells = _halved(box, random) if mixed else {kind: box.cells}
    return mt.fem.Mesh(box.points @ matrix.T + random.normal(0.0, 3.0, d), cells)


def rows_of(mesh: mt.fem.Mesh) -> list[tuple[str, list[int]]]:
    """Return the kind and the nodes of every cell."""
    return [(block.kind, row) for block in mesh.blocks for row in block.cells.tolist()]


def boundary_of(mesh: mt.fem.Mesh) -> list[tuple[list[int], list[int]]]:
    """Return the corners and the nodes of every face of the boundary."""
    return [(row[: part.corners], row) for part in mesh.boundary_parts for row in part.nodes.tolist()]


def _halved(box: mt.fem.Mesh, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the cells of a box, some of them cut along a diagonal: in space all that are above each other."""
    place = np.unique(box.centres[:, :2].round(9), axis=0, return_inverse=True)[1].reshape(-1)
    cut = (random.random(place.max() + 1) < 0.5)[place]
    halves = [[0, 1, 2], [0, 2, 3]] if box.kind == "quad" else [[0, 1, 2, 4, 5, 6], [0, 2, 3, 4, 6, 7]]
    parts = {
        box.kind: box.cells[~cut],
        "triangle" if box.kind == "quad" else "wedge": np.concatenate(
            [box.cells[cut][:, half] for half in halves]
        ),
    }
    return {kind: cells for kind, cells in parts.items() if len(cells)}
