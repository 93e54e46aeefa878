"""Products that the set-up of multigrid shares among threads: those of SciPy, the same bits for any number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

import microtann as mt
from microtann.equilibrium.block_products import block_matmul, shared_product
from microtann.equilibrium.multigrid import multigrid
from microtann.equilibrium.prolongation import largest_eigenvalue
from microtann.fem.assembly import FiniteElements
from microtann.system.crew import Crew


def blocks(rows: int, columns: int, size: tuple[int, int], seed: int) -> Any:
    """Return a sparse matrix of random blocks, some of whose rows are empty."""
    pattern = sparse.random_array((rows, columns), density=0.05, rng=np.random.default_rng(seed), format="csr")
    data = np.random.default_rng(seed).normal(size=(pattern.nnz, *size))
    return sparse.bsr_array((data, pattern.indices, pattern.indptr), shape=(rows * size[0], columns * size[1]))


@pytest.mark.parametrize(("height", "inner", "width"), [(3, 3, 6), (6, 3, 6), (6, 6, 6), (3, 3, 3), (2, 2, 3)])
def test_products_are_those_of_scipy(height: int, inner: int, width: int) -> None:
    one, other = blocks(90, 70, (height, inner), 0), blocks(70, 40, (inner, width), 1)
    expected, found = one @ other, block_matmul(one, other, Crew(2))
    assert found.blocksize == (height, width)
    assert found.nnz == expected.nnz
    np.testing.assert_allclose(found.toarray(), expected.toarray(), atol=1e-13)
    vector = np.random.default_rng(2).normal(size=one.shape[1])
    np.testing.assert_allclose(shared_product(one, Crew(2))(vector), one @ vector, atol=1e-13)


def test_the_largest_eigenvalue_is_found_from_below() -> None:
    matrix = sparse.csr_array(np.diag(np.linspace(1.0, 2.0, 120)) - np.diag(np.full(119, 0.5), 1))
    matrix = (matrix + matrix.T).tobsr((3, 3))
    scaling = sparse.block_diag([np.linalg.inv(matrix.toarray()[i : i + 3, i : i + 3]) for i in range(0, 120, 3)])
    scaling = sparse.bsr_array(scaling, blocksize=(3, 3))
    exact = np.linalg.eigvals(scaling.toarray() @ matrix.toarray()).real.max()
    found = largest_eigenvalue(matrix, scaling, Crew())
    assert 0.98 * exact < found <= exact * (1 + 1e-12)
    assert largest_eigenvalue(0.0 * matrix, scaling, Crew()) == 1.0


def test_a_hierarchy_is_the_same_to_the_last_bit_for_any_number_of_threads() -> None:
    mesh = mt.fem.box((1.0, 1.0, 1.0), (12, 12, 12))
    system, zero = FiniteElements(mesh, mt.fem.LinearElastic.isotropic(1.0, 0.3)), np.zeros(mesh.points.size)
    tangent = system.evaluate(system.virgin(), zero, zero, 1.0, True).tangent
    held = np.repeat(mesh.points[:, 2:] == 0.0, 3, axis=1)
    vector = np.random.default_rng(0).normal(size=held.size)
    one, other, third = (multigrid(tangent, mesh.points, held, crew=Crew(n))(vector) for n in (1, 2, 3))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(one, third)
