"""Plastic strains of bars from what a TANN decodes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.microstructure.bars.cells.cell import UnitCell

Array = NDArray[np.float64]


def decoded_plastic_strain(
    cell: UnitCell,
    young: Float[Array, "m"],
    displacement: Float[Array, "*batch N d"],
    force: Float[Array, "*batch M"],
) -> Float[Array, "*batch m"]:
    """Return plastic strains of the distinct bars, by which elongation and force differ.

    Parameters
    ----------
    cell : UnitCell
    young : array, shape (m,)
        Of the distinct bars.
    displacement, force : arrays, shape (..., N, d) and (..., M)
        At the nodes and in the bars of the cell, as decoded.
    """
    bars = cell.distinct_bars.representative
    first, second = cell.bars[bars].T
    moved = displacement[..., second, :] - displacement[..., first, :]
    strain = (moved * cell.directions[bars]).sum(axis=-1) / cell.lengths[bars]
    plastic: Array = strain - force[..., bars] / cell.areas[bars] / young
    return plastic
