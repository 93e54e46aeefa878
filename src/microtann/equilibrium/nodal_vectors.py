"""Products and norms of nodal vectors, which is all that Newton's method knows of where they are kept."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]


class NodalVectors:
    """Vectors of one process; those of a body that is spread over several give the numbers of the whole."""

    def dot(self, first: Float[Array, "n"], second: Float[Array, "n"]) -> float:
        """Return the scalar product of two vectors."""
        return float(first @ second)

    def norm(self, vector: Float[Array, "n"]) -> float:
        """Return the Euclidean norm of a vector."""
        return float(np.linalg.norm(vector))

    def largest(self, vector: Float[Array, "*n"]) -> float:
        """Return the largest magnitude in a vector; 0 of an empty one."""
        return float(np.abs(vector).max(initial=0.0))

    def length(self, vector: Float[Array, "n"]) -> int:
        """Return the number of components of a vector."""
        return vector.size

    def farthest(self, sizes: Float[Array, "N"], count: int) -> list[int]:
        """Return the nodes with the largest sizes, the largest first."""
        nodes: list[int] = np.argsort(-sizes)[:count].tolist()
        return nodes
