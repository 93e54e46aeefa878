"""Files of gmsh in all its formats, written from a drawn mesh after gmsh's manual."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from drawn_mesh import DrawnMesh

TYPES = {
    "line": 1,
    "triangle": 2,
    "quad": 3,
    "tetra": 4,
    "hexahedron": 5,
    "wedge": 6,
    "line3": 8,
    "triangle6": 9,
    "tetra10": 11,
    "quad8": 16,
    "hexahedron20": 17,
}
EDGES = {
    "tetra10": ((0, 1), (1, 2), (0, 2), (0, 3), (2, 3), (1, 3)),
    "hexahedron20": (
        *((0, 1), (0, 3), (0, 4), (1, 2), (1, 5), (2, 3), (2, 6), (3, 7), (4, 5), (4, 7), (5, 6), (6, 7)),
    ),
}
"""Ends of the edges that have a node amid them, in the order of gmsh where it is not that of VTK."""
VERSIONS = ("2.2", "4.0", "4.1")


class _Output:
    """Bytes of a file: text, or numbers of four or eight bytes."""

    def __init__(self, binary: bool, order: str) -> None:
        self.parts, self.binary, self.order = [], binary, order

    def line(self, text: str) -> None:
        self.parts.append(f"{text}\n".encode())

    def numbers(self, *values: float, kind: str = "i4") -> None:
        if self.binary:
            self.parts.append(np.array(values, dtype=self.order + kind).tobytes())
        else:
            self.line(" ".join(repr(float(v)) if kind == "f8" else str(int(v)) for v in values))

    def end(self, name: str) -> None:
        self.line(("\n" if self.binary else "") + f"$End{name}")


def write_gmsh(
    drawn: DrawnMesh, random: np.random.Generator, version: str = "4.1", binary: bool = False, order: str = "<"
) -> tuple[bytes, dict[str, str]]:
    """Return a file and the names that its reader must find, as some physical groups have none in it.

    Parameters
    ----------
    drawn : DrawnMesh
    random : Generator
        Chooses tags, sequences, and which groups have a name.
    version : str
    binary : bool
    order : str
        Order of the bytes in binary.
    """
    names = [*drawn.right.regions, *drawn.right.sides]
    tags = dict(zip([*names, *drawn.empty], random.permutation(90)[: len(names) + 1].tolist(), strict=False))
    tags = {name: tag + 1 for name, tag in tags.items()}
    dimension = {name: drawn.dimension - (name in drawn.right.sides) for name in tags}
    unnamed = {name for name in names if random.random() < 0.3}
    entity = ("point", "curve", "surface", "volume")
    found = {name: f"{entity[dimension[name]]} {tags[name]}" if name in unnamed else name for name in names}
    out = _Output(binary, order)
    out.line(f"$MeshFormat\n{version} {int(binary)} 8")
    if binary:
        out.numbers(1)
    out.end("MeshFormat")
    out.line("$Comments\na line that says $Nodes\n$EndComments")
    listed = [name for name in tags if name not in unnamed]
    out.line(f"$PhysicalNames\n{len(listed)}")
    for name in listed:
        out.line(f'{dimension[name]} {tags[name]} "{name}"')
    out.line("$EndPhysicalNames")
    number = random.permutation(5 * len(drawn.points))[: len(drawn.points)] + 1
    if version == "2.2":
        _write_version_2(out, drawn, random, tags, number)
    else:
        _write_version_4(out, drawn, random, tags, number, version == "4.1")
    return b"".join(out.parts), found


def _write_version_2(out, drawn, random, tags, number) -> None:
    out.line(f"$Nodes\n{len(drawn.points)}")
    for node in random.permutation(len(drawn.points)):
        if out.binary:
            out.numbers(number[node])
            out.numbers(*drawn.points[node], kind="f8")
        else:
            out.line(" ".join([str(number[node]), *map(repr, drawn.points[node].tolist())]))
    out.end("Nodes")
    rows = []
    for index, cell in enumerate(drawn.cells):
        for tag in [tags[name] for name in cell.names] or [0]:
            rows.append((TYPES[cell.kind], tag, index + 1, number[cell.written(EDGES)]))
    out.line(f"$Elements\n{len(rows)}")
    for count, row in enumerate(random.permutation(len(rows)), start=1):
        kind, tag, index, nodes = rows[row]
        head = (kind, 1, 2, count) if out.binary else (count, kind, 2)
        out.numbers(*head, tag, index, *nodes)
    out.end("Elements")


def _write_version_4(out, drawn, random, tags, number, latest) -> None:
    size = "u8"
    groups = [frozenset(tags[name] for name in cell.names) for cell in drawn.cells]
    dimensions = [cell.dimension for cell in drawn.cells]
    pairs = list(dict.fromkeys(zip(dimensions, groups, strict=True)))
    entity = {pair: 7 + count for count, pair in enumerate(pairs)}
    out.line("$Entities")
    out.numbers(1, *(sum(d == dimension for d, _ in pairs) for dimension in (1, 2, 3)), kind=size)
    out.numbers(4)
    out.numbers(*[0.0] * (3 if latest else 6), kind="f8")
    out.numbers(0, kind=size)
    for d, of_entity in sorted(pairs, key=lambda pair: pair[0]):
        out.numbers(entity[d, of_entity])
        out.numbers(*[0.5] * 6, kind="f8")
        out.numbers(len(of_entity), kind=size)
        out.numbers(*(random.choice([-1, 1]) * tag for tag in of_entity))
        out.numbers(2, kind=size)
        out.numbers(4, -5)
    out.end("Entities")
    out.line("$Nodes")
    parts = np.array_split(random.permutation(len(drawn.points)), len(pairs))
    extent = (number.min(), number.max()) if latest else ()
    out.numbers(len(parts), len(number), *extent, kind=size)
    for pair, nodes in zip(pairs, parts, strict=True):
        parametric = int(random.integers(2))
        out.numbers(*(pair[0], entity[pair]) if latest else (entity[pair], pair[0]), parametric)
        out.numbers(len(nodes), kind=size)
        places = np.pad(drawn.points[nodes], ((0, 0), (0, parametric * pair[0])), constant_values=0.25)
        if latest:
            for node in nodes:
                out.numbers(number[node], kind=size)
            for place in places:
                out.numbers(*place, kind="f8")
        else:
            for node, place in zip(nodes, places, strict=True):
                out.numbers(number[node])
                out.numbers(*place, kind="f8")
    out.end("Nodes")
    out.line("$Elements")
    extent = (1, len(drawn.cells)) if latest else ()
    blocks = {}
    for cell, d, of_cell in zip(drawn.cells, dimensions, groups, strict=True):
        blocks.setdefault(((d, of_cell), cell.kind), []).append(cell)
    out.numbers(len(blocks), len(drawn.cells), *extent, kind=size)
    count = 0
    for place in random.permutation(len(blocks)):
        (pair, kind), own = list(blocks.items())[place]
        head = (pair[0], entity[pair]) if latest else (entity[pair], pair[0])
        out.numbers(*head, TYPES[kind])
        out.numbers(len(own), kind=size)
        for cell in own:
            count += 1
            out.numbers(count, *number[cell.written(EDGES)], kind=size if latest else "i4")
    out.end("Elements")
    if not out.binary:
        out.line("$Periodic\n0\n$EndPeriodic")
