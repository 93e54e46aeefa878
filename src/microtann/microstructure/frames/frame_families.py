"""The families of frames that have a generator, by the names that commands and configurations use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.frames.kelvin import kelvin_cell
from microtann.microstructure.frames.plane_cells import (
    honeycomb_cell,
    reentrant_cell,
    square_grid_cell,
    triangular_cell,
)


@dataclass(frozen=True)
class FrameFamily:
    """A family of cells whose beams bend.

    Parameters
    ----------
    dimension : int
        Of space.
    make : callable
        Takes units, size, thickness, perturbation, law and seed.
    """

    dimension: int
    make: Callable[..., UnitCell]


FRAME_FAMILIES = {
    "honeycomb": FrameFamily(2, honeycomb_cell),
    "reentrant": FrameFamily(2, reentrant_cell),
    "triangular": FrameFamily(2, triangular_cell),
    "square-grid": FrameFamily(2, square_grid_cell),
    "kelvin": FrameFamily(3, kelvin_cell),
}
"""Family by name."""
