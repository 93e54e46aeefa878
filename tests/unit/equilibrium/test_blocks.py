"""Block tangents against dense matrices, and the multigrid preconditioner on held components."""

import numpy as np
import pytest

from microtann.equilibrium.multigrid import multigrid
from microtann.equilibrium.smoother_kernels import backward, forward
from microtann.equilibrium.sparsity import BlockTangent, Sparsity


@pytest.mark.parametrize("d", [2, 3])
def test_product_and_assembled_matrix_agree(d):
    generator = np.random.default_rng(d)
    first, second = np.array([0, 0, 1, 3]), np.array([1, 2, 2, 0])
    pattern = Sparsity.of(first, second, 4)
    tangent = BlockTangent(pattern, generator.normal(size=(len(pattern.indices), d, d)), False)
    dense = tangent.blocks().toarray()
    x = generator.normal(size=4 * d)
    np.testing.assert_allclose(tangent @ x, dense @ x, rtol=1e-13, atol=1e-14)
    slots = pattern.half_slots(first, second)
    for k, (i, j) in enumerate(zip(first, second, strict=True)):
        np.testing.assert_array_equal(tangent.data[slots[k]], dense[d * i : d * i + d, d * j : d * j + d])


@pytest.mark.parametrize("d", [2, 3])
def test_a_symmetric_product_reads_the_upper_half_alone(d):
    generator = np.random.default_rng(d)
    pattern = Sparsity.of(np.array([0, 0, 1, 3, 2]), np.array([1, 2, 2, 0, 4]), 5)
    data, upper = generator.normal(size=(len(pattern.indices), d, d)), len(pattern.halves.upper[1])
    tangent = BlockTangent(pattern, data, False)
    dense = tangent.blocks().toarray()
    above = np.kron(np.triu(np.ones((5, 5)), 1), np.ones((d, d))) * dense
    diagonal = np.kron(np.eye(5), np.ones((d, d))) * dense
    data[upper:] = np.nan
    x = generator.normal(size=5 * d)
    found = BlockTangent(pattern, data, True) @ x
    np.testing.assert_allclose(found, (above + above.T + diagonal) @ x, rtol=1e-13, atol=1e-14)


def chain(n=60):
    """A chain of springs in three directions."""
    pattern = Sparsity.of(np.arange(n - 1), np.arange(1, n), n)
    data = np.zeros((len(pattern.indices), 3, 3))
    for i in range(n - 1):
        for a, b, sign in ((i, i, 1), (i + 1, i + 1, 1), (i, i + 1, -1), (i + 1, i, -1)):
            data[pattern.half_slots(np.array([a]), np.array([b]))[0]] += sign * np.eye(3)
    return BlockTangent(pattern, data, True)


def test_preconditioner_is_symmetric_and_leaves_held_components_apart():
    points = np.column_stack([np.arange(60.0), np.zeros(60), np.zeros(60)])
    held = np.zeros((60, 3), dtype=bool)
    held[0] = True
    held[-1, 2] = True
    apply = multigrid(chain(), points, held)
    free = ~held.ravel()
    generator = np.random.default_rng(0)
    a, b = (np.where(free, generator.normal(size=180), 0.0) for _ in range(2))
    assert a @ apply(b) == pytest.approx(b @ apply(a), rel=1e-10)
    assert a @ apply(a) > 0
    np.testing.assert_allclose(apply(a)[~free], 0.0, rtol=0, atol=1e-12)


@pytest.mark.parametrize("d", [2, 3])
def test_sweeps_are_those_of_block_gauss_seidel(d):
    generator = np.random.default_rng(7)
    n = 9
    first, second = np.nonzero(np.tri(n, k=-1) * (generator.uniform(size=(n, n)) < 0.5))
    pattern = Sparsity.of(first, second, n)
    dense = generator.normal(size=(n * d, n * d))
    wanted = np.kron(
        BlockTangent(pattern, np.ones((len(pattern.indices), 1, 1)), True).blocks().toarray(), np.ones((d, d))
    )
    dense = wanted * (dense + dense.T) + 4 * n * np.eye(n * d)
    blocks = dense.reshape(n, d, n, d).transpose(0, 2, 1, 3)
    lower = np.where(np.kron(np.tri(n, k=-1), np.ones((d, d))), dense, 0.0)
    diagonal = dense - lower - lower.T
    rows = np.repeat(np.arange(n), np.diff(pattern.indptr))
    chosen = pattern.indices < rows
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows[chosen], minlength=n))]).astype(np.int32)
    left = (indptr, pattern.indices[chosen], blocks[rows, pattern.indices][chosen].astype(np.float64))
    inverse = np.linalg.inv(blocks[np.arange(n), np.arange(n)])
    rhs, x, above = generator.normal(size=n * d), np.full(n * d, np.nan), np.full(n * d, np.nan)
    forward(*left, inverse, rhs, x, above)
    np.testing.assert_allclose(x, np.linalg.solve(diagonal + lower, rhs), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(above, lower.T @ x, rtol=1e-12, atol=1e-14)
    x = generator.normal(size=n * d)
    expected = np.linalg.solve(diagonal + lower.T, rhs - lower @ x)
    above[:] = 0.0
    backward(*left, inverse, rhs, x, above)
    np.testing.assert_allclose(x, expected, rtol=1e-11, atol=1e-13)
