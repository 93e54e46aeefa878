"""Cells that are numbered clockwise, or as in a mirror, are turned: volume, faces and sets stay right."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError, ReadingNote
from microtann.fem.elements import RULES, element_kind
from microtann.fem.orientation import inverted, mirrored_order, turned

CLOCKWISE = """*NODE
1, 0, 0
2, 1, 0
3, 2, 0
4, 0, 1
5, 1, 1
6, 2, 1
*ELEMENT, TYPE=CPE4, ELSET=plate
1, 1, 4, 5, 2
2, 2, 3, 6, 5
*SURFACE, NAME=left
1, S1
*SURFACE, NAME=right
2, S2
"""


@pytest.mark.parametrize("kind", sorted(RULES))
def test_a_mirrored_cell_is_turned_back(kind: str) -> None:
    """Mid-side nodes stay between their corners: quadratic cells keep their volume, for they are curved."""
    element = element_kind(kind)
    assert sorted(mirrored_order(kind)) == list(range(element.nodes))
    places = element.reference + 0.03 * np.random.default_rng(1).normal(size=element.reference.shape)
    cells = np.array([np.arange(element.nodes), mirrored_order(kind), np.arange(element.nodes)])
    np.testing.assert_array_equal(inverted(places, cells, kind), [False, True, False])
    right, wrong = turned(places, cells, kind)
    np.testing.assert_array_equal(right, cells[[0, 0, 0]])
    assert wrong.tolist() == [1]


def test_a_file_with_a_clockwise_cell(tmp_path: Path) -> None:
    """Surfaces go by the nodes of the cell in the file: S1 of (1, 4, 5, 2) is its edge from 1 to 4."""
    file = tmp_path / "plate.inp"
    file.write_text(CLOCKWISE)
    with pytest.warns(
        ReadingNote, match=r"plate\.inp: 1 of 2 quad cells have their nodes clockwise and are turned"
    ):
        mesh = mt.fem.read_mesh(file)
    assert mesh.volume == 2.0
    assert mesh.cells.tolist() == [[0, 1, 4, 3], [1, 2, 5, 4]]
    assert {name: nodes.tolist() for name, nodes in mesh.sets.items()} == {"left": [0, 3], "right": [2, 5]}
    for name, normal in (("left", -1.0), ("right", 1.0)):  # pressure acts against the outer normal
        forces = mt.fem.Pressure(name, 3.0).nodal_forces(mesh, "a test")
        np.testing.assert_allclose(forces.reshape(-1, 2).sum(axis=0), [-3.0 * normal, 0.0], atol=1e-14)


def test_right_cells_give_no_note_and_crossed_ones_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "plate.inp"
    file.write_text(CLOCKWISE.replace("1, 4, 5, 2", "1, 2, 5, 4"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mt.fem.read_mesh(file)
    file.write_text(CLOCKWISE.replace("1, 4, 5, 2", "1, 2, 4, 5"))
    with pytest.raises(InputError, match=r"a cell is (turned inside out|flat): 0"):
        mt.fem.read_mesh(file)
