"""Abaqus input files: nodes, elements, sets and surfaces; all else in them is skipped.

Not meshio's reader, which knows no plane-strain elements, no surfaces and no sets of sets, and which gives names
that stand with the elements to other elements where some of these have no name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from microtann.errors import InputError
from microtann.mesh_files.foreign_mesh import ForeignMesh
from microtann.system.text_file import read_text

TYPE = re.compile(r"(C3D|CPE|CPS)(\d+)[A-Z]*")
SOLIDS = {4: "tetra", 10: "tetra10", 8: "hexahedron", 20: "hexahedron20", 6: "wedge", 15: "wedge15"}
PLANE = {3: "triangle", 6: "triangle6", 4: "quad", 8: "quad8"}
FAMILIES = {"C3D": SOLIDS, "CPE": PLANE, "CPS": PLANE}
"""Kinds of cells, in meshio's words, of the families of elements by number of nodes; their order is VTK's."""
FACE_COUNTS = {"triangle": 3, "quad": 4, "tetra": 4, "hexahedron": 6, "wedge": 5}
"""Faces of the kinds that begin so."""


@dataclass(frozen=True)
class KeywordBlock:
    """A keyword line with its parameters, and the data lines below it."""

    keyword: str
    parameters: dict[str, str]
    line: int
    rows: list[list[str]]


@dataclass(eq=False)
class _Model:
    """What has been read so far; upper and lower case make no difference in names."""

    points: dict[int, list[float]] = field(default_factory=dict)
    elements: dict[int, tuple[str, list[int]]] = field(default_factory=dict)
    node_sets: dict[str, list[int]] = field(default_factory=dict)
    cell_sets: dict[str, list[int]] = field(default_factory=dict)
    surfaces: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def name(self, written: str) -> str:
        """Return a name as it was first written."""
        return self.names.setdefault(written.upper(), written)


def read_abaqus(path: Path) -> ForeignMesh:
    """Read an Abaqus input file of one part.

    Raises
    ------
    InputError
        If an element, a set or a surface is of a kind that is not known, or names what does not exist.
    """
    model = _Model()
    readers = {"NODE": _nodes, "ELEMENT": _elements, "NSET": _set, "ELSET": _set, "SURFACE": _surface}
    parts = 0
    for block in keyword_blocks(read_text(path, fallback="latin-1")):
        parts += block.keyword == "PART"
        moved = block.keyword == "INSTANCE" and block.rows
        if block.keyword == "INCLUDE" or parts > 1 or moved:
            what = {"INCLUDE": "includes another file", "INSTANCE": "moves an instance of a part"}
            raise InputError(
                f"line {block.line} {what.get(block.keyword, 'begins a second part')}: write nodes and elements "
                "of the whole mesh into one file"
            )
        if block.keyword in readers:
            try:
                readers[block.keyword](model, block)
            except (ValueError, KeyError, IndexError) as error:
                if isinstance(error, InputError):
                    raise
                raise InputError(f"the *{block.keyword} of line {block.line} cannot be understood") from None
    return _gathered(model)


def keyword_blocks(text: str) -> Iterator[KeywordBlock]:
    """Yield keywords with their data; comments and blank lines are left out."""
    block = None
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("**"):
            continue
        words = [word.strip() for word in line.split(",")]
        if not line.startswith("*"):
            if block is not None:
                block.rows.append([word for word in words if word])
            continue
        if block is not None:
            yield block
        pairs = (word.partition("=") for word in words[1:] if word)
        parameters = {key.strip().upper(): value.strip().strip('"') for key, _, value in pairs}
        block = KeywordBlock(words[0][1:].strip().upper(), parameters, number, [])
    if block is not None:
        yield block


def _nodes(model: _Model, block: KeywordBlock) -> None:
    for number, *place in block.rows:
        model.points[int(number)] = [*map(float, place[:3]), 0.0, 0.0][:3]
    if "NSET" in block.parameters:
        _extend(model, model.node_sets, block.parameters["NSET"], [int(row[0]) for row in block.rows])


def _elements(model: _Model, block: KeywordBlock) -> None:
    name = block.parameters.get("TYPE", "").upper()
    match = TYPE.fullmatch(name)
    kind = FAMILIES[match[1]].get(int(match[2])) if match else None
    if match is None or kind is None:
        raise InputError(
            f"line {block.line}: elements of type {name!r} are not known; there are C3D4, C3D10, C3D8, C3D20 in "
            "space, and CPE or CPS with 3, 6, 4 or 8 nodes in the plane"
        )
    words = [int(word) for row in block.rows for word in row]
    size = int(match[2]) + 1
    if len(words) % size:
        raise InputError(f"line {block.line}: an element of type {name} has a number and {size - 1} nodes")
    rows = [words[i : i + size] for i in range(0, len(words), size)]
    for number, *nodes in rows:
        if number in model.elements:
            raise InputError(f"line {block.line}: there are two elements {number}")
        model.elements[number] = kind, nodes
    if "ELSET" in block.parameters:
        _extend(model, model.cell_sets, block.parameters["ELSET"], [row[0] for row in rows])


def _set(model: _Model, block: KeywordBlock) -> None:
    """Read *NSET or *ELSET: numbers, a range of them, or names of other sets."""
    sets = model.node_sets if block.keyword == "NSET" else model.cell_sets
    members: list[int] = []
    if block.keyword == "NSET" and "ELSET" in block.parameters:
        for number in model.cell_sets[model.name(block.parameters["ELSET"])]:
            members += model.elements[number][1]
    for row in block.rows:
        if "GENERATE" in block.parameters:
            first, last, *step = map(int, row)
            members += range(first, last + 1, *step)
            continue
        for word in row:
            members += [int(word)] if word.isdigit() else sets[model.name(word.strip('"'))]
    _extend(model, sets, block.parameters[block.keyword], members)


def _surface(model: _Model, block: KeywordBlock) -> None:
    """Read *SURFACE: faces of elements or of sets of them, or nodes."""
    name = model.name(block.parameters["NAME"])
    kind = block.parameters.get("TYPE", "ELEMENT").upper()
    if kind == "NODE":
        for row in block.rows:
            _extend(model, model.node_sets, name, [int(row[0])] if row[0].isdigit() else model.node_sets[row[0]])
        return
    if kind != "ELEMENT" or not all(len(row) == 2 and re.fullmatch(r"[sS]\d", row[1]) for row in block.rows):
        raise InputError(
            f"line {block.line}: the surface {name!r} is not given by elements and their faces S1, S2, ..."
        )
    faces = model.surfaces.setdefault(name, [])
    for chosen, label in block.rows:
        for number in [int(chosen)] if chosen.isdigit() else model.cell_sets[model.name(chosen)]:
            face = int(label[1]) - 1
            kind, _ = model.elements[number]
            if not face < next(count for name, count in FACE_COUNTS.items() if kind.startswith(name)):
                raise InputError(f"line {block.line}: element {number} has no face {label}")
            faces.append((number, face))


def _extend(model: _Model, sets: dict[str, list[int]], name: str, members: list[int]) -> None:
    sets.setdefault(model.name(name), []).extend(members)


def _gathered(model: _Model) -> ForeignMesh:
    """Return the mesh with nodes and elements counted from 0."""
    node = {number: index for index, number in enumerate(model.points)}
    for number, (_, nodes) in model.elements.items():
        missing = [n for n in nodes if n not in node]
        if missing:
            raise InputError(f"element {number} names node {missing[0]}, which does not exist")
    kinds = sorted({kind for kind, _ in model.elements.values()})
    order = [
        (number, nodes) for wanted in kinds for number, (kind, nodes) in model.elements.items() if kind == wanted
    ]
    cell = {number: index for index, (number, _) in enumerate(order)}
    found = ForeignMesh(np.array(list(model.points.values())).reshape(-1, 3), [])
    for wanted in kinds:
        rows = [[node[n] for n in nodes] for kind, nodes in model.elements.values() if kind == wanted]
        found.blocks.append((wanted, np.array(rows)))
    for given, numbers, sets, what in (
        (model.node_sets, node, found.node_sets, "node"),
        (model.cell_sets, cell, found.cell_sets, "element"),
    ):
        for name, members in given.items():
            missing = [m for m in members if m not in numbers]
            if missing:
                raise InputError(f"the set {name!r} names {what} {missing[0]}, which does not exist")
            sets[name] = np.array([numbers[m] for m in members], dtype=np.int64)
    found.surfaces = {
        name: [(cell[number], face) for number, face in faces] for name, faces in model.surfaces.items()
    }
    return found
