"""Nodes modulo the lattice vectors: whatever lists them, and to the accuracy of coordinates in files."""

import warnings

import meshio
import numpy as np
import pytest

import microtann as mt
from microtann.errors import CellError, ReadingNote

BAR = mt.ElastoplasticBar()
NODES = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.5, 0.5]]
BARS = [[0, 1], [3, 2], [0, 3], [1, 2], [0, 4], [1, 4], [2, 4], [3, 4]]
AREAS = [0.5] * 4 + [1.0] * 4
BRACED = np.array([[1 + 0.5**0.5, 0.5**0.5, 0], [0.5**0.5, 1 + 0.5**0.5, 0], [0, 0, 0.5**0.5]])
"""Stiffness of the unit square with both diagonals, areas and Young's modulus 1: axial forces alone."""


def elasticity(cell):
    return mt.Lattice(cell, BAR).elastic_stiffness()


class TestImages:
    """Bars that are listed once, with the image at which they end: only differences modulo the periods count."""

    # two distinct nodes (0, 0) and (0, 1/2): Σ A L / V n⊗n⊗n⊗n, the fluctuation of the second eliminated by hand
    STIFFNESS = np.array(
        [[1.353553, 0.353553, 0.353553], [0.353553, 1.353553, 0.353553], [0.353553, 0.353553, 0.681951]]
    )

    def test_nodes_that_span_one_period_by_chance_are_no_box(self):
        nodes = [[0, 0], [0, 0.5], [0, 1], [1, 0], [1, 1]]
        cell = mt.UnitCell(nodes, [[0, 1], [1, 2], [0, 3], [1, 3], [1, 4], [0, 4]], np.ones(6), np.eye(2))
        np.testing.assert_allclose(elasticity(cell), self.STIFFNESS, rtol=0, atol=2e-6)
        listed_further_on = mt.UnitCell(
            [*nodes, [2, 0]], [[0, 1], [1, 2], [3, 5], [1, 3], [1, 4], [0, 4]], np.ones(6), np.eye(2)
        )
        np.testing.assert_allclose(elasticity(listed_further_on), elasticity(cell), rtol=0, atol=1e-14)

    def test_translations_of_second_nodes_make_the_same_cell(self):
        images = [[0, 0], [0, 1], [1, 0], [1, 0], [1, 1], [1, 1]]
        bars = [[0, 1], [1, 0], [0, 0], [1, 0], [1, 0], [0, 0]]
        cell = mt.UnitCell.from_line_mesh([[0, 0], [0, 0.5]], bars, 1.0, np.eye(2), images)
        assert cell.distinct_nodes.count == 2
        np.testing.assert_allclose(elasticity(cell), self.STIFFNESS, rtol=0, atol=2e-6)

    def test_the_octet_of_one_node_is_that_of_the_cube(self):
        half = 0.5 * (np.ones((3, 3)) - np.eye(3))  # vectors to face centres
        images = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -1, 0], [1, 0, -1], [0, 1, -1]]
        cell = mt.UnitCell.from_line_mesh([[0.3, 0.2, 0.1]], [[0, 0]] * 6, 1.0, half, images)
        path = np.cumsum(np.random.default_rng(0).normal(0, 0.2, (5, 6)), axis=0)
        one, cube = (mt.solve_cell(c, BAR, path) for c in (cell, mt.octet_cell()))
        np.testing.assert_allclose(one.stress, cube.stress, rtol=0, atol=1e-13)
        np.testing.assert_allclose(one.dissipation, cube.dissipation, rtol=0, atol=1e-13)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"images": [[0.5, 0]]}, "images must be integers"),
            ({"images": [[1, 0], [0, 1]]}, r"images must be integers of shape \(1, 2\)"),
            ({"periods": None}, "images of nodes need the periods"),
            ({"periods": np.eye(3)}, r"periods must have shape \(2, 2\), got \(3, 3\)"),
            ({"area": [1.0, 2.0]}, "one number or one per bar"),
            ({"area": 0.0}, "areas must be positive"),
            ({"bars": [[0, 3]]}, "names node 3"),
        ],
    )
    def test_bad_arguments(self, changes, message):
        good = {"nodes": [[0.0, 0.0]], "bars": [[0, 0]], "periods": np.eye(2), "images": [[1, 0]]}
        with pytest.raises(CellError, match=message):
            mt.UnitCell.from_line_mesh(**good | changes)


