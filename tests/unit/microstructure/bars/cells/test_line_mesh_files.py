"""Cells from line meshes: Abaqus decks of several parts, with sections and with what stands beside the bars."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.errors import CellError, ReadingNote

NODES = "*NODE\n1, 0., 0., 0.\n2, 1., 0., 0.\n3, 1., 1., 0.\n4, 0., 1., 0.\n5, 0.5, 0.5, 0.\n"
EDGES = "*ELEMENT, TYPE={type}, ELSET=edges\n1, 1, 2\n2, 4, 3\n3, 1, 4\n4, 2, 3\n"
BRACES = "*ELEMENT, TYPE={type}, ELSET=braces\n5, 1, 5\n6, 2, 5\n7, 3, 5\n8, 4, 5\n"
SQUARE = NODES + EDGES + BRACES


def read(folder: Path, text: str, kind: str = "T3D2", **options: bool) -> mt.UnitCell:
    (folder / "cell.inp").write_text(text.replace("{type}", kind), encoding="utf-8")
    return mt.read_cell(folder / "cell.inp", **options)


def families(cell: mt.UnitCell) -> tuple[float, float]:
    """Return the areas of whole edges and braces."""
    bars = cell.distinct_bars
    edges = np.isclose(cell.lengths[bars.representative], 1.0)
    (edge,), (brace,) = np.unique(bars.area[edges].round(12)), np.unique(bars.area[~edges].round(12))
    assert (edges.sum(), (~edges).sum()) == (2, 4)
    return float(edge), float(brace)


def test_a_cell_of_two_parts_has_the_stiffness_of_both(tmp_path: Path) -> None:
    """Of areas and moduli of 1: 1 + 1/√2 along the edges, 1/√2 of the braces across and in shear."""
    part = "*PART, NAME={0}\n" + NODES + "{1}*END PART\n"
    placed = "*INSTANCE, NAME=F, PART=frame\n*END INSTANCE\n*INSTANCE, NAME=B, PART=brace\n*END INSTANCE\n"
    text = part.format("frame", EDGES) + part.format("brace", BRACES) + placed
    with pytest.warns(ReadingNote, match=": left out, for they carry nothing here: 1 node that no cell holds$"):
        cell = read(tmp_path, text)
    bar = mt.ElastoplasticBar(1.0, 1e9, 0.1)
    stiffness = mt.solve_cell(cell, bar, 1e-6 * np.eye(3)).stress / 1e-6
    brace = math.sqrt(0.5)
    expected = [[1 + brace, brace, 0], [brace, 1 + brace, 0], [0, 0, brace]]
    np.testing.assert_allclose(stiffness, expected, rtol=1e-9, atol=1e-12)


def test_a_reference_node_is_left_out_with_its_name(tmp_path: Path) -> None:
    with pytest.warns(ReadingNote, match="1 node that no cell holds; the names of these alone, 'REF'$"):
        cell = read(tmp_path, SQUARE + "*NODE, NSET=REF\n1000, 2., 2., 0.\n")
    assert families(cell) == (1.0, 1.0)
    np.testing.assert_array_equal(cell.periods, np.eye(2))


def test_other_elements_are_left_out(tmp_path: Path) -> None:
    others = "*ELEMENT, TYPE=CPS4\n9, 1, 2, 3, 4\n*ELEMENT, TYPE=SPRINGA\n10, 1, 3\n"
    with pytest.warns(
        ReadingNote, match=r"left out, for they carry nothing here: elements CPS4 \(1\), SPRINGA \(1\)$"
    ):
        assert families(read(tmp_path, SQUARE + others)) == (1.0, 1.0)


def test_beams_are_bars_between_hinges(tmp_path: Path) -> None:
    with pytest.warns(ReadingNote, match=r"bars, which carry axial forces only, between hinges: B31H \(8\)$"):
        assert families(read(tmp_path, SQUARE, "B31H")) == (1.0, 1.0)


def test_a_quadratic_bar_is_straight(tmp_path: Path) -> None:
    nodes = "*NODE\n1, 0., 0.\n2, 0.25, {y}\n3, 1., 0.\n4, 0., 1.\n5, 1., 1.\n"
    text = (
        nodes
        + "*ELEMENT, TYPE=T2D3\n1, 1, 2, 3\n*ELEMENT, TYPE=T2D2\n2, 4, 5\n3, 1, 4\n4, 3, 5\n5, 1, 5\n6, 3, 4\n"
    )
    assert read(tmp_path, text.format(y="0.")).bars.tolist()[-1] == [0, 1]
    with pytest.raises(
        CellError, match=r"a bar is curved, .*: the first joins \[0.0, 0.0, 0.0\] and \[1.0, 0.0, 0.0\]"
    ):
        read(tmp_path, text.format(y="0.01"))


SECTIONS = (
    "*BEAM SECTION, ELSET=edges, SECTION=CIRC, MATERIAL=m\n2.\n*SOLID SECTION, ELSET=braces, MATERIAL=m\n0.5,\n"
)


def test_sections_are_those_of_whole_bars(tmp_path: Path) -> None:
    """Edges are listed on both faces; a note says that they share their section, an option that they do or not."""
    with pytest.warns(ReadingNote, match="2 bars are copies of others across the periods, and share the area"):
        cell = read(tmp_path, SQUARE + SECTIONS)
    assert families(cell) == pytest.approx((4 * math.pi, 0.5), rel=1e-11)
    assert families(read(tmp_path, SQUARE + SECTIONS, whole_bars=True)) == families(cell)
    assert families(read(tmp_path, SQUARE + SECTIONS, whole_bars=False)) == pytest.approx(
        (8 * math.pi, 0.5), rel=1e-11
    )


def test_bars_without_a_section_get_the_given_area(tmp_path: Path) -> None:
    with pytest.warns(ReadingNote, match="4 of 8 bars have no area in the file and get 1$"):
        cell = read(tmp_path, SQUARE + SECTIONS.partition("*SOLID")[0], whole_bars=True)
    assert families(cell) == pytest.approx((4 * math.pi, 1.0), rel=1e-11)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("*NODE\n1, 0., 0.\n", "cell.inp: the mesh has no line cells"),
        (SQUARE + "*NODE, TWIST=1\n6, 0., 0.\n", "cell.inp: line 17: the parameter TWIST"),
        (
            SQUARE + "*BEAM SECTION, ELSET=edges, SECTION=ARBITRARY\n1\n",
            "cell.inp: line 17: the area of .* is not known",
        ),
        (SQUARE.replace("4, 0., 1., 0.", "4, 0., 0., 0."), "cell.inp: bar 2 .* has no length"),
    ],
)
def test_what_is_no_cell_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(CellError, match=words):
        read(tmp_path, text)
