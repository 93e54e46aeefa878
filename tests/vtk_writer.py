"""VTK files in all formats, written from a drawn mesh by VTK itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkPoints, vtkStringArray
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData, vtkUnstructuredGrid
from vtkmodules.vtkIOLegacy import vtkPolyDataWriter, vtkUnstructuredGridWriter
from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter, vtkXMLUnstructuredGridWriter

if TYPE_CHECKING:
    from drawn_mesh import DrawnMesh

TYPES = {
    "line": 3,
    "triangle": 5,
    "quad": 9,
    "tetra": 10,
    "hexahedron": 12,
    "wedge": 13,
    "line3": 21,
    "triangle6": 22,
    "quad8": 23,
    "tetra10": 24,
    "hexahedron20": 25,
}
INTEGERS = (np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64)


def add_data(data, arrays: dict[str, np.ndarray], random: np.random.Generator) -> None:
    """Add arrays, and others that mean nothing; one may be the active scalars, of which the format has its own."""
    for name, values in arrays.items():
        array = numpy_to_vtk(np.ascontiguousarray(values), deep=True)
        array.SetName(name)
        data.AddArray(array)
        if random.random() < 0.3:
            data.SetActiveScalars(name)
    count = data.GetArray(0).GetNumberOfTuples() if arrays else 0
    for name, width in (("velocity", 3), ("stress tensor", 9), ("size", 1)):
        array = numpy_to_vtk(random.normal(size=(count, width)), deep=True)
        array.SetName(name)
        data.AddArray(array)
        if width == 3:
            data.SetActiveVectors(name)
    words = vtkStringArray()
    words.SetName("words")
    for number in range(count):
        words.InsertNextValue(f"row {number}" * int(random.integers(0, 20)))
    data.AddArray(words)


def grid_of(drawn: DrawnMesh, random: np.random.Generator) -> vtkUnstructuredGrid:
    """Return the mesh; its names are data of zeros and ones, and "phase" numbers what is in the first region."""
    sequence = random.permutation(len(drawn.points))
    place = np.argsort(sequence)
    grid = vtkUnstructuredGrid()
    points = vtkPoints()
    points.SetDataTypeToDouble()
    for node in sequence:
        points.InsertNextPoint(*drawn.points[node])
    grid.SetPoints(points)
    cells = [drawn.cells[index] for index in random.permutation(len(drawn.cells))]
    for cell in cells:
        nodes = place[cell.written()].tolist()
        grid.InsertNextCell(TYPES[cell.kind], len(nodes), nodes)
    names = [*drawn.right.regions, *drawn.right.sides]
    kind = INTEGERS[random.integers(len(INTEGERS))]
    of_cells = {name: np.array([name in cell.names for cell in cells], dtype=kind) for name in names}
    of_cells["phase"] = np.array([7 if names[0] in cell.names else 3 for cell in cells], dtype=kind)
    add_data(grid.GetCellData(), of_cells, random)
    of_points = {
        name: np.isin(sequence, nodes).astype(np.int32)
        for name, nodes in drawn.right.sets.items()
        if name not in names
    }
    add_data(grid.GetPointData(), of_points, random)
    return grid


def lines_of(points: np.ndarray, lines: list[list[int]], arrays: dict[str, np.ndarray]) -> vtkPolyData:
    """Return polygonal data of lines of any number of points."""
    given = vtkPoints()
    given.SetDataTypeToDouble()
    for point in points.tolist():
        given.InsertNextPoint(*point)
    cells = vtkCellArray()
    for line in lines:
        cells.InsertNextCell(len(line), line)
    data = vtkPolyData()
    data.SetPoints(given)
    data.SetLines(cells)
    for name, values in arrays.items():
        array = numpy_to_vtk(np.ascontiguousarray(values), deep=True)
        array.SetName(name)
        data.GetCellData().AddArray(array)
    return data


def write_vtk(data, folder: Path, random: np.random.Generator) -> tuple[Path, str]:
    """Write a file in one of the ways that VTK has, and return it and the way."""
    polygonal = isinstance(data, vtkPolyData)
    if random.random() < 0.5:
        writer = (vtkPolyDataWriter if polygonal else vtkUnstructuredGridWriter)()
        version, binary = int(random.choice([42, 51])), bool(random.integers(2))
        writer.SetFileVersion(version)
        writer.SetFileType(2 if binary else 1)
        file, way = folder / "mesh.vtk", f"legacy {version}, {'binary' if binary else 'text'}"
    else:
        writer = (vtkXMLPolyDataWriter if polygonal else vtkXMLUnstructuredGridWriter)()
        mode, order, header = (int(random.integers(n)) for n in (3, 2, 2))
        encoded, compressor = bool(random.integers(2)), int(random.integers(4))
        writer.SetDataMode(mode)
        writer.SetByteOrder(order)
        writer.SetHeaderType((32, 64)[header])
        writer.SetEncodeAppendedData(encoded)
        writer.SetCompressorType(compressor)  # none, zlib, LZ4, LZMA
        writer.SetBlockSize(int(random.choice([4096, 32768])))
        file = folder / ("mesh.vtp" if polygonal else "mesh.vtu")
        way = f"XML, mode {mode}, order {order}, header {header}, encoded {encoded}, compressor {compressor}"
    writer.SetFileName(str(file))
    writer.SetInputData(data)
    assert writer.Write() == 1
    return file, way
