"""Sparse factorisation of a tangent: exact where no preconditioner of another tangent is near enough."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from microtann.equilibrium.system import Tangent

Array = NDArray[np.float64]
CHEAP = {2: 60_000, 3: 1_000}
"""Unknowns, by the dimension of space, up to which factorising takes no longer than setting up multigrid: its cost
rises with their power 3/2 in the plane and 2 in space."""
AFFORDABLE = {2: 60_000, 3: 15_000}
"""Unknowns up to which it takes seconds at most, so that it may take over from an iteration that stagnates."""


class Factorisation:
    """Factors of the free part of a tangent, which solve with it exactly.

    Parameters
    ----------
    tangent : Tangent
    free : array of bool, shape (n,)
        Components that no support holds.

    Raises
    ------
    FloatingPointError
        If the tangent holds numbers that are not finite.
    RuntimeError
        If the tangent is singular; how SuperLU says so.
    """

    def __init__(self, tangent: Tangent, free: Bool[NDArray[np.bool_], "n"]) -> None:
        self._chosen = np.flatnonzero(free)
        matrix = tangent.blocks().tocsr()[self._chosen][:, self._chosen].tocsc()
        if not np.isfinite(matrix.data).all():
            raise FloatingPointError("the tangent holds numbers that are not finite")
        # The ordering by the pattern of A + Aᵀ leaves half of the fill; all patterns here are symmetric.
        self._factors = splu(matrix, permc_spec="MMD_AT_PLUS_A")
        self.matrix = matrix

    def __call__(self, vector: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return the solution for a right-hand side, zero at held components."""
        x = np.zeros_like(vector)
        x[self._chosen] = self._factors.solve(vector[self._chosen])
        return x

    def residual(self, x: Float[Array, "n"], rhs: Float[Array, "n"]) -> float:
        """Return the norm of what a solution leaves of its right-hand side."""
        return float(np.linalg.norm(self.matrix @ x[self._chosen] - rhs[self._chosen]))
