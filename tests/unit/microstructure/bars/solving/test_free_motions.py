"""Motions of nodes that stretch no bar cost nothing: the response is that of whole bars."""

import re
import warnings
from itertools import pairwise

import numpy as np
import pytest

import microtann as mt
from microtann.errors import CellError, ReadingNote
from microtann.microstructure.bars.condensed.cell_flow import advance, follow_strains

pytestmark = pytest.mark.filterwarnings("ignore:the cell has")
BAR = mt.ElastoplasticBar()


def in_pieces(cell, pieces):
    """Return a cell whose bars are cut into equal pieces."""
    nodes, bars, areas = list(cell.nodes), [], []
    for (start, end), area in zip(cell.bars, cell.areas, strict=True):
        inside = [len(nodes) + k for k in range(pieces - 1)]
        nodes += [cell.nodes[start] + (cell.nodes[end] - cell.nodes[start]) * k / pieces for k in range(1, pieces)]
        chain = [start, *inside, end]
        bars += list(pairwise(chain))
        areas += [area] * pieces
    return mt.UnitCell(nodes, bars, areas, cell.periods)


def kagome():
    """Return corner-sharing triangles of edge 1/2: three nodes, six bars to images."""
    periods = np.array([[1.0, 0.0], [0.5, 0.75**0.5]])
    bars = [[0, 1], [0, 2], [1, 2], [1, 0], [2, 0], [1, 2]]
    images = [[0, 0], [0, 0], [0, 0], [1, 0], [0, 1], [1, -1]]
    fractions = np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]])
    return mt.UnitCell.from_line_mesh(fractions @ periods, bars, 1.0, periods, images)


CELLS = {
    "square": mt.square_cell((2, 2), perturbation=0.2),
    "body-centred": mt.body_centred_cell((1, 1, 1), perturbation=0.1, perturb="all"),
}


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("hardening", [0.1, 0.0])
def test_every_solver_gives_the_response_of_whole_bars(name, hardening):
    whole, bar = CELLS[name], mt.ElastoplasticBar(hardening=hardening)
    condensed = [mt.Lattice(cell, bar).condensed for cell in (whole, in_pieces(whole, 3))]
    path = np.cumsum(np.random.default_rng(0).normal(0, 0.2, (1, 10, whole.components)), axis=1)
    atol = 1e-13 if hardening else 1e-11
    solvers = ("fastest", "newton", "active-set") if hardening else ("fastest", "newton")
    for solver in solvers:
        (stress, energy), (stress_of_pieces, energy_of_pieces) = (
            (c.stress(path, plastic), c.energy(path, plastic))
            for c in condensed
            for plastic in [follow_strains(c, path, np.zeros((1, c.count)), solver)]
        )
        np.testing.assert_allclose(stress_of_pieces, stress, rtol=0, atol=atol)
        np.testing.assert_allclose(energy_of_pieces, energy, rtol=0, atol=atol)
        one, pieces = (advance(c, path[0], np.zeros((10, c.count)), True, solver) for c in condensed)
        for field in ("energy", "dissipation", "tangent"):
            np.testing.assert_allclose(getattr(pieces, field), getattr(one, field), rtol=0, atol=atol)


def test_pieces_of_a_bar_share_its_flow_and_its_middle_goes_along():
    whole = mt.square_cell((1, 1))
    cell, path = in_pieces(whole, 2), np.linspace(0, 1, 6)[1:, None] * [0.6, -0.2, 0.3]
    response, expected = mt.solve_cell(cell, BAR, path), mt.solve_cell(whole, BAR, path)
    np.testing.assert_allclose(response.stress, expected.stress, rtol=0, atol=1e-14)
    np.testing.assert_allclose(response.dissipation, expected.dissipation, rtol=0, atol=1e-14)
    np.testing.assert_allclose(response.force, np.repeat(expected.force, 2, axis=-1), rtol=0, atol=1e-14)
    ends, middle = cell.bars[::2, 0], cell.bars[::2, 1]
    stretch = ((response.displacement[:, middle] - response.displacement[:, ends]) * cell.directions[::2]).sum(-1)
    np.testing.assert_allclose(
        stretch / cell.lengths[::2], expected.force / whole.areas + expected.plastic_strain, rtol=0, atol=1e-14
    )


def test_stiffness_of_the_kagome_lattice():
    """Closed form of three families of straight lines, Σ E A / h n⊗n⊗n⊗n with h = √3/2 · 2l/2 between lines."""
    angles = np.array([0.0, 1.0, 2.0]) * np.pi / 3
    n = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    projection = np.stack([n[:, 0] ** 2, n[:, 1] ** 2, n[:, 0] * n[:, 1]], axis=1)
    expected = projection.T @ projection / (0.75**0.5)
    np.testing.assert_allclose(mt.Lattice(kagome(), BAR).elastic_stiffness(), expected, rtol=0, atol=1e-14)


