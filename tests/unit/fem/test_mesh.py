"""Meshes: geometry, boxes, and what is refused."""

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError


def test_box():
    mesh = mt.fem.box((1, 2, 3), (2, 3, 4), origin=(-1, 0, 5))
    assert mesh.points.shape == (60, 3)
    assert mesh.cells.shape == (24, 8)
    np.testing.assert_array_equal(mesh.points.min(axis=0), [-1, 0, 5])
    np.testing.assert_array_equal(mesh.points.max(axis=0), [0, 2, 8])
    assert mesh.volume == pytest.approx(6.0, rel=1e-14)


def test_gradients_of_a_distorted_mesh_are_exact_for_linear_fields():
    mesh = distorted()
    slope = np.array([[1.0, -2, 3], [0.5, 4, 1], [2, 2, -1]])
    values = mesh.points @ slope.T
    gradient = np.einsum("egaj,eai->egij", mesh.gradients, values[mesh.cells])
    np.testing.assert_allclose(gradient, np.broadcast_to(slope, gradient.shape), rtol=0, atol=1e-13)
    assert mesh.volume == pytest.approx(1.0, rel=1e-13)


def test_averages_at_nodes():
    mesh = mt.fem.box((1, 1, 2), (1, 1, 2))
    values = np.repeat(np.array([1.0, 3.0])[:, None], 8, axis=1)
    nodal = mesh.at_nodes(values)
    np.testing.assert_allclose(nodal, 1.0 + mesh.points[:, 2], rtol=1e-14)
    assert mesh.at_nodes(np.ones((2, 8, 6))).shape == (12, 6)


def distorted():
    mesh = mt.fem.box((1, 1, 1), (3, 3, 3))
    inner = ((mesh.points > 0) & (mesh.points < 1)).all(axis=1)
    points = mesh.points.copy()
    points[inner] += np.random.default_rng(0).uniform(-0.08, 0.08, (inner.sum(), 3))
    return mt.fem.Mesh(points, mesh.cells)


CUBE = mt.fem.box((1, 1, 1), (1, 1, 1))


@pytest.mark.parametrize(
    ("points", "cells", "words"),
    [
        (CUBE.points[:, :2], CUBE.cells, "shape .N, 3."),
        (CUBE.points * np.nan, CUBE.cells, "point 0 of the mesh is not finite"),
        (CUBE.points, CUBE.cells[:, :4], "shape .E, 8."),
        (CUBE.points, CUBE.cells + 1, "cell 0 names a point that does not exist"),
        (CUBE.points, CUBE.cells[:, [3, 2, 1, 0, 7, 6, 5, 4]], "turned inside out: 0"),
        (CUBE.points * [1, 1, 0], CUBE.cells, "a cell is flat: 0"),
        (CUBE.points, CUBE.cells[:, [0, 0, 2, 3, 4, 5, 6, 7]], "cell 0 names a point twice"),
        (np.vstack([CUBE.points, [[5, 5, 5]]]), CUBE.cells, "point 8 of the mesh is in no cell"),
        (CUBE.points, CUBE.cells[:0], "has no cells"),
        ("here", CUBE.cells, "must be an array of numbers"),
    ],
)
def test_bad_meshes_are_refused(points, cells, words):
    with pytest.raises(InputError, match=words):
        mt.fem.Mesh(points, cells)


@pytest.mark.parametrize("arguments", [((1, 1, 0), (1, 1, 1)), ((1, 1), (1, 1, 1)), ((1, 1, 1), (1, 0, 1))])
def test_bad_boxes_are_refused(arguments):
    with pytest.raises(InputError):
        mt.fem.box(*arguments)


def test_unknown_kind_is_refused():
    with pytest.raises(InputError, match="hexahedron"):
        mt.fem.Mesh(CUBE.points, CUBE.cells, kind="wedge15")
