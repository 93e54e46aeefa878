"""Pictures of structures of beams: bent as their sections are, with the hinges in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.microstructure.frames.full.frame_structure import FrameStructureResult
from microtann.microstructure.frames.stations import stations
from microtann.plotting.bodies import DrawnLattice, bodies_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
PIECES = 12
"""Straight pieces of a beam that is drawn."""


def plot_frame(result: FrameStructureResult, scale: float = 1.0) -> Figure:
    """Draw a structure of beams at the end, every piece in the colour of the plastic strain of its fibres.

    Beams are drawn with the curvatures of their sections, which are concentrated where hinges are, between the
    displaced nodes.

    Parameters
    ----------
    result : FrameStructureResult
    scale : float
        Factor on the displacements.

    Returns
    -------
    matplotlib.figure.Figure
    """
    structure = result.structure
    place = stations(structure.sections, structure.rule).place
    along = np.linspace(0.0, 1.0, PIECES + 1)
    ends = structure.beams.astype(np.int64)
    start, end = (result.points[ends[:, side]] for side in (0, 1))
    moved = [result.displacement[-1][ends[:, side]] for side in (0, 1)]
    points = start[:, None] + along[:, None] * (end - start)[:, None]
    displacement = moved[0][:, None] + along[:, None] * (moved[1] - moved[0])[:, None]
    strain, length = result.section_strain, structure.lengths
    for plane in range(structure.dimension - 1):
        deflection = np.stack([_deflection(place, curvature, along) for curvature in strain[:, :, 1 + plane]])
        across = structure.axes[:, 1 + plane]
        displacement = displacement + (deflection * length[:, None] ** 2)[:, :, None] * across[:, None]
    flown = np.abs(result.fibre_plastic_strain).max(axis=2)
    middle = 0.5 * (along[1:] + along[:-1])
    nearest = np.abs(middle[:, None] - place).argmin(axis=1)
    number = np.arange(len(ends))[:, None] * (PIECES + 1) + np.arange(PIECES)
    pieces = np.stack([number, number + 1], axis=-1).reshape(-1, 2)
    body = DrawnLattice(
        "", points.reshape(-1, structure.dimension), pieces, displacement.reshape(-1, structure.dimension),
        flown[:, nearest].ravel(),
    )  # fmt: skip
    return bodies_figure([body], "largest plastic strain of the fibres", scale=scale)


def _deflection(
    place: Float[Array, "S"], curvature: Float[Array, "S"], along: Float[Array, "k"]
) -> Float[Array, "k"]:
    """Return the deflection from the chord of a beam of length 1, its curvature linear between sections."""
    fine = np.linspace(0.0, 1.0, 10 * PIECES + 1)
    bent = np.interp(fine, place, curvature)
    step = fine[1]
    slope = np.concatenate([[0.0], np.cumsum(0.5 * step * (bent[1:] + bent[:-1]))])
    drop = np.concatenate([[0.0], np.cumsum(0.5 * step * (slope[1:] + slope[:-1]))])
    return np.interp(along, fine, drop - fine * drop[-1])