class TestWholeAreas:
    def test_whole_areas_are_shared_among_the_copies_of_a_bar(self):
        cell = mt.UnitCell.from_line_mesh(NODES, BARS, 1.0)
        np.testing.assert_array_equal(cell.areas, AREAS)
        each = mt.UnitCell.from_line_mesh(NODES, BARS, [2.0, 2.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0], np.eye(2))
        np.testing.assert_array_equal(each.areas, [1.0, 1.0, 1.5, 1.5, 1.0, 1.0, 1.0, 1.0])

    def test_copies_of_different_areas_are_refused(self):
        with pytest.raises(CellError, match="bars 0 and 1 are copies of one bar but have areas 2 and 1: give"):
            mt.UnitCell.from_line_mesh(NODES, BARS, [2.0, *[1.0] * 7])


class TestRoundOff:
    """One tolerance, relative to the cell: what it merges is told once, and below round-off nothing is."""

    def test_single_precision_is_a_cell(self):
        points = np.add(NODES, [0.1, 1 / 3]).astype(np.float32)
        with pytest.warns(ReadingNote, match=r"3 nodes were taken for copies of others, missed by up to 3\.0e-08"):
            cell = mt.UnitCell(points, BARS, AREAS, np.eye(2))
        assert cell.distinct_nodes.count == 2
        np.testing.assert_allclose(elasticity(cell), BRACED, rtol=0, atol=1e-6)

    @pytest.mark.parametrize("offset", [1e-17, 1e-9])
    def test_nearly_plane_nodes_are_plane(self, tmp_path, offset):
        points = np.add(np.pad(NODES, ((0, 0), (0, 1))), [0, 0, 5.0])
        points[4, 2] += offset
        cell = mt.UnitCell.from_line_mesh(points, BARS)
        np.testing.assert_allclose(elasticity(cell), BRACED, rtol=0, atol=1e-14)
        np.testing.assert_allclose(elasticity(mt.UnitCell(points, BARS, AREAS, np.eye(2))), BRACED, atol=1e-14)
        file = tmp_path / "cell.vtk"
        meshio.Mesh(points, [("line", np.array(BARS))]).write(file)
        np.testing.assert_allclose(elasticity(mt.read_cell(file)), BRACED, rtol=0, atol=1e-14)

    @pytest.mark.parametrize(("apart", "told"), [(0.0, 0), (1e-12, 0), (1e-6, 1)])
    def test_doubled_nodes_are_one(self, apart, told):
        nodes = [*NODES, [0.5 + apart, 0.5 - apart]]
        bars = [*BARS[:6], [2, 5], [3, 5]]
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            cell = mt.UnitCell(nodes, bars, AREAS, np.eye(2))
        assert [note.category for note in notes] == [ReadingNote] * told
        assert cell.distinct_nodes.count == 2
        np.testing.assert_allclose(elasticity(cell), BRACED, rtol=0, atol=1e-11)

    def test_bars_between_doubled_nodes_lie_at_one_place(self):
        nodes, bars = [*NODES, [0.0, 0.0]], [*BARS, [5, 4]]
        with pytest.warns(ReadingNote, match=r"1 bar lies where another one does, .* \(bar 8 on bar 4\)"):
            cell = mt.UnitCell(nodes, bars, [*AREAS[:4], 0.5, 1, 1, 1, 0.5], np.eye(2))
        np.testing.assert_allclose(elasticity(cell), BRACED, rtol=0, atol=1e-14)

    def test_what_lies_further_apart_is_not_one(self):
        with pytest.raises(CellError, match="falls into 2 parts"):
            elasticity(
                mt.UnitCell([*NODES[:4], [0.5, 0.5], [0.5, 0.501]], [*BARS[:4], [4, 5]], AREAS[:5], np.eye(2))
            )
