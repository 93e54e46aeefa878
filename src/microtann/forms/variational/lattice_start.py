"""A variational TANN from a lattice without training: the flow of its bars, projected on few states and slips.

In the coordinates Z = √K α of the plastic strains α, the energy of a condensed cell is ½ |P E|² + ½ |B E − Z|²,
and every bar is a slip with the normal √K eᵢ / kᵢ: the lattice itself is a variational TANN with as many states as
distinct bars.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.data.increments import Dataset
from microtann.errors import InputError
from microtann.forms.variational.slip_reduction import RANK_TOLERANCE, CompleteSystem, SlipSystem, reduce_slips
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.condensation import CondensedCell, condense
from microtann.numbers.coordinates import split
from microtann.tann.scaling import Scaling

Array = NDArray[np.float64]
SAMPLES = 3000
"""Most states from which profiles and principal components are taken."""


def reduced_lattice(dataset: Dataset, scaling: Scaling, states: int, slips: int) -> SlipSystem:
    """Return the slip system of the lattice of a data set, in scaled units.

    Parameters
    ----------
    dataset : Dataset
        With the cell, the bars, and displacements and forces as internal coordinates.
    scaling : Scaling
    states, slips : int
        Most that are kept; fewer if the lattice has fewer.

    Raises
    ------
    InputError
        If no bar yields in the data.
    """
    assert dataset.cell is not None
    assert dataset.bar is not None
    condensed = condense(dataset.cell, dataset.bar)
    plastic = plastic_strains(dataset, condensed)
    values, vectors = np.linalg.eigh(condensed.hessian)
    kept = values > RANK_TOLERANCE * values[-1]
    root = (vectors[:, kept] * np.sqrt(values[kept])) @ vectors[:, kept].T
    inverse = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    if not np.abs(plastic @ root).max() > 0.0:
        raise InputError("no bar yields in the data: use larger increments or longer walks")
    complete = CompleteSystem(
        condensed.elasticity,
        inverse @ condensed.coupling,
        root / condensed.resistance,
        plastic * condensed.resistance,
    )
    reduced = reduce_slips(complete, states, slips)
    strain, energy = np.asarray(scaling.driving), np.sqrt(float(scaling.energy))
    return SlipSystem(
        reduced.elastic * strain / energy, reduced.coupling * strain / energy, reduced.normals * energy
    )


def plastic_strains(dataset: Dataset, condensed: CondensedCell) -> Float[Array, "n m"]:
    """Return plastic strains of the distinct bars in some states of the data, from displacements and forces."""
    cell = dataset.cell
    assert cell is not None
    chosen = np.unique(np.linspace(0, len(dataset.training) - 1, SAMPLES).astype(np.int64))
    coordinates = split(dataset.training.coordinates_next[chosen], dataset.coordinate_shapes)
    bars = cell.distinct_bars.representative
    moved = coordinates["displacement"]
    first, second = cell.bars[bars].T
    stretch = (
        np.einsum("nmd,md->nm", moved[:, second] - moved[:, first], cell.directions[bars]) / cell.lengths[bars]
    )
    stress = coordinates["force"][:, bars] / cell.areas[bars]
    return stretch - stress / condensed.young


def is_reducible(dataset: Dataset) -> bool:
    """Return whether a data set says enough about its lattice: cell, bars, displacements and forces."""
    cell: UnitCell | None = dataset.cell
    if cell is None or dataset.bar is None or dataset.extra_names:
        return False
    shapes = {"displacement": cell.nodes.shape, "force": (len(cell.bars),)}
    return all(tuple(dataset.coordinate_shapes.get(name, ())) == shape for name, shape in shapes.items())
