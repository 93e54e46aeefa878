"""Block-sparse stiffness with a cached pattern: one d × d block for every pair of joined nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from microtann.equilibrium.block_kernels import block_product, write_whole
from microtann.equilibrium.half_product_kernel import (
    add_plane_product,
    add_space_product,
    pad_nodes,
    unpad_nodes,
)
from microtann.equilibrium.row_parts import Bounds, row_turns
from microtann.system.crew import Crew
from microtann.system.reused_memory import ReusedMemory

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
    def memory(self) -> ReusedMemory:
        """Where products put their padded vectors."""
        return ReusedMemory()

    @cached_property
    def turns(self) -> tuple[Bounds, ...]:
        """Parts of the rows that a product may treat side by side."""
        return row_turns(*self.halves.upper)

    @cached_property
    def mirror(self) -> Int[NDArray[np.int32], "lower"]:
        """Place of the transpose of every block left of the diagonal, among those from the diagonal on."""
        indptr, indices = self.halves.upper
        off = np.setdiff1d(np.arange(len(indices), dtype=np.int32), indptr[:-1], assume_unique=True)
        return off[np.argsort(indices[off], kind="stable")]

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
    data : array, shape (blocks, d, d)
        In the order of the halves of the pattern. Those left of the diagonal may be missing from a symmetric one.
    symmetric : bool
    crew : Crew, optional
        Threads that share a product.
    """

    pattern: Sparsity
    data: Float[Array, "blocks d d"]
    symmetric: bool
    crew: Crew = field(default_factory=Crew)

    def __matmul__(self, vector: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return the forces due to small displacements."""
        upper, lower, _ = self.pattern.halves
        if self.symmetric:
            return self._symmetric_product(vector)
        image, count = np.empty_like(vector), len(upper[1])
        block_product(*upper, self.data[:count], vector, image)
        rest = np.empty_like(vector)
        block_product(*lower, self.data[count:], vector, rest)
        image += rest
        return image

    def _symmetric_product(self, vector: Float[Array, "n"]) -> Float[Array, "n"]:
        upper, data, nodes = self.pattern.halves.upper, self.data.ravel(), self.pattern.nodes
        space = self.data.shape[1] == 3
        add = add_space_product if space else add_plane_product
        given, image = vector, np.zeros(0 if space else len(vector))
        if space:
            given, image = (self.pattern.memory.empty((4 * nodes,)) for _ in range(2))
            pad_nodes(vector, 3, given)
            image.fill(0.0)
        for bounds in self.pattern.turns:

            def share(first: int, last: int, bounds: Bounds = bounds) -> None:
                add(bounds[first:last], *upper, data, given, image)

            self.crew.share(share, len(bounds))
        if not space:
            return image
        found = np.empty_like(vector)
        unpad_nodes(image, 3, found)
        return found

    def blocks(self) -> sparse.bsr_array[Any]:
        """Return the matrix in d × d blocks, as a copy."""
        n, pattern, data = self.pattern.nodes * self.data.shape[1], self.pattern, self.data
        if len(data) < len(pattern.indices):
            whole = np.empty((len(pattern.indices), *data.shape[1:]))
            write_whole(pattern.halves.place, pattern.mirror, data, whole)
            data = whole
        else:
            data = data[pattern.halves.place]
        return sparse.bsr_array((data, pattern.indices.copy(), pattern.indptr.copy()), shape=(n, n))
