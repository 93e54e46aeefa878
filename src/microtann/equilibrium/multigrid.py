"""One algebraic-multigrid hierarchy of the elastic stiffness, the preconditioner of every tangent.

The plastic tangent is bounded by the elastic one from both sides, so a hierarchy built once for a set of held
displacements serves all Newton iterations.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from pyamg.aggregation import smoothed_aggregation_solver

from microtann.equilibrium.rigid import rigid_modes
from microtann.equilibrium.system import Tangent

Array = NDArray[np.float64]


def elastic_preconditioner(
    tangent: Tangent, points: Float[Array, "N d"], held: Bool[NDArray[np.bool_], "N d"]
) -> Callable[[Array], Array]:
    """Build smoothed-aggregation multigrid with the rigid-body modes as near-nullspace.

    Held components keep their place as uncoupled unknowns, so that the blocks of a node stay whole.

    Parameters
    ----------
    tangent : Tangent
        Elastic stiffness; only its symmetric part is used.
    points : array, shape (N, d)
    held : array, shape (N, d)

    Returns
    -------
    callable
        Applies one V-cycle to a vector of shape (N d,).
    """
    n, d = points.shape
    matrix = tangent.blocks()
    if not tangent.symmetric:
        matrix = (0.5 * (matrix + matrix.T)).tobsr((d, d))
    _uncouple(matrix, ~held)
    modes = np.where(held[:, :, None], 0.0, rigid_modes(points)).reshape(n * d, -1)
    hierarchy = smoothed_aggregation_solver(
        matrix,
        B=modes,
        smooth=("jacobi", {"omega": 4.0 / 3.0}),
        presmoother=("block_gauss_seidel", {"sweep": "forward"}),
        postsmoother=("block_gauss_seidel", {"sweep": "backward"}),
        improve_candidates=None,
        max_coarse=300,
    )
    operator = hierarchy.aspreconditioner(cycle="V")

    def apply(vector: Array) -> Array:
        return operator.matvec(vector)

    return apply


def _uncouple(matrix, free) -> None:  # type: ignore[no-untyped-def]
    """Remove, in place, the coupling of held components, keeping their diagonal."""
    n, d = free.shape
    rows = np.repeat(np.arange(n), np.diff(matrix.indptr))
    diagonal = np.flatnonzero(rows == matrix.indices)
    for i in range(d):
        for j in range(d):
            entry = matrix.data[:, i, j]
            kept = free[rows, i] & free[matrix.indices, j]
            if i == j:
                kept[diagonal] = True
            entry *= kept
