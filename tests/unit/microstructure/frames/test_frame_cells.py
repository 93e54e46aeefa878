"""Families of frames: how many nodes and beams, where, and with which lengths."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import CellError


@pytest.mark.parametrize(
    ("cell", "nodes", "beams", "length"),
    [
        (mt.honeycomb_cell((2, 3)), 24, 36, 0.5),
        (mt.triangular_cell((3, 2)), 6, 18, 1.0 / 3.0),
        (mt.square_grid_cell((2, 2)), 4, 8, 0.5),
        (mt.kelvin_cell((2, 1, 1)), 24, 48, 1.0 / (4.0 * np.sqrt(2.0))),
    ],
)
def test_nodes_beams_and_lengths(cell: mt.UnitCell, nodes: int, beams: int, length: float) -> None:
    assert cell.distinct_nodes.count == nodes
    assert cell.distinct_bars.count == len(cell.bars) == beams
    np.testing.assert_allclose(cell.lengths, length, rtol=1e-12)


def test_three_beams_meet_at_every_node_of_a_honeycomb_and_four_in_a_foam() -> None:
    for cell, joined in ((mt.honeycomb_cell((2, 2), perturbation=0.1), 3), (mt.kelvin_cell(), 4)):
        ends = cell.distinct_nodes.of_node[cell.bars]
        np.testing.assert_array_equal(np.bincount(ends.ravel()), joined)


def test_a_perturbation_moves_images_together() -> None:
    cell = mt.honeycomb_cell((2, 2), perturbation=0.2, seed=3)
    assert cell.distinct_nodes.count == 16
    assert np.ptp(cell.lengths) > 0.05
    again = mt.honeycomb_cell((2, 2), perturbation=0.2, seed=3)
    np.testing.assert_array_equal(cell.nodes, again.nodes)


def test_a_reentrant_honeycomb_is_auxetic() -> None:
    frame = mt.Frame(mt.honeycomb_cell(angle=-20.0, ratio=2.0), mt.CrossSection.rectangle(0.1))
    compliance = np.linalg.inv(frame.elastic_stiffness())
    assert -compliance[0, 1] / compliance[0, 0] < 0


def test_measures_that_make_no_cell_are_refused() -> None:
    for make in (
        lambda: mt.honeycomb_cell(angle=-40.0, ratio=1.0),
        lambda: mt.honeycomb_cell((0, 1)),
        lambda: mt.kelvin_cell(size=-1.0),
        lambda: mt.triangular_cell(perturbation=0.6),
    ):
        with pytest.raises(CellError):
            make()
