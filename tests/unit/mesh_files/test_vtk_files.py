"""VTK files of every format, as VTK itself and others write them: cells, names, lines and their areas."""

from __future__ import annotations

import warnings
from pathlib import Path

import meshio
import numpy as np
import pytest

import microtann as mt
from drawn_mesh import KINDS, differences, draw_mesh
from microtann.errors import InputError
from microtann.mesh_files.vtk_file import read_vtk
from vtk_writer import grid_of, lines_of, write_vtk

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.5, 0.5, 0]], dtype=float)
BARS = {(0, 1), (2, 3), (0, 3), (1, 2), (0, 4), (2, 4), (1, 4), (3, 4)}
POLYLINES = [[0, 1], [3, 2], [0, 3], [1, 2], [0, 4, 2], [1, 4, 3]]
HEADER = "# vtk DataFile Version 3.0\ntwo squares\nASCII\nDATASET UNSTRUCTURED_GRID\n"
CELLS = "CELLS 2 10\n4 0 1 4 3\n4 1 2 5 4\nCELL_TYPES 2\n9\n9\n"
SQUARES = HEADER + "POINTS 6 double\n0 0 0\n1 0 0\n2 0 0\n0 1 0\n1 1.0D0 0\n2 1 0\n" + CELLS


def save(folder: Path, text: str, encoding: str = "utf-8", name: str = "mesh.vtk") -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("seed", range(40))
def test_random_files_are_the_mesh_that_was_drawn(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    drawn = draw_mesh(random, KINDS[seed % len(KINDS)])
    file, way = write_vtk(grid_of(drawn, random), tmp_path, random)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = mt.fem.read_mesh(file)
    assert differences(read, drawn.right, all_names=False) == [], way
    first = next(iter(drawn.right.regions))
    np.testing.assert_array_equal(read.regions["phase=7"], read.regions[first])
    assert len(read.regions.get("phase=3", ())) == read.cell_count - len(read.regions[first])


@pytest.mark.parametrize("seed", range(12))
def test_lines_of_several_segments_are_split_with_their_data(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    areas = np.arange(1.0, 7.0)
    file, way = write_vtk(lines_of(SQUARE, POLYLINES, {"Area": areas}), tmp_path, random)
    found = read_vtk(file)
    ((kind, bars),) = found.blocks
    assert kind == "line", way
    assert {tuple(sorted(bar)) for bar in bars.tolist()} == BARS
    assert found.areas is not None
    assert found.areas.tolist() == [1, 2, 3, 4, 5, 5, 6, 6]
    np.testing.assert_array_equal(found.points, SQUARE)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "data",
    [
        "SCALARS mat_id int 1\nLOOKUP_TABLE default\n{} {}\n",
        "SCALARS mat_id int\nLOOKUP_TABLE mine\n{}\n{}\nLOOKUP_TABLE mine 1\n0 0 0 1\n",
        "SCALARS mat_id short\n{} {}\n",
        "VECTORS v float\n1 2 3\n4 5 nan\nSCALARS mat_id int 1\nLOOKUP_TABLE default\n{} {}\n",
        "FIELD FieldData 2\nother 1 5 int\n1 2 3 4 5\nmat_id 1 2 int\n{} {}\n",
        "FIELD FieldData 2\nmat_id 1 2 vtkIdType\n{} {}\nMETADATA\nINFORMATION 0\n\nwords 1 2 string\na\nb c\n",
        "GLOBAL_IDS ids vtkIdType\n5 6\nTENSORS t double\n" + "1 " * 18 + "\nSCALARS mat_id char\n{} {}\n",
    ],
)
def test_whole_numbers_are_regions_however_they_are_written(
    data: str, ends: str, encoding: str, tmp_path: Path
) -> None:
    for first, second in ((1, 2), (0, 1)):
        text = (SQUARES + "CELL_DATA 2\n" + data.format(first, second)).replace("\n", ends)
        regions = mt.fem.read_mesh(save(tmp_path, text, encoding)).regions
        numbers = {f"mat_id={first}": [0], f"mat_id={second}": [1]}
        expected = numbers if first else {"mat_id": [1], **numbers}
        assert {name: cells.tolist() for name, cells in regions.items()} == expected


def test_scalars_of_one_byte_are_called_colours_by_vtk(tmp_path: Path) -> None:
    """In text they are divided by 255; what has three components, or no such values, is no name."""
    colours = "COLOR_SCALARS rgb 3\n0 0 0 1 1 1\nCOLOR_SCALARS grey 1\n0.1 0.5\n"
    phases = "COLOR_SCALARS phase 1\n0.027451 0.011765\n"
    regions = mt.fem.read_mesh(save(tmp_path, SQUARES + "CELL_DATA 2\n" + colours + phases)).regions
    assert {name: cells.tolist() for name, cells in regions.items()} == {"phase=7": [0], "phase=3": [1]}


def test_which_data_are_names(tmp_path: Path) -> None:
    """Some programmes write whole numbers as floats. Numbers of cells, areas and fields are none."""
    head = HEADER.replace("UNSTRUCTURED_GRID", "STRUCTURED_POINTS") + "DIMENSIONS 13 11 1\nCELL_DATA 120\n"
    grains = np.arange(120) % 110
    data = {"grain": grains, "number": np.arange(120), "part": grains % 2, "zeros": 0 * grains}
    text = "".join(f"SCALARS {name} int\n{' '.join(map(str, values))}\n" for name, values in data.items())
    floats = {"phase": grains % 3 + 1.0, "size": grains + 0.5, "zero": 0.0 * grains, "radius": grains % 2 + 1.0}
    text += "".join(f"SCALARS {name} float\n{' '.join(map(str, values))}\n" for name, values in floats.items())
    marked = (np.arange(156) % 2) * 1.0
    text += f"POINT_DATA 156\nSCALARS held float\n{' '.join(map(str, marked))}\n"
    found = read_vtk(save(tmp_path, head + text))
    whole = ["part", "part=0", "part=1", "phase=1", "phase=2", "phase=3", "zeros=0"]
    assert sorted(found.cell_sets) == whole
    assert list(found.node_sets) == ["held"]
    assert found.notes == ["the data 'grain' of cells have 110 values, more than 100, and are no regions"]


def test_structured_meshes(tmp_path: Path) -> None:
    """Points run along x first; what has one point along an axis is plane."""
    head = HEADER.replace("UNSTRUCTURED_GRID", "{}")
    data = "CELL_DATA {0}\nSCALARS phase int 1\nLOOKUP_TABLE default\n" + "1 2 " * 2
    points = "DIMENSIONS 3 3 1\nORIGIN 1 2 5\nSPACING 0.5 2 1\n"
    mesh = mt.fem.read_mesh(save(tmp_path, head.format("STRUCTURED_POINTS") + points + data.format(4)))
    assert (mesh.kind, mesh.volume) == ("quad", 4.0)
    np.testing.assert_array_equal(mesh.points[mesh.cells[mesh.regions["phase=2"]]].mean(axis=1)[:, 0], [1.75] * 2)
    axes = (
        "DIMENSIONS 2 3 3\nX_COORDINATES 2 float\n0 2\nY_COORDINATES 3 float\n0 1 3\nZ_COORDINATES 3 int\n0 1 2\n"
    )
    mesh = mt.fem.read_mesh(save(tmp_path, head.format("RECTILINEAR_GRID") + axes + data.format(4)))
    assert (mesh.kind, mesh.volume, len(mesh.cells)) == ("hexahedron", 12.0, 4)
    grid = np.stack(np.meshgrid([0, 1], [0, 1], [0, 2, 3], indexing="ij"), axis=-1).transpose(2, 1, 0, 3)
    listed = "DIMENSIONS 2 2 3\nPOINTS 12 float\n" + " ".join(map(str, grid.ravel().tolist())) + "\n"
    mesh = mt.fem.read_mesh(save(tmp_path, head.format("STRUCTURED_GRID") + listed))
    assert (mesh.kind, mesh.volume, len(mesh.cells)) == ("hexahedron", 3.0, 2)


def test_pixels_voxels_strips_and_polygons(tmp_path: Path) -> None:
    square = SQUARES.replace("4 0 1 4 3", "4 0 1 3 4").replace("\n9\n9", "\n8\n9")
    assert mt.fem.read_mesh(save(tmp_path, square)).volume == 2.0
    polygons = SQUARES.replace("\n9\n9", "\n7\n7")
    assert mt.fem.read_mesh(save(tmp_path, polygons)).kind == "quad"
    lagrange = SQUARES.replace("\n9\n9", "\n70\n70")
    assert mt.fem.read_mesh(save(tmp_path, lagrange)).kind == "quad"
    strip = SQUARES.replace(CELLS, "CELLS 1 7\n6 3 0 4 1 5 2\nCELL_TYPES 1\n6\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no triangle has to be turned
        mesh = mt.fem.read_mesh(save(tmp_path, strip))
    assert (mesh.kind, mesh.volume, len(mesh.cells)) == ("triangle", 2.0, 4)


@pytest.mark.parametrize("compression", [None, "zlib", "lzma"])
@pytest.mark.parametrize("binary", [True, False])
def test_files_of_another_writer(compression: str | None, binary: bool, tmp_path: Path) -> None:
    """It encodes the length of an array together with its numbers, where VTK encodes them apart."""
    data = {"phase": [np.array([1, 2], dtype=np.uint8)], "radius": [np.array([1.0, 2.0])]}
    points = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 1]], dtype=float)
    mesh = meshio.Mesh(points, [("line", np.array([[0, 1], [1, 2]]))], cell_data=data)
    file = tmp_path / "mesh.vtu"
    meshio.vtu.write(file, mesh, binary=binary, compression=compression)
    found = read_vtk(file)
    np.testing.assert_array_equal(found.points, points)
    assert found.areas is not None
    np.testing.assert_allclose(found.areas, [np.pi, 4 * np.pi], rtol=1e-15)
    assert {name: cells.tolist() for name, cells in found.cell_sets.items()} == {"phase=1": [0], "phase=2": [1]}


