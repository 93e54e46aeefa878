"""VTK files in XML: unstructured (.vtu) and polygonal meshes (.vtp), as text or binary, compressed or not."""

from __future__ import annotations

import base64
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.mesh_files.lz4_block import unpack_lz4
from microtann.mesh_files.mixed_content import numbers_in
from microtann.mesh_files.vtk_contents import VtkCells, VtkContents, joined_cells, polydata_cells

IntArray = NDArray[np.int64]
Tag = ElementTree.Element
Raw = bytes | memoryview
TYPES = {
    f"{sign}Int{8 * size}": f"{code}{size}" for sign, code in (("", "i"), ("U", "u")) for size in (1, 2, 4, 8)
}
TYPES |= {"Float32": "f4", "Float64": "f8"}
"""NumPy's codes of the types of numbers."""
UNPACKED: dict[str, Callable[[Raw], bytes]] = {
    "vtkZLibDataCompressor": zlib.decompress,
    "vtkLZMADataCompressor": lzma.decompress,
    "vtkLZ4DataCompressor": unpack_lz4,
}
POLYDATA = {"Verts": "VERTICES", "Lines": "LINES", "Polys": "POLYGONS", "Strips": "TRIANGLE_STRIPS"}
NUMBERINGS = ("GlobalIds", "PedigreeIds")


@dataclass(frozen=True, eq=False)
class _Coding:
    """How the numbers of a file are written.

    Parameters
    ----------
    order : str
        Order of their bytes, "<" or ">".
    header : dtype
        Kind of the numbers that say how long an array is.
    compressor : str
        Name of what compressed them, or nothing.
    appended : bytes
        What stands at the end of the file, without the mark before it.
    encoded : bool
        Whether that is text, in base64.
    """

    order: str
    header: np.dtype[Any]
    compressor: str
    appended: bytes
    encoded: bool

    def numbers(self, array: Tag) -> NDArray[Any]:
        """Return the numbers of a data array, in one row."""
        name = array.get("type", "")
        if name not in TYPES:
            raise InputError(f"data of type {name!r} are not known")
        form = array.get("format", "ascii")
        if form == "ascii":
            return numbers_in((array.text or "").encode().split(), TYPES[name])
        if form == "binary":
            content: Raw = self._decoded("".join((array.text or "").split()).encode())
        elif form == "appended":
            start = int(array.get("offset", "0"))
            if self.encoded:
                content = self._decoded(self.appended[start:])
            else:
                rest = memoryview(self.appended)[start:]
                content = self._unpacked(rest, lambda size: rest[size:])
        else:
            raise InputError(f"data in the format {form!r} are not known")
        kind = np.dtype(self.order + TYPES[name])
        return np.frombuffer(content, kind).astype(kind.newbyteorder("="))

    def _decoded(self, text: bytes) -> Raw:
        """Return content in base64, whose header VTK may encode for itself."""
        size = self.header.itemsize
        blocks = int(self._header(base64.b64decode(_quads(text, size)), 1)[0]) if self.compressor else 0
        size *= 3 + blocks if self.compressor else 1
        header, padding = _quads(text, size), b"=" * (-size % 3)
        if padding and header.endswith(padding):  # the numbers begin anew
            numbers = base64.b64decode(_until_end(text[len(header) :]))
            return self._unpacked(base64.b64decode(header), lambda _: numbers)
        whole = base64.b64decode(_until_end(text))
        return self._unpacked(whole, lambda size: whole[size:])

    def _unpacked(self, content: Raw, rest: Callable[[int], Raw]) -> Raw:
        """Return the bytes of numbers.

        Parameters
        ----------
        content : bytes
            What begins with a header.
        rest : callable
            Returns what follows a header of so many bytes.
        """
        size = self.header.itemsize
        if not self.compressor:
            length = int(self._header(content, 1)[0])
            return _first(rest(size), length)
        unpack = UNPACKED.get(self.compressor)
        if unpack is None:
            raise InputError(
                f"data compressed by {self.compressor} are not read: compress them by zlib, or not at all"
            )
        blocks = int(self._header(content, 1)[0])
        lengths = self._header(content, 3 + blocks)[3:].tolist()
        packed = _first(rest((3 + blocks) * size), sum(lengths))
        ends = np.cumsum([0, *lengths]).tolist()
        return b"".join(unpack(packed[a:b]) for a, b in pairwise(ends))

    def _header(self, content: Raw, count: int) -> NDArray[Any]:
        return np.frombuffer(_first(content, count * self.header.itemsize), self.header).astype(np.int64)


