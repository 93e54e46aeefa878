"""A variational TANN from a lattice without training: the flow of its bars, projected on few states and slips.

In the coordinates Z = √K α of the plastic strains α, the energy of a condensed cell is ½ |P E|² + ½ |B E − Z|²,
and every bar is a slip with the normal √K eᵢ / kᵢ: the lattice itself is a variational TANN with as many states as
distinct bars. It is reduced twice. Bars whose plastic strains go together are merged into one slip with a common
profile; and only the principal components of Z along the data are kept. Where there are no more slips than states,
the components in which the slips move are kept instead, so that these are not hindered. What the dropped
components of Z would take of a strain is stored elastically, so that the elastic response stays exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.coordinates import split
from microtann.data.increments import Dataset
from microtann.errors import InputError
from microtann.homogenisation.condensation import CondensedCell, condense
from microtann.lattice.cell import UnitCell
from microtann.tann.scaling import Scaling

Array = NDArray[np.float64]
SAMPLES = 3000
"""Most states from which profiles and principal components are taken."""
RANK_TOLERANCE = 1e-9
"""Principal components of the states below this fraction of the largest are round-off."""


class SlipSystem(NamedTuple):
    """The arrays of a variational TANN.

    Parameters
    ----------
    elastic : array, shape (v, v)
        P of `microtann.tann.energy.DecoupledQuadraticEnergy`.
    coupling : array, shape (z, v)
        B of it.
    normals : array, shape (z, s)
        Of `microtann.forms.variational.flow.MultisurfaceFlow`.
    """

    elastic: Float[Array, "v v"]
    coupling: Float[Array, "z v"]
    normals: Float[Array, "z s"]


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
    _, size, modes = np.linalg.svd(plastic @ root, full_matrices=False)
    if not size[0] > 0.0:
        raise InputError("no bar yields in the data: use larger increments or longer walks")
    merged = root @ merged_slips(plastic, condensed, slips)
    if merged.shape[1] <= states:
        modes, size, _ = np.linalg.svd(merged, full_matrices=False)
        modes = modes.T
    basis = modes[: min(states, int((size > RANK_TOLERANCE * size[0]).sum()))]
    coupling = basis @ inverse @ condensed.coupling
    rest = condensed.elasticity - coupling.T @ coupling
    values, vectors = np.linalg.eigh(rest)
    elastic = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    normals = basis @ merged
    strain, energy = np.asarray(scaling.driving), np.sqrt(float(scaling.energy))
    return SlipSystem(elastic * strain / energy, coupling * strain / energy, normals * energy)


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


def merged_slips(plastic: Float[Array, "n m"], condensed: CondensedCell, slips: int) -> Float[Array, "m s"]:
    """Return profiles of bars that flow together, in columns, divided by their resistances.

    Ward's clustering of the histories of plastic strain says which bars go together; the profile of a set is the
    leading principal component of its histories, weighted by the bars' stiffness.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    m = plastic.shape[1]
    set_of = fcluster(linkage(plastic.T, "ward"), slips, "maxclust") if slips < m else np.arange(m)
    weight = np.sqrt(np.diag(condensed.hessian))
    profiles = np.zeros((m, len(np.unique(set_of))))
    for column, number in enumerate(np.unique(set_of)):
        bars = np.flatnonzero(set_of == number)
        leading = np.linalg.svd(plastic[:, bars] * weight[bars], full_matrices=False)[2][0]
        profile = np.abs(leading) / weight[bars]
        profiles[bars, column] = profile / (profile @ condensed.resistance[bars])
    return profiles


def is_reducible(dataset: Dataset) -> bool:
    """Return whether a data set says enough about its lattice: cell, bars, displacements and forces."""
    cell: UnitCell | None = dataset.cell
    if cell is None or dataset.bar is None or dataset.extra_names:
        return False
    shapes = {"displacement": cell.nodes.shape, "force": (len(cell.bars),)}
    return all(tuple(dataset.coordinate_shapes.get(name, ())) == shape for name, shape in shapes.items())
