"""The dense inverse on the coarsest level of multigrid."""

import numpy as np
from scipy import sparse

from microtann.equilibrium.coarse import DenseInverse


def definite(n=30):
    a = np.random.default_rng(2).normal(size=(n, n))
    return a @ a.T + n * np.eye(n)


def test_definite_matrix_is_inverted_in_single_precision():
    matrix = definite()
    x = np.linspace(-1.0, 2.0, 30)
    np.testing.assert_allclose(DenseInverse(sparse.csr_array(matrix))(matrix @ x), x, rtol=0, atol=1e-5)


def test_empty_unknowns_are_left_out():
    matrix, kept = np.zeros((30, 30)), np.arange(30) % 4 != 1
    matrix[np.ix_(kept, kept)] = definite()[np.ix_(kept, kept)]
    x = np.where(kept, np.linspace(-1.0, 2.0, 30), 0.0)
    solution = DenseInverse(sparse.csr_array(matrix))(matrix @ x)
    np.testing.assert_allclose(solution, x, rtol=0, atol=1e-5)
    assert not solution[~kept].any()
    assert not DenseInverse(sparse.csr_array((3, 3)))(np.ones(3)).any()


def test_semi_definite_matrix_gets_its_pseudo_inverse():
    basis = np.linalg.qr(np.random.default_rng(3).normal(size=(12, 12)))[0]
    matrix = (basis * np.r_[np.zeros(3), -1e-14, np.arange(1.0, 9.0)]) @ basis.T
    x = basis[:, 4:] @ np.ones(8)
    np.testing.assert_allclose(DenseInverse(sparse.csr_array(matrix))(matrix @ x), x, rtol=0, atol=1e-5)
