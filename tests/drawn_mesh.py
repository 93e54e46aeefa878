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
CORNERS = {"line": 2, "triangle": 3, "quad": 4, "tetra": 4, "hexahedron": 8, "wedge": 6}
DIMENSIONS = {"line": 1, "triangle": 2, "quad": 2, "tetra": 3, "hexahedron": 3, "wedge": 3}
MIRROR = {
    "line": (1, 0),
    "triangle": (0, 2, 1),
    "quad": (0, 3, 2, 1),
    "tetra": (1, 0, 2, 3),
    "hexahedron": (4, 5, 6, 7, 0, 1, 2, 3),
    "wedge": (3, 4, 5, 0, 1, 2),
}
"""Corners of a cell that is turned inside out; any such order will do."""
KINDS = (
    *("triangle", "triangle6", "quad", "quad8", "tetra", "tetra10", "hexahedron", "hexahedron20"),
    *("quad and triangle", "hexahedron and wedge"),
)
"""Kinds of cells that a mesh can be drawn of."""
HALVES = {
    "quad": ("triangle", ((0, 1, 2), (0, 2, 3))),
    "hexahedron": ("wedge", ((0, 1, 2, 4, 5, 6), (0, 2, 3, 4, 6, 7))),
}
"""Into what a cell is cut along a diagonal, upright in space."""


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

    @property
    def dimension(self) -> int:
        return DIMENSIONS[corners_of(self.kind)]

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
    """Return a random mesh of one of `KINDS`; its coordinates have few digits, which every format keeps."""
    whole = kind.split()[0]
    d = 2 if whole.startswith(("tri", "quad")) else 3
    box = mt.fem.box((1.0,) * d, random.integers(1, 3, d).tolist(), kind=whole)
    matrix = np.zeros((d, d))
    while np.linalg.det(matrix) < 0.2:
        matrix = random.integers(-2, 3, (d, d)) / 2
    plane = box.points @ matrix.T + random.integers(-5, 5, d)
    points = np.pad(plane, ((0, 0), (0, 3 - d)), constant_values=random.choice([0.0, 5.0]))
    cells = {whole: box.cells} if kind == whole else _halved(random, box)
    right = mt.fem.Mesh(plane, cells)
    regions = {f"region {i}": _some(random, right.cell_count) for i in range(random.integers(1, 4))}
    sides = {f"side {i}": _some(random, len(right.boundary)) for i in range(random.integers(0, 3))}
    right = right.named(regions=regions, sides=sides)
    drawn = DrawnMesh(right, points)
    share = random.choice([0.0, 0.3, 1.0])
    solids = [(block.kind, nodes) for block in right.blocks for nodes in block.cells]
    by_count = (
        {2: "line", 3: "triangle", 4: "quad", 6: "triangle6", 8: "quad8"} if d == 3 else {2: "line", 3: "line3"}
    )
    faces = [(by_count[len(nodes)], nodes) for part in right.boundary_parts for nodes in part.nodes]
    for rows, members in ((solids, right.regions), (faces, right.sides)):
        for number, (name, nodes) in enumerate(rows):
            names = [key for key, chosen in members.items() if number in chosen]
            if names or rows is solids:
                drawn.cells.append(DrawnCell(name, nodes, names, bool(random.random() < share)))
    drawn.empty = ["never meshed"] if random.random() < 0.3 else []
    return drawn


def _halved(random: np.random.Generator, box: mt.fem.Mesh) -> dict[str, np.ndarray]:
    """Return cells of which some are cut in two, in space all of a column, so that they fit one another."""
    name, parts = HALVES[box.kind]
    column = np.unique(box.centres[:, :2].round(6), axis=0, return_inverse=True)[1].ravel()
    cut = random.random(column.max() + 1 if box.dimension == 3 else len(column)) < 0.5
    chosen = cut[column] if box.dimension == 3 else cut
    cells = {
        box.kind: box.cells[~chosen],
        name: np.concatenate([box.cells[chosen][:, list(part)] for part in parts]),
    }
    return {kind: rows for kind, rows in cells.items() if len(rows)}


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
    if (sorted(read.kind), read.points.shape) != (sorted(right.kind), right.points.shape):
        return [f"{read} is no {right}"]
    number = {tuple(point): index for index, point in enumerate(right.points.tolist())}
    node = np.array([number.get(tuple(point), -1) for point in read.points.tolist()])
    if (np.sort(node) != np.arange(len(node))).any():
        return ["the points are others"]
    wanted_cells, read_cells = cells_of(right, np.arange(len(node))), cells_of(read, node)
    cell = {key: index for index, (key, _) in enumerate(wanted_cells)}
    own = np.array([cell.get(key, -1) for key, _ in read_cells])
    if len(own) != right.cell_count or (np.sort(own) != np.arange(len(own))).any():
        return ["the cells have other nodes"]
    told = []
    pairs = zip(read_cells, [wanted_cells[index] for index in own], strict=True)
    if not all(np.allclose(is_so, should, rtol=1e-11, atol=0) for (_, is_so), (_, should) in pairs):
        told.append("the nodes of cells are in a wrong order")
    node = np.append(node, -1)  # that which fills rows of faces with fewer nodes
    face = {frozenset(nodes): index for index, nodes in enumerate(right.boundary.tolist())}
    faces = np.array([face[frozenset(nodes)] for nodes in node[read.boundary].tolist()])
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


def cells_of(mesh: mt.fem.Mesh, node: np.ndarray) -> list[tuple[tuple[str, frozenset[int]], np.ndarray]]:
    """Return kind and nodes of every cell, and the volumes at its Gauss points, sorted."""
    return [
        ((block.kind, frozenset(node[nodes].tolist())), np.sort(weights))
        for block in mesh.blocks
        for nodes, weights in zip(block.cells, block.weights, strict=True)
    ]
