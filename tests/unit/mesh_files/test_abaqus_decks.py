"""Abaqus decks: parts and instances, included files, systems of coordinates, generated nodes, names, sections."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from microtann.errors import InputError, ReadingNote
from microtann.mesh_files.foreign_mesh import ForeignMesh
from microtann.mesh_files.reading import read_foreign_mesh

SQUARE = """*NODE
1, 0., 0.
2, 1., 0.
3, 1., 1.
4, 0., 1.
"""
QUAD = SQUARE + "*ELEMENT, TYPE=CPE4, ELSET=plate\n7, 1, 2, 3, 4\n"


def read(folder: Path, text: str, **others: str) -> ForeignMesh:
    """Return what a deck says, beside files that it includes; notes are errors here."""
    for name, content in others.items():
        place = folder / name.replace("__", "/").replace("_", ".")
        place.parent.mkdir(exist_ok=True)
        place.write_text(content, encoding="utf-8")
    (folder / "deck.inp").write_text(text, encoding="utf-8")
    return read_foreign_mesh(folder / "deck.inp")


def members(sets: dict[str, np.ndarray]) -> dict[str, list[int]]:
    return {name: values.tolist() for name, values in sets.items()}


ASSEMBLY = f"""*PART, NAME=Tile
{QUAD}*NSET, NSET=low
1, 2
*NSET, NSET=only-here
3
*SURFACE, NAME=rim
plate, S1
*END PART
*ASSEMBLY, NAME=A
*INSTANCE, NAME=one, PART=tile
*END INSTANCE
*INSTANCE, NAME="number two", PART=TILE
10., 0., 0.
10., 0., 0., 10., 0., 1., 90.
*NSET, NSET=own
4
*END INSTANCE
*NODE, NSET=REF
1, 5., 5., 5.
*NSET, NSET=low, INSTANCE=one
3, low
*NSET, NSET=both, INSTANCE=one, GENERATE
1, 4, 2
*NSET, NSET=both, INSTANCE=number two
4
*NSET, NSET=mixed
one.1, "number two".low, A.one.only-here, REF
*ELSET, ELSET=all
one.plate, number two.7
*SURFACE, NAME=load
number two.plate, S3
one.7, S2
*END ASSEMBLY
"""


def test_instances_are_moved_turned_and_named(tmp_path: Path) -> None:
    """The second one is moved by 10 along x, then turned by 90° about z through (10, 0): (x, y) to (10 − y, x)."""
    found = read(tmp_path, ASSEMBLY)
    square = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
    turned = [[10, 0, 0], [10, 1, 0], [9, 1, 0], [9, 0, 0]]
    np.testing.assert_array_equal(found.points, [[5, 5, 5], *square, *turned])
    assert [(kind, cells.tolist()) for kind, cells in found.blocks] == [("quad", [[1, 2, 3, 4], [5, 6, 7, 8]])]
    assert members(found.node_sets) == {
        "REF": [0],
        "low": [3, 1, 2],
        "both": [1, 3, 8],
        "mixed": [1, 5, 6, 3, 0],
        "one.low": [1, 2],
        "one.only-here": [3],
        "number two.low": [5, 6],
        "number two.only-here": [7],
        "own": [8],
    }
    assert members(found.cell_sets) == {"all": [0, 1], "one.plate": [0], "number two.plate": [1]}
    assert found.surfaces == {"load": [(1, 2), (0, 1)], "one.rim": [(0, 0)], "number two.rim": [(1, 0)]}


def test_names_of_a_single_instance_stay_as_they_are(tmp_path: Path) -> None:
    text = f"*PART, NAME=P\n{QUAD}*NSET, NSET=top\n3, 4\n*END PART\n"
    placed = text + "*ASSEMBLY, NAME=A\n*INSTANCE, NAME=I, PART=P\n*END INSTANCE\n*NSET, NSET=TOP, INSTANCE=I\n1\n"
    assert members(read(tmp_path, text).node_sets) == {"top": [2, 3]}
    assert members(read(tmp_path, placed).node_sets) == {"TOP": [0], "I.top": [2, 3]}


def test_nodes_of_an_independent_instance_are_moved_with_it(tmp_path: Path) -> None:
    """As programmes write instances that are meshed themselves: the part is empty, the mesh in its coordinates."""
    motion = "0., 0., 5.\n0., 0., 5., 0., 1., 5., 90.\n"
    extra = "*NCOPY, CHANGE NUMBER=10, OLD SET=a, SHIFT\n1., 0., 0.\n"
    text = f"*PART, NAME=P\n*END PART\n*INSTANCE, NAME=I, PART=P\n{motion}*NODE, NSET=a\n1, 1., 2., 3.\n{extra}"
    found = read(tmp_path, text + "*END INSTANCE\n*NODE\n1, 1., 2., 3.\n*NSET, NSET=b, INSTANCE=I\n11\n")
    np.testing.assert_array_equal(found.points, [[1, 2, 3], [3, 2, 4], [3, 2, 3]])
    assert members(found.node_sets) == {"a": [1], "b": [2]}


def test_a_turn_about_an_axis_in_space(tmp_path: Path) -> None:
    """By 120° about the diagonal through (1, 1, 1) and (2, 2, 2) the axes change places."""
    motion = "1., 2., 3.\n1., 1., 1., 2., 2., 2., 120.\n"
    text = f"*PART, NAME=P\n*NODE\n1, 5., 0., -1.\n*END PART\n*INSTANCE, NAME=I, PART=P\n{motion}*END INSTANCE\n"
    np.testing.assert_allclose(read(tmp_path, text).points, [[2.0, 6.0, 2.0]], atol=1e-14)


def test_a_keyword_goes_on_after_a_comma_until_data_begin(tmp_path: Path) -> None:
    found = read(tmp_path, "*NODE,\n1, 0., 0.\n2, 1., 0.\n*NSET,\nNSET=a,\n** of two\nGENERATE,\n1, 2\n")
    assert (found.points.shape, members(found.node_sets)) == ((2, 3), {"a": [0, 1]})


def test_included_files_stand_where_they_are_included(tmp_path: Path) -> None:
    """Below a keyword, within another included file, beside it or beside the deck."""
    found = read(
        tmp_path,
        "*INCLUDE,\nINPUT=sub\\first.inp\n*NSET, NSET=end\n2\n*NODE, INPUT=more.txt\n",
        sub__first_inp="*NODE\n1, 0., 0.\n*INCLUDE, INPUT=rows.txt\n*INCLUDE, INPUT=base.inp\n",
        sub__rows_txt="** coordinates\n2, 1., 0.\n",
        base_inp="*NSET, NSET=base\n1\n",
        more_txt="3, 0., 1., 0.\n",
    )
    np.testing.assert_array_equal(found.points, [[0, 0, 0], [1, 0, 0], [0, 1, 0]])
    assert members(found.node_sets) == {"base": [0], "end": [1]}


@pytest.mark.parametrize(
    ("encoding", "line"), [("utf-8-sig", "\r\n"), ("latin-1", "\n"), ("utf-16", "\r\n"), ("utf-8", "\r")]
)
def test_every_encoding_and_end_of_line(encoding: str, line: str, tmp_path: Path) -> None:
    text = QUAD.replace(", ", "\t,\t").replace("plate", "Tr\x85äger") + "** Größe\n"
    (tmp_path / "deck.inp").write_bytes(text.replace("\n", line).encode(encoding))
    found = read_foreign_mesh(tmp_path / "deck.inp")
    assert (found.points.shape, list(found.cell_sets)) == ((4, 3), ["Tr\x85äger"])


def test_coordinates_in_degrees_and_in_local_systems(tmp_path: Path) -> None:
    text = """*NODE, SYSTEM=C
