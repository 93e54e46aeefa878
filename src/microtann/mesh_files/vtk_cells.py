"""Types of cells of VTK, and what they are here: kinds, or several simpler cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.mesh_files.vtk_contents import VtkCells

IntArray = NDArray[np.int64]
KINDS: dict[int, tuple[str, int]] = {
    1: ("vertex", 1),
    3: ("line", 2),
    5: ("triangle", 3),
    9: ("quad", 4),
    10: ("tetra", 4),
    12: ("hexahedron", 8),
    13: ("wedge", 6),
    14: ("pyramid", 5),
    21: ("line3", 3),
    22: ("triangle6", 6),
    23: ("quad8", 8),
    24: ("tetra10", 10),
    25: ("hexahedron20", 20),
    26: ("wedge15", 15),
    27: ("pyramid13", 13),
    28: ("quad9", 9),
    29: ("hexahedron27", 27),
    32: ("wedge18", 18),
    34: ("triangle7", 7),
    35: ("line4", 4),
}
"""Kinds, and how many nodes they have, by VTK's number of their type."""
BY_COUNT: dict[int, dict[int, str]] = {
    7: {3: "triangle", 4: "quad"},  # polygons
    68: {2: "line", 3: "line3"},  # of any order, from here on
    69: {3: "triangle", 6: "triangle6", 7: "triangle7"},
    70: {4: "quad", 9: "quad9"},
    71: {4: "tetra", 10: "tetra10"},
    72: {8: "hexahedron", 27: "hexahedron27"},
    73: {6: "wedge", 18: "wedge18"},
    74: {5: "pyramid"},
}
"""Kinds by how many nodes a cell has, for types that do not say it; the orders of their nodes are the same."""
BOXES: dict[int, tuple[str, tuple[int, ...]]] = {
    8: ("quad", (0, 1, 3, 2)),  # a pixel
    11: ("hexahedron", (0, 1, 3, 2, 4, 5, 7, 6)),  # a voxel
}
"""Types whose nodes run along the axes."""
EMPTY = 0


def _points(nodes: Int[IntArray, "k n"]) -> Int[IntArray, "k p 1"]:
    return nodes[:, :, None]


def _segments(nodes: Int[IntArray, "k n"]) -> Int[IntArray, "k p 2"]:
    return np.stack([nodes[:, :-1], nodes[:, 1:]], axis=2)


def _strip(nodes: Int[IntArray, "k n"]) -> Int[IntArray, "k p 3"]:
    """Return the triangles of a strip, every other one turned so that all have one orientation."""
    triangles = np.stack([nodes[:, :-2], nodes[:, 1:-1], nodes[:, 2:]], axis=2)
    triangles[:, 1::2] = triangles[:, 1::2, ::-1]
    return triangles


SPLIT: dict[int, tuple[str, int, Callable[[IntArray], IntArray]]] = {
    2: ("vertex", 1, _points),
    4: ("line", 2, _segments),
    6: ("triangle", 3, _strip),
}
"""Types that are several cells: kind, nodes of the shortest, and how one becomes parts."""


def cell_blocks(cells: VtkCells) -> tuple[list[tuple[str, Int[IntArray, "_ _"]]], Int[IntArray, "_"]]:
    """Return kinds and nodes of cells, and which cell of the file each of them comes from."""
    counts = np.diff(cells.offsets)
    pieces: dict[str, list[tuple[IntArray, IntArray]]] = {}
    most = int(counts.max(initial=0)) + 1
    keys = cells.types * most + counts
    for key in np.unique(keys).tolist():
        kind, count = divmod(key, most)
        if kind == EMPTY or count == 0:
            continue
        rows = np.flatnonzero(keys == key)
        nodes: IntArray = cells.nodes[cells.offsets[rows][:, None] + np.arange(count)]
        if kind in SPLIT and count >= SPLIT[kind][1]:
            name, _, split = SPLIT[kind]
            several = split(nodes)
            rows, nodes = np.repeat(rows, several.shape[1]), several.reshape(-1, several.shape[2])
        elif kind in BOXES and count == len(BOXES[kind][1]):
            name, corners = BOXES[kind]
            nodes = nodes[:, list(corners)]
        else:
            name = _name(kind, count)
        pieces.setdefault(name, []).append((rows, nodes))
    blocks, origins = [], [np.zeros(0, dtype=np.int64)]
    for name, parts in sorted(pieces.items(), key=lambda item: min(rows[0] for rows, _ in item[1])):
        rows = np.concatenate([rows for rows, _ in parts])
        order = np.argsort(rows, kind="stable")
        blocks.append((name, np.concatenate([nodes for _, nodes in parts])[order]))
        origins.append(rows[order])
    return blocks, np.concatenate(origins)


def _name(kind: int, count: int) -> str:
    """Return the kind of cells of a type of VTK, by which it is refused if it is none that is known."""
    if kind in KINDS:
        name, nodes = KINDS[kind]
        if nodes != count:
            raise InputError(f"a cell of kind {name!r} has not its {nodes} nodes, but {count}")
        return name
    if kind == 42:
        return f"polyhedron{count}"
    if kind == 7:
        return BY_COUNT[kind].get(count, f"polygon{count}")
    return BY_COUNT.get(kind, {}).get(count, f"VTK type {kind} with {count} nodes")