def test_single_precision_leaves_the_kagome_lattice_its_stiffness():
    exact = kagome()
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always", ReadingNote)
        rough = mt.UnitCell(np.float32(exact.nodes + 1 / 3), exact.bars, exact.areas, np.float32(exact.periods))
        cells = [mt.Lattice(cell, mt.ElastoplasticBar(hardening=0.05)) for cell in (exact, rough)]
        path = np.cumsum(np.random.default_rng(1).normal(0, 0.2, (20, 3)), axis=0)
        one, other = (cell.solve(path) for cell in cells)
    slack = r"can move without stretching any bar \(by no more than \de-0\d of the cell"
    assert re.search(slack, str(notes[-1].message))
    np.testing.assert_allclose(other.stress, one.stress, rtol=0, atol=1e-6)
    for solver in ("newton", "active-set"):
        condensed = cells[1].condensed
        plastic = follow_strains(condensed, path[None], np.zeros((1, condensed.count)), solver)
        np.testing.assert_allclose(condensed.stress(path, plastic[0]), other.stress, rtol=0, atol=1e-13)


def test_two_hexagons_respond_as_the_smallest_cell_of_the_honeycomb():
    a = np.sqrt(3.0)
    nodes = [[0, 0], [a / 2, 0.5], [a / 2, 1.5], [0, 2], [a, 0], [0, 3], [a, 2]]
    two = mt.UnitCell(nodes, [[0, 1], [1, 4], [1, 2], [2, 3], [2, 6], [3, 5]], np.ones(6), [[a, 0], [0, 3]])
    smallest = mt.UnitCell(
        [[0, 0], [a / 2, 0.5], [a, 0], [a / 2, 1.5]], [[0, 1], [1, 2], [1, 3]], np.ones(3), [[a, 0], [a / 2, 1.5]]
    )
    path = np.cumsum(np.random.default_rng(2).normal(0, 0.3, (10, 3)), axis=0)
    one, other = (mt.solve_cell(cell, BAR, path) for cell in (smallest, two))
    np.testing.assert_allclose(other.stress, one.stress, rtol=0, atol=1e-14)
    np.testing.assert_allclose(other.dissipation, one.dissipation, rtol=0, atol=1e-14)


class TestWords:
    def test_free_motions_are_named(self):
        cell = in_pieces(mt.square_cell((1, 1)), 2)
        with pytest.warns(
            ReadingNote, match=r"has 2 free motions: nodes 4, 5 can .* as node 4 along \(1, 0\); stress"
        ):
            mt.Lattice(cell, BAR).elastic_stiffness()

    def test_a_bar_that_dangles_is_named(self):
        square = mt.square_cell((1, 1))
        cell = mt.UnitCell([*square.nodes, [0.3, 0.2]], [*square.bars, [0, 4]], [*square.areas, 1], np.eye(2))
        with pytest.warns(ReadingNote, match=r"1 free motion: node 4 can .* along \(-0\.667, 1\)"):
            mt.Lattice(cell, BAR).elastic_stiffness()

    def test_faces_without_copies_are_a_hint(self):
        square = mt.square_cell((1, 1))
        cell = mt.UnitCell([*square.nodes, [1.0, 0.5]], [*square.bars, [0, 4]], [*square.areas, 1], np.eye(2))
        with pytest.warns(
            ReadingNote, match="node 4 lies on a face of the box without a copy on the opposite one"
        ):
            mt.Lattice(cell, BAR).elastic_stiffness()

    @pytest.mark.parametrize(
        ("images", "strains"),
        [(np.eye(3), "23, 13, 12;"), ([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1]], "23, 13;")],
        ids=["cubic", "layered"],
    )
    def test_strains_without_stiffness_are_named(self, images, strains):
        bars = [[0, 0]] * len(images)
        cell = mt.UnitCell.from_line_mesh([[0.0, 0.0, 0.0]], bars, 1.0, np.eye(3), images)
        with pytest.warns(ReadingNote, match=f"no stiffness against a strain of {strains}"):
            mt.Lattice(cell, BAR).elastic_stiffness()

    def test_stiffnesses_that_round_off_would_hide_are_refused(self):
        cell = mt.square_cell((2, 2))
        young = np.where(np.abs(cell.nodes[cell.bars] - 0.5).max(axis=2).min(axis=1) < 0.1, 1e-13, 1.0)
        with pytest.raises(
            CellError, match=r"nearly a mechanism: .* times softer than others: use bars of more equal"
        ):
            mt.Lattice(cell, mt.ElastoplasticBar(young=young)).elastic_stiffness()
