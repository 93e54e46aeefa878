"""Whether increments are those of the microstructure of their file, with its order of strain components.

Every stored state is held against what holds in all states of the microstructure, if it tells such identities
(`microtann.microstructure.protocol.Microstructure.misses`), and a sample of increments is solved again: from where
it starts, if states follow from internal coordinates, or else along the beginnings of some paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.data.blocks import ROWS
from microtann.data.increments import Increments
from microtann.data.rows import name_rows
from microtann.data.schema import Layout
from microtann.data.whole_walks import walk_rows
from microtann.errors import ConvergenceError, InputError
from microtann.microstructure.identities import StoredStates
from microtann.microstructure.protocol import Microstructure
from microtann.numbers import voigt
from microtann.numbers.coordinates import split
from microtann.numbers.evenly_spread import evenly_spread
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]
WRONG = 1e-2
"""A relative deviation above this is an error, since no tolerance of a simulator explains it."""
LOOSE = 1e-6
"""A relative deviation above this gives a warning."""
SAMPLE = 128
"""Increments of a set that are solved again."""
PIECES, LENGTH = 4, 50
"""Paths from the virgin state, and increments of each, that are solved again without coordinates."""

_ORDERS: dict[str, voigt.Order] = {"11,22,33,12,13,23 (Abaqus)": "abaqus", "11,22,33,12,23,13 (VTK)": "vtk"}


@dataclass(frozen=True)
class Miss:
    """What the microstructure of a file does not explain.

    Parameters
    ----------
    wrong : bool
        Whether it is an error; else it is a matter of accuracy.
    sentence : str
    """

    wrong: bool
    sentence: str


def unchecked(layout: Layout, microstructure: Microstructure | None) -> Iterator[str]:
    """Yield what cannot be checked, and why."""
    if microstructure is None:
        if layout.voigt_order in voigt.LABELS.values():
            yield "the file holds no microstructure: whether components stand in voigt_order cannot be checked"
        return
    if not microstructure.solvable:
        yield (
            f"the file says too little of its {microstructure.kind} to solve it: its increments cannot be solved "
            "again"
        )
    missing = [name for name in microstructure.coordinate_shapes if name not in layout.coordinate_shapes]
    if missing:
        yield (
            f"the coordinates {' and '.join(missing)} are missing: the states of the {microstructure.kind} cannot "
            "be checked, only paths that start in the virgin state"
        )


def shape_errors(layout: Layout, microstructure: Microstructure) -> Iterator[str]:
    """Yield fields that do not have the shape that the microstructure gives them."""
    kind = microstructure.kind
    if len(layout.voigt_order) != microstructure.components:
        yield (
            f"the {kind} of the file has {microstructure.components} strain components, but voigt_order names "
            f"{len(layout.voigt_order)}"
        )
    for name, shape in microstructure.coordinate_shapes.items():
        stored = layout.coordinate_shapes.get(name, shape)
        if stored != shape:
            yield f"a row of coordinates/{name} has shape {stored}, but the {kind} of the file asks for {shape}"


def microstructure_misses(
    name: str, part: Increments, layout: Layout, microstructure: Microstructure
) -> Iterator[Miss]:
    """Yield what the microstructure does not explain in a set whose fields have the right shapes.

    Parameters
    ----------
    name : str
        Name of the set.
    part : Increments
    layout : Layout
    microstructure : Microstructure
    """
    if not len(part):
        return
    with np.errstate(over="ignore", invalid="ignore"):  # numbers of a damaged file: they miss by infinitely much
        broken = list(_broken_identities(name, part, layout, microstructure))
    yield from broken
    if not microstructure.solvable or any(miss.wrong for miss in broken):
        return
    with one_blas_thread():
        try:
            solved = _solved_increments(part, layout, microstructure)
            yield from _again(name, part, solved or _solved_paths(part, microstructure), microstructure.kind)
        except ConvergenceError:
            yield Miss(False, f"{name}: a sample of the increments could not be solved again for comparison")


def _broken_identities(
    name: str, part: Increments, layout: Layout, microstructure: Microstructure
) -> Iterator[Miss]:
    """Compare every increment with the identities of the microstructure."""
    scale = _scales(part, layout)
    parts: dict[str, list[Array]] = {}
    for first in range(0, len(part), ROWS):
        for key, values in _misses(part.take(slice(first, first + ROWS)), layout, microstructure, scale).items():
            parts.setdefault(key, []).append(np.nan_to_num(values, nan=np.inf, posinf=np.inf))
    for key, pieces in parts.items():
        identity, misses = microstructure.identities[key], np.concatenate(pieces)
        ordered = key in ("stress", "strain") and "stress" in parts and misses.max() > WRONG
        hint = _other_order(part, layout, microstructure, scale) if ordered else ""
        worst = np.inf if identity.inequality else WRONG
        yield from _miss(f"{name}: {identity.broken}", misses, hint or identity.cause, worst)


def _misses(
    part: Increments, layout: Layout, microstructure: Microstructure, scale: dict[str, float]
) -> dict[str, Array]:
    before = StoredStates(part.strain, part.stress, part.energy, split(part.coordinates, layout.coordinate_shapes))
    after = StoredStates(
        part.strain + part.strain_increment,
        part.stress_next,
        part.energy_next,
        split(part.coordinates_next, layout.coordinate_shapes),
    )
    misses = microstructure.misses(before, after, part.dissipation, scale)
    # what needs an energy or dissipation that the file is without cannot be judged
    return {key: values for key, values in misses.items() if not (layout.without and np.isnan(values).all())}


def _scales(part: Increments, layout: Layout) -> dict[str, float]:
    """Return the largest size of every quantity in a set."""
    sizes = {
        "strain": max(_largest(part.strain), _largest(part.strain + part.strain_increment)),
        "stress": max(_largest(part.stress), _largest(part.stress_next)),
        "energy": max(_largest(part.energy), _largest(part.energy_next), _largest(part.dissipation)),
    }
    for name, columns in layout.columns.items():
        sizes[name] = max(_largest(part.coordinates[:, columns]), _largest(part.coordinates_next[:, columns]))
    return {key: size or 1.0 for key, size in sizes.items()}


def _largest(values: Array) -> float:
    return float(np.abs(values).max(initial=0.0))


def _other_order(part: Increments, layout: Layout, microstructure: Microstructure, scale: dict[str, float]) -> str:
    """Return in which other order the stresses are, if one explains them."""
    if layout.voigt_order != voigt.LABELS[3]:
        return ""
    for words, order in _ORDERS.items():
        stress, after = (voigt.from_order(values, order, "stress") for values in (part.stress, part.stress_next))
        misses = _misses(replace(part, stress=stress, stress_next=after), layout, microstructure, scale)
        if misses["stress"].max() < WRONG:
            return (
                f"the components stand in the order {words}: write them in the order {','.join(voigt.LABELS[3])}"
            )
    return ""


def _miss(sentence: str, misses: Array, cause: str, worst: float = WRONG) -> Iterator[Miss]:
    """Yield one sentence if rows miss: an error above ``worst``, else a warning."""
    bad = np.flatnonzero(~(misses <= LOOSE))
    if not bad.size:
        return
    wrong = bool(misses.max() > worst)
    shown = np.flatnonzero(misses > worst) if wrong else bad
    yield Miss(wrong, f"{sentence}, in {name_rows(shown)}, by {100 * misses.max():.2g} %: {cause}")


@dataclass(frozen=True, eq=False)
class _Solved:
    """Stress and energy at the end of some increments, computed again."""

    rows: Int[NDArray[np.int64], "r"]
    stress: Float[Array, "r v"]
    energy: Float[Array, "r"]


def _solved_increments(part: Increments, layout: Layout, microstructure: Microstructure) -> _Solved | None:
    """Solve a sample of increments again from their states; None if these do not follow from the coordinates."""
    moving = np.flatnonzero((part.strain_increment != 0.0).any(axis=1))
    rows = moving[evenly_spread(len(moving), SAMPLE)]
    chosen = part.take(rows)
    state = microstructure.state_of(split(chosen.coordinates, layout.coordinate_shapes), chosen.strain)
    if state is None:
        return None
    stress, energy = np.empty_like(chosen.stress), np.empty_like(chosen.energy)
    for dt in np.unique(chosen.dt):  # rates are the same within an update
        at = chosen.dt == dt
        before = {name: values[at] for name, values in state.items()}
        stress[at], _, after = microstructure.update(chosen.strain_increment[at], before, float(dt), False)
        energy[at] = after["energy"]
    return _Solved(rows, stress, energy)


def _solved_paths(part: Increments, microstructure: Microstructure) -> _Solved | None:
    """Solve the beginnings of some paths again that start in the virgin state; None if there are none."""
    try:
        walks = walk_rows(part)
    except InputError:
        return None
    rows, stress, energy = [], [], []
    for place in evenly_spread(len(walks), PIECES):
        piece = walks[place][:LENGTH]
        response = microstructure.solve(part.strain[piece] + part.strain_increment[piece], part.dt[piece])
        rows.append(piece)
        stress.append(response.stress)
        energy.append(response.energy)
    return _Solved(np.concatenate(rows), np.concatenate(stress), np.concatenate(energy))


def _again(name: str, part: Increments, solved: _Solved | None, kind: str) -> Iterator[Miss]:
    """Compare increments with the same increments solved again."""
    if solved is None or not len(solved.rows):
        return
    scale = max(_largest(part.stress), _largest(part.stress_next)) or 1.0
    energy_scale = max(_largest(part.energy), _largest(part.energy_next)) or 1.0
    misses = np.abs(solved.stress - part.stress_next[solved.rows]).max(axis=1) / scale
    if "energy" not in part.unknown:
        misses = np.maximum(misses, np.abs(solved.energy - part.energy_next[solved.rows]) / energy_scale)
    sentence = f"{name}: stress and energy are not those of the {kind} in the file"
    cause = (
        f"{len(solved.rows)} increments were solved again; check the properties of the {kind}, voigt_order and "
        "the tolerance of the simulation"
    )
    by_row = np.zeros(len(part))
    by_row[solved.rows] = misses
    yield from _miss(sentence, by_row, cause)
