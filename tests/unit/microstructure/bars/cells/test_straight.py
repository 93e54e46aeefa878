"""Nodes amid bars in two pieces lie on their line, whatever the digits of a file make of it."""

import warnings
from itertools import pairwise

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ReadingNote

ANGLE = 0.3
TURN = np.array([[np.cos(ANGLE), np.sin(ANGLE)], [-np.sin(ANGLE), np.cos(ANGLE)]])


def turned_square_in_pieces(pieces):
    """Return nodes, bars and periods of a braced square, turned, its edges in pieces."""
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    nodes, bars = list(corners), [(0, 2), (1, 3)]
    for start, end in ((0, 1), (3, 2), (0, 3), (1, 2)):
        inside = [len(nodes) + k for k in range(pieces - 1)]
        nodes += [corners[start] + (corners[end] - corners[start]) * k / pieces for k in range(1, pieces)]
        chain = [start, *inside, end]
        bars += list(pairwise(chain))
    return np.array(nodes) @ TURN, bars, TURN


@pytest.mark.parametrize("digits", ["single", 5])
def test_digits_of_files_make_no_kinks(digits):
    nodes, bars, periods = turned_square_in_pieces(5)
    whole, bar = mt.UnitCell.from_line_mesh(*turned_square_in_pieces(1)[:2], 1.0, periods), mt.ElastoplasticBar()
    rough = [a.astype(np.float32) if digits == "single" else np.round(a, digits) for a in (nodes + 7.0, periods)]
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always", ReadingNote)
        cell = mt.UnitCell.from_line_mesh(rough[0], bars, 1.0, rough[1])
        elasticity = mt.Lattice(cell, bar).elastic_stiffness()
    assert any("nodes were moved by up to" in str(note.message) for note in notes)
    limit = 2e-6 if digits == "single" else 2e-5
    np.testing.assert_allclose(elasticity, mt.Lattice(whole, bar).elastic_stiffness(), rtol=0, atol=limit)
    assert cell.free_motions.count == 8  # four nodes in each of two distinct edges
    assert cell.free_motions.stretch < 1e-14


def test_what_is_straight_to_round_off_stays_as_it_is():
    nodes, bars, periods = turned_square_in_pieces(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cell = mt.UnitCell.from_line_mesh(nodes, bars, 1.0, periods)
    np.testing.assert_array_equal(cell.nodes, nodes)


def test_a_fibre_without_an_end_is_straight_too():
    square = mt.square_cell((1, 1))
    nodes = [*square.nodes, [0.0, 0.5], [0.5, 0.5 + 3e-6], [1.0, 0.5]]
    with pytest.warns(ReadingNote, match="onto the line of the two bars"):
        cell = mt.UnitCell(nodes, [*square.bars, [4, 5], [5, 6]], [*square.areas, 1.0, 1.0], np.eye(2))
    assert np.ptp(cell.nodes[4:, 1]) < 1e-14


def test_a_corner_is_no_kink():
    square = mt.square_cell((1, 1))
    nodes = [*square.nodes, [0.5, 0.01]]
    cell = mt.UnitCell(nodes, [*square.bars, [0, 4], [4, 2]], [*square.areas, 1.0, 1.0], np.eye(2))
    np.testing.assert_array_equal(cell.nodes, nodes)
