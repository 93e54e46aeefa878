"""Products and norms of nodal vectors of which every process of a communicator has the nodes that it owns."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.equilibrium.nodal_vectors import NodalVectors

Array = NDArray[np.float64]


class DistributedVectors(NodalVectors):
    """See `microtann.equilibrium.nodal_vectors.NodalVectors`; all processes call the methods together.

    Parameters
    ----------
    comm : mpi4py communicator
    nodes : integer array, shape (m,)
        Numbers in the whole mesh of the nodes that this process owns.
    """

    def __init__(self, comm: Any, nodes: Int[NDArray[np.int64], "m"]) -> None:
        self._comm, self._nodes = comm, nodes

    def dot(self, first: Float[Array, "n"], second: Float[Array, "n"]) -> float:
        """Return the scalar product of two vectors."""
        return float(self._comm.allreduce(super().dot(first, second)))

    def norm(self, vector: Float[Array, "n"]) -> float:
        """Return the Euclidean norm of a vector."""
        return float(np.sqrt(self.dot(vector, vector)))

    def largest(self, vector: Float[Array, "*n"]) -> float:
        """Return the largest magnitude in a vector."""
        from mpi4py import MPI

        return float(self._comm.allreduce(super().largest(vector), op=MPI.MAX))

    def length(self, vector: Float[Array, "n"]) -> int:
        """Return the number of components of a vector."""
        return int(self._comm.allreduce(vector.size))

    def farthest(self, sizes: Float[Array, "m"], count: int) -> list[int]:
        """Return the nodes of the whole mesh with the largest sizes, the largest first."""
        own = super().farthest(sizes, count)
        pairs = list(zip(sizes[own].tolist(), self._nodes[own].tolist(), strict=True))
        every = sorted((pair for part in self._comm.allgather(pairs) for pair in part), reverse=True)
        return [node for _, node in every[:count]]
