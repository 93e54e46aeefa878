"""Lattices of the literature: stiffness and limit loads over the relative density, in closed form.

Octet: V. S. Deshpande, N. A. Fleck and M. F. Ashby, Journal of the Mechanics and Physics of Solids 49 (2001).
Triangular and kagome: R. G. Hutchinson and N. A. Fleck, Journal of the Mechanics and Physics of Solids 54 (2006).
"""

import numpy as np
import pytest

import microtann as mt

BAR = mt.ElastoplasticBar(young=1.0, yield_stress=1.0, hardening=0.0)
PLANE = np.array([[1.0, 0.0], [0.5, 0.75**0.5]])


def octet_of_one_node():
    images = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -1, 0], [1, 0, -1], [0, 1, -1]]
    half = 0.5 * (np.ones((3, 3)) - np.eye(3))
    return mt.UnitCell.from_line_mesh([[0.0, 0.0, 0.0]], [[0, 0]] * 6, 0.01, half, images)


def triangular():
    return mt.UnitCell.from_line_mesh([[0.0, 0.0]], [[0, 0]] * 3, 0.01, PLANE, [[1, 0], [0, 1], [1, -1]])


def kagome():
    bars, images = (
        [[0, 1], [0, 2], [1, 2], [1, 0], [2, 0], [1, 2]],
        [[0, 0], [0, 0], [0, 0], [1, 0], [0, 1], [1, -1]],
    )
    nodes = np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]]) @ PLANE
    return mt.UnitCell.from_line_mesh(nodes, bars, 0.01, PLANE, images)


def density(cell):
    return float((cell.areas * cell.lengths).sum() / cell.volume)


@pytest.mark.parametrize("cell", [mt.octet_cell(), mt.octet_cell((2, 1, 1)), octet_of_one_node()], ids=repr)
def test_octet(cell):
    rho = density(cell)
    compliance = rho * np.linalg.inv(mt.Lattice(cell, BAR).elastic_stiffness())
    assert 1 / compliance[0, 0] == pytest.approx(1 / 9, rel=1e-12)
    assert -compliance[0, 1] / compliance[0, 0] == pytest.approx(1 / 3, rel=1e-12)
    assert 1 / compliance[3, 3] == pytest.approx(1 / 12, rel=1e-12)
    for direction, limit in (
        ([1, 0, 0, 0, 0, 0], 1 / 3),
        ([0, 0, 0, 0, 0, 1], 1 / 6),
        ([1, 1, 1, 0, 0, 0], 1 / 3),
    ):
        assert mt.limit_load(cell, BAR, direction) / rho == pytest.approx(limit, rel=1e-9)


@pytest.mark.filterwarnings("ignore:the cell has")
@pytest.mark.parametrize("make", [triangular, kagome])
def test_triangular_and_kagome(make):
    """The triangles of a kagome lattice can turn at no cost: its stiffness is that of the triangular one."""
    cell = make()
    rho = density(cell)
    compliance = rho * np.linalg.inv(mt.Lattice(cell, BAR).elastic_stiffness())
    assert 1 / compliance[0, 0] == pytest.approx(1 / 3, rel=1e-12)
    assert -compliance[0, 1] / compliance[0, 0] == pytest.approx(1 / 3, rel=1e-12)
    assert 1 / compliance[2, 2] == pytest.approx(1 / 8, rel=1e-12)
