"""Frames from Abaqus decks and line meshes."""

from pathlib import Path

import meshio
import numpy as np
import pytest

import microtann as mt
from microtann import fem
from microtann.errors import CellError

DECK = """*HEADING
a portal frame
*NODE
1, 0., 0.
2, 0., 2.
3, 3., 2.
4, 3., 0.
*ELEMENT, TYPE={type}, ELSET=columns
1, 1, 2
3, 3, 4
*ELEMENT, TYPE={type}, ELSET=girder
2, 2, 3
*BEAM SECTION, ELSET=columns, SECTION=RECT, MATERIAL=steel
0.2, 0.1
0., 0., -1.
*BEAM SECTION, ELSET=girder, SECTION={girder}, MATERIAL=steel
{numbers}
*MATERIAL, NAME=Steel
*DENSITY
7.8
*ELASTIC
200., 0.25
*PLASTIC{hardening}
0.3, 0.
{more}
"""


def deck(path: Path, **changes: str) -> Path:
    words = {"type": "B23", "girder": "CIRC", "numbers": "0.1", "hardening": "", "more": "**", **changes}
    path.write_text(DECK.format(**words))
    return path


def test_a_deck_is_a_structure(tmp_path: Path):
    frame = mt.read_frame_structure(
        deck(tmp_path / "portal.inp", hardening=", HARDENING=KINEMATIC", more="0.4, 0.05")
    )
    assert frame.dimension == 2
    assert frame.poisson == 0.25
    assert (frame.bar.young, frame.bar.yield_stress) == (200.0, 0.3)
    assert frame.bar.hardening == pytest.approx(2.0)
    places = [int(np.flatnonzero((frame.beams == pair).all(axis=1))[0]) for pair in ([0, 1], [1, 2])]
    column, girder = (frame.section[frame.kind[place]] for place in places)
    assert column.inertia[0] == pytest.approx(0.2 * 0.1**3 / 12.0)
    assert girder.inertia[0] == pytest.approx(np.pi / 4.0 * 0.1**4)
    clamp = [fem.Prescribed([0, 3], name) for name in ("x", "y", "rz")]
    result = frame.solve(fem.Step(clamp, [fem.NodalForce([1], "x", 1e-6)]))
    assert result.reactions[-1, :, 0].sum() == pytest.approx(-1e-6)


def test_beams_of_decks_shear_by_their_type(tmp_path: Path):
    stout = mt.read_frame_structure(deck(tmp_path / "stout.inp", type="B21"))
    assert all(np.isfinite(one.shear).all() for one in stout.section)
    bars = mt.read_frame_structure(deck(tmp_path / "bars.inp", type="T2D2"))
    assert bars.pinned.all()


def test_sections_stand_as_their_first_axis_says(tmp_path: Path):
    text = deck(tmp_path / "plane.inp", type="B33", girder="I", numbers="0.1, 0.2, 0.1, 0.1, 0.02, 0.02, 0.01")
    frame = mt.read_frame_structure(text)
    girder = int(np.flatnonzero(frame.beams[:, 1] == 2)[0])
    np.testing.assert_allclose(frame.axes[girder], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], atol=1e-12)
    assert frame.section[frame.kind[girder]].inertia[0] > 3.0 * frame.section[frame.kind[girder]].inertia[1]
    assert len({len(one.fibres) for one in frame.section}) == 1


def test_released_ends_are_pinned(tmp_path: Path):
    text = deck(tmp_path / "hinges.inp", more="*RELEASE\ngirder, S1, ALLM\n3, S2, M1")
    pins = mt.read_frame_structure(text)
    assert pins.pinned.sum() == 2
    girder, column = (np.flatnonzero((pins.beams == pair).all(axis=1))[0] for pair in ([1, 2], [2, 3]))
    assert pins.pinned[girder, 0]
    assert pins.pinned[column, 1]
    foot = [fem.Prescribed([0, 3], name) for name in ("x", "y", "rz")]
    pushed = pins.solve(fem.Step(foot, [fem.NodalForce([1], "x", 1e-6)]))
    assert abs(pushed.bending_moment[girder, 0]) <= 1e-12 * np.abs(pushed.bending_moment).max()


def test_beams_of_three_nodes_are_two_beams(tmp_path: Path):
    text = deck(tmp_path / "quadratic.inp", more="*RELEASE\n1, S1, ALLM\n1, S2, ALLM").read_text()
    for plain, of_three in (
        ("4, 3., 0.", "4, 3., 0.\n5, 0., 1.\n6, 3., 1."),
        ("TYPE=B23, ELSET=col", "TYPE=B22, ELSET=col"),
        ("\n1, 1, 2", "\n1, 1, 5, 2"),
        ("\n3, 3, 4", "\n3, 3, 6, 4"),
    ):
        assert plain in text
        text = text.replace(plain, of_three, 1)
    path = tmp_path / "quadratic.inp"
    path.write_text(text)
    frame = mt.read_frame_structure(path)
    halves = [tuple(pair) for pair in frame.beams.tolist()]
    assert sorted(halves) == sorted([(0, 4), (4, 1), (2, 5), (5, 3), (1, 2)])
    assert np.isfinite(frame.section[frame.kind[halves.index((0, 4))]].shear).all()
    assert frame.pinned[[halves.index((0, 4)), halves.index((4, 1))]].tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"girder": "L", "numbers": "1., 1., .1, .1"}, "sections L are not read"),
        ({"girder": "RECT", "numbers": "1."}, "line 16: the area of"),
        ({"more": "0.4, 0.1"}, "HARDENING=KINEMATIC"),
        ({"more": "*CREEP\n1., 1., 1."}, r"\*CREEP is not read"),
        ({"type": "B31OS"}, "B31OS are not read"),
        ({"more": "*RELEASE\n2, S1, M2"}, "RELEASE says M2: use ALLM"),
        ({"more": "*RELEASE\n2, ALLM"}, "line 2[0-9]: a line of .RELEASE is an element or a set, S1 or S2"),
        ({"more": "*RELEASE\n7, S1, ALLM"}, "names element 7, which does not exist"),
    ],
)
@pytest.mark.filterwarnings("ignore::microtann.errors.ReadingNote")
def test_what_is_not_understood_is_refused_by_line_and_name(tmp_path: Path, changes, message):
    with pytest.raises(CellError, match=message):
        mt.read_frame_structure(deck(tmp_path / "bad.inp", **changes))


def test_a_cell_of_lines_with_radii_is_a_frame(tmp_path: Path):
    cell = mt.square_grid_cell((2, 2))
    radius = np.where(np.arange(len(cell.bars)) < 4, 0.05, 0.08)
    points = np.pad(cell.nodes, ((0, 0), (0, 1)))
    meshio.write(tmp_path / "cell.vtu", meshio.Mesh(points, [("line", cell.bars)], cell_data={"radius": [radius]}))
    frame = mt.read_frame(tmp_path / "cell.vtu", sections=4, periods=np.eye(2))
    areas = np.array([one.area for one in frame.section])
    np.testing.assert_allclose(np.sort(areas), np.sort(np.pi * radius**2))
    with pytest.raises(CellError, match="does not exist"):
        mt.read_frame(tmp_path / "none.vtu")
