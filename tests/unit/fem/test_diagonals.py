"""Boxes of triangles and tetrahedra: how the blocks are cut, and what their diagonals do to a twisted body."""

from __future__ import annotations

import math

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.evaluation.structures import reference_case

SIMPLICES = {2: "triangle", 3: "tetra"}


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("diagonals", ["mirrored", "parallel"])
def test_simplices_fill_the_box_and_share_their_faces(dimension: int, diagonals: str) -> None:
    """Every face belongs to two cells, or to one and the boundary; no cell is turned inside out."""
    counts = (3, 2, 5)[:dimension]
    mesh = mt.fem.box(counts, counts, kind=SIMPLICES[dimension], diagonals=diagonals)
    assert len(mesh.cells) == math.factorial(dimension) * math.prod(counts)
    np.testing.assert_allclose(mesh.weights.sum(axis=1), 1 / math.factorial(dimension), rtol=1e-12)
    facets = [np.delete(mesh.cells, corner, axis=1) for corner in range(dimension + 1)]
    unique, times = np.unique(np.sort(np.concatenate(facets), axis=1), axis=0, return_counts=True)
    assert set(times) == {1, 2}
    middle = mesh.points[unique[times == 1]].mean(axis=1)
    assert (np.isclose(middle, 0.0) | np.isclose(middle, counts)).any(axis=1).all()
    on_faces = sum(2 * math.prod(counts) // n for n in counts)
    assert (times == 1).sum() == math.factorial(dimension - 1) * on_faces


@pytest.mark.parametrize("dimension", [2, 3])
def test_mirrored_diagonals_favour_no_direction(dimension: int) -> None:
    """Mirror images and quarter turns of a mirrored mesh are the mesh itself; those of a parallel one are not."""

    def cells(mesh: mt.fem.Mesh, turned: np.ndarray) -> set[tuple[int, ...]]:
        number = np.rint(turned).astype(int) @ 10 ** np.arange(dimension)
        return {tuple(row) for row in np.sort(number[mesh.cells], axis=1).tolist()}

    def symmetries(mesh: mt.fem.Mesh) -> list[bool]:
        x, own = mesh.points, cells(mesh, mesh.points)
        quarter = np.column_stack([4 - x[:, 1], x[:, 0], x[:, 2:]])
        mirror = np.column_stack([4 - x[:, 0], x[:, 1:]])
        return [cells(mesh, quarter) == own, cells(mesh, mirror) == own]

    lengths, kind = (4,) * dimension, SIMPLICES[dimension]
    assert symmetries(mt.fem.box(lengths, lengths, kind=kind)) == [True, True]
    assert symmetries(mt.fem.box(lengths, lengths, kind=kind, diagonals="parallel")) == [False, False]


def corners_of_the_twisted_top(kind: str, diagonals: str) -> np.ndarray:
    """Return u_z of the four corners of the top in lcT1, which the symmetry of cell and loading makes equal."""
    case = reference_case("lcT1")
    mesh = mt.fem.box(case.lengths, (6, 6, 12), case.origin, kind, diagonals)
    material = mt.Lattice(mt.cube_cell())
    result = mt.fem.Model(mesh, material).solve(case.steps, mt.fem.SolverOptions(linear_tolerance=1e-8))
    nodes = [result.nearest((x, y, 20.0)) for x in (-5.0, 5.0) for y in (-5.0, 5.0)]
    return result.displacement[-1, nodes, 2]


def test_parallel_diagonals_bias_the_control_displacement_and_mirrored_do_not() -> None:
    """One corner of the top is far off where all blocks are cut alike."""
    mirrored = corners_of_the_twisted_top("tetra", "mirrored")
    parallel = corners_of_the_twisted_top("tetra", "parallel")
    quadratic = corners_of_the_twisted_top("tetra10", "mirrored")
    assert np.ptp(mirrored) < 1e-8 * mirrored.max()
    assert np.ptp(quadratic) < 1e-8 * quadratic.max()
    assert np.ptp(parallel) > 0.1 * parallel.max()


def test_unknown_diagonals_are_refused() -> None:
    with pytest.raises(InputError, match="'mirrored' or 'parallel', got 'crossed'"):
        mt.fem.box((1, 1), (1, 1), kind="triangle", diagonals="crossed")