def _quads(text: bytes, size: int) -> bytes:
    """Return the first letters of a text in base64, which hold so many bytes."""
    return text[: 4 * ((size + 2) // 3)]


def _until_end(text: bytes) -> bytes:
    """Return a text in base64 up to where its encoding ends, if another follows."""
    end = text.find(b"=")
    return text if end < 0 else text[: 4 * (end // 4 + 1)]


def _first(content: Raw, length: int) -> Raw:
    if not 0 <= length <= len(content):
        raise InputError("data are shorter than they say: the file seems to be cut short")
    return content[:length]


def read_vtk_xml(content: bytes) -> VtkContents:
    """Read the content of a file with an unstructured or a polygonal mesh.

    Raises
    ------
    InputError
        If it is cut short, or numbers are written in a way that is not known.
    """
    start = content.find(b"<AppendedData")
    appended = b""
    if start >= 0:  # bytes that are no XML
        mark = content.index(b"_", content.index(b">", start))
        root = ElementTree.fromstring(content[:mark] + b"</AppendedData></VTKFile>")
        end = content.rfind(b"</AppendedData>")
        appended = content[mark + 1 : end if end > mark else len(content)]
    else:
        root = ElementTree.fromstring(content)
    encoding = root.find("AppendedData")
    order = ">" if root.get("byte_order") == "BigEndian" else "<"
    coding = _Coding(
        order,
        np.dtype(order + TYPES.get(root.get("header_type", "UInt32"), "u4")),
        root.get("compressor", ""),
        appended,
        encoding is not None and encoding.get("encoding") == "base64",
    )
    grid = root.find(root.get("type", ""))
    if root.tag != "VTKFile" or grid is None or grid.tag not in ("UnstructuredGrid", "PolyData"):
        raise ValueError("it is no VTKFile with an UnstructuredGrid or PolyData")
    pieces = [_piece(piece, coding, grid.tag == "PolyData") for piece in grid.findall("Piece")]
    shifts = np.cumsum([0, *(len(piece.points) for piece in pieces)])[:-1].tolist()
    points = np.concatenate([np.zeros((0, 3)), *(piece.points for piece in pieces)])
    found = VtkContents(points, joined_cells([piece.cells for piece in pieces], shifts))
    for whole, parts in (
        (found.point_data, [piece.point_data for piece in pieces]),
        (found.cell_data, [piece.cell_data for piece in pieces]),
    ):
        for name in parts[0] if parts else ():
            if all(name in part for part in parts):
                whole[name] = np.concatenate([part[name] for part in parts])
    return found


def _piece(piece: Tag, coding: _Coding, polygonal: bool) -> VtkContents:
    """Read a piece of a mesh.

    Parameters
    ----------
    piece : Tag
    coding : _Coding
    polygonal : bool
        Whether its cells are vertices, lines, polygons and strips.
    """
    array = piece.find("Points/DataArray")
    points = np.zeros(0) if array is None else coding.numbers(array).astype(np.float64)
    if polygonal:
        lists = []
        for name, part in POLYDATA.items():
            given = piece.find(name)
            if given is not None and len(given):
                lists.append(polydata_cells(part, *_lists(given, coding)))
        cells = joined_cells(lists, [0] * len(lists))
    else:
        given = piece.find("Cells")
        if given is None:
            raise ValueError("it has no cells")
        offsets, nodes = _lists(given, coding)
        cells = VtkCells(_named(given, "types", coding), offsets, nodes)
    found = VtkContents(points.reshape(-1, 3), cells)
    for tag, data, count in (
        ("PointData", found.point_data, len(found.points)),
        ("CellData", found.cell_data, len(cells.types)),
    ):
        section = piece.find(tag)
        if section is None:
            continue
        numberings = [section.get(what) for what in NUMBERINGS]
        for array in section.findall("DataArray"):
            name = array.get("Name", "")
            if array.get("type") != "String" and name not in numberings:
                numbers = coding.numbers(array)
                data[name] = numbers.reshape(count, -1) if count else numbers.reshape(0, 1)
    return found


def _lists(given: Tag, coding: _Coding) -> tuple[Int[IntArray, "_"], Int[IntArray, "_"]]:
    """Return where the nodes of each cell begin, and the nodes."""
    offsets = np.append(0, _named(given, "offsets", coding))
    return offsets, _named(given, "connectivity", coding)


def _named(given: Tag, name: str, coding: _Coding) -> IntArray:
    """Return the integers of the data array of a name.

    Parameters
    ----------
    given : Tag
        What holds the array.
    name : str
    coding : _Coding
    """
    for array in given.findall("DataArray"):
        if array.get("Name") == name:
            return coding.numbers(array).astype(np.int64)
    raise ValueError(f"its cells lack their {name}")
