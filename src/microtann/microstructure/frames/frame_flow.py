"""The flow of a frame's fibres over an increment of average strain."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.microstructure.bars.condensed import lane_slips_kernel
from microtann.microstructure.bars.condensed.cell_flow import Advance
from microtann.microstructure.frames import point_flow_kernel
from microtann.microstructure.frames.condensed_frame import CondensedFrame

Array = NDArray[np.float64]


def advance_frames(
    condensed: CondensedFrame,
    strain: Float[Array, "n v"],
    start: Float[Array, "n m"],
    tangent: bool,
) -> Advance:
    """Advance many material points of one frame by an increment.

    Eight points are treated at once where all fibres harden; what is left, and all of frames that hardly harden,
    one at a time.

    Parameters
    ----------
    condensed : CondensedFrame
    strain : array, shape (n, v)
        Average strain at the end of the increment.
    start : array, shape (n, m)
        Plastic strains of all points of the frame at its beginning; zero where it is always elastic.
    tangent : bool

    Raises
    ------
    ConvergenceError
        If the flow of some point was not found; it names the point.
    """
    n, v = strain.shape
    plastic = start.copy()
    stiffness = np.empty((n if tangent else 0, v, v))
    energy, dissipation = np.empty(n), np.empty(n)
    if condensed.close_to_singular:
        left = np.arange(n)
    else:
        failed = lane_slips_kernel.advance_slips(
            condensed.lane_slips, strain, plastic, stiffness, energy, dissipation
        )
        left = np.flatnonzero(failed)
    if len(left):
        problem, part = condensed.slip_problem, start[left]
        tangents = np.empty((len(left) if tangent else 0, v, v))
        trial = strain[left] @ problem.driving.T - (part * problem.resistance) @ problem.products
        failed = point_flow_kernel.advance_by_sets(problem, condensed.elasticity, trial, part, tangents)
        if failed.any():
            point = int(left[np.flatnonzero(failed)[0]])
            raise ConvergenceError(
                f"the frame at material point {point} found no equilibrium; use smaller increments", worst=[point]
            )
        dissipation[left] = np.abs(part - start[left]) @ condensed.resistance
        energy[left] = condensed.energy(strain[left], part)
        plastic[left] = part
        if tangent:
            stiffness[left] = tangents
    return Advance(plastic, energy, dissipation, stiffness if tangent else None)
