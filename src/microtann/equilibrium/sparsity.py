"""Block-sparse stiffness with a cached pattern: one d × d block for every pair of joined nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from microtann.equilibrium.block_kernels import block_product

Array = NDArray[np.float64]


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
    symmetric : bool
    """

    pattern: Sparsity
    data: Float[Array, "pairs d d"]
    symmetric: bool

    def __matmul__(self, vector: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return the forces due to small displacements."""
        image = np.empty_like(vector)
        block_product(self.pattern.indptr, self.pattern.indices, self.data, vector, image)
        return image

    def blocks(self) -> sparse.bsr_array[Any]:
        """Return the matrix in d × d blocks, as a copy."""
        n = self.pattern.nodes * self.data.shape[1]
        return sparse.bsr_array(
            (self.data.copy(), self.pattern.indices.copy(), self.pattern.indptr.copy()), shape=(n, n)
        )
