"""How a plane frame follows a Cosserat continuum of uniform strain and linear rotation.

Driving variables are the strain E, the rotation a of the nodes relative to the continuum and the curvature κ ::

    E = sym ∇u,      a = φ − ½ (u₂,₁ − u₁,₂),      κ = ∇φ

with the micro-rotation φ. In the cell, x from its centre and seen by an observer who turns with the continuum ::

    u(x) = E x + w,      φ(x) = a + κ·x + θ

with periodic fluctuations w and θ of displacements and rotations; θ has no mean over the nodes, or else φ would
not be what it is called. Stress, moment and couple stress are the derivatives of the energy of the cell per
volume, so that their work is that of its beams (Hill and Mandel). A beam that several cells share is in the cell
with a share at every place where it is listed, and bends differently there. A cell that lists its beams once says
nothing of places: φ is then that of a beam's middle for each of them, and the energy does not depend on where the
cell is cut.

References
----------
Bažant and Christensen, *International Journal of Solids and Structures* 8 (1972) 327.
Forest and Sab, *Mechanics Research Communications* 25 (1998) 449.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.frames.condensed_frame import BeamMotion

Array = NDArray[np.float64]
COSSERAT_NAMES = ("11", "22", "12", "turn", "bend1", "bend2")
"""Names of the driving variables: the strain in Voigt's order, a, κ₁ and κ₂."""
TURN = 3
"""Place of the relative rotation among them."""


def cosserat_motion(cell: UnitCell) -> BeamMotion:
    """Return how the listed beams of a plane cell follow the driving variables.

    Parameters
    ----------
    cell : UnitCell

    Returns
    -------
    BeamMotion
        Ends are seen from the first one.
    """
    distinct, count = cell.distinct_bars, len(cell.bars)
    vectors = cell.bar_vectors
    x, y = vectors.T
    middle = cell.nodes[cell.bars].mean(axis=1)
    if distinct.count == count:
        place = np.zeros((count, 2))
    else:
        place = middle - 0.5 * (cell.nodes.min(axis=0) + cell.nodes.max(axis=0))
    across = np.stack([y, -x], axis=1)  # a relative rotation of 1 of the nodes, seen by one who turns with them
    ends = np.zeros((count, 6, 6))
    ends[:, 3, 0], ends[:, 4, 1] = x, y
    ends[:, 3, 2], ends[:, 4, 2] = 0.5 * y, 0.5 * x
    ends[:, 3:5, TURN] = across
    ends[:, 3:5, TURN + 1 :] = across[:, :, None] * place[:, None, :]
    ends[:, 2, TURN + 1 :], ends[:, 5, TURN + 1 :] = -0.5 * vectors, 0.5 * vectors
    copies = np.bincount(distinct.of_bar)[distinct.of_bar]
    return BeamMotion(np.arange(count), 1.0 / copies, ends, _free_fluctuations(cell.distinct_nodes.count))


def _free_fluctuations(nodes: int) -> Float[Array, "w k"]:
    """Return a basis of the fluctuations of nodes (displacements and rotation of each) without mean rotation."""
    basis = np.eye(3 * nodes)[:, :-1]
    basis[-1, 2::3] = -1.0
    return basis
