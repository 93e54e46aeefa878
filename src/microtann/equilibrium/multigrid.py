"""Algebraic multigrid on a stiffness, as a preconditioner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from scipy import sparse

from microtann.equilibrium.block_products import block_matmul
from microtann.equilibrium.block_rows_kernel import LANES
from microtann.equilibrium.coarse import EMPTY, DenseInverse
from microtann.equilibrium.prolongation import smoothed_prolongation
from microtann.equilibrium.rigid import rigid_modes
from microtann.equilibrium.row_parts import Bounds, row_turns
from microtann.equilibrium.smoother_kernels import (
    backward_six,
    backward_three,
    backward_two,
    forward_six,
    forward_three,
    forward_two,
)
from microtann.equilibrium.system import Tangent
from microtann.equilibrium.transfer import Transfer
from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import InputError
from microtann.system.crew import Crew
from microtann.system.reused_memory import ReusedMemory

Array = NDArray[np.float64]
DIRECT_NODES = 300
"""Nodes up to which a body is solved by a dense inverse."""
COARSEST_NODES = 100
"""Nodes up to which a coarse level is: the inverse is read in every cycle."""
MANY_BLOCKS = 1_000_000
SWEEPS = {2: (forward_two, backward_two), 3: (forward_three, backward_three), 6: (forward_six, backward_six)}
"""Forward and backward sweeps by the unknowns of a node."""
LOOSE_DETERMINANT = 1e-12
"""A node's stiffness whose determinant is below this fraction of its mean's power leaves it loose."""


def multigrid(
    tangent: Tangent,
    points: Float[Array, "N d"],
    held: Bool[NDArray[np.bool_], "N u"],
    unknowns: NodalUnknowns | None = None,
    crew: Crew | None = None,
) -> Callable[[Array], Array]:
    """Build smoothed-aggregation multigrid with the rigid-body modes as near-nullspace.

    Held components keep their place as uncoupled unknowns, so that the blocks of a node stay whole.

    Parameters
    ----------
    tangent : Tangent
        Only its symmetric part is used.
    points : array, shape (N, d)
    held : array, shape (N, u)
    unknowns : NodalUnknowns, optional
        Of every node; its displacement if left out.
    crew : Crew, optional
        Threads that share a cycle; they change no bit of it.

    Returns
    -------
    callable
        Applies one V-cycle to a vector of shape (N u,).

    Raises
    ------
    InputError
        If a node has no stiffness in some direction: it can move without any force.
    """
    n, u = held.shape
    matrix = tangent.blocks()
    if not tangent.symmetric:
        matrix = (0.5 * (matrix + matrix.T)).tobsr((u, u))
    _uncouple(matrix, ~held)
    _check_nodes(matrix)
    if n <= DIRECT_NODES:
        return DenseInverse(matrix, np.float64)
    matrix.sort_indices()
    inverse = np.linalg.inv(matrix.data[_rows(matrix) == matrix.indices])
    modes = np.where(held[:, :, None], 0.0, rigid_modes(points, unknowns)).reshape(n * u, -1)
    crew = crew or Crew()
    prolongation, modes = smoothed_prolongation(matrix, inverse, modes, crew)
    coarse = _coarse_matrix(matrix, prolongation, crew)
    return SweptLevel(matrix, inverse, prolongation, _hierarchy(coarse, modes, crew), crew)


class SweptLevel:
    """V-cycle from one level down, swept by compiled kernels.

    A forward sweep from zero leaves −Lᵀ x as residual, and a backward sweep after the coarse correction makes the
    cycle symmetric. Only the blocks of L are kept, and those of the prolongation, in single precision; the vectors
    are double. The order of the rows is that of `row_parts`, whatever the number of threads.

    Parameters
    ----------
    matrix : sparse array
        Symmetric, in blocks of a node.
    inverse : array, shape (n, d, d)
        Inverses of the blocks on its diagonal.
    prolongation : sparse array
        In blocks of a node and an aggregate.
    coarse : callable
        Solves the system of the next level approximately.
    crew : Crew
        Threads that share the work.
    """

    def __init__(
        self,
        matrix: Any,
        inverse: Float[Array, "n d d"],
        prolongation: Any,
        coarse: Callable[[Array], Array],
        crew: Crew,
    ) -> None:
        self._crew, self._coarse, self._memory = crew, coarse, ReusedMemory()
        self._nodes, self._lanes = len(inverse), LANES[inverse.shape[1]]
        self._forward, self._backward = SWEEPS[inverse.shape[1]]
        self._turns = row_turns(matrix.indptr, matrix.indices)
        self._lower = (*_lower(matrix, self._turns), np.ascontiguousarray(inverse).ravel())
        self._transfer = Transfer(prolongation, self._lanes, crew)

    def __call__(self, vector: Array) -> Array:
        """Return one V-cycle applied to a vector."""
        x, above = (self._memory.empty((self._lanes * self._nodes,)) for _ in range(2))
        image = np.empty_like(vector)
        for bounds in self._turns:

            def sweep(first: int, last: int, bounds: Bounds = bounds) -> None:
                self._forward(bounds[first:last], *self._lower, vector, x, above)

            self._crew.share(sweep, len(bounds))
        self._transfer.subtract_prolonged(self._coarse(self._transfer.restrict(above)), x)
        above[:] = 0.0
        for bounds in reversed(self._turns):

            def sweep_back(first: int, last: int, bounds: Bounds = bounds) -> None:
                self._backward(bounds[first:last], *self._lower, vector, x, above, image)

            self._crew.share(sweep_back, len(bounds))
        return image


def compile_coarse_levels() -> None:
    """Run the kernels of levels whose unknowns are rigid-body modes once, in the plane and in space.

    Small meshes have no such level between the finest one and the dense inverse.
    """
    for modes in (3, 6):
        identity = sparse.bsr_array(np.eye(2 * modes), blocksize=(modes, modes))
        inverse = np.ascontiguousarray(identity.data)
        SweptLevel(identity, inverse, identity, np.copy, Crew())(np.zeros(2 * modes))


def _hierarchy(matrix: Any, modes: Float[Array, "k m"], crew: Crew) -> Callable[[Array], Array]:
    """Return what solves a system approximately: a V-cycle from this level down, or a dense inverse."""
    d = matrix.blocksize[0]
    if matrix.shape[0] // d <= COARSEST_NODES:
        return DenseInverse(matrix)
    matrix.sort_indices()
    # Basis functions vanish where all nodes of an aggregate are held, which leaves no block, or too few to rotate.
    rows = _rows(matrix)
    own = rows == matrix.indices
    diagonal = np.zeros((len(matrix.indptr) - 1, d, d))
    diagonal[rows[own]] = matrix.data[own]
    inverse = np.ascontiguousarray(np.linalg.pinv(diagonal, rcond=EMPTY, hermitian=True))
    prolongation, modes = smoothed_prolongation(matrix, inverse, modes, crew)
    if prolongation.shape[1] // modes.shape[1] >= matrix.shape[0] // d:
        return DenseInverse(matrix)
    coarse = _hierarchy(_coarse_matrix(matrix, prolongation, crew), modes, crew)
    return SweptLevel(matrix, inverse, prolongation, coarse, crew)


def _coarse_matrix(matrix: Any, prolongation: Any, crew: Crew) -> Any:
    """Return Pᵀ A P."""
    return block_matmul(prolongation.T.tobsr(), block_matmul(matrix, prolongation, crew), crew)


def _lower(matrix: Any, order: tuple[Bounds, ...]) -> tuple[Any, Any, Any]:
    """Return the blocks to rows that come earlier as indptr, indices and flat data, in single precision."""
    rows = _rows(matrix)
    if len(order) == 1:
        chosen = matrix.indices < rows
    else:
        later = np.zeros(len(matrix.indptr) - 1, dtype=bool)
        for first, last in order[1]:
            later[first:last] = True
        one, other = later[rows], later[matrix.indices]
        chosen = np.where(one == other, matrix.indices < rows, one)
    count = np.bincount(rows[chosen], minlength=len(matrix.indptr) - 1)
    indptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    data = np.empty((int(indptr[-1]), *matrix.blocksize), dtype=np.float32)
    done = 0
    for first in range(0, len(chosen), MANY_BLOCKS):  # no second copy in double precision
        part = slice(first, first + MANY_BLOCKS)
        blocks = matrix.data[part][chosen[part]]
        data[done : done + len(blocks)] = blocks
        done += len(blocks)
    return indptr, matrix.indices[chosen].astype(np.int32, copy=False), data.ravel()


def _rows(matrix: Any) -> NDArray[np.int32]:
    """Return the row of every block."""
    return np.repeat(np.arange(len(matrix.indptr) - 1, dtype=np.int32), np.diff(matrix.indptr))


def _check_nodes(matrix: Any) -> None:
    blocks = matrix.data[_rows(matrix) == matrix.indices]
    mean = np.trace(blocks, axis1=1, axis2=2) / blocks.shape[1]
    loose = np.flatnonzero(~(np.linalg.det(blocks) > LOOSE_DETERMINANT * mean ** blocks.shape[1]))
    if loose.size:
        raise InputError(
            f"nodes {', '.join(map(str, loose[:8]))} have no stiffness in some direction and can move freely: "
            "hold them, or join them to others in that direction"
        )


def _uncouple(matrix, free) -> None:  # type: ignore[no-untyped-def]
    """Remove, in place, the coupling of held components, which get the mean stiffness of their node."""
    rows = _rows(matrix)
    some = ~free.all(axis=1)
    near = np.flatnonzero(some[rows] | some[matrix.indices])
    of, to = rows[near], matrix.indices[near]
    diagonal = near[of == to]
    whole = matrix.data[diagonal]
    matrix.data[near] *= free[of][:, :, None] & free[to][:, None, :]
    mean = np.trace(whole, axis1=1, axis2=2) / free.shape[1]
    for i in range(free.shape[1]):
        fixed = ~free[rows[diagonal], i]
        matrix.data[diagonal[fixed], i, i] = mean[fixed]
