"""Bodies that are moved, turned and hardly stretched: what round-off leaves of the forces is no imbalance."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.fem import Prescribed, Step

YOUNG, POISSON = 210e3, 0.3
SHIFT, TURN = 1.0 / 3.0, 1e-2
STRAIN = 1e-12
"""Larger than the strains of displacements of ⅓ that are off by the last digits, in elements of ¼."""
KINDS = ["quad", "triangle", "quad8", "triangle6", "hexahedron", "tetra", "hexahedron20", "tetra10"]


def solid(kind):
    plane = kind in KINDS[:4]
    mesh = mt.fem.box((2.0, 1.0) if plane else (2.0, 1.0, 1.0), (6, 4) if plane else (3, 2, 2), kind=kind)
    return mt.fem.Model(
        mesh, mt.fem.LinearElastic.isotropic(YOUNG, POISSON, **({"plane": "strain"} if plane else {}))
    )


def moved(nodes, gradient, shift):
    """Prescribe the displacements gradient · x + shift."""
    return [
        Prescribed(nodes, axis, lambda x, row=row: x @ row + shift)
        for axis, row in zip("xyz", gradient, strict=False)
    ]


def gradient(dimension, turn=0.0, stretch=0.0):
    matrix = np.zeros((dimension, dimension))
    matrix[0, 1], matrix[1, 0], matrix[0, 0] = -turn, turn, stretch
    return matrix


def edge(points):
    low, high = points.min(axis=0), points.max(axis=0)
    return ((points <= low + 1e-9) | (points >= high - 1e-9)).any(axis=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", [0.0, TURN])
@pytest.mark.parametrize("held", ["a side", "the whole boundary"])
def test_a_body_that_is_moved_there_and_back_has_no_stress(kind, turn, held):
    """Also where the displacement is zero again: the strains remember how far it went."""
    model = solid(kind)
    points = model.mesh.points
    nodes = points[:, 0] == 0.0 if held == "a side" else edge(points)
    motion = gradient(points.shape[1], turn)
    there, back = moved(nodes, motion, SHIFT), moved(nodes, 0.0 * motion, 0.0)
    result = model.solve([Step(there, increments=3), Step(back, increments=3)])
    np.testing.assert_allclose(result.displacement[2], points @ motion.T + SHIFT, rtol=0, atol=1e-12)
    np.testing.assert_allclose(result.displacement[-1], 0.0, rtol=0, atol=1e-12)
    assert np.abs(result.stress).max() < STRAIN * YOUNG
    assert result.statistics.cuts == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stretch", [1e-4, 1e-8])
def test_a_body_that_is_moved_far_and_stretched_a_little_has_the_stress_of_the_stretch(kind, stretch):
    model = solid(kind)
    points = model.mesh.points
    step = Step(moved(edge(points), gradient(points.shape[1], TURN, stretch), SHIFT), increments=3)
    result = model.solve([step])
    strain = np.zeros(result.stress.shape[-1])
    strain[0] = stretch
    right = model.material.stiffness @ strain
    np.testing.assert_allclose(
        result.stress, np.broadcast_to(right, result.stress.shape), rtol=0, atol=STRAIN * YOUNG
    )


@pytest.mark.parametrize("cell", [mt.square_cell(), mt.cube_cell()], ids=["plane", "space"])
@pytest.mark.parametrize("turn", [0.0, TURN])
def test_a_lattice_that_is_moved_there_and_back_has_no_stress(cell, turn):
    d = cell.dimension
    body = mt.Structure.tile(cell, mt.ElastoplasticBar(), (3,) * d)
    nodes, motion = body.points[:, 0] == body.points[:, 0].min(), gradient(d, turn)
    steps = [Step(moved(nodes, motion, SHIFT), increments=3), Step(moved(nodes, 0.0 * motion, 0.0), increments=3)]
    result = body.solve(steps)
    np.testing.assert_allclose(result.displacement[2], body.points @ motion.T + SHIFT, rtol=0, atol=1e-12)
    assert np.abs(result.stress).max() < STRAIN


def test_a_body_whose_nodes_are_in_any_order_can_be_moved():
    """What measures the size of a stiffness must not be a rigid motion by the order of the nodes."""
    mesh = mt.fem.box((2.0, 1.0), (6, 4))
    order = np.argsort(mesh.points[:, 0] + 0.1 * mesh.points[:, 1], kind="stable")
    for permuted in (order, np.concatenate([order[::2], order[1::2]])):
        body = mt.fem.Mesh(mesh.points[permuted], np.argsort(permuted)[mesh.cells], "quad")
        model = mt.fem.Model(body, mt.fem.LinearElastic.isotropic(YOUNG, POISSON, plane="strain"))
        result = model.solve([Step(moved(body.points[:, 0] == 0.0, gradient(2), SHIFT), increments=3)])
        assert np.abs(result.stress).max() < STRAIN * YOUNG
