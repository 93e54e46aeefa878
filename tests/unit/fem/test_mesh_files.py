"""Meshes from files of gmsh, Abaqus and VTK: cells, names, and a sentence for every kind of bad file."""

from __future__ import annotations

import contextlib
from pathlib import Path

import meshio
import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError, ReadingNote
from microtann.fem import Prescribed, Step
from microtann.fem.elements import RULES
from plain_materials import Elastic

ABAQUS = """*HEADING
two blocks, one above the other
** a comment
*NODE, NSET=All
1, 0., 0., 0.
2, 1., 0., 0.
3, 1., 1., 0.
4, 0., 1., 0.
11, 0., 0., 1.
12, 1., 0., 1.
13, 1., 1., 1.
14, 0., 1., 1.
*NODE
21, 0., 0., 2.
22, 1., 0., 2.
23, 1., 1., 2.
24, 0., 1., 2.
*Element, type=C3D8
7, 1, 2, 3, 4, 11, 12,
13, 14
*Element, type=c3d8, elset=Upper
9, 11, 12, 13, 14, 21, 22, 23, 24
*ELSET, ELSET=lower
7,
*ELSET, ELSET=both
LOWER, upper
*NSET, NSET=base, GENERATE
1, 4, 1
*NSET, NSET=ends
base, 21, 22, 23, 24
*NSET, NSET=high, ELSET=Upper
*SURFACE, NAME=Top
Upper, S2
*SURFACE, NAME=front, TYPE=ELEMENT
7, S3
both, S3
*MATERIAL, NAME=steel
*ELASTIC
210000., 0.3
"""

GMSH = """$MeshFormat
4.1 0 8
$EndMeshFormat
$PhysicalNames
3
1 1 "bottom"
2 2 "plate"
2 4 "half"
$EndPhysicalNames
$Entities
0 1 2 0
1 0 0 0 1 0 0 1 1 0
1 0 0 0 1 1 0 2 2 4 0
2 0 0 0 1 1 0 1 2 0
$EndEntities
$Nodes
1 4 1 4
2 1 0 4
1
2
3
4
0 0 0
1 0 0
1 1 0
0 1 0
$EndNodes
$Elements
3 3 1 3
1 1 1 1
1 1 2
2 1 2 1
2 1 2 3
2 2 2 1
3 1 3 4
$EndElements
"""


def write(folder: Path, text: str, suffix: str = ".inp") -> Path:
    file = folder / f"mesh{suffix}"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_abaqus_file(tmp_path: Path) -> None:
    mesh = mt.fem.read_mesh(write(tmp_path, ABAQUS))
    assert mesh.volume == pytest.approx(2.0, rel=1e-14)
    assert {name: cells.tolist() for name, cells in mesh.regions.items()} == {
        "Upper": [1],
        "lower": [0],
        "both": [0, 1],
    }
    sets = {name: nodes.tolist() for name, nodes in mesh.sets.items()}
    assert sets["All"] == list(range(8))
    assert sets["base"] == [0, 1, 2, 3]
    assert sets["ends"] == [0, 1, 2, 3, 8, 9, 10, 11]
    assert sets["high"] == list(range(4, 12))
    assert sets["Top"] == [8, 9, 10, 11]
    assert {name: len(faces) for name, faces in mesh.sides.items()} == {"Top": 1, "front": 2}
    np.testing.assert_array_equal(mesh.points[sets["front"], 1], 0.0)


def test_a_file_of_gmsh_with_physical_groups(tmp_path: Path) -> None:
    """A triangle is in two groups; an edge has a name, so that its nodes are a set and it is a side."""
    mesh = mt.fem.read_mesh(write(tmp_path, GMSH, ".msh"))
    assert (mesh.kind, mesh.dimension, mesh.volume) == ("triangle", 2, 1.0)
    assert {name: cells.tolist() for name, cells in mesh.regions.items()} == {"plate": [0, 1], "half": [0]}
    assert mesh.sets["bottom"].tolist() == [0, 1]
    np.testing.assert_array_equal(mesh.boundary[mesh.sides["bottom"]], [[0, 1]])


