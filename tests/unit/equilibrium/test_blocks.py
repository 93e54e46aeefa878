"""Block tangents against dense matrices, and the multigrid preconditioner on held components."""

import numpy as np
import pytest
from scipy import sparse

import microtann as mt
from microtann.equilibrium.block_rows_kernel import LANES
from microtann.equilibrium.multigrid import SWEEPS, multigrid
from microtann.equilibrium.sparsity import BlockTangent, Sparsity
from microtann.equilibrium.transfer import Transfer
from microtann.fem.assembly import FiniteElements
from microtann.system.crew import Crew


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


def symmetric_blocks(d: int, n: int) -> tuple[BlockTangent, np.ndarray]:
    """A symmetric positive definite matrix in blocks, some of which are missing, and the same one dense."""
    generator = np.random.default_rng(7)
    first, second = np.nonzero(np.tri(n, k=-1) * (generator.uniform(size=(n, n)) < 0.5))
    pattern = Sparsity.of(first, second, n)
    ones = BlockTangent(pattern, np.ones((len(pattern.indices), 1, 1)), True).blocks().toarray()
    dense = generator.normal(size=(n * d, n * d))
    dense = np.kron(ones, np.ones((d, d))) * (dense + dense.T) + 4 * n * np.eye(n * d)
    upper = pattern.halves.upper
    rows = np.repeat(np.arange(n), np.diff(upper[0]))
    return BlockTangent(pattern, dense.reshape(n, d, n, d)[rows, :, upper[1]], True), dense


@pytest.mark.parametrize("d", [2, 3])
def test_half_of_the_blocks_says_all_of_a_symmetric_matrix(d: int) -> None:
    tangent, dense = symmetric_blocks(d, 9)
    np.testing.assert_array_equal(tangent.blocks().toarray(), dense)
    x = np.random.default_rng(d).normal(size=9 * d)
    np.testing.assert_allclose(tangent @ x, dense @ x, rtol=1e-13, atol=1e-13)


def node_order(dense: np.ndarray, d: int, order: np.ndarray) -> np.ndarray:
    """A matrix without its blocks to nodes that come later in an order, or are the node itself."""
    place = np.argsort(order)
    return np.where(np.kron(place[:, None] > place[None], np.ones((d, d))), dense, 0.0)


@pytest.mark.parametrize("d", [2, 3, 6])
@pytest.mark.parametrize("parts", [[(0, 9)], [(0, 2), (4, 6), (2, 4), (6, 9)]])
def test_sweeps_are_those_of_block_gauss_seidel(d: int, parts: list[tuple[int, int]]) -> None:
    n, lanes, bounds = 9, LANES[d], np.array(parts)
    _, dense = symmetric_blocks(d, n)
    order = np.concatenate([np.arange(*part) for part in parts])
    lower = node_order(dense, d, order)
    diagonal = dense - lower - lower.T
    blocks = dense.reshape(n, d, n, d).transpose(0, 2, 1, 3)
    there = lower.reshape(n, d, n, d).any(axis=(1, 3))
    indptr = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
    rows, indices = np.nonzero(there)
    left = (indptr, indices.astype(np.int32), blocks[rows, indices].ravel())
    inverse = np.linalg.inv(blocks[np.arange(n), np.arange(n)]).ravel()
    generator = np.random.default_rng(5)
    rhs, x, above = generator.normal(size=n * d), *np.full((2, n * lanes), np.nan)
    forward, backward = SWEEPS[d]
    forward(bounds, *left, inverse, rhs, x, above)
    found = x.reshape(n, lanes)[:, :d].ravel()
    np.testing.assert_allclose(found, np.linalg.solve(diagonal + lower, rhs), rtol=1e-12, atol=1e-14)
    spread = above.reshape(n, lanes)[:, :d].ravel()
    np.testing.assert_allclose(spread, lower.T @ found, rtol=1e-12, atol=1e-14)
    expected = np.linalg.solve(diagonal + lower.T, rhs - lower @ found)
    above[:] = 0.0
    image = np.full(n * d, np.nan)
    backward(bounds, *left, inverse, rhs, x, above, image)
    np.testing.assert_allclose(image, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("height", [2, 3, 6])
@pytest.mark.parametrize("width", [3, 6])
def test_transfers_are_products_with_the_prolongation(height: int, width: int) -> None:
    generator = np.random.default_rng(height + width)
    dense = generator.normal(size=(7, height, 4, width)).astype(np.float32)
    prolongation = sparse.bsr_array(dense.reshape(7 * height, 4 * width), blocksize=(height, width))
    lanes = LANES[height]
    transfer = Transfer(prolongation, lanes, Crew(2))
    fine, coarse = np.full((7, lanes), 0.0), generator.normal(size=4 * width)
    fine[:, :height] = generator.normal(size=(7, height))
    matrix = prolongation.toarray()
    found, wanted = transfer.restrict(fine.ravel()), matrix.T @ fine[:, :height].ravel()
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)
    expected = fine[:, :height].ravel() - matrix @ coarse
    transfer.subtract_prolonged(coarse, fine.reshape(-1))
    np.testing.assert_allclose(fine[:, :height].ravel(), expected, rtol=1e-12, atol=1e-13)


def test_parts_of_a_turn_reach_no_common_row() -> None:
    side = 20
    numbers = np.arange(side**3).reshape(side, side, side)
    first = np.concatenate([numbers[:-1].ravel(), numbers[:, :-1].ravel(), numbers[:, :, :-1].ravel()])
    second = np.concatenate([numbers[1:].ravel(), numbers[:, 1:].ravel(), numbers[:, :, 1:].ravel()])
    pattern = Sparsity.of(first, second, side**3)
    assert len(pattern.turns) == 2
    covered = np.concatenate([np.arange(*part) for turn in pattern.turns for part in turn])
    np.testing.assert_array_equal(np.sort(covered), np.arange(side**3))
    for turn in pattern.turns:
        reached = [np.unique(pattern.indices[pattern.indptr[a] : pattern.indptr[b]]) for a, b in turn]
        assert len(np.unique(np.concatenate(reached))) == sum(map(len, reached))


def test_products_and_cycles_have_the_same_bits_with_any_number_of_threads() -> None:
    mesh = mt.fem.box((1, 1, 3), (12, 12, 36))
    held = np.zeros(mesh.points.shape, dtype=bool)
    held[mesh.points[:, 2] == 0.0] = True
    vector = np.where(held, 0.0, np.random.default_rng(3).normal(size=held.shape)).ravel()
    found = []
    for threads in (1, 3):
        system = FiniteElements(mesh, mt.fem.VonMises(), threads=threads)
        assert len(system.pattern.turns) == 2
        still = np.zeros(mesh.points.size)
        tangent = system.evaluate(system.virgin(), still, still, 1.0, True).tangent
        found.append((tangent @ vector, multigrid(tangent, mesh.points, held, None, system.crew)(vector)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
