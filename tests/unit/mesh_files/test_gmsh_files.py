"""Files of gmsh in all its formats: cells, overlapping groups with and without names, and what is told of them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from drawn_mesh import KINDS, differences, draw_mesh
from gmsh_writer import VERSIONS, write_gmsh
from microtann.errors import InputError, ReadingNote
from microtann.mesh_files.gmsh_file import read_gmsh


def renamed(mesh: mt.fem.Mesh, names: dict[str, str]) -> mt.fem.Mesh:
    """Return a mesh with other names; sides are sets of their nodes too."""
    regions = {names[name]: cells for name, cells in mesh.regions.items()}
    sides = {names[name]: faces for name, faces in mesh.sides.items()}
    plain = mt.fem.Mesh(mesh.points, {block.kind: block.cells for block in mesh.blocks})
    return plain.named(regions=regions, sides=sides)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("binary", "order"), [(False, "<"), (True, "<"), (True, ">")])
def test_random_files_are_the_mesh_that_was_drawn(
    kind: str, version: str, binary: bool, order: str, tmp_path: Path
) -> None:
    random = np.random.default_rng([VERSIONS.index(version), binary, *kind.encode()])
    drawn = draw_mesh(random, kind)
    content, names = write_gmsh(drawn, random, version, binary, order)
    file = tmp_path / "mesh.msh"
    file.write_bytes(content)
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        read = mt.fem.read_mesh(file)
    assert differences(read, renamed(drawn.right, names)) == []
    told = " ".join(str(note.message) for note in notes)
    assert ("are turned" in told) == any(c.mirrored for c in drawn.cells if c.dimension == drawn.dimension)
    assert ("'never meshed'" in told) == bool(drawn.empty)


SQUARES = """$MeshFormat
2.2 0 8
$EndMeshFormat
$Nodes
6
1 0 0 0
2 1 0 0
3 2 0 0
4 0 1 0
5 1 1 0
6 2 1.0D0 0
$EndNodes
$Elements
4
1 3 2 1 1 1 2 5 4
2 3 2 3 1 1 2 5 4
3 3 2 2 2 2 3 6 5
4 3 2 3 2 6 5 2 3
$EndElements
"""


def save(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "mesh.msh"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_an_element_that_is_repeated_for_each_of_its_groups_is_one_cell(
    encoding: str, ends: str, tmp_path: Path
) -> None:
    mesh = mt.fem.read_mesh(save(tmp_path, SQUARES.replace("\n", ends), encoding))
    regions = {name: cells.tolist() for name, cells in mesh.regions.items()}
    assert (regions, mesh.volume) == ({"surface 1": [0], "surface 2": [1], "surface 3": [0, 1]}, 2.0)


def test_an_element_that_is_given_twice_in_one_group_is_a_mistake(tmp_path: Path) -> None:
    text = SQUARES.replace("2 3 2 3 1 1 2 5 4", "2 3 2 1 1 1 2 5 4")
    with pytest.raises(InputError, match="cells 0 and 1 have the same nodes"):
        mt.fem.read_mesh(save(tmp_path, text))


def test_elements_without_a_group_have_no_name(tmp_path: Path) -> None:
    text = SQUARES.replace("\n4\n1 3 2 1", "\n4\n1 3 2 0").replace("3 3 2 2 2", "3 3 2 0 2")
    mesh = mt.fem.read_mesh(save(tmp_path, text))
    assert {name: cells.tolist() for name, cells in mesh.regions.items()} == {"surface 3": [0, 1]}


def test_names_without_elements_are_told_and_left_out(tmp_path: Path) -> None:
    names = '$PhysicalNames\n3\n2 1 "plate"\n1 2 "never meshed"\n0 3 "nor this"\n$EndPhysicalNames\n'
    with pytest.warns(
        ReadingNote, match="2 physical names have no elements and are left out: 'never meshed', 'nor"
    ):
        mesh = mt.fem.read_mesh(save(tmp_path, SQUARES.replace("$Nodes", names + "$Nodes", 1)))
    assert sorted(mesh.regions) == ["plate", "surface 2", "surface 3"]


def test_a_partitioned_mesh(tmp_path: Path) -> None:
    """The cells are those of the partitions, which have the physical groups too; the cut between them has none."""
    entities = "0 0 1 0\n1 0 0 0 2 1 0 1 9 0\n"
    partitions = "2\n0\n0 1 2 0\n5 2 1 2 1 2 1 0 0 1 1 0 0 0\n"
    partitions += "".join(f"{tag} 2 1 1 {tag} 0 0 0 1 1 0 1 9 2 4 -5\n" for tag in (2, 3))
    nodes = "1 6 1 6\n2 1 0 6\n1\n2\n3\n4\n5\n6\n0 0 0\n1 0 0\n2 0 0\n0 1 0\n1 1 0\n2 1 0\n"
    elements = "3 3 1 3\n1 5 1 1\n1 2 5\n2 2 3 1\n2 1 2 5 4\n2 3 3 1\n3 2 3 6 5\n"
    parts = {"MeshFormat": "4.1 0 8\n", "PhysicalNames": '1\n2 9 "plate"\n', "Entities": entities}
    parts |= {"PartitionedEntities": partitions, "Nodes": nodes, "Elements": elements}
    text = "".join(f"${name}\n{content}$End{name}\n" for name, content in parts.items())
    mesh = mt.fem.read_mesh(save(tmp_path, text))
    assert (mesh.volume, mesh.regions["plate"].tolist(), dict(mesh.sides)) == (2.0, [0, 1], {})


@pytest.mark.parametrize(
    ("name", "value", "area"), [("Area", 0.5, 0.5), ("radius", 2.0, 4 * np.pi), ("DIAMETER", 2.0, np.pi)]
)
def test_element_data_are_areas_of_lines(name: str, value: float, area: float, tmp_path: Path) -> None:
    text = SQUARES.replace("\n4\n1 3", "\n6\n7 1 2 5 1 1 2\n8 1 2 5 1 2 3\n1 3")
    data = f'$ElementData\n1\n"{name}"\n1\n0.0\n3\n0\n1\n2\n8 {value}\n1 3.0\n$EndElementData\n'
    found = read_gmsh(save(tmp_path, text + data))
    assert [kind for kind, _ in found.blocks] == ["line", "quad"]
    assert found.areas is not None
    np.testing.assert_allclose(found.areas, [np.nan, area, np.nan, np.nan], rtol=1e-15)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2.2 0 8", "1.0 0 8", "version '1.0' of gmsh's format is not known: save the mesh in version 4.1 or 2.2"),
        ("$MeshFormat\n2.2 0 8\n$EndMeshFormat\n", "", r"does not begin with \$MeshFormat"),
        ("$EndElements", "", r"its part \$Elements does not end: the file seems to be cut short"),
        ("4\n1 3 2 1 1 1 2 5 4\n", "5\n1 3 2 1 1 1 2 5 4\n", "it has not the 5 elements that it announces"),
        ("1 2 5 4\n2", "1 2 5 4 6\n2", "element 1 has more or fewer nodes than its kind"),
        ("1 3 2 1 1 1 2 5 4", "1 77 2 1 1 1 2 5 4", "gmsh's elements of type 77 are not known"),
        ("1 2 5 4\n2", "1 2 9 4\n2", "element 1 names node 9, which does not exist"),
        ("\n6\n1 0", "\n99\n1 0", r"there is '\$EndNodes' where a number should be|cut short"),
        ("2 1 0 0", "2 one 0 0", "there is 'one' where a number should be"),
        ("2 1 0 0", "2 inf 0 0", "is not finite"),
    ],
)
def test_damaged_files_are_refused_in_a_sentence(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in SQUARES
    file = save(tmp_path, SQUARES.replace(old, new, 1))
    with pytest.raises(InputError, match=words) as caught:
        mt.fem.read_mesh(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_binary_files_that_are_cut_short_are_refused(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    content, _ = write_gmsh(replace(draw_mesh(random, "tetra"), empty=[]), random, "4.1", binary=True)
    file = tmp_path / "mesh.msh"
    for length in (30, len(content) // 2, len(content) - 40):
        file.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"cut short|is damaged"):
            mt.fem.read_mesh(file)
