"""Whether increments are those of the lattice that their file names: its cell, its bars, the order of components.

The plastic strain of a bar is not stored, but displacements and forces give it: α = ε − σ/E. So every stored state
can be held against the averages of stress and strain over the cell, equilibrium, the energy and the yield limit of
the bars, and a sample of increments can be solved again from where it starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.sparse import coo_array

from microtann.data.blocks import ROWS
from microtann.data.increments import Increments
from microtann.data.rows import name_rows
from microtann.data.schema import Layout
from microtann.errors import ConvergenceError
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.condensation import CondensedCell, condense
from microtann.microstructure.bars.condensed.flow import follow
from microtann.microstructure.bars.lattice import Lattice
from microtann.numbers import voigt
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]
WRONG = 1e-2
"""A relative miss above this is an error: no tolerance of a simulator explains it."""
LOOSE = 1e-6
"""A relative miss above this is worth a warning."""
SAMPLE = 128
"""Increments of a set that are solved again."""
PIECES, LENGTH = 4, 50
"""Paths from the virgin state, and increments of each, that are solved again without coordinates."""

_ORDERS: dict[str, voigt.Order] = {"11,22,33,12,13,23 (Abaqus)": "abaqus", "11,22,33,12,23,13 (VTK)": "vtk"}
_CHECKS = {
    "stress": "the average stress is not that of the bar forces, Σ f L n⊗n / V",
    "strain": "the average strain is not that of the displacements of copies of nodes, u(x + p) − u(x) = E·p",
    "equilibrium": "the bar forces are not in equilibrium at the nodes of the cell",
    "energy": "the energy is not that of the bars, Σ A L ½(σ²/E + H α²) / V with α = ε − σ/E",
    "yield": "bars are beyond their yield stress, |σ − Hα| > k",
}
_CAUSES = {
    "stress": "check voigt_order, the cell, and that forces are those of the listed bars (their shares)",
    "strain": "check voigt_order, engineering shear and the cell",
    "equilibrium": "check the cell and the sign of the forces",
    "energy": "check the bar's young and hardening, the areas and the units",
    "yield": "check the bar's yield_stress and hardening, the areas and the units",
}


@dataclass(frozen=True)
class Miss:
    """What the lattice of a file does not explain.

    Parameters
    ----------
    wrong : bool
        Whether it is an error; else it is a matter of accuracy.
    sentence : str
    """

    wrong: bool
    sentence: str


def unchecked(layout: Layout, lattice: Lattice | None) -> Iterator[str]:
    """Yield what cannot be checked, and why."""
    if lattice is None:
        if layout.voigt_order in voigt.LABELS.values():
            yield "the file holds no lattice: whether components stand in voigt_order cannot be checked"
        return
    if lattice.bar is None:
        yield "the file names a cell without bars (young, yield_stress, hardening): the bar law cannot be checked"
    missing = [name for name in ("displacement", "force") if name not in layout.coordinate_shapes]
    if missing:
        yield (
            f"the coordinates {' and '.join(missing)} are missing: the states of the bars cannot be checked, only "
            "paths that start in the virgin state"
        )


def shape_errors(layout: Layout, lattice: Lattice) -> Iterator[str]:
    """Yield fields that do not have the shape that the cell gives them."""
    cell = lattice.cell
    if len(layout.voigt_order) != cell.components:
        yield (
            f"the cell in {cell.dimension}D has {cell.components} strain components, but voigt_order names "
            f"{len(layout.voigt_order)}"
        )
    for name, shape in (("displacement", cell.nodes.shape), ("force", (len(cell.bars),))):
        found = layout.coordinate_shapes.get(name, shape)
        if found != shape:
            yield f"a row of coordinates/{name} has shape {found}, but the cell of the file asks for {shape}"


def lattice_misses(name: str, part: Increments, layout: Layout, lattice: Lattice) -> Iterator[Miss]:
    """Yield what the lattice does not explain in a set whose fields have the right shapes.

    Parameters
    ----------
    name : str
        Name of the set.
    part : Increments
    layout : Layout
    lattice : Lattice
    """
    if not len(part):
        return
    states = {"displacement", "force"} <= set(layout.coordinate_shapes)
    with np.errstate(over="ignore", invalid="ignore"):  # numbers of a damaged file: they miss by infinitely much
        found = list(_state_misses(name, part, layout, lattice)) if states else []
    yield from found
    if lattice.bar is None or any(miss.wrong for miss in found):
        return
    with one_blas_thread():
        condensed = condense(lattice.cell, lattice.bar)
        try:
            if states:
                yield from _again(name, part, _sampled(part, layout, lattice, condensed))
            else:
                yield from _again(name, part, _from_virgin(part, condensed))
        except ConvergenceError:
            yield Miss(False, f"{name}: a sample of the increments could not be solved again for comparison")


@dataclass(frozen=True, eq=False)
class _States:
    """States of n rows: averages, displacements of the listed nodes, forces of the listed bars."""

    strain: Float[Array, "n v"]
    stress: Float[Array, "n v"]
    energy: Float[Array, "n"]
    displacement: Float[Array, "n N d"]
    force: Float[Array, "n M"]


@dataclass(frozen=True, eq=False)
class _Bars:
    """States of the listed bars, each of shape (n, M)."""

    stress: Float[Array, "n M"]
    plastic_strain: Float[Array, "n M"]


def _states(
    part: Increments, layout: Layout, cell: UnitCell, rows: slice | Int[NDArray[np.int64], "r"], after: bool
) -> _States:
    chosen = part.take(rows)
    coordinates = chosen.coordinates_next if after else chosen.coordinates
    return _States(
        strain=chosen.strain + chosen.strain_increment if after else chosen.strain,
        stress=chosen.stress_next if after else chosen.stress,
        energy=chosen.energy_next if after else chosen.energy,
        displacement=coordinates[:, layout.columns["displacement"]].reshape(-1, *cell.nodes.shape),
        force=coordinates[:, layout.columns["force"]],
    )


def _bars(lattice: Lattice, states: _States) -> _Bars:
    """Return stress and plastic strain of the listed bars."""
    cell = lattice.cell
    young, _, _ = _properties(lattice)
    start, end = cell.bars.T
    relative = states.displacement[:, end] - states.displacement[:, start]
    strain = np.einsum("nmd,md->nm", relative, cell.directions) / cell.lengths
    stress = states.force / cell.areas
    return _Bars(stress, strain - stress / young)


def _properties(lattice: Lattice) -> tuple[Array, Array, Array]:
    assert lattice.bar is not None
    return lattice.bar.per_bar(len(lattice.cell.bars))


def _state_misses(name: str, part: Increments, layout: Layout, lattice: Lattice) -> Iterator[Miss]:
    """Hold every state against the cell and its bars, and every dissipation against the flow of the bars."""
    misses: dict[str, list[Array]] = {}
    flow = []
    scale = _scales(part, layout, lattice.cell)
    for first in range(0, len(part), ROWS):
        rows = slice(first, first + ROWS)
        bars = []
        for after in (False, True):
            states = _states(part, layout, lattice.cell, rows, after)
            for key, value in _relative_misses(lattice, states, scale).items():
                misses.setdefault(f"{key} {after}", []).append(value)
            if lattice.bar is not None:
                bars.append(_bars(lattice, states))
        if lattice.bar is not None:
            weight = lattice.cell.areas * lattice.cell.lengths / lattice.cell.volume * _properties(lattice)[1]
            least = np.abs(bars[1].plastic_strain - bars[0].plastic_strain) @ weight
            flow.append((part.dissipation[rows] - least) / scale["energy"])
    whole = {key: np.nan_to_num(np.concatenate(v), nan=np.inf, posinf=np.inf) for key, v in misses.items()}
    for key, sentence in _CHECKS.items():
        if f"{key} True" in whole:
            found = np.maximum(whole[f"{key} False"], whole[f"{key} True"])
            hint = (
                _other_order(part, layout, lattice) if key in ("stress", "strain") and found.max() > WRONG else ""
            )
            yield from _told(f"{name}: {sentence}", found, hint or _CAUSES[key])
    if flow:
        found = np.nan_to_num(np.concatenate(flow), nan=np.inf, posinf=np.inf, neginf=-np.inf)
        # more may be dissipated than the ends of an increment tell, by flow to and fro inside it, but not less
        sentence = f"{name}: the dissipation is less than that of the flow of the bars, Σ A L k |Δα| / V"
        yield from _told(sentence, np.maximum(-found, 0.0), "check the bar's yield_stress and the dissipation")
        sentence = f"{name}: the dissipation is more than that of the flow of the bars, Σ A L k |Δα| / V"
        yield from _told(sentence, np.maximum(found, 0.0), "check the bar's yield_stress", worst=np.inf)


def _scales(part: Increments, layout: Layout, cell: UnitCell) -> dict[str, float]:
    force = part.coordinates_next[:, layout.columns["force"]]
    sizes = {
        "strain": max(_largest(part.strain), _largest(part.strain + part.strain_increment)),
        "stress": max(_largest(part.stress), _largest(part.stress_next)),
        "energy": max(_largest(part.energy), _largest(part.energy_next), _largest(part.dissipation)),
        "force": max(_largest(force), _largest(part.coordinates[:, layout.columns["force"]])),
    }
    return {key: size or 1.0 for key, size in sizes.items()}


def _largest(values: Array) -> float:
    return float(np.abs(values).max(initial=0.0))


def _relative_misses(lattice: Lattice, states: _States, scale: dict[str, float]) -> dict[str, Array]:
    """Return by how much every row misses the identities of the cell."""
    cell = lattice.cell
    misses = {"stress": np.abs(_average_stress(cell, states.force) - states.stress).max(axis=1) / scale["stress"]}
    strain = _average_strain(cell, states.displacement)
    if strain is not None:
        misses["strain"] = np.abs(strain - states.strain).max(axis=1) / scale["strain"]
    misses["equilibrium"] = _unbalanced(cell, states.force) / scale["force"]
    if lattice.bar is not None:
        bars = _bars(lattice, states)
        young, yield_stress, hardening = _properties(lattice)
        fraction = cell.areas * cell.lengths / cell.volume
        energy = 0.5 * (bars.stress**2 / young + hardening * bars.plastic_strain**2) @ fraction
        misses["energy"] = np.abs(energy - states.energy) / scale["energy"]
        excess = np.abs(bars.stress - hardening * bars.plastic_strain) / yield_stress - 1.0
        misses["yield"] = np.maximum(excess.max(axis=1), 0.0)
    return misses


def _average_stress(cell: UnitCell, force: Float[Array, "n M"]) -> Float[Array, "n v"]:
    return (force * (cell.lengths / cell.volume)) @ voigt.projection(cell.directions)


def _average_strain(cell: UnitCell, displacement: Float[Array, "n N d"]) -> Float[Array, "n v"] | None:
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


def _other_order(part: Increments, layout: Layout, lattice: Lattice) -> str:
    """Return in which other order the stresses are, if one explains them."""
    if lattice.cell.dimension != 3:
        return ""
    average = _average_stress(lattice.cell, part.coordinates_next[:, layout.columns["force"]])
    for words, order in _ORDERS.items():
        other = voigt.from_order(part.stress_next, order, "stress")
        if np.abs(average - other).max() < WRONG * _largest(average):
            return (
                f"the components stand in the order {words}: write them in the order {','.join(voigt.LABELS[3])}"
            )
    return ""


def _told(sentence: str, misses: Array, cause: str, worst: float = WRONG) -> Iterator[Miss]:
    """Yield one sentence if rows miss: an error above ``worst``, else a warning."""
    bad = np.flatnonzero(~(misses <= LOOSE))
    if not bad.size:
        return
    wrong = bool(misses.max() > worst)
    shown = np.flatnonzero(misses > worst) if wrong else bad
    yield Miss(wrong, f"{sentence}, in {name_rows(shown)}, by {100 * misses.max():.2g} %: {cause}")


@dataclass(frozen=True, eq=False)
class _Solved:
    """Stress and energy at the end of some increments, found again."""

    rows: Int[NDArray[np.int64], "r"]
    stress: Float[Array, "r v"]
    energy: Float[Array, "r"]


def _sampled(part: Increments, layout: Layout, lattice: Lattice, condensed: CondensedCell) -> _Solved:
    """Solve a sample of increments again from the plastic strains that their states tell."""
    rows = _spread(np.flatnonzero((part.strain_increment != 0.0).any(axis=1)), SAMPLE)
    start = _bars(lattice, _states(part, layout, lattice.cell, rows, after=False)).plastic_strain
    end = part.strain[rows] + part.strain_increment[rows]
    plastic = follow(condensed, end[:, None], start[:, lattice.cell.distinct_bars.representative])[:, 0]
    return _Solved(rows, condensed.stress(end, plastic), condensed.energy(end, plastic))


def _from_virgin(part: Increments, condensed: CondensedCell) -> _Solved:
    """Solve the beginnings of some paths again that start in the virgin state."""
    v = part.strain.shape[1]
    rows, stress, energy = [np.empty(0, dtype=np.int64)], [np.empty((0, v))], [np.empty(0)]
    for piece in _virgin_pieces(part):
        end = part.strain[piece] + part.strain_increment[piece]
        plastic = follow(condensed, end[None], np.zeros((1, condensed.count)))[0]
        rows.append(piece)
        stress.append(condensed.stress(end, plastic))
        energy.append(condensed.energy(end, plastic))
    return _Solved(np.concatenate(rows), np.concatenate(stress), np.concatenate(energy))


def _virgin_pieces(part: Increments) -> Iterator[Int[NDArray[np.int64], "r"]]:
    """Yield the rows of paths from the virgin state on, as far as each continues."""
    order = np.lexsort((part.step, part.path))
    path, step = part.path[order], part.step[order]
    virgin = ~(part.strain[order].any(axis=1) | part.stress[order].any(axis=1)) & (part.energy[order] == 0.0)
    joined = np.append((path[1:] == path[:-1]) & (step[1:] == step[:-1] + 1) & (step[:-1] >= 0), False)
    starts = np.flatnonzero(virgin & ~np.append(False, joined[:-1]))
    for start in _spread(starts, PIECES):
        ends = np.flatnonzero(~joined[start:])
        length = min(int(ends[0]) + 1, LENGTH)
        yield order[start : start + length]


def _spread(rows: Int[NDArray[np.int64], "r"], count: int) -> Int[NDArray[np.int64], "r"]:
    """Return at most ``count`` rows, evenly chosen."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, count).astype(np.int64))] if len(rows) else rows


def _again(name: str, part: Increments, solved: _Solved) -> Iterator[Miss]:
    """Hold increments against the same ones solved again."""
    if not len(solved.rows):
        return
    scale = max(_largest(part.stress), _largest(part.stress_next)) or 1.0
    energy_scale = max(_largest(part.energy), _largest(part.energy_next)) or 1.0
    misses = np.maximum(
        np.abs(solved.stress - part.stress_next[solved.rows]).max(axis=1) / scale,
        np.abs(solved.energy - part.energy_next[solved.rows]) / energy_scale,
    )
    sentence = f"{name}: stress and energy are not those of the cell and the bars in the file"
    cause = (
        f"{len(solved.rows)} increments were solved again; check the bar's properties, the cell, voigt_order and "
        "the tolerance of the simulation"
    )
    by_row = np.zeros(len(part))
    by_row[solved.rows] = misses
    yield from _told(sentence, by_row, cause)
