"""How a frame looks: the axes of its beams, and where they are near yield or have yielded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.decoded_lines import DecodedLines
from microtann.microstructure.frames.cross_section import CrossSection
from microtann.microstructure.picture import Picture

Array = NDArray[np.float64]
LOAD_OF_BEAMS = "largest |σ|/k in the beam"
"""What colours strained beams."""


def virgin_frame(cell: UnitCell, section: Sequence[CrossSection]) -> Picture:
    """Return the undeformed axes of the beams with their areas.

    Parameters
    ----------
    cell : UnitCell
    section : sequence of CrossSection
        Of every listed beam.
    """
    unit = "size²" if cell.dimension == 3 else "size"
    return Picture(cell.nodes, np.zeros_like(cell.nodes), cell.bars, _areas(section), f"area of the beam [{unit}]")


def strained_frame(cell: UnitCell, displacement: Float[Array, "N d"], load: Float[Array, "m"]) -> Picture:
    """Return the axes of the beams in the state of one point with their largest fibre stress over yield.

    Parameters
    ----------
    cell : UnitCell
    displacement : array, shape (N, d)
        Of its nodes.
    load : array, shape (m,)
        Largest stress over yield of every distinct beam.
    """
    of_bar = cell.distinct_bars.of_bar
    return Picture(cell.nodes, displacement, cell.bars, load[of_bar], LOAD_OF_BEAMS)


def frame_lines(cell: UnitCell, section: Sequence[CrossSection], fibres: int) -> DecodedLines:
    """Return the axes of the beams, moved by their nodes and coloured by the plastic strains of their fibres.

    Parameters
    ----------
    cell : UnitCell
    section : sequence of CrossSection
        Of every listed beam.
    fibres : int
        In all distinct beams together.
    """
    areas, distinct = _areas(section), cell.distinct_bars
    places = np.arange(fibres).reshape(distinct.count, -1)[distinct.of_bar]
    group, label = "plastic_strain", "plastic strain of the beams"
    return DecodedLines(cell.nodes, cell.bars, cell.periods, areas, areas, group, label, places=places)


def _areas(section: Sequence[CrossSection]) -> Float[Array, "M"]:
    return np.array([one.area for one in section])
