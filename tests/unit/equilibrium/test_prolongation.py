"""The prolongation to the finest level: that of pyamg, without copies of the matrix."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pyamg.aggregation.aggregate import standard_aggregation
from pyamg.aggregation.smooth import jacobi_prolongation_smoother
from pyamg.aggregation.tentative import fit_candidates
from pyamg.strength import symmetric_strength_of_connection

import microtann as mt
from microtann.equilibrium.prolongation import DAMPING, smoothed_prolongation
from microtann.equilibrium.rigid import rigid_modes
from microtann.microstructure.bars.full.structure import Structure


@pytest.fixture(scope="module")
def stiffness() -> tuple[Any, np.ndarray, np.ndarray]:
    """Elastic stiffness of a lattice on springs, inverses of its diagonal, and the rigid modes."""
    lattice = Structure.box(mt.cube_cell((2, 2, 2), perturbation=0.2), mt.ElastoplasticBar(), (1, 1, 1), 0.1)
    system, zero = lattice._system(), np.zeros(lattice.points.size)
    matrix = system.evaluate(system.virgin(), zero, zero, 1.0, True).tangent.blocks()
    matrix.sort_indices()
    rows = np.repeat(np.arange(len(lattice.points)), np.diff(matrix.indptr))
    diagonal = rows == matrix.indices
    matrix.data[diagonal] += 0.01 * np.eye(3)
    return matrix, np.linalg.inv(matrix.data[diagonal]), rigid_modes(lattice.points).reshape(len(zero), -1)


def pyamgs(matrix: Any, modes: np.ndarray) -> tuple[Any, Any, np.ndarray]:
    """Return prolongation, the tentative one that it smooths, and the coarse modes."""
    strength = symmetric_strength_of_connection(matrix)
    tentative, coarse = fit_candidates(standard_aggregation(strength)[0], modes)
    smooth = jacobi_prolongation_smoother(matrix, tentative, strength, coarse, omega=DAMPING, weighting="block")
    return smooth, tentative, coarse


def peak(call: Callable[[], Any]) -> int:
    """Return the bytes that a call takes at most, beyond what there was."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_it_is_that_of_pyamg_with_an_eigenvalue_within_a_percent(
    stiffness: tuple[Any, np.ndarray, np.ndarray],
) -> None:
    matrix, inverse, modes = stiffness
    before = matrix.data.copy()
    state = np.random.get_state()  # noqa: NPY002
    try:
        np.random.seed(0)  # noqa: NPY002
        expected, tentative, coarse = pyamgs(matrix.copy(), modes)
        np.random.seed(0)  # noqa: NPY002
        found, modes_below = smoothed_prolongation(matrix, inverse, modes)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    assert found.blocksize == expected.blocksize == (3, 6)
    theirs, ours = expected - tentative, found - tentative
    factor = float((theirs.multiply(ours)).sum() / (ours.multiply(ours)).sum())
    assert factor == pytest.approx(1.0, abs=0.01)
    assert abs(factor * ours - theirs).max() < 1e-9 * abs(expected).max()
    np.testing.assert_array_equal(modes_below, coarse)
    np.testing.assert_array_equal(matrix.data, before)


def test_the_matrix_is_not_copied(stiffness: tuple[Any, np.ndarray, np.ndarray]) -> None:
    matrix, inverse, modes = stiffness
    ours = peak(lambda: smoothed_prolongation(matrix, inverse, modes))
    theirs = peak(lambda: pyamgs(matrix, modes))
    assert theirs - ours > matrix.data.nbytes