def test_a_single_small_array_in_base64(tmp_path: Path) -> None:
    """Length and number are five bytes, which end in a sign of padding as a length alone does."""
    mesh = meshio.Mesh(
        np.eye(3), [("triangle", np.array([[0, 1, 2]]))], cell_data={"a": [np.array([7], np.uint8)]}
    )
    meshio.vtu.write(tmp_path / "mesh.vtu", mesh, compression=None)
    assert list(read_vtk(tmp_path / "mesh.vtu").cell_sets) == ["a=7"]


def test_pieces_are_joined(tmp_path: Path) -> None:
    piece = """<Piece NumberOfPoints="4" NumberOfCells="1"><Points><DataArray type="Float64" NumberOfComponents="3"
    format="ascii">{0} 0 0 {1} 0 0 {1} 1 0 {0} 1 0</DataArray></Points><Cells>
    <DataArray type="Int32" Name="connectivity" format="ascii">0 1 2 3</DataArray>
    <DataArray type="Int32" Name="offsets" format="ascii">4</DataArray>
    <DataArray type="UInt8" Name="types" format="ascii">9</DataArray></Cells>
    <CellData GlobalIds="ids"><DataArray type="Int32" Name="part" format="ascii">{0}</DataArray>
    <DataArray type="Int32" Name="ids" format="ascii">{0}</DataArray></CellData></Piece>"""
    empty = '<Piece NumberOfPoints="0" NumberOfCells="0"/>'
    grid = "".join((piece.format(2, 3), piece.format(4, 6)))
    text = f'<VTKFile type="UnstructuredGrid"><UnstructuredGrid>{grid}</UnstructuredGrid></VTKFile>'
    mesh = mt.fem.read_mesh(save(tmp_path, text, name="mesh.vtu"))
    assert mesh.volume == 3.0
    assert {name: cells.tolist() for name, cells in mesh.regions.items()} == {"part=2": [0], "part=4": [1]}
    head = '<?xml version="1.0" encoding="{}"?>\n'
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "latin-1"):
        file = save(tmp_path, head.format(encoding.removesuffix("-sig")) + text, encoding, name="mesh.vtu")
        assert mt.fem.read_mesh(file).volume == 3.0
    with pytest.raises(InputError, match="is damaged"):
        mt.fem.read_mesh(save(tmp_path, text.replace(grid, empty), name="mesh.vtu"))
    with pytest.raises(InputError, match="2 of its cells are ghosts, copies of cells of another piece"):
        mt.fem.read_mesh(save(tmp_path, text.replace('"part"', '"vtkGhostType"'), name="mesh.vtu"))


