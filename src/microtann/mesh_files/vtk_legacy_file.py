"""Legacy VTK files (.vtk), as text or binary: unstructured, polygonal and structured meshes with all their data.

Not meshio's reader, which takes neither scalars nor vectors, nor polygonal data, nor lines of several segments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.mesh_files.mixed_content import MixedContent
from microtann.mesh_files.vtk_contents import (
    POLYDATA,
    VtkCells,
    VtkContents,
    joined_cells,
    offsets_of,
    polydata_cells,
)
from microtann.mesh_files.vtk_structured import structured_cells, structured_points

IntArray = NDArray[np.int64]
TYPES = {
    "bit": "u1",
    "char": "i1",
    "signed_char": "i1",
    "unsigned_char": "u1",
    "short": "i2",
    "unsigned_short": "u2",
    "int": "i4",
    "unsigned_int": "u4",
    "long": "i8",
    "unsigned_long": "u8",
    "float": "f4",
    "double": "f8",
    "vtkidtype": "i4",  # so VTK writes it
    "vtktypeint64": "i8",
    "vtktypeuint64": "u8",
}
"""NumPy's codes of the types of binary numbers."""
COMPONENTS = {"VECTORS": 3, "NORMALS": 3, "TENSORS": 9, "TENSORS6": 6, "EDGE_FLAGS": 1}
NUMBERINGS = ("GLOBAL_IDS", "PEDIGREE_IDS")


@dataclass(eq=False)
class _Parts:
    """What has been read so far."""

    points: NDArray[np.float64] | None = None
    offsets: IntArray | None = None
    nodes: IntArray | None = None
    types: IntArray | None = None
    polydata: dict[str, VtkCells] = field(default_factory=dict)
    lattice: dict[str, list[float]] = field(default_factory=dict)
    """Dimensions, origin and spacing of a structured mesh, or its coordinates along every axis."""
    data: dict[str, dict[str, NDArray[Any]]] = field(default_factory=lambda: {"POINT_DATA": {}, "CELL_DATA": {}})
    place: str = ""
    count: int = 0


def read_vtk_legacy(content: bytes) -> VtkContents:
    """Read the content of a legacy VTK file.

    Raises
    ------
    InputError
        If it is cut short, or has a part that is not known.
    """
    file = MixedContent(content, order=">")
    header = [file.line() or "" for _ in range(3)]
    if not header[0].lower().startswith("# vtk datafile") or header[2].upper() not in ("ASCII", "BINARY"):
        raise ValueError("it does not begin with # vtk DataFile, a title, and ASCII or BINARY")
    file.binary = header[2].upper() == "BINARY"
    parts = _Parts()
    while (line := file.next_line()) is not None:
        keyword, *words = line.split()
        _read(file, parts, keyword.upper(), words)
    return _gathered(parts)


def _read(file: MixedContent, parts: _Parts, keyword: str, words: list[str]) -> None:
    """Read the part of a file that a keyword begins.

    Parameters
    ----------
    file : MixedContent
    parts : _Parts
    keyword : str
        In capitals.
    words : list of str
        What follows it on its line.
    """
    if keyword in READERS:
        READERS[keyword](file, parts, words)
    elif keyword in POLYDATA:
        offsets, nodes = _lists(file, words)
        parts.polydata[keyword] = polydata_cells(keyword, offsets, nodes)
    elif keyword in ("POINT_DATA", "CELL_DATA"):
        parts.place, parts.count = keyword, int(words[0])
    elif keyword in ("DIMENSIONS", "ORIGIN", "SPACING", "ASPECT_RATIO"):
        parts.lattice[keyword.replace("ASPECT_RATIO", "SPACING")] = [float(word) for word in words]
    elif keyword in ("X_COORDINATES", "Y_COORDINATES", "Z_COORDINATES"):
        parts.lattice[keyword] = _numbers(file, words[1], int(words[0])).tolist()
    elif keyword in COMPONENTS:
        _store(parts, words[0], _numbers(file, words[1], COMPONENTS[keyword] * parts.count))
    elif keyword in NUMBERINGS:
        _numbers(file, words[1], parts.count)
    elif keyword == "METADATA":
        while file.line():
            pass
    elif keyword != "DATASET":
        raise InputError(f"{keyword[:30]!r} is no part of a legacy VTK file that is known")


