"""Files of gmsh in the formats 2 and 4, as text or binary, whose physical groups are sets of cells.

Not meshio's reader, which loses groups without a name and elements in several of them, and refuses files in which
only some entities are in a group.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.mesh_files.foreign_mesh import ForeignMesh
from microtann.mesh_files.gmsh_elements import GMSH_ELEMENTS, GmshElement
from microtann.mesh_files.mixed_content import MixedContent
from microtann.mesh_files.section_areas import section_areas
from microtann.system.text_file import without_mark

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
ENTITIES = ("point", "curve", "surface", "volume")
"""What gmsh calls its entities, by dimension."""
FORMATS = {"2": 20, "2.0": 20, "2.1": 20, "2.2": 20, "4": 40, "4.0": 40, "4.1": 41}
"""Versions that are read, and which of the three layouts each has."""
NAME = re.compile(r'(\d+)\s+(-?\d+)\s+"(.*)"')


@dataclass(eq=False)
class _Elements:
    """Elements of one kind in the order of the file, in pieces."""

    numbers: list[IntArray] = field(default_factory=list)
    nodes: list[Int[IntArray, "_ n"]] = field(default_factory=list)
    groups: list[IntArray] = field(default_factory=list)
    """Which of the rows of `_Contents.memberships` holds the groups of an element."""


@dataclass(eq=False)
class _Contents:
    """What has been read so far."""

    layout: int = 0
    size: str = "u8"
    names: dict[tuple[int, int], str] = field(default_factory=dict)
    entities: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    tags: list[IntArray] = field(default_factory=list)
    points: list[Float[Array, "_ 3"]] = field(default_factory=list)
    elements: dict[int, _Elements] = field(default_factory=lambda: defaultdict(_Elements))
    memberships: dict[tuple[int, ...], int] = field(default_factory=dict)
    data: dict[str, tuple[IntArray, Array]] = field(default_factory=dict)

    def add(self, kind: int, numbers: IntArray, nodes: Int[IntArray, "_ n"], rows: IntArray) -> None:
        """Add elements.

        Parameters
        ----------
        kind : int
            Gmsh's number of their kind.
        numbers : integer array, shape (e,)
        nodes : integer array, shape (e, n)
        rows : integer array, shape (e,)
            Where their groups are among the memberships.
        """
        found = self.elements[kind]
        found.numbers.append(numbers)
        found.nodes.append(nodes)
        found.groups.append(rows)

    def row_of(self, groups: tuple[int, ...]) -> int:
        """Return where a combination of groups is among the memberships."""
        return self.memberships.setdefault(groups, len(self.memberships))

    def rows_of(self, groups: Int[IntArray, "e"]) -> Int[IntArray, "e"]:
        """Return the same for elements with one group each, or none, which is 0."""
        values, which = np.unique(groups, return_inverse=True)
        rows = [self.row_of((value,) if value else ()) for value in values.tolist()]
        return np.array(rows, dtype=np.int64)[which.ravel()]


def read_gmsh(path: Path) -> ForeignMesh:
    """Read a file of gmsh; its physical groups are the sets of cells, "volume 3" where the group has no name.

    Names without elements are left out with a note. Element data "area" or "radius" are those of line cells.

    Raises
    ------
    InputError
        If the file is of another format or cut short, or an element is of a kind that is not known.
    """
    file = MixedContent(without_mark(path.read_bytes()))
    contents = _Contents()
    while (line := file.next_line()) is not None:
        if not line.startswith("$"):
            continue
        name = line[1:]
        if name in SECTIONS:
            if not contents.layout and name != "MeshFormat":
                break
            SECTIONS[name](file, contents)
        end = file.content.find(f"$End{name}".encode(), file.position)
        if end < 0:
            raise InputError(f"its part ${name} does not end: the file seems to be cut short")
        file.position = end
        file.line()
    if not contents.layout:
        raise ValueError("it does not begin with $MeshFormat")
    return _gathered(contents)


def _format(file: MixedContent, contents: _Contents) -> None:
    version, mode, size, *_ = [*(file.line() or "").split(), "", "", ""]
    if version not in FORMATS:
        raise InputError(f"version {version!r} of gmsh's format is not known: save the mesh in version 4.1 or 2.2")
    contents.layout, contents.size = FORMATS[version], "u4" if size == "4" else "u8"
    file.binary = mode == "1"
    if file.binary and file.take("i4", 1)[0] != 1:
        file.order, file.position = ">", file.position - 4
        if file.take("i4", 1)[0] != 1:
            raise InputError("the order of the bytes of its numbers cannot be told: the file is damaged")


def _physical_names(file: MixedContent, contents: _Contents) -> None:
    for _ in range(int(file.next_line() or 0)):
        line = file.next_line() or ""
        match = NAME.fullmatch(line)
        if match is None:
            raise InputError(f"{line!r} is no dimension, number and name of a physical group")
        contents.names[int(match[1]), int(match[2])] = match[3]


def _entities(file: MixedContent, contents: _Contents) -> None:
    """Read to which physical groups entities belong; a negative number means the same group, turned."""
    for dimension, count in enumerate(file.take(contents.size, 4).tolist()):
        for _ in range(count):
            (tag,) = file.take("i4", 1).tolist()
            file.take("f8", 3 if dimension == 0 and contents.layout == 41 else 6)
            _groups_of_entity(file, contents, (dimension, tag))


def _partitioned_entities(file: MixedContent, contents: _Contents) -> None:
    file.take(contents.size, 1)
    ghosts = int(file.take(contents.size, 1)[0])
    file.take("i4", 2 * ghosts)
    for dimension, count in enumerate(file.take(contents.size, 4).tolist()):
        for _ in range(count):
            tag = int(file.take("i4", 3)[0])
            file.take("i4", int(file.take(contents.size, 1)[0]))
            file.take("f8", 3 if dimension == 0 and contents.layout == 41 else 6)
            _groups_of_entity(file, contents, (dimension, tag))


def _groups_of_entity(file: MixedContent, contents: _Contents, entity: tuple[int, int]) -> None:
    """Read the physical groups of an entity, and pass over the entities that bound it."""
    groups = file.take("i4", int(file.take(contents.size, 1)[0]))
    contents.entities[entity] = tuple(np.unique(np.abs(groups)).tolist())
    if entity[0] > 0:
        file.take("i4", int(file.take(contents.size, 1)[0]))


def _nodes(file: MixedContent, contents: _Contents) -> None:
    if contents.layout == 20:
        tags, places = file.rows(int(file.next_line() or 0), 1, 3)
        contents.tags.append(tags[:, 0])
        contents.points.append(places)
        return
    blocks = int(file.take(contents.size, 4 if contents.layout == 41 else 2)[0])
    for _ in range(blocks):
        first, second, parametric = file.take("i4", 3).tolist()
        (count,) = file.take(contents.size, 1).tolist()
        dimension = first if contents.layout == 41 else second
        more = dimension if parametric else 0  # the parameters of a node on its curve or surface
        if contents.layout == 41:
            contents.tags.append(file.take(contents.size, count).astype(np.int64))
            contents.points.append(file.take("f8", count * (3 + more)).reshape(count, -1)[:, :3])
        else:
            tags, places = file.rows(count, 1, 3 + more)
            contents.tags.append(tags[:, 0])
            contents.points.append(places[:, :3])


def _elements(file: MixedContent, contents: _Contents) -> None:
    if contents.layout == 20:
        _old_elements(file, contents)
        return
    blocks = int(file.take(contents.size, 4 if contents.layout == 41 else 2)[0])
    integer = contents.size if contents.layout == 41 else "i4"
    for _ in range(blocks):
        first, second, kind = file.take("i4", 3).tolist()
        (count,) = file.take(contents.size, 1).tolist()
        entity = (first, second) if contents.layout == 41 else (second, first)
        nodes = _known(kind).nodes
        table = file.take(integer, count * (1 + nodes)).astype(np.int64).reshape(count, 1 + nodes)
        row = contents.row_of(contents.entities.get(entity, ()))
        contents.add(kind, table[:, 0], table[:, 1:], np.full(count, row))


def _old_elements(file: MixedContent, contents: _Contents) -> None:
    """Read elements of version 2, of which those in several groups are repeated for each."""
    left = int(file.next_line() or 0)
    if not file.binary:
        _old_elements_in_text(file, contents, left)
        return
    while left > 0:
        kind, count, tags = file.take("i4", 3).tolist()
        if count < 1 or tags < 0:
            raise InputError("its elements cannot be understood: the file is damaged")
        width = 1 + tags + _known(kind).nodes
        table = file.take("i4", count * width).astype(np.int64).reshape(count, width)
        groups = np.abs(table[:, 1]) if tags else np.zeros(count, dtype=np.int64)
        contents.add(kind, table[:, 0], table[:, 1 + tags :], contents.rows_of(groups))
        left -= count


def _old_elements_in_text(file: MixedContent, contents: _Contents, count: int) -> None:
    end = file.content.find(b"$EndElements", file.position)
    lines = file.content[file.position : end if end >= 0 else len(file.content)].splitlines()
    rows: dict[tuple[int, int], list[list[int]]] = defaultdict(list)
    for words in filter(None, map(bytes.split, lines)):
        row = list(map(int, words))
        kind, tags = (*row, 0, 0)[1:3]
        if len(row) != 3 + max(tags, 0) + _known(kind).nodes:
            raise InputError(f"element {row[0]} has more or fewer nodes than its kind: the file is damaged")
        rows[kind, tags].append(row)
    if sum(map(len, rows.values())) != count:
        raise InputError(f"it has not the {count} elements that it announces: the file seems to be cut short")
    for (kind, tags), given in rows.items():
        table = np.array(given, dtype=np.int64)
        groups = np.abs(table[:, 3]) if tags else np.zeros(len(table), dtype=np.int64)
        contents.add(kind, table[:, 0], table[:, 3 + tags :], contents.rows_of(groups))


def _element_data(file: MixedContent, contents: _Contents) -> None:
    """Read one number per element."""
    texts, _, integers = ([file.next_line() or "" for _ in range(int(file.next_line() or 0))] for _ in range(3))
    if len(integers) < 3 or not texts:
        raise InputError("its $ElementData say no name, or not how many numbers there are")
    tags, values = file.rows(int(integers[2]), 1, int(integers[1]))
    if values.shape[1:] == (1,):
        contents.data[texts[0].strip('"')] = tags[:, 0], values[:, 0]


def _known(kind: int) -> GmshElement:
    if kind not in GMSH_ELEMENTS:
        raise InputError(f"gmsh's elements of type {kind} are not known")
    return GMSH_ELEMENTS[kind]


SECTIONS: dict[str, Callable[[MixedContent, _Contents], None]] = {
    "MeshFormat": _format,
    "PhysicalNames": _physical_names,
    "Entities": _entities,
    "PartitionedEntities": _partitioned_entities,
    "Nodes": _nodes,
    "ParametricNodes": _nodes,  # so some files of version 4.0 call them
    "Elements": _elements,
    "ElementData": _element_data,
}
"""What reads the parts of a file; all others are passed over."""


def _gathered(contents: _Contents) -> ForeignMesh:
    """Return the mesh with nodes and cells counted from 0."""
    tags = np.concatenate([np.zeros(0, dtype=np.int64), *contents.tags])
    sequence = np.argsort(tags, kind="stable")
    found = ForeignMesh(np.concatenate([np.zeros((0, 3)), *contents.points]), [])
    numbers, lines, start = [], [], 0
    for kind, elements in contents.elements.items():
        number, nodes, members = _of_one_kind(elements, list(contents.memberships), contents.layout == 20)
        element = GMSH_ELEMENTS[kind]
        place = np.minimum(np.searchsorted(tags, nodes, sorter=sequence), len(tags) - 1)
        cells = sequence[place] if len(tags) else nodes
        missing = np.argwhere(tags[cells] != nodes) if len(tags) else np.zeros((1, 2), dtype=np.int64)
        if len(missing) and len(nodes):
            row, column = missing[0]
            raise InputError(f"element {number[row]} names node {nodes[row, column]}, which does not exist")
        found.blocks.append((element.kind, cells[:, list(element.order)] if element.order else cells))
        for group, of_group in members.items():
            name = contents.names.get((element.dimension, group), f"{ENTITIES[element.dimension]} {group}")
            earlier = found.cell_sets.get(name, np.zeros(0, dtype=np.int64))
            found.cell_sets[name] = np.append(earlier, start + of_group)
        numbers.append(number)
        lines.append(np.full(len(cells), element.kind == "line"))
        start += len(cells)
    empty = [name for name in contents.names.values() if name not in found.cell_sets]
    if empty:
        word = "name has" if len(empty) == 1 else "names have"
        found.notes.append(
            f"{len(empty)} physical {word} no elements and {'is' if len(empty) == 1 else 'are'} left out: "
            + ", ".join(map(repr, empty))
        )
    if start:
        _add_areas(found, contents, np.concatenate(numbers), np.concatenate(lines))
    return found


def _of_one_kind(
    elements: _Elements, memberships: Sequence[tuple[int, ...]], repeated: bool
) -> tuple[IntArray, Int[IntArray, "E n"], dict[int, IntArray]]:
    """Return numbers and nodes of the elements of one kind, and those of every group.

    Parameters
    ----------
    elements : _Elements
    memberships : sequence of tuples of int
        Combinations of groups.
    repeated : bool
        Whether elements in several groups are repeated for each; they are one cell, the first of them.
    """
    numbers, nodes, rows = map(np.concatenate, (elements.numbers, elements.nodes, elements.groups))
    cell = np.arange(len(numbers))
    if repeated and len(np.unique(rows)) > 1:
        _, body = np.unique(np.sort(nodes, axis=1), axis=0, return_inverse=True)
        cell, first = _without_repetition(body.ravel(), rows)
        numbers, nodes = numbers[first], nodes[first]
    members: dict[int, list[IntArray]] = defaultdict(list)
    for row in np.unique(rows).tolist():
        for group in memberships[row]:
            members[group].append(cell[rows == row])
    return numbers, nodes, {group: np.unique(np.concatenate(parts)) for group, parts in sorted(members.items())}


def _without_repetition(body: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return the cell of every element, and the first element of every cell.

    Elements of the same nodes are one cell if their groups differ. Elements of the same nodes and groups stay
    two, for this is a mistake that others have to tell.
    """
    order = np.lexsort((np.arange(len(body)), rows, body))
    begins = np.flatnonzero(np.append(True, (np.diff(body[order]) != 0) | (np.diff(rows[order]) != 0)))
    times = np.diff(np.append(begins, len(body)))
    occurrence = np.zeros(len(body), dtype=np.int64)
    occurrence[order] = np.arange(len(body)) - np.repeat(begins, times)
    _, first, key = np.unique(np.stack([body, occurrence]), axis=1, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return rank[key.ravel()], np.sort(first)


def _add_areas(found: ForeignMesh, contents: _Contents, numbers: IntArray, lines: NDArray[np.bool_]) -> None:
    of_cells = {}
    for name, (tags, values) in contents.data.items():
        by_number = dict(zip(tags.tolist(), values.tolist(), strict=True))
        of_cells[name] = np.array([by_number.get(number, np.nan) for number in numbers.tolist()])
    section_areas(of_cells, {}, lines).give_to(found)