@pytest.mark.parametrize(
    ("name", "values", "areas"),
    [("AREA", "2 3", [2, 3]), ("Radius", "1 2", [np.pi, 4 * np.pi]), ("diameter", "2 4", [np.pi, 4 * np.pi])],
)
def test_areas_of_lines(name: str, values: str, areas: list[float], tmp_path: Path) -> None:
    text = SQUARES.replace(CELLS, "CELLS 2 6\n2 0 1\n2 1 2\nCELL_TYPES 2\n3\n3\n")
    found = read_vtk(
        save(tmp_path, text + f"CELL_DATA 2\nSCALARS {name} float 1\nLOOKUP_TABLE default\n{values}\n")
    )
    assert found.areas is not None
    np.testing.assert_allclose(found.areas, areas, rtol=1e-15)
    plain = read_vtk(save(tmp_path, text))
    assert (plain.areas, plain.notes) == (None, [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            "CELL_DATA 2\nSCALARS thickness float\n1 2\n",
            "the data 'thickness' of cells are left out: areas of line",
        ),
        ("POINT_DATA 6\nSCALARS radius float\n1 2 3 4 5 6\n", "the data 'radius' of points are left out"),
    ],
)
def test_what_seems_to_be_an_area_is_told(data: str, words: str, tmp_path: Path) -> None:
    text = SQUARES.replace(CELLS, "CELLS 2 6\n2 0 1\n2 1 2\nCELL_TYPES 2\n3\n3\n")
    (note,) = read_vtk(save(tmp_path, text + data)).notes
    assert note.startswith(words)
    assert read_vtk(save(tmp_path, SQUARES + data)).notes == []  # a body has no sections


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("9\n9", "42\n9", "cells of kind 'polyhedron4' are not known|of several kinds"),
        ("9\n9", "9\n5", "a cell of kind 'triangle' has not its 3 nodes, but 4"),
        ("9\n9", "77\n77", "cells of kind 'VTK type 77 with 4 nodes' are not known"),
        ("4 0 1 4 3", "3 0 1 4 3", "lists of the nodes of its cells do not fit together"),
        ("4 1 2 5 4", "4 1 2 5 9", "a quad cell names a node that does not exist"),
        ("CELL_TYPES 2", "CELL_TYPES 3", "cut short"),
        ("POINTS 6 double", "POINTS 7 double", "'CELLS' where a number should be"),
        ("POINTS 6 double", "POINTS 6 real", "numbers of type 'real' are not known"),
        ("CELLS", "CELS", "'CELS' is no part of a legacy VTK file"),
        ("9\n9\n", "9\n", "cut short"),
        ("# vtk", "% vtk", "does not begin with # vtk DataFile"),
    ],
)
def test_damaged_files_are_refused_in_a_sentence(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in SQUARES
    file = save(tmp_path, SQUARES.replace(old, new, 1))
    with pytest.raises(InputError, match=words) as caught:
        mt.fem.read_mesh(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)
