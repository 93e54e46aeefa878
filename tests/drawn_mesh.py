"""Random meshes with overlapping names, which writers of files know in every detail."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

import microtann as mt

EDGES = {
    "triangle6": ((0, 1), (1, 2), (2, 0)),
    "quad8": ((0, 1), (1, 2), (2, 3), (3, 0)),
    "tetra10": ((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)),
    "hexahedron20": (
        *((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4)),
        *((0, 4), (1, 5), (2, 6), (3, 7)),
    ),
    "line3": ((0, 1),),
}
"""Ends of the edges that have a node amid them, in the order of VTK."""
CORNERS = {"line": 2, "triangle": 3, "quad": 4, "tetra": 4, "hexahedron": 8}
MIRROR = {
    "line": (1, 0),
    "triangle": (0, 2, 1),
    "quad": (0, 3, 2, 1),
    "tetra": (1, 0, 2, 3),
    "hexahedron": (4, 5, 6, 7, 0, 1, 2, 3),
}
"""Corners of a cell that is turned inside out; any such order will do."""
FACES = {
    "triangle": "line",
    "triangle6": "line3",
    "quad": "line",
    "quad8": "line3",
    "tetra": "triangle",
    "tetra10": "triangle6",
    "hexahedron": "quad",
    "hexahedron20": "quad8",
}


def corners_of(kind: str) -> str:
    """Return the kind of the corners."""
    return kind.rstrip("0123456789")


def layout(kind: str, edges: dict[str, tuple] = EDGES) -> list[frozenset[int]]:
    """Return for every node the corners that it lies amid, or the corner that it is."""
    corners = [frozenset({corner}) for corner in range(CORNERS[corners_of(kind)])]
    return corners + [frozenset(edge) for edge in edges.get(kind, EDGES.get(kind, ()))]


@dataclass(eq=False)
class DrawnCell:
    """A cell or a face with the names that it has; its nodes are in the order of VTK."""

    kind: str
    nodes: np.ndarray
    names: list[str]
    mirrored: bool = False

    def written(self, edges: dict[str, tuple] = EDGES) -> list[int]:
        """Return the nodes in the order of a programme that has these edges."""
        by_corners = dict(zip(layout(self.kind), self.nodes.tolist(), strict=True))
        turn = MIRROR[corners_of(self.kind)] if self.mirrored else range(99)
        return [by_corners[frozenset(turn[corner] for corner in place)] for place in layout(self.kind, edges)]


@dataclass(eq=False)
class DrawnMesh:
    """The right mesh, and what a file lists: its cells and the faces that have a name."""

    right: mt.fem.Mesh
    points: np.ndarray
    cells: list[DrawnCell] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    """Names without members."""

    @property
    def dimension(self) -> int:
        return self.right.dimension


def draw_mesh(random: np.random.Generator, kind: str) -> DrawnMesh:
    """Return a random mesh; its coordinates have few digits, which every format keeps."""
    d = 2 if kind.startswith(("tri", "quad")) else 3
    box = mt.fem.box((1.0,) * d, random.integers(1, 3, d).tolist(), kind=kind)
    matrix = np.zeros((d, d))
    while np.linalg.det(matrix) < 0.2:
        matrix = random.integers(-2, 3, (d, d)) / 2
    plane = box.points @ matrix.T + random.integers(-5, 5, d)
    points = np.pad(plane, ((0, 0), (0, 3 - d)), constant_values=random.choice([0.0, 5.0]))
    regions = {f"region {i}": _some(random, len(box.cells)) for i in range(random.integers(1, 4))}
    sides = {f"side {i}": _some(random, len(box.boundary)) for i in range(random.integers(0, 3))}
    right = mt.fem.Mesh(plane, box.cells, kind, regions=regions, sides=sides)
    drawn = DrawnMesh(right, points)
    share = random.choice([0.0, 0.3, 1.0])
    for mesh, members, name in ((box.cells, right.regions, kind), (box.boundary, right.sides, FACES[kind])):
        for number, nodes in enumerate(mesh):
            names = [key for key, chosen in members.items() if number in chosen]
            if names or name == kind:
                drawn.cells.append(DrawnCell(name, nodes, names, bool(random.random() < share)))
    drawn.empty = ["never meshed"] if random.random() < 0.3 else []
    return drawn


def _some(random: np.random.Generator, count: int) -> np.ndarray:
    return random.choice(count, int(random.integers(1, count + 1)), replace=False)


def differences(read: mt.fem.Mesh, right: mt.fem.Mesh, all_names: bool = True) -> list[str]:
    """Return what is not as it should be in a mesh whose points and cells may be in any order.

    Parameters
    ----------
    read, right : Mesh
    all_names : bool
        Whether there may be no other names.
    """
    shapes = [
        (mesh.points.shape, {block.kind: block.cells.shape for block in mesh.blocks}) for mesh in (read, right)
    ]
    if shapes[0] != shapes[1]:
        return [f"{read} is no {right}"]
    number = {tuple(point): index for index, point in enumerate(right.points.tolist())}
    node = np.array([number.get(tuple(point), -1) for point in read.points.tolist()])
    if (np.sort(node) != np.arange(len(node))).any():
        return ["the points are others"]
    cell = {frozenset(right.nodes_of(index).tolist()): index for index in range(right.cell_count)}
    own = np.array([cell.get(frozenset(node[read.nodes_of(at)].tolist()), -1) for at in range(read.cell_count)])
    if (np.sort(own) != np.arange(len(own))).any():
        return ["the cells have other nodes"]
    told = []
    pairs = [(read, np.arange(len(own))), (right, own)]
    one, other = (np.concatenate([np.sort(_weights(mesh, at)) for at in cells]) for mesh, cells in pairs)
    if not np.allclose(one, other, rtol=1e-11, atol=0):
        told.append("the nodes of cells are in a wrong order")
    face = {frozenset(nodes): index for index, nodes in enumerate(right.boundary.tolist())}  # −1 fills some
    faces = np.array([face[frozenset(nodes)] for nodes in np.append(node, -1)[read.boundary].tolist()])
    for what, translated in (("regions", own), ("sets", node), ("sides", faces)):
        given, wanted = getattr(read, what), getattr(right, what)
        if set(wanted) - set(given) or (all_names and set(given) != set(wanted)):
            told.append(f"the {what} are {sorted(given)} and should be {sorted(wanted)}")
        told += [
            f"{what[:-1]} {name!r} has other members"
            for name in set(wanted) & set(given)
            if set(translated[given[name]].tolist()) != set(wanted[name].tolist())
        ]
    return told


def _weights(mesh: mt.fem.Mesh, cell: int) -> np.ndarray:
    """Return the volumes of the Gauss points of a cell."""
    return mesh.weights.ravel()[mesh.gauss_points(np.array([cell]))]
