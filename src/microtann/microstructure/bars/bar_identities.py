"""What holds in every state of a lattice: averages of stress and strain, equilibrium, and the law of its bars.

The plastic strain of a bar is not stored, but displacements and forces give it: α = ε − σ/E.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.sparse import coo_array

from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.identities import Identity, StoredStates
from microtann.numbers import voigt

Array = NDArray[np.float64]
IDENTITIES: Mapping[str, Identity] = {
    "stress": Identity(
        "the average stress is not that of the bar forces, Σ f L n⊗n / V",
        "check voigt_order, the cell, and that forces are those of the listed bars (their shares)",
    ),
    "strain": Identity(
        "the average strain is not that of the displacements of copies of nodes, u(x + p) − u(x) = E·p",
        "check voigt_order, engineering shear and the cell",
    ),
    "equilibrium": Identity(
        "the bar forces are not in equilibrium at the nodes of the cell",
        "check the cell and the sign of the forces",
    ),
    "energy": Identity(
        "the energy is not that of the bars, Σ A L ½(σ²/E + H α²) / V with α = ε − σ/E",
        "check the bar's young and hardening, the areas and the units",
    ),
    "yield": Identity(
        "bars are beyond their yield stress, |σ − Hα| > k",
        "check the bar's yield_stress and hardening, the areas and the units",
    ),
    "less dissipation": Identity(
        "the dissipation is less than that of the flow of the bars, Σ A L k |Δα| / V",
        "check the bar's yield_stress and the dissipation",
    ),
    # more may be dissipated than the ends of an increment tell, by flow to and fro inside it, but not less
    "more dissipation": Identity(
        "the dissipation is more than that of the flow of the bars, Σ A L k |Δα| / V",
        "check the bar's yield_stress",
        inequality=True,
    ),
}


def identity_misses(
    cell: UnitCell,
    bar: ElastoplasticBar | None,
    before: StoredStates,
    after: StoredStates,
    dissipation: Float[Array, "n"],
    scale: Mapping[str, float],
) -> dict[str, Float[Array, "n"]]:
    """Return by how much every increment misses the identities, relative to the scales of its file.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar, optional
        Without it only averages and equilibrium are judged.
    before, after : StoredStates
    dissipation : array, shape (n,)
    scale : mapping of float
        Of "strain", "stress", "energy" and "force".
    """
    one, other = (_state_misses(cell, bar, states, scale) for states in (before, after))
    misses = {name: np.maximum(one[name], other[name]) for name in other}
    if bar is not None:
        (_, start), (_, end) = (_bar_states(cell, bar, states) for states in (before, after))
        weight = cell.areas * cell.lengths / cell.volume * bar.per_bar(len(cell.bars))[1]
        excess = (dissipation - np.abs(end - start) @ weight) / scale["energy"]
        misses |= {"less dissipation": np.maximum(-excess, 0.0), "more dissipation": np.maximum(excess, 0.0)}
    return misses


def _state_misses(
    cell: UnitCell, bar: ElastoplasticBar | None, states: StoredStates, scale: Mapping[str, float]
) -> dict[str, Float[Array, "n"]]:
    """Return by how much every state misses the identities of the cell."""
    force = states.coordinates["force"]
    misses = {"stress": np.abs(average_stress(cell, force) - states.stress).max(axis=1) / scale["stress"]}
    strain = average_strain(cell, states.coordinates["displacement"])
    if strain is not None:
        misses["strain"] = np.abs(strain - states.strain).max(axis=1) / scale["strain"]
    misses["equilibrium"] = _unbalanced(cell, force) / scale["force"]
    if bar is not None:
        stress, plastic = _bar_states(cell, bar, states)
        young, yield_stress, hardening = bar.per_bar(len(cell.bars))
        fraction = cell.areas * cell.lengths / cell.volume
        energy = 0.5 * (stress**2 / young + hardening * plastic**2) @ fraction
        misses["energy"] = np.abs(energy - states.energy) / scale["energy"]
        excess = np.abs(stress - hardening * plastic) / yield_stress - 1.0
        misses["yield"] = np.maximum(excess.max(axis=1), 0.0)
    return misses


def _bar_states(
    cell: UnitCell, bar: ElastoplasticBar, states: StoredStates
) -> tuple[Float[Array, "n M"], Float[Array, "n M"]]:
    """Return stress and plastic strain of the listed bars."""
    young, _, _ = bar.per_bar(len(cell.bars))
    start, end = cell.bars.T
    displacement = states.coordinates["displacement"]
    relative = displacement[:, end] - displacement[:, start]
    strain = np.einsum("nmd,md->nm", relative, cell.directions) / cell.lengths
    stress = states.coordinates["force"] / cell.areas
    return stress, strain - stress / young


def average_stress(cell: UnitCell, force: Float[Array, "n M"]) -> Float[Array, "n v"]:
    """Return the average stress of forces in the listed bars."""
    return (force * (cell.lengths / cell.volume)) @ voigt.projection(cell.directions)


def average_strain(cell: UnitCell, displacement: Float[Array, "n N d"]) -> Float[Array, "n v"] | None:
    """Return the symmetric part of the periodic gradient; None if the listed copies do not span the space."""
    nodes = cell.distinct_nodes
    _, first = np.unique(nodes.of_node, return_index=True)
    original = first[nodes.of_node]
    shift = (nodes.image - nodes.image[original]) @ cell.periods
    if np.linalg.matrix_rank(shift) < cell.dimension:
        return None
    moved = displacement - displacement[:, original]
    gradient = np.einsum("jc,nci->nji", np.linalg.pinv(shift), moved)
    pairs = voigt.PAIRS[cell.dimension]
    return np.stack([gradient[:, i, j] + (gradient[:, j, i] if i != j else 0.0) for i, j in pairs], axis=1)


def _unbalanced(cell: UnitCell, force: Float[Array, "n M"]) -> Float[Array, "n"]:
    """Return the largest sum of forces over all images of a node."""
    nodes, d, bars = cell.distinct_nodes, cell.dimension, np.arange(len(cell.bars))
    total = coo_array((nodes.count * d, len(bars))).tocsr()
    for end, sign in zip(nodes.of_node[cell.bars].T, (1.0, -1.0), strict=True):
        for axis in range(d):
            entries = (sign * cell.directions[:, axis], (end * d + axis, bars))
            total = total + coo_array(entries, shape=total.shape).tocsr()
    return np.abs(np.asarray(total @ force.T)).max(axis=0)
