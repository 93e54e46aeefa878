"""Bodies of Abaqus decks: what stands beside them is left out with a note, its names stay, and loads say where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError, ReadingNote

NODES = "".join(f"{1 + x + 2 * y + 10 * z}, {x}., {y}., {z}.\n" for z, y, x in np.ndindex(3, 2, 2))
COLUMN = f"""*NODE
{NODES}*ELEMENT, TYPE=C3D8, ELSET=body
1, 1, 2, 4, 3, 11, 12, 14, 13
2, 11, 12, 14, 13, 21, 22, 24, 23
"""
GMSH_PLATE = """*NODE
1, 0, 0, 0
2, 1, 0, 0
3, 1, 1, 0
4, 0, 1, 0
*ELEMENT, type=T3D2, ELSET=Line1
1, 1, 2
*ELEMENT, type=T3D2, ELSET=Line2
2, 2, 3
*ELEMENT, type=CPS3, ELSET=Surface1
5, 1, 2, 3
6, 1, 3, 4
*ELSET,ELSET=bottom
1
*NSET,NSET=bottom
1, 2
"""


def read(folder: Path, text: str) -> mt.fem.Mesh:
    (folder / "deck.inp").write_text(text, encoding="utf-8")
    return mt.fem.read_mesh(folder / "deck.inp")


def test_bars_on_the_edges_of_a_plane_mesh_are_its_sides(tmp_path: Path) -> None:
    with pytest.warns(ReadingNote, match=r"left out, for they carry nothing here: elements T3D2 \(2\)$"):
        mesh = read(tmp_path, GMSH_PLATE)
    assert (mesh.kind, mesh.volume, list(mesh.regions)) == ("triangle", 1.0, ["Surface1"])
    assert {name: mesh.boundary[at].tolist() for name, at in mesh.sides.items()} == {
        "Line1": [[0, 1]],
        "Line2": [[1, 2]],
        "bottom": [[0, 1]],
    }


@pytest.mark.parametrize("kind", ["M3D4", "M3D4R", "SFM3D4R", "R3D4"])
def test_a_skin_is_a_side(kind: str, tmp_path: Path) -> None:
    text = (
        COLUMN
        + f"*ELEMENT, TYPE={kind}, ELSET=skin\n3, 1, 3, 4, 2\n4, 21, 22, 24, 23\n*SURFACE, NAME=top\n4, SPOS\n"
    )
    with pytest.warns(ReadingNote, match=rf"carry nothing here: elements {kind} \(2\)$"):
        mesh = read(tmp_path, text)
    assert {name: len(at) for name, at in mesh.sides.items()} == {"skin": 2, "top": 1}
    np.testing.assert_array_equal(mesh.points[mesh.sets["top"], 2], 2.0)
    assert list(mesh.regions) == ["body"]


def test_a_surface_that_has_the_name_of_a_skin_has_its_own_faces(tmp_path: Path) -> None:
    skin = "*ELEMENT, TYPE=M3D4, ELSET=skin\n3, 1, 3, 4, 2\n4, 21, 22, 24, 23\n*SURFACE, NAME=Skin\n4, SNEG\n"
    with pytest.warns(ReadingNote, match="M3D4"):
        mesh = read(tmp_path, COLUMN + skin.replace("Skin", "skin"))
    assert len(mesh.sides["skin"]) == 1


def test_springs_masses_and_reference_nodes_are_counted_in_one_sentence(tmp_path: Path) -> None:
    text = COLUMN + (
        "*NODE, NSET=REF\n99, 0., 0., 5.\n*ELEMENT, TYPE=SPRINGA, ELSET=springs\n3, 1, 99\n4, 2, 99\n"
        "*ELEMENT, TYPE=SPRING1\n5, 3\n*ELEMENT, TYPE=CONN3D2\n6, , 4\n*ELEMENT, TYPE=MASS, ELSET=heavy\n7, 99\n"
        "*ELSET, ELSET=some\nspringS, 1\n*NSET, NSET=pulled, ELSET=springs\n*NSET, NSET=edge\n1, 2, 99\n"
        "*EL PRINT, ELSET=springs\nS11\n"
    )
    with pytest.warns(ReadingNote) as caught:
        mesh = read(tmp_path, text)
    assert [str(warning.message).partition(": ")[2] for warning in caught] == [
        "left out, for they carry nothing here: elements SPRINGA (2), SPRING1 (1), CONN3D2 (1), MASS (1); 1 node "
        "that no cell holds; the names of these alone, 'REF'"
    ]
    assert len(mesh.points) == 12
    assert {name: nodes.tolist() for name, nodes in mesh.sets.items()} == {"pulled": [0, 1], "edge": [0, 1]}
    assert {name: cells.tolist() for name, cells in mesh.regions.items()} == {"body": [0, 1], "some": [0]}


def test_a_second_part_with_a_reference_point(tmp_path: Path) -> None:
    text = (
        f"*PART, NAME=A\n{COLUMN}*END PART\n*PART, NAME=RP\n*NODE, NSET=point\n1, 0., 0., 3.\n*END PART\n"
        "*ASSEMBLY, NAME=Assembly\n*INSTANCE, NAME=A-1, PART=A\n*END INSTANCE\n"
        "*INSTANCE, NAME=RP-1, PART=RP\n*END INSTANCE\n"
        "*NSET, NSET=top, INSTANCE=A-1\n21, 22, 23, 24\n*END ASSEMBLY\n"
    )
    with pytest.warns(ReadingNote, match="1 node that no cell holds; the names of these alone, 'point'$"):
        mesh = read(tmp_path, text)
    assert (mesh.volume, list(mesh.sets)) == (2.0, ["top"])


def test_pressure_acts_on_the_faces_of_a_surface_that_lie_on_the_boundary(tmp_path: Path) -> None:
    """Three of four faces of area 1, under a pressure of 16, and a note on the fourth."""
    text = COLUMN + "*SURFACE, NAME=load\nbody, S3\n2, S2\n2, S1\n"
    with pytest.warns(
        ReadingNote, match="1 of the 4 faces of the surface 'load' lie inside the body, where no load"
    ):
        mesh = read(tmp_path, text)
    assert (len(mesh.sides["load"]), len(mesh.sets["load"])) == (3, 10)
    force = mt.fem.Pressure("load", 16.0).nodal_forces(mesh, "load")
    np.testing.assert_allclose(force.sum(axis=0), [0.0, 32.0, -16.0], atol=1e-14)


def test_a_surface_of_elements_without_faces_has_those_that_are_free(tmp_path: Path) -> None:
    """Those of the model: that between the two elements is none, and neither is that of the element left out."""
    mesh = read(tmp_path, COLUMN + "*SURFACE, NAME=above\n2,\n*SURFACE, NAME=all\nbody\n1, S1\n")
    assert {name: len(faces) for name, faces in mesh.sides.items()} == {"above": 5, "all": 10}
    assert mesh.points[mesh.boundary[mesh.sides["above"]], 2].min() == 1.0


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ("*ELEMENT, TYPE=S4R\n3, 1, 2, 4, 3\n", "elements of type 'S4R' are not known"),
        ("*ELEMENT, TYPE=COH3D8\n3, 1, 2, 4, 3, 11, 12, 14, 13\n", "elements of type 'COH3D8' are not known"),
        ("*ELEMENT, TYPE=C3D5\n3, 1, 2, 4, 3, 11\n", "pyramid"),
    ],
)
def test_elements_without_which_the_body_is_another_are_refused(elements: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        read(tmp_path, COLUMN + elements)


def test_a_deck_without_a_body_is_no_mesh(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it has no cells with an area or a volume"):
        read(tmp_path, "*NODE\n1, 0., 0.\n2, 1., 0.\n*ELEMENT, TYPE=T2D2\n1, 1, 2\n")
