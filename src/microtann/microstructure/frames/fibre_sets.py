"""The flow of fibres by active sets: eight points at once, and one at a time what these leave."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.microstructure.bars.condensed import lane_slips_kernel
from microtann.microstructure.bars.condensed.cell_flow import Advance
from microtann.microstructure.frames import point_flow_kernel
from microtann.microstructure.frames.condensed_frame import CondensedFrame

Array = NDArray[np.float64]


class FlowingPoints(NamedTuple):
    """Material points that are advanced in place; there are no tangents where they are not wanted."""

    plastic_strain: Float[Array, "n m"]
    energy: Float[Array, "n"]
    dissipation: Float[Array, "n"]
    tangent: Float[Array, "k v v"]

    @classmethod
    def at(cls, strain: Float[Array, "n v"], start: Float[Array, "n m"], tangent: bool) -> FlowingPoints:
        """Return points that are to be advanced.

        Parameters
        ----------
        strain : array, shape (n, v)
            To be reached.
        start : array, shape (n, m)
            Plastic strains.
        tangent : bool
            Whether tangents are wanted.
        """
        n, v = strain.shape
        return cls(start.copy(), np.empty(n), np.empty(n), np.empty((n if tangent else 0, v, v)))

    def ended(self, tangent: bool) -> Advance:
        """Return what was done to them."""
        return Advance(self.plastic_strain, self.energy, self.dissipation, self.tangent if tangent else None)


def advance_together(
    condensed: CondensedFrame, strain: Float[Array, "n v"], flow: FlowingPoints
) -> Bool[NDArray[np.bool_], "n"]:
    """Advance points in place, eight at a time; return which failed and stay as they are.

    Parameters
    ----------
    condensed : CondensedFrame
    strain : array, shape (n, v)
        At the end of the increment.
    flow : FlowingPoints
    """
    plastic = _all_points(condensed, flow.plastic_strain)
    failed = lane_slips_kernel.advance_slips(
        condensed.lane_slips, strain, plastic, flow.tangent, flow.energy, flow.dissipation
    )
    flow.plastic_strain[:] = plastic[:, : condensed.fibres]
    return failed


def advance_singly(
    condensed: CondensedFrame,
    left: Int[NDArray[np.int64], "k"],
    strain: Float[Array, "n v"],
    start: Float[Array, "n m"],
    flow: FlowingPoints,
) -> None:
    """Advance some points in place, one at a time.

    Parameters
    ----------
    condensed : CondensedFrame
    left : integer array, shape (k,)
        Which of the points.
    strain, start : array, shape (n, v) and (n, m)
        Strain at the end and plastic strain at the beginning of the increment, of all points.
    flow : FlowingPoints

    Raises
    ------
    ConvergenceError
        If the flow of some point was not found; it names the point.
    """
    m, v = start.shape[1], strain.shape[1]
    problem, part = condensed.slip_problem, _all_points(condensed, start[left])
    tangents = np.empty((len(left) if len(flow.tangent) else 0, v, v))
    trial = strain[left] @ problem.driving.T - (part * problem.resistance) @ problem.products
    failed = point_flow_kernel.advance_by_sets(problem, condensed.elasticity, trial, part, tangents)
    if failed.any():
        point = int(left[np.flatnonzero(failed)[0]])
        raise ConvergenceError(
            f"the frame at material point {point} found no equilibrium; use smaller increments", worst=[point]
        )
    flow.plastic_strain[left] = part[:, :m]
    flow.dissipation[left] = np.abs(part[:, :m] - start[left]) @ condensed.resistance[:m]
    flow.energy[left] = condensed.energy(strain[left], part)
    if len(flow.tangent):
        flow.tangent[left] = tangents


def _all_points(condensed: CondensedFrame, fibres: Float[Array, "n m"]) -> Float[Array, "n p"]:
    """Return a copy of plastic strains with zeros for shear and twist, which stay elastic."""
    return np.pad(fibres, ((0, 0), (0, condensed.count - condensed.fibres)))
