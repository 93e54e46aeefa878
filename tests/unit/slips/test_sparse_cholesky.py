import numpy as np
import pytest
from numba import njit

from microtann.microstructure.bars.condensed.elimination import eliminate
from microtann.slips.lanes_kernel import WIDTH, store
from microtann.slips.sparse_cholesky_kernel import factorise_sparse, solve_sparse_lower, solve_sparse_upper


@njit
def factor(order, matrix, positive):
    store(positive, 0, factorise_sparse(order, matrix))


def random_matrices(seed, nodes, bars):
    """Return ends of bars, and eight stiffnesses of the nodes 1 … with a random bar stiffness each."""
    rng = np.random.default_rng(seed)
    ends = np.vstack([rng.integers(0, nodes, (bars, 2)), [[0, 0], [1, 1]]])
    matrices = np.zeros((WIDTH, nodes, nodes, 3, 3))
    matrices[:, range(nodes), range(nodes)] += np.eye(3)
    for one, two in ends[ends[:, 0] != ends[:, 1]]:
        for matrix in matrices:
            g = rng.normal(size=3)
            block = np.outer(g, g)
            matrix[one, one] += block
            matrix[two, two] += block
            matrix[one, two] -= block
            matrix[two, one] -= block
    return ends, matrices


def to_blocks(order, matrices):
    nodes = len(order.place)
    blocks = np.zeros((len(order.rows) + nodes, 3, 3, WIDTH))
    for i in range(1, nodes):
        for j in range(1, nodes):
            if order.place[i] >= order.place[j]:
                blocks[order.block[order.place[i], order.place[j]]] = np.moveaxis(matrices[:, i, j], 0, -1)
    return blocks.ravel()


@pytest.mark.parametrize(("nodes", "bars"), [(2, 1), (3, 2), (9, 12), (20, 30), (12, 200)])
def test_factor_and_solutions_are_those_of_dense_matrices(nodes, bars):
    ends, matrices = random_matrices(nodes, nodes, bars)
    order = eliminate(ends, nodes)
    assert sorted(order.place.tolist()) == list(range(nodes))
    assert order.place[0] == nodes - 1
    blocks, positive = to_blocks(order, matrices), np.empty(WIDTH)
    factor(order, blocks, positive)
    assert (positive == 1.0).all()
    rng = np.random.default_rng(1)
    right = rng.normal(size=(nodes, 3, 4, WIDTH))
    several, one = right.ravel().copy(), right[:, :, 2].ravel().copy()
    solve_sparse_lower(order, blocks, several, 4)
    solve_sparse_lower(order, blocks, one, 1)
    several = several.reshape(-1, 4, WIDTH)[: 3 * nodes - 3]
    np.testing.assert_allclose(one.reshape(-1, WIDTH)[: 3 * nodes - 3], several[:, 2], rtol=1e-13, atol=1e-15)
    solve_sparse_upper(order, blocks, one)
    position = np.argsort(order.place)[:-1]
    for lane in range(WIDTH):
        dense = matrices[lane][np.ix_(position, position)].swapaxes(1, 2).reshape(3 * nodes - 3, -1)
        expected = np.linalg.solve(dense, right[: nodes - 1, :, :, lane].reshape(3 * nodes - 3, 4))
        found = one.reshape(-1, WIDTH)[: 3 * nodes - 3, lane]
        round_off = np.finfo(float).eps * np.linalg.cond(dense) * np.abs(expected[:, 2]).max()
        np.testing.assert_allclose(found, expected[:, 2], rtol=1e-11, atol=round_off)  # a component may cancel
        products = several[..., lane].T @ several[..., lane]
        wanted = right[: nodes - 1, :, :, lane].reshape(-1, 4).T @ expected
        np.testing.assert_allclose(products, wanted, rtol=1e-11, atol=1e-13)


def test_a_matrix_that_is_not_positive_is_named_and_stays_alone():
    ends, matrices = random_matrices(0, 6, 12)
    good = to_blocks(order := eliminate(ends, 6), matrices)
    matrices[5, 3, 3] -= 100.0 * np.eye(3)
    bad, positive = to_blocks(order, matrices), np.empty(WIDTH)
    factor(order, bad, positive)
    assert positive.tolist() == [1.0] * 5 + [0.0] + [1.0] * 2
    factor(order, good, positive)
    np.testing.assert_array_equal(
        np.delete(bad.reshape(-1, WIDTH), 5, 1), np.delete(good.reshape(-1, WIDTH), 5, 1)
    )


def test_little_is_filled():
    """A chain is eliminated from its ends, without fill; a ring gains one block at most for each node."""
    chain = np.column_stack([np.arange(9), np.arange(1, 10)])
    assert len(eliminate(chain, 10).rows) == 8
    ring = np.vstack([chain, [[9, 1]]])
    assert len(eliminate(ring, 10).rows) <= 2 * 9