1, 2., 90., 5.
2, 2., 30.
*NODE, SYSTEM=S
3, 2., 0., 90.
4, 2., 90., 0.
5, 2., 180., 30.
*SYSTEM
10., 0., 0., 10., 1., 0.
9., 0., 0.
*NODE
6, 1., 2., 3.
*NODE, SYSTEM=C
7, 1., 90., 0.
*SYSTEM
1., 1., 1.
*NODE
8, 1D0, -1.5+1, .5E0
*SYSTEM
0., 0., 0., 0., 3., 7.
*NODE
9, 2., 0., 1.
*SYSTEM
*NODE
10, 1., , 3.
"""
    half = math.sqrt(3)
    expected = [
        [0, 2, 5],
        [half, 1, 0],
        [0, 0, 2],
        [0, 2, 0],
        [-half, 0, 1],
        [8, 1, 3],
        [9, 0, 0],
        [2, -14, 1.5],
        [0, 2, 1],
        [1, 0, 3],
    ]
    found = read(tmp_path, text).points
    np.testing.assert_allclose(found, expected, rtol=1e-15, atol=1e-15)
    np.testing.assert_array_equal(found[0], expected[0])  # right angles are exact


def test_generated_nodes_and_elements_are_those_of_a_grid(tmp_path: Path) -> None:
    """Three by two by two hexahedra, from eight corners and one element."""
    corners = [(1, 0, 0, 0), (4, 3, 0, 0), (101, 0, 2, 0), (104, 3, 2, 0)]
    rows = "\n".join(f"{n}, {x}., {y}., {z}." for n, x, y, z in corners)
    text = f"""*NODE
{rows}
*NGEN, NSET=low
1, 4
*NGEN, NSET=high
101, 104, 1
*NFILL, NSET=floor
low, high, 2, 50
*NCOPY, CHANGE NUMBER=1000, OLD SET=floor, NEW SET=middle, SHIFT
0., 0., 1.
*NCOPY, CHANGE NUMBER=2000, OLD SET=floor, NEW SET=top, SHIFT
0., 0., 2.
*ELEMENT, TYPE=C3D8
1, 1, 2, 52, 51, 1001, 1002, 1052, 1051
*ELGEN, ELSET=lower
1, 3, 1, 1, 2, 50, 10
*ELCOPY, ELEMENT SHIFT=100, OLD SET=lower, NODE SHIFT=1000, NEW SET=upper
"""
    found = read(tmp_path, text)
    grid = {(x, y, z) for x in range(4) for y in range(3) for z in range(3)}
    assert {tuple(point) for point in found.points.tolist()} == grid
    cells = found.blocks[0][1]
    low = found.points[cells].min(axis=1)
    unit = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]]
    np.testing.assert_array_equal(found.points[cells], low[:, None] + unit)
    assert {tuple(place) for place in low.tolist()} == {
        (x, y, z) for x in range(3) for y in range(2) for z in range(2)
    }
    np.testing.assert_array_equal(low[found.cell_sets["upper"], 2], 1.0)
    assert len(found.cell_sets["lower"]) == len(found.cell_sets["upper"]) == 6
    np.testing.assert_array_equal(found.points[found.node_sets["top"], 2], 2.0)


def test_rows_of_three_dimensions_of_elements(tmp_path: Path) -> None:
    text = "*NODE\n" + "\n".join(
        f"{1 + x + 10 * y + 100 * z}, {x}., {y}., {z}." for z, y, x in np.ndindex(3, 3, 3)
    )
    text += (
        "\n*ELEMENT, TYPE=C3D8\n1, 1, 2, 12, 11, 101, 102, 112, 111\n*ELGEN\n1, 2, 1, 1, 2, 10, 10, 2, 100, 100\n"
    )
    found = read(tmp_path, text)
    low = found.points[found.blocks[0][1]].min(axis=1)
    assert sorted(map(tuple, low.tolist())) == [(x, y, z) for x, y, z in np.ndindex(2, 2, 2)]


def test_ranges_leave_gaps_out(tmp_path: Path) -> None:
    text = QUAD + "*NSET, NSET=some, GENERATE\n2, 4000000, 2\n*ELSET, ELSET=any, GENERATE\n1, 24\n"
    found = read(tmp_path, text)
    assert members(found.node_sets) == {"some": [1, 3]}
    assert found.cell_sets["any"].tolist() == [0]


def test_nodes_of_a_27_node_hexahedron_stand_as_in_vtk(tmp_path: Path) -> None:
    """Of S1 to S6 the middles follow that of all in Abaqus; VTK has those at −x, x, −y, y, −z, z, and then it."""
    corners = 2 * np.array([(*xy, z) for z in (0, 1) for xy in ((0, 0), (1, 0), (1, 1), (0, 1))])
    pairs = [*((i, (i + 1) % 4) for i in range(4)), *((4 + i, 4 + (i + 1) % 4) for i in range(4))]
    middles = [(corners[i] + corners[j]) // 2 for i, j in [*pairs, *((i, i + 4) for i in range(4))]]
    faces = [(0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    points = [*corners, *middles, [1, 1, 1], *(corners[list(face)].mean(axis=0) for face in faces)]
    rows = "".join(f"{n}, {x}, {y}, {z}\n" for n, (x, y, z) in enumerate(points, start=1))
    text = f"*NODE\n{rows}*ELEMENT, TYPE=C3D27\n1, {', '.join(map(str, range(1, 14)))},\n"
    found = read(tmp_path, text + ", ".join(map(str, range(14, 28))) + "\n")
    ((kind, cells),) = found.blocks
    assert kind == "hexahedron27"
    last = [[0, 1, 1], [2, 1, 1], [1, 0, 1], [1, 2, 1], [1, 1, 0], [1, 1, 2], [1, 1, 1]]
    np.testing.assert_array_equal(found.points[cells[0]], [*corners, *middles, *last])


BARS = SQUARE + "*ELEMENT, TYPE={type}, ELSET=bars\n1, 1, 2\n2, 2, 3\n*ELEMENT, TYPE=T2D2, ELSET=other\n3, 3, 4\n"


@pytest.mark.parametrize(
    ("kind", "section", "area"),
    [
        ("T3D2", "*SOLID SECTION, ELSET=bars, MATERIAL=m\n0.25,", 0.25),
        ("T2D2H", "*SOLID SECTION, ELSET=bars, MATERIAL=m\n,", 1.0),
        ("T3D2", "*SOLIDSECTION, ELSET=BARS, MATERIAL=m", 1.0),
        ("B31", "*BEAM SECTION, ELSET=bars, MATERIAL=m, SECTION=CIRC\n2.\n1., 0., 0.", 4 * math.pi),
        ("B21", "*BEAM SECTION, ELSET=bars, SECTION=RECT\n0.5, 3.", 1.5),
        ("B33", "*BEAM SECTION, ELSET=bars, SECTION=PIPE\n2., 1.", 3 * math.pi),
        ("B31R", "*BEAM SECTION, ELSET=bars, SECTION=RECT\n0.5, 3.", 1.5),
        ("B31OSH", "*BEAM SECTION, ELSET=bars, SECTION=BOX\n3., 4., .5, .5, .5, .5", 12 - 2 * 3),
        ("B31", "*BEAM SECTION, ELSET=bars, SECTION=I\n0., 10., 4., 6., 1., 2., 0.5", 4 + 12 + 3.5),
        ("B31", "*BEAM SECTION, ELSET=bars, SECTION=L\n4., 3., 1., 1.", 6),
        ("B31", "*BEAM SECTION, ELSET=bars, SECTION=TRAPEZOID\n4., 3., 2., 1.", 9),
        ("B31", "*BEAM GENERAL SECTION, ELSET=bars, SECTION=GENERAL\n0.7, 1., 0., 1., 1.", 0.7),
        ("PIPE31", "*BEAM GENERAL SECTION, ELSET=bars, SECTION=THICK PIPE\n2., 2.", 4 * math.pi),
        ("FRAME2D", "*FRAME SECTION, ELSET=bars\n0.3, 1., 0., 1., 1.", 0.3),
    ],
)
def test_areas_of_bars_come_from_their_sections(kind: str, section: str, area: float, tmp_path: Path) -> None:
    found = read(tmp_path, BARS.format(type=kind) + section + "\n")
    np.testing.assert_allclose(found.areas, [area, area, np.nan], rtol=1e-15)


@pytest.mark.parametrize(
    "section",
    [
        "*BEAM SECTION, ELSET=bars, SECTION=ARBITRARY\n1, 0., 0., 1., 1., 0.1",
        "*BEAM SECTION, ELSET=bars, SECTION=HEX\n1., 0.1",
        "*BEAM SECTION, ELSET=bars, SECTION=CIRC\n2., 2.",  # two diameters in CalculiX
        "*BEAM SECTION, ELSET=bars, SECTION=BOX\n3., 4., .5, .4, .5, .5",  # which wall is which?
        "*BEAM SECTION, ELSET=bars, SECTION=L\n4., 3., 1., 2.",
        "*BEAM SECTION, ELSET=bars, SECTION=RECT",
    ],
)
def test_areas_that_are_not_known_are_refused(section: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 11: the area of \*BEAM SECTION, SECTION=\w+ is not known"):
        read(tmp_path, BARS.format(type="B31").replace("T2D2", "B31") + section + "\n")
    plate = "*ELEMENT, TYPE=CPE4\n9, 1, 2, 3, 4\n"
    assert np.isnan(read(tmp_path, BARS.format(type="B31") + plate + section + "\n").areas).all()


def test_a_section_that_tapers_is_refused(tmp_path: Path) -> None:
    section = "*BEAM GENERAL SECTION, ELSET=bars, TAPER\n1., 1., 0., 1., 1., 2.\n"
    with pytest.raises(InputError, match=r"line 11: the parameter TAPER of \*BEAM GENERAL SECTION is not read"):
        read(tmp_path, BARS.format(type="B31") + section)


def test_sections_of_instances_and_of_the_assembly(tmp_path: Path) -> None:
    part = f"*PART, NAME=P\n{BARS.format(type='B31')}*SOLID SECTION, ELSET=bars\n2.,\n*END PART\n"
    placed = "".join(f"*INSTANCE, NAME={name}, PART=P\n*END INSTANCE\n" for name in "IJ")
    found = read(tmp_path, part + placed + "*SOLID SECTION, ELSET=J.other\n3.,\n")
    np.testing.assert_array_equal(found.areas, [2, 2, np.nan, 2, 2, 3])
    with pytest.raises(InputError, match=r"line 19: a bar of 'J.bars' has another area by a section before"):
        read(tmp_path, part + placed + "*SOLID SECTION, ELSET=J.bars\n3.,\n")


def test_the_middle_node_of_a_quadratic_bar_comes_last(tmp_path: Path) -> None:
    found = read(tmp_path, SQUARE + "*ELEMENT, TYPE=B32\n1, 1, 4, 2\n")
    assert [(kind, cells.tolist()) for kind, cells in found.blocks] == [("line3", [[0, 1, 3]])]


@pytest.mark.parametrize("edge", range(4))
def test_a_quadrilateral_with_two_corners_in_one_is_a_triangle(edge: int, tmp_path: Path) -> None:
    """Of its faces that of the edge is none; the others have the nodes that they had."""
    nodes = np.array([1, 2, 3, 4])
    nodes[(edge + 1) % 4] = nodes[edge]
    row = ", ".join(map(str, nodes))
    surfaces = "".join(f"*SURFACE, NAME=s{at}\n1, S{at + 1}\n" for at in range(4) if at != edge)
    text = f"{SQUARE}*ELEMENT, TYPE=CPE4\n1, {row}\n2, 1, 2, 3, 4\n{surfaces}*SURFACE, NAME=none\n1, S{edge + 1}\n"
    with pytest.warns(ReadingNote, match="1 quad cells with two nodes in one are read as triangle cells"):
        found = read(tmp_path, text)
    assert [kind for kind, _ in found.blocks] == ["quad", "triangle"]
    triangle = found.blocks[1][1][0]
    assert set(triangle.tolist()) == set((nodes - 1).tolist())
    for at in set(range(4)) - {edge}:
        ((cell, face),) = found.surfaces[f"s{at}"]
        assert (cell, triangle[face], triangle[(face + 1) % 3]) == (1, nodes[at] - 1, nodes[(at + 1) % 4] - 1)
    assert found.surfaces["none"] == []


@pytest.mark.parametrize("edge", range(4))
def test_a_hexahedron_with_two_edges_in_one_is_a_wedge(edge: int, tmp_path: Path) -> None:
    corners = [(x, y, z) for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    rows = "".join(f"{n}, {x}., {y}., {z}.\n" for n, (x, y, z) in enumerate(corners, start=1))
    nodes = np.arange(1, 9).reshape(2, 4)
    nodes[:, (edge + 1) % 4] = nodes[:, edge]
    surfaces = "".join(f"*SURFACE, NAME=s{at}\n1, S{at + 1}\n" for at in range(6))
    row = ", ".join(map(str, nodes.ravel()))
    with pytest.warns(ReadingNote, match="1 hexahedron cells with two nodes in one are read as wedge cells"):
        found = read(tmp_path, f"*NODE\n{rows}*ELEMENT, TYPE=C3D8\n1, {row}\n{surfaces}")
    ((kind, (wedge,)),) = found.blocks
    assert (kind, set(wedge.tolist())) == ("wedge", set((nodes - 1).ravel().tolist()))
    of_hexahedron = ((0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 4, 5), (1, 2, 5, 6), (2, 3, 6, 7), (3, 0, 7, 4))
    of_wedge = ((0, 1, 2), (3, 4, 5), (0, 1, 3, 4), (1, 2, 4, 5), (2, 0, 5, 3))
    for at, face in enumerate(of_hexahedron):
        if at == edge + 2:
            assert found.surfaces[f"s{at}"] == []
            continue
        ((_, own),) = found.surfaces[f"s{at}"]
        assert set(wedge[list(of_wedge[own])]) == set((nodes - 1).ravel()[list(face)])


def test_a_node_that_orients_a_beam_is_none_of_its_ends(tmp_path: Path) -> None:
    found = read(tmp_path, SQUARE + "*ELEMENT, TYPE=B31\n1, 1, 2, 3\n2, 2, 4\n*ELEMENT, TYPE=B32\n3, 1, 4, 2, 3\n")
    assert [(kind, cells.tolist()) for kind, cells in found.blocks] == [
        ("line", [[0, 1], [1, 3]]),
        ("line3", [[0, 1, 3]]),
    ]


def notes(folder: Path, text: str) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read(folder, text)
    assert all(warning.category is ReadingNote for warning in caught)
    return [str(warning.message).partition(": ")[2] for warning in caught]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            QUAD.replace("CPE4", "CPS4R") + "*ELEMENT, TYPE=CPE3H\n8, 1, 2, 3\n",
            "elements are read as those of their shape with displacements alone, integrated in full: CPS4R (1), "
            "CPE3H (1)",
        ),
        (
            QUAD + "*SOLID SECTION, ELSET=plate, MATERIAL=m\n0.1\n",
            "the thickness 0.1 of line 8 is not read: a body in the plane has unit thickness",
        ),
        (
            QUAD + "*TRANSFORM, NSET=a, TYPE=C\n0., 0., 0., 0., 0., 1.\n",
            "*TRANSFORM of line 8 is left out: displacements and forces are along the global axes",
        ),
        (
            QUAD + "*EQUATION\n2\n1, 1, 1., 2, 1, -1.\n*EQUATION\n2\n1, 2, 1., 2, 2, -1.\n*TIE, NAME=t\na, b\n",
            "left out, for they are no part of a mesh here: *EQUATION (2, the first in line 8), *TIE (line 14)",
        ),
        (
            QUAD + "*SURFACE, NAME=s, TYPE=SEGMENTS\nSTART, 0., 0.\n*SURFACE, NAME=t\nplate, E1\n",
            "left out, for they are no part of a mesh here: *SURFACE, TYPE=SEGMENTS (line 8), "
            "*SURFACE without faces S1, S2, ... of elements (line 10)",
        ),
        (
            QUAD + "*NODE\n1, 0., 0.\n2, 1.5, 0.\n",
            "1 node is given twice at different places: the last place counts",
        ),
    ],
)
def test_what_is_read_otherwise_is_told(text: str, note: str, tmp_path: Path) -> None:
    assert notes(tmp_path, text) == [note]


def test_a_surface_of_surfaces(tmp_path: Path) -> None:
    part = (
        f"*PART, NAME=P\n{QUAD}*SURFACE, NAME=a\nplate, S1\n*END PART\n*INSTANCE, NAME=I, PART=P\n*END INSTANCE\n"
    )
    text = part + "*SURFACE, NAME=b\nI.7, S3\n*SURFACE, NAME=c, COMBINE=UNION\nI.a, B\n"
    found = read(tmp_path, text)
    assert found.surfaces == {"a": [(0, 0)], "b": [(0, 2)], "c": [(0, 0), (0, 2)]}
    assert notes(tmp_path, text.replace("UNION", "INTERSECTION")) == [
        "left out, for they are no part of a mesh here: *SURFACE, COMBINE=INTERSECTION (line 16)"
    ]
    with pytest.raises(InputError, match="line 17: there is no surface 'x'"):
        read(tmp_path, text.replace("I.a, B", "I.a, x"))


def test_the_last_place_of_a_node_counts(tmp_path: Path) -> None:
    with pytest.warns(ReadingNote):
        found = read(tmp_path, QUAD + "*NODE\n2, 1.5, 0.\n")
    np.testing.assert_array_equal(found.points[:2], [[0, 0, 0], [1.5, 0, 0]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("*NODE, TWIST=C\n1, 0., 0.\n", r"line 1: the parameter TWIST of \*NODE is not read"),
        ("*NODE, SYSTEM=Q\n1, 0., 0.\n", "line 1: there is no system 'Q' of coordinates"),
        ("*NODE\n1, 0., nan\n", "line 2: 'nan' is no number"),
        ("*NODE\n1.5, 0., 0.\n", "line 2: '1.5' is no number of a node"),
        ("*NODE\n,\n", "line 2: '' is no number of a node"),
        (QUAD + "*ELEMENT, TYPE=CPE4, OFFSET=3\n", "line 8: the parameter OFFSET"),
        (QUAD + "*ELEMENT\n1, 2\n", r"line 8: \*ELEMENT has no TYPE="),
        (QUAD + "*ELEMENT, TYPE=CAX4\n1, 1, 2, 3, 4\n", "line 8: elements of type 'CAX4' are not known"),
        (QUAD + "*ELEMENT, TYPE=CPE3\n1, 1, 2\n", "line 9: an element of type CPE3 has a number and 3 nodes"),
        (QUAD + "*ELEMENT, TYPE=CPE3\n1, 1, 2, 3, 4\n2, 1, 2\n", "line 9: an element of type CPE3 has a number"),
        (QUAD + "*ELEMENT, TYPE=CPE3\n1, 1, b, 3\n", "line 9: 'b' is no number of a node or element"),
        (QUAD + "*NSET, NSET=a, INSTANCE=I\n1\n", "line 8: there is no instance 'I'"),
        (QUAD + "*NSET, NSET=a, EXPAND\n1\n", "line 8: the parameter EXPAND"),
        (QUAD + "*NSET, NSET=a, GENERATE\n1, 4, 0\n", "line 9: a range is a first number"),
        (QUAD + "*NSET, NSET=a, ELSET=b\n", "line 8: there is no set of elements 'b'"),
        (QUAD + "*SURFACE, NAME=a\nplate, S5\n", "line 9: element 7 has no face S5"),
        (QUAD + "*SURFACE, NAME=a, CROP\nplate, S1\n", "line 8: the parameter CROP"),
        (QUAD + "*NGEN, LINE=C\n1, 3\n", r"line 8: the parameter LINE of \*NGEN is not read"),
        (QUAD + "*NGEN\n1, 4, 2\n", "line 9: steps of 2 do not lead from node 1 to node 4"),
        (QUAD + "*NGEN\n1, 9\n", "line 9: there is no node 9"),
        (QUAD + "*NCOPY, CHANGE NUMBER=1, OLD SET=a, REFLECT=POINT\n0.\n", "line 8: the parameter REFLECT"),
        (QUAD + "*ELGEN\n8, 2\n", "line 9: there is no element 8"),
        (QUAD + "*NMAP, NSET=a, TYPE=CYLINDRICAL\n", r"line 8: \*NMAP changes the mesh in a way that is not read"),
        (
            QUAD + "*SYSTEM\n0., 0., 0., 1., 0., 0.\n2., 0., 0.\n",
            r"line 8: the points of \*SYSTEM lie on one line",
        ),
        (
            "*INCLUDE, INPUT=none.inp\n",
            "line 1: the included file 'none.inp' is not there, nor is it beside deck.inp",
        ),
        ("*INCLUDE, INPUT=deck.inp\n", "line 1: deck.inp includes itself"),
        ("*INCLUDE, PASSWORD=a, INPUT=b\n", "line 1: the parameter PASSWORD"),
        ("*INSTANCE, NAME=a, PART=b\n", "line 1: there is no part 'b'"),
        ("*PART, NAME=a\n*END PART\n*PART, NAME=A\n", "line 3: there are two parts 'A'"),
        (
            "*PART, NAME=a\n*END PART\n*INSTANCE, NAME=a, PART=a\n1., 2.\n3.\n",
            "line 3: .*one of seven for a rotation",
        ),
        (
            "*PART, NAME=a\n*END PART\n*INSTANCE, NAME=a, PART=a\n0.\n1., 1., 1., 1., 1., 1., 9.\n",
            "line 3: the two points of the axis of rotation are one",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_line(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_an_error_in_an_included_file_is_placed_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"deck.inp: line 3 of rows.txt: 'x' is no number"):
        read(tmp_path, "*NODE\n*INCLUDE, INPUT=rows.txt\n", rows_txt="1, 0.\n\n2, x\n")
    with pytest.raises(InputError, match=r"line 1 of b.inp: a.inp includes itself"):
        read(tmp_path, "*INCLUDE, INPUT=a.inp\n", a_inp="*INCLUDE, INPUT=b.inp", b_inp="*INCLUDE, INPUT=a.inp")
