"""Block-sparse stiffness with a cached pattern: one d × d block for every pair of joined nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from microtann.equilibrium.block_kernels import block_product
from microtann.equilibrium.half_product_kernel import symmetric_product

Array = NDArray[np.float64]


Indices = NDArray[np.int32]
Rows = tuple[Indices, Indices]
"""indptr and indices of block rows."""


class Halves(NamedTuple):
    """A pattern cut in two, so that a symmetric product reads half of the blocks, one after the other.

    Parameters
    ----------
    upper : tuple of arrays
        The blocks from the diagonal on; that on the diagonal is the first of its row.
    lower : tuple of arrays
        Those left of it.
    place : int32 array, shape (pairs,)
        Of every block of the whole pattern among those of both halves, the upper one first.
    """

    upper: Rows
    lower: Rows
    place: Int[NDArray[np.int32], "pairs"]


@dataclass(frozen=True, eq=False)
class Sparsity:
    """Which nodes are joined; rows as in a CSR matrix, sorted, with the diagonal.

    Parameters
    ----------
    indptr, indices : int32 arrays
    """

    indptr: Int[NDArray[np.int32], "rows"]
    indices: Int[NDArray[np.int32], "pairs"]

    @staticmethod
    def of(first: Int[NDArray[Any], "k"], second: Int[NDArray[Any], "k"], nodes: int) -> Sparsity:
        """Return the symmetric pattern of node pairs.

        Parameters
        ----------
        first, second : integer array, shape (k,)
            The two nodes of every pair.
        nodes : int
            Number of all nodes.
        """
        ones = np.ones(len(first), dtype=np.int8)
        half = sparse.coo_array((ones, (first, second)), shape=(nodes, nodes)).tocsr()
        whole = half.astype(bool) + half.astype(bool).T + sparse.eye_array(nodes, dtype=bool, format="csr")
        whole = whole.tocsr()
        whole.sort_indices()
        return Sparsity(whole.indptr.astype(np.int32), whole.indices.astype(np.int32))

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @cached_property
    def halves(self) -> Halves:
        """The pattern in two parts, as a `BlockTangent` keeps its blocks."""
        rows = np.repeat(np.arange(self.nodes, dtype=np.int32), np.diff(self.indptr))
        above = self.indices >= rows
        place, parts, done = np.empty(len(rows), dtype=np.int32), [], 0
        for chosen in (above, ~above):
            count = np.bincount(rows[chosen], minlength=self.nodes)
            parts.append((np.concatenate([[0], np.cumsum(count)]).astype(np.int32), self.indices[chosen]))
            place[chosen] = np.arange(done, done + int(count.sum()))
            done = int(count.sum())
        return Halves(parts[0], parts[1], place)

    def half_slots(
        self, first: Int[NDArray[Any], "*shape"], second: Int[NDArray[Any], "*shape"]
    ) -> Int[NDArray[np.int32], "*shape"]:
        """Return the places of node pairs among the blocks of a `BlockTangent`."""
        return self.halves.place[self.slots(first, second)]

    def slots(
        self, first: Int[NDArray[Any], "*shape"], second: Int[NDArray[Any], "*shape"]
    ) -> Int[NDArray[np.int32], "*shape"]:
        """Return the places of node pairs among the blocks."""
        rows = np.repeat(np.arange(self.nodes, dtype=np.int64), np.diff(self.indptr))
        key = rows * self.nodes + self.indices
        wanted = first.astype(np.int64) * self.nodes + second
        return np.searchsorted(key, wanted).astype(np.int32)


@dataclass(frozen=True, eq=False)
class BlockTangent:
    """An assembled tangent.

    Parameters
    ----------
    pattern : Sparsity
    data : array, shape (pairs, d, d)
        In the order of the halves of the pattern.
    symmetric : bool
    """

    pattern: Sparsity
    data: Float[Array, "pairs d d"]
    symmetric: bool

    def __matmul__(self, vector: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return the forces due to small displacements."""
        image, (upper, lower, _) = np.empty_like(vector), self.pattern.halves
        count = len(upper[1])
        if self.symmetric:
            symmetric_product(*upper, self.data[:count], vector, image)
            return image
        block_product(*upper, self.data[:count], vector, image)
        rest = np.empty_like(vector)
        block_product(*lower, self.data[count:], vector, rest)
        image += rest
        return image

    def blocks(self) -> sparse.bsr_array[Any]:
        """Return the matrix in d × d blocks, as a copy."""
        n, pattern = self.pattern.nodes * self.data.shape[1], self.pattern
        data = self.data[pattern.halves.place]
        return sparse.bsr_array((data, pattern.indices.copy(), pattern.indptr.copy()), shape=(n, n))