@pytest.mark.parametrize("kind", sorted(RULES))
@pytest.mark.parametrize("suffix", [".msh", ".vtu", ".vtk", ".inp"])
def test_points_and_cells_survive_every_format(kind: str, suffix: str, tmp_path: Path) -> None:
    """The order of nodes differs between programmes; what meshio writes is read back as it was."""
    dimension = 2 if kind[:4] in ("tria", "quad") else 3
    box = mt.fem.box((1.0, 2.0, 3.0)[:dimension], (1, 2, 2)[:dimension], kind=kind)
    points = np.pad(box.points, ((0, 0), (0, 3 - dimension)))
    file = tmp_path / f"mesh{suffix}"
    if suffix == ".inp":
        name = {2: "CPS", 3: "C3D"}[dimension] + str(box.cells.shape[1])
        rows = [", ".join(map(str, [i, *row])) for i, row in enumerate(points.tolist(), start=1)]
        cells = [", ".join(map(str, [i, *(1 + row)])) for i, row in enumerate(box.cells, start=1)]
        text = "\n".join(["*NODE", *rows, f"*ELEMENT, TYPE={name}", *cells])
        write(tmp_path, text)
    else:
        cells = [meshio.CellBlock(kind, box.cells)]
        tags = {"gmsh:physical": [np.repeat([1, 2], len(box.cells) // 2)]} if suffix == ".msh" else {}
        tags |= {"gmsh:geometrical": tags["gmsh:physical"]} if tags else {}
        names = {"lower": np.array([1, dimension]), "upper": np.array([2, dimension])} if tags else {}
        data = meshio.Mesh(points, cells, cell_data=tags, field_data=names)
        meshio.write(file, data, **({"file_format": "gmsh22", "binary": False} if tags else {}))
    mirrored = kind == "wedge" and suffix.startswith(".vt")  # by meshio
    with pytest.warns(ReadingNote, match="are turned") if mirrored else contextlib.nullcontext():
        read = mt.fem.read_mesh(file)
    assert read.kind == kind
    np.testing.assert_array_equal(read.points, box.points)
    np.testing.assert_array_equal(read.cells, box.cells)
    if suffix == ".msh":
        half = len(box.cells) // 2
        assert read.regions["upper"].tolist() == list(range(half, 2 * half))


def test_data_of_vtk_files_are_names(tmp_path: Path) -> None:
    box = mt.fem.box((1, 1, 2), (1, 1, 2))
    top = (box.points[:, 2] == 2).astype(int)
    mesh = meshio.Mesh(
        box.points,
        [("hexahedron", box.cells)],
        point_data={"top": top, "height": box.points[:, 2], "none": 0 * top},
        cell_data={"soft": [np.array([1, 0])], "material": [np.array([7, 3])], "size": [np.array([0.5, 1.0])]},
    )
    meshio.write(tmp_path / "mesh.vtu", mesh)
    read = mt.fem.read_mesh(tmp_path / "mesh.vtu")
    assert {name: nodes.tolist() for name, nodes in read.sets.items()} == {"top": np.flatnonzero(top).tolist()}
    regions = {name: cells.tolist() for name, cells in read.regions.items()}
    numbers = {"soft=0": [1], "soft=1": [0], "material=3": [1], "material=7": [0]}
    assert regions == {"soft": [0], **numbers}


def test_sets_hold_and_move_a_body_by_name(tmp_path: Path) -> None:
    mesh = mt.fem.read_mesh(write(tmp_path, ABAQUS))
    held = [Prescribed("base", axis) for axis in "xyz"]
    model = mt.fem.Model(mesh, {"Upper": Elastic(young=2.0), "lower": Elastic()})
    result = model.solve([Step([*held, Prescribed("Top", "z", 0.1)])])
    nodes = mesh.sets["Top"]
    np.testing.assert_array_equal(result.displacement[0, nodes, 2], 0.1)
    assert result.axial_force("Top")[0] == pytest.approx(result.axial_force(nodes)[0], rel=1e-14)
    assert result.torque("base")[0] == pytest.approx(-result.torque("Top")[0], abs=1e-12)
    with pytest.raises(
        InputError, match=r"step 1, prescribed 4: there is no set of nodes 'top'; the mesh has: .*'Top'"
    ):
        model.solve([Step([*held, Prescribed("top", "z", 0.1)])])
    with pytest.raises(InputError, match="there is no set of nodes 'top'"):
        result.axial_force("top")


def test_unused_nodes_are_left_out_if_that_is_asked_for(tmp_path: Path) -> None:
    box = mt.fem.box((1, 1, 2), (1, 1, 2))
    points = np.insert(box.points, 4, [5.0, 5.0, 5.0], axis=0)
    top = (points[:, 2] == 2).astype(int)
    cells = box.cells + (box.cells >= 4)
    meshio.write(tmp_path / "mesh.vtu", meshio.Mesh(points, [("hexahedron", cells)], point_data={"top": top}))
    with pytest.raises(InputError, match=r"1 node is in no hexahedron cell, the first at \[5.0, 5.0, 5.0\]"):
        mt.fem.read_mesh(tmp_path / "mesh.vtu")
    mesh = mt.fem.read_mesh(tmp_path / "mesh.vtu", drop_unused=True)
    np.testing.assert_array_equal(mesh.points, box.points)
    assert mesh.sets["top"].tolist() == np.flatnonzero(box.points[:, 2] == 2).tolist()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("*Element, type=C3D8\n", "*ELEMENT, TYPE=S4R\n", "line 18: elements of type 'S4R' are not known"),
        (
            "*MATERIAL",
            "*ELEMENT, TYPE=C3D4\n1, 1, 2, 4, 11\n*MATERIAL",
            "3 triangular faces lie on quadrilateral faces of other cells",
        ),
        (
            "*MATERIAL",
            "*ELEMENT, TYPE=C3D6\n1, 1, 2, 4, 11, 12, 14\n*MATERIAL",
            "a triangular face lies on quadrilateral faces of other cells",
        ),
        (
            "9, 11, 12, 13, 14",
            "9, 14, 13, 12, 11",
            "a cell is turned inside out: 1; check the order of their nodes",
        ),
        (
            "2.\n22, 1., 0., 2.\n23, 1., 1., 2.\n24, 0., 1., 2.",
            "1.\n22, 1., 0., 1.\n23, 1., 1., 1.\n24, 0., 1., 1.",
            "flat: 1",
        ),
        ("9, 11, 12, 13, 14", "9, 11, 11, 13, 14", "cell 1 names a point twice"),
        ("9, 11, 12, 13, 14, 21", "9, 11, 12, 13, 14, 25", "element 9 names node 25, which does not exist"),
        ("13, 14\n", "13, 14, 15\n", "an element of type C3D8 has a number and 8 nodes"),
        ("9, 11,", "7, 11,", "there are two elements 7"),
        ("1, 4, 1\n", "", "the set of nodes 'base' is empty"),
        ("base, 21", "base, 25", "line 30: the set 'ends' names node 25, which does not exist"),
        ("LOWER, upper", "LOWER, uper", "line 26: there is no set of elements 'uper'"),
        ("4, 0., 1., 0.", "4, 0., one, 0.", "line 8: 'one' is no number"),
        (
            "*MATERIAL",
            "*ELEMENT, TYPE=C3D8\n10, 11, 12, 13, 14, 21, 22, 23, 24\n*MATERIAL",
            "cells 1 and 2 have the same nodes",
        ),
        (ABAQUS, "*NODE\n1, 0, 0, 0\n", "it has no cells with an area or a volume"),
        (
            ABAQUS,
            "*NODE\n1, 0, 0, 0\n2, 1, 0, 0\n3, 0, 1, 1\n*ELEMENT, TYPE=CPS3\n1, 1, 2, 3\n",
            "its cells are a surface in space",
        ),
    ],
)
def test_bad_files_are_refused_in_a_sentence(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in ABAQUS
    file = write(tmp_path, ABAQUS.replace(old, new, 1))
    with pytest.raises(InputError, match=words) as caught:
        mt.fem.read_mesh(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".msh", ".vtu", ".vtk"])
@pytest.mark.parametrize(
    "text", ["", "nonsense\n", GMSH[:300], "<VTKFile", "# vtk DataFile Version 5.1\nx\nASCII\n"]
)
def test_damaged_files_are_refused(
    suffix: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=r"is damaged or not of the format|the file seems to be cut short"):
        mt.fem.read_mesh(write(tmp_path, text, suffix))
    assert capsys.readouterr().out == ""


def test_files_that_are_not_there_or_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        mt.fem.read_mesh(tmp_path / "none.inp")
    with pytest.raises(InputError, match=r"known by its suffix: .msh, .inp, .vtu, .vtp, .vtk"):
        mt.fem.read_mesh(tmp_path / "mesh.stl")
    empty = GMSH.replace('2 2 "plate"', '2 9 "plate"')
    with pytest.warns(ReadingNote, match="1 physical name has no elements and is left out: 'plate'"):
        mesh = mt.fem.read_mesh(write(tmp_path, empty, ".msh"))
    assert sorted(mesh.regions) == ["half", "surface 2"]


@pytest.mark.parametrize("other", ["1 1 9\n2 1 2", "1 1 2\n2 1 2 1\n1 1 2 9"])
def test_a_cell_that_names_a_node_that_is_not_there(other: str, tmp_path: Path) -> None:
    text = GMSH.replace("1 1 2\n2 1 2 1\n2 1 2 3" if other.count("\n") > 1 else "1 1 2\n2 1 2", other)
    with pytest.raises(InputError, match="element 1 names node 9, which does not exist"):
        mt.fem.read_mesh(write(tmp_path, text, ".msh"))


def test_a_file_that_ends_within_a_cell(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the file seems to be cut short"):
        mt.fem.read_mesh(write(tmp_path, GMSH[: GMSH.index("3 1 3 4")] + "3 1", ".msh"))


def test_a_vtk_file_whose_cell_names_a_node_that_is_not_there(tmp_path: Path) -> None:
    box = mt.fem.box((1, 1), (1, 1))
    meshio.write(
        tmp_path / "mesh.vtk", meshio.Mesh(np.pad(box.points, ((0, 0), (0, 1))), [("quad", box.cells + 1)])
    )
    with pytest.raises(InputError, match="a quad cell names a node that does not exist"):
        mt.fem.read_mesh(tmp_path / "mesh.vtk")


def test_a_surface_inside_the_body_is_a_set_and_no_side(tmp_path: Path) -> None:
    """No pressure acts between two cells; the nodes there may still be held. Two surfaces beside it are sides."""
    text = ABAQUS.replace("*MATERIAL", "*SURFACE, NAME=between\n7, S2\n*SURFACE, NAME=below\nlower, S1\n*MATERIAL")
    with pytest.warns(ReadingNote, match="1 of the 1 faces of the surface 'between' lie inside the body"):
        mesh = mt.fem.read_mesh(write(tmp_path, text))
    assert sorted(mesh.sides) == ["Top", "below", "front"]
    assert mesh.sets["between"].tolist() == [4, 5, 6, 7]
    assert mesh.sets["below"].tolist() == [0, 1, 2, 3]


def test_a_named_curve_that_no_edge_follows_is_a_set(tmp_path: Path) -> None:
    """The diagonal from 2 to 4, where the triangles meet at that from 1 to 3."""
    mesh = mt.fem.read_mesh(write(tmp_path, GMSH.replace("1 1 2\n2 1 2", "1 2 4\n2 1 2"), ".msh"))
    assert (mesh.sets["bottom"].tolist(), dict(mesh.sides)) == ([1, 3], {})
