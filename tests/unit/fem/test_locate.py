"""Points in a mesh: shape functions give linear fields back exactly, in cells of every kind, straight or bent."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.fem.elements import RULES
from microtann.fem.locate import locate
from microtann.fem.mesh import Mesh

TETS = np.array([[0, 1, 3, 7], [0, 1, 7, 5], [0, 5, 7, 4], [0, 3, 2, 7], [0, 6, 7, 2], [0, 4, 7, 6]])


def mesh_of(kind: str) -> Mesh:
    if kind not in ("tetra", "tetra10"):
        sizes = (2.0, 1.0, 1.5) if kind.startswith(("hexa", "wedge", "pyramid")) else (2.0, 1.0)
        return mt.fem.box(sizes, (3, 2, 4)[: len(sizes)], kind=kind)
    points = np.array([[i, j, k] for k in (0.0, 1.0) for j in (0.0, 1.0) for i in (0.0, 1.0)])
    if kind == "tetra":
        return Mesh(points, TETS, kind)
    edges = [(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)]
    middle, which = np.unique(np.sort(TETS[:, edges].reshape(-1, 2), axis=1), axis=0, return_inverse=True)
    added = len(points) + which.reshape(len(TETS), 6)
    return Mesh(np.concatenate([points, points[middle].mean(axis=1)]), np.hstack([TETS, added]), kind)


@pytest.mark.parametrize("kind", RULES)
def test_positions_are_interpolated_exactly(kind: str) -> None:
    mesh = mesh_of(kind)
    generator = np.random.default_rng(0)
    points = generator.uniform(mesh.points.min(axis=0), mesh.points.max(axis=0), (200, mesh.dimension))
    points = np.concatenate([points, mesh.points])
    found = locate(mesh, points)
    np.testing.assert_allclose(found.interpolate(mesh.points), points, atol=1e-12)
    np.testing.assert_allclose(found.values.sum(axis=1), 1.0, atol=1e-12)


def test_bent_cells_hold_their_points() -> None:
    straight = mt.fem.box((1, 1, 1), (3, 3, 3))
    bent = straight.points + 0.04 * np.sin(7.0 * straight.points[:, [1, 2, 0]])
    mesh = Mesh(bent, straight.cells)
    reference = np.random.default_rng(1).random((27, 3))
    inside = locate(straight, (straight.points[straight.cells[:, 0]] + reference / 3.0))
    points = inside.interpolate(bent)
    found = locate(mesh, points)
    np.testing.assert_allclose(found.interpolate(bent), points, atol=1e-12)
    np.testing.assert_array_equal(found.nodes, inside.nodes)


def test_a_point_outside_is_refused() -> None:
    with pytest.raises(InputError, match=r"1 points lie in no cell of the mesh, the first of them at \(2, 0, 0\)"):
        locate(mt.fem.box((1, 1, 1), (2, 2, 2)), [[0.5, 0.5, 0.5], [2.0, 0.0, 0.0]])
    with pytest.raises(InputError, match=r"points must have shape \(p, 3\)"):
        locate(mt.fem.box((1, 1, 1), (2, 2, 2)), [0.5, 0.5])


def test_a_point_close_outside_takes_the_nearest_cell_if_it_may() -> None:
    mesh = mt.fem.box((1, 1, 1), (2, 2, 2))
    points = [[1.1, 0.3, -0.05], [0.2, 0.2, 0.2]]
    np.testing.assert_allclose(locate(mesh, points, slack=0.11).interpolate(mesh.points), points, atol=1e-12)
    with pytest.raises(InputError, match="1 points lie in no cell"):
        locate(mesh, points, slack=0.09)