def _numbers(file: MixedContent, kind: str, count: int) -> NDArray[Any]:
    code = TYPES.get(kind.lower())
    if code is None:
        raise InputError(f"numbers of type {kind!r} are not known in VTK files")
    if kind.lower() == "bit" and file.binary:
        return np.unpackbits(file.take("u1", (count + 7) // 8))[:count]
    return file.take(code, count)


def _points(file: MixedContent, parts: _Parts, words: list[str]) -> None:
    parts.points = _numbers(file, words[1], 3 * int(words[0])).astype(np.float64).reshape(-1, 3)


def _cells(file: MixedContent, parts: _Parts, words: list[str]) -> None:
    parts.offsets, parts.nodes = _lists(file, words)


def _types(file: MixedContent, parts: _Parts, words: list[str]) -> None:
    parts.types = file.take("i4", int(words[0])).astype(np.int64)


def _lists(file: MixedContent, words: list[str]) -> tuple[Int[IntArray, "_"], Int[IntArray, "_"]]:
    """Read lists of nodes: each after its length, or, since version 5, all of them after where each begins."""
    first, second = int(words[0]), int(words[1])
    start = file.position
    line = (file.next_line() or "").split() if not file.binary or _says(file, b"OFFSETS") else []
    if line[:1] == ["OFFSETS"]:
        offsets = _numbers(file, line[1], first).astype(np.int64)
        _, kind = (file.next_line() or "").split()
        return offsets if first else np.zeros(1, dtype=np.int64), _numbers(file, kind, second).astype(np.int64)
    file.position = start
    flat = file.take("i4", second).astype(np.int64)
    width = int(flat[0]) + 1 if second else 1
    if first * width == second and (flat[::width] == width - 1).all():
        table = flat.reshape(first, width)
        return offsets_of(table[:, 0]), table[:, 1:].ravel()
    counts, place, values = [], 0, flat.tolist()
    for _ in range(first):
        if place >= second or values[place] < 0:
            raise InputError("the lists of the nodes of its cells do not fit together")
        counts.append(values[place])
        place += 1 + values[place]
    if place != second:
        raise InputError("the lists of the nodes of its cells do not fit together")
    offsets = offsets_of(np.array(counts, dtype=np.int64))
    return offsets, np.delete(flat, offsets[:-1] + np.arange(first))


def _says(file: MixedContent, word: bytes) -> bool:
    """Return whether a word comes next."""
    return file.content[file.position : file.position + 80].lstrip().startswith(word)


def _store(parts: _Parts, name: str, values: NDArray[Any]) -> None:
    if parts.place:
        parts.data[parts.place][unquote(name)] = values.reshape(parts.count, -1) if values.size else values


def _scalars(file: MixedContent, parts: _Parts, words: list[str]) -> None:
    components = int(words[2]) if len(words) > 2 else 1
    if _says(file, b"LOOKUP_TABLE"):
        file.next_line()
    _store(parts, words[0], _numbers(file, words[1], components * parts.count))


def _colours(file: MixedContent, parts: _Parts, words: list[str]) -> None:
    """Read scalars of one byte, which VTK calls colours; in text they are divided by 255."""
    values = file.take("u1" if file.binary else "f4", int(words[1]) * parts.count)
    if not file.binary:
        whole = np.rint(255.0 * values)
        values = whole.astype(np.int64) if np.allclose(255.0 * values, whole, atol=0.01) else values
    _store(parts, words[0], values)


def _lookup_table(file: MixedContent, parts: _Parts, words: list[str]) -> None:
    file.take("u1" if file.binary else "f4", 4 * int(words[1]))


def _texture(file: MixedContent, parts: _Parts, words: list[str]) -> None:
    _store(parts, words[0], _numbers(file, words[2], int(words[1]) * parts.count))


def _field(file: MixedContent, parts: _Parts, words: list[str]) -> None:
    """Read the arrays of a field; those that have not one row per point or cell are passed over."""
    left = int(words[1])
    while left > 0:
        name, *sizes = (file.next_line() or "").split()
        if name == "METADATA":
            while file.line():
                pass
            continue
        left -= 1
        if name == "NULL_ARRAY":
            continue
        components, rows, kind = int(sizes[0]), int(sizes[1]), sizes[2]
        if kind.lower() == "string":
            _pass_strings(file, components * rows)
            continue
        values = _numbers(file, kind, components * rows)
        if rows == parts.count:
            _store(parts, name, values)


def _pass_strings(file: MixedContent, count: int) -> None:
    """Pass over words: a line each, or, in binary, each after its length in one, two, four or eight bytes."""
    for _ in range(count):
        if not file.binary:
            file.line()
            continue
        first = int(file.take("u1", 1)[0])
        more = {3: 0, 2: 1, 1: 3, 0: 7}[first >> 6]
        length = first & 63
        for byte in file.take("u1", more).tolist():
            length = 256 * length + byte
        file.take("u1", length)


READERS: dict[str, Callable[[MixedContent, _Parts, list[str]], None]] = {
    "POINTS": _points,
    "CELLS": _cells,
    "CELL_TYPES": _types,
    "SCALARS": _scalars,
    "COLOR_SCALARS": _colours,
    "LOOKUP_TABLE": _lookup_table,
    "TEXTURE_COORDINATES": _texture,
    "FIELD": _field,
}


def _gathered(parts: _Parts) -> VtkContents:
    points = parts.points
    if parts.lattice:
        dimensions, points = structured_points(parts.lattice, points)
        cells = structured_cells(dimensions)
    elif parts.polydata:
        lists = [parts.polydata[name] for name in POLYDATA if name in parts.polydata]
        cells = joined_cells(lists, [0] * len(lists))
    elif parts.offsets is not None and parts.nodes is not None and parts.types is not None:
        cells = VtkCells(parts.types, parts.offsets, parts.nodes)
    else:
        raise ValueError("it has no cells")
    if points is None:
        raise ValueError("it has no points")
    return VtkContents(points, cells, parts.data["POINT_DATA"], parts.data["CELL_DATA"])
