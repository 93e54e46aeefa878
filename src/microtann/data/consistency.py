"""Whether increments can be those of a material: first and second law, rest, and continuity along a path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.data.blocks import ROWS
from microtann.data.increments import Increments
from microtann.data.rows import name_rows
from microtann.data.schema import Layout

Array = NDArray[np.float64]
SAME = 1e-9
"""Two states are the same if they differ by less than this fraction of the largest value of the field."""
DISSIPATION = 1e-12
"""Dissipation below minus this fraction of the largest energy is negative."""
DEFECT = 5e-2
"""Relative RMS of the energy defect that is worth a warning, unless the energy is known to be quadratic."""


@dataclass(frozen=True)
class Scales:
    """Largest size of every field that is compared, over all sets.

    Parameters
    ----------
    fields : mapping of str to float
    energy : float
        Largest energy or dissipation.
    """

    fields: dict[str, float]
    energy: float


def scales_of(sets: dict[str, Increments], layout: Layout) -> Scales:
    """Return the scales of a data set."""
    fields = {
        field.name: max(
            (
                float(np.fmax.reduce(np.abs(layout.values(part, field)), None, initial=0.0))
                for part in sets.values()
                if len(part)
            ),
            default=0.0,
        )
        for field in layout.fields
        if not field.integer and 0 not in field.shape
    }
    energies = (fields.get(name, 0.0) for name in ("energy", "energy_next", "dissipation"))
    return Scales(fields, max(energies))


def dissipation_errors(name: str, increments: Increments, scales: Scales) -> Iterator[str]:
    """Yield increments that violate the second law.

    Parameters
    ----------
    name : str
        Name of the set, for the sentences.
    increments : Increments
    scales : Scales
        Of the whole data set.
    """
    dissipation = increments.dissipation  # one that is not known, NaN, is never below anything
    bad = np.flatnonzero(dissipation < -DISSIPATION * scales.energy)
    if bad.size:
        yield (
            f"{name}/dissipation is negative in {name_rows(bad)}, {dissipation[bad].min():.3g} at worst: it must "
            "be the D·Δt ≥ 0 of the increment; check its sign, and the tolerance of the simulation that made it"
        )


def moves_at_rest(sets: dict[str, Increments], layout: Layout, scales: Scales) -> bool:
    """Return whether some zero increment changes the state or dissipates, as in materials with a viscosity.

    Parameters
    ----------
    sets : mapping of Increments
    layout : Layout
    scales : Scales
        Of the whole data set.
    """
    return any(
        any(True for _ in rest_errors(name, part, layout, scales)) for name, part in sets.items() if len(part)
    )


def rest_errors(name: str, increments: Increments, layout: Layout, scales: Scales) -> Iterator[str]:
    """Yield zero increments that change the state.

    Parameters
    ----------
    name : str
        Name of the set, for the sentences.
    increments : Increments
    layout : Layout
    scales : Scales
        Of the whole data set.
    """
    rest = np.flatnonzero(
        (increments.strain_increment == 0.0).all(axis=1) & (increments.extra_increment == 0.0).all(axis=1)
    )
    if not rest.size:
        return
    for before, after in _state_fields(layout):
        change = _largest_change(increments, rest, increments, rest, before, after, layout)
        bad = rest[change > SAME * scales.fields[after]]
        if bad.size:
            yield f"{name}/{after} differs from {before} in {name_rows(bad)}, whose increment is zero"
    bad = rest[np.abs(increments.dissipation[rest]) > SAME * scales.energy]
    if bad.size:
        value = increments.dissipation[bad[0]]
        yield f"{name}/dissipation is {value:.3g} in {name_rows(bad)}, whose increment is zero"


def continuity_errors(name: str, increments: Increments, layout: Layout, scales: Scales) -> Iterator[str]:
    """Yield steps k + 1 of a path that do not start where step k ended.

    Parameters
    ----------
    name : str
        Name of the set, for the sentences.
    increments : Increments
    layout : Layout
    scales : Scales
        Of the whole data set.
    """
    order = np.lexsort((increments.step, increments.path))
    path, step = increments.path[order], increments.step[order]
    same = path[1:] == path[:-1]
    twice = np.flatnonzero(same & (step[1:] == step[:-1]) & (step[1:] >= 0))
    if twice.size:
        yield (
            f"{name}: step {step[twice[0]]} of path {path[twice[0]]} is there more than once ({twice.size} "
            "such rows): number the increments of a path, or give a step of -1 to those that stand alone"
        )
    follows = np.flatnonzero(same & (step[1:] == step[:-1] + 1) & (step[:-1] >= 0))
    first, second = order[follows], order[follows + 1]
    for start, increment in (("strain", "strain_increment"), ("extra", "extra_increment")):
        if start in scales.fields:
            end = getattr(increments, start)[first] + getattr(increments, increment)[first]
            gap = np.abs(end - getattr(increments, start)[second]).max(axis=1, initial=0.0)
            yield from _gaps(name, increments, second[gap > SAME * scales.fields[start]], start)
    for before, after in _state_fields(layout):
        change = _largest_change(increments, second, increments, first, before, after, layout)
        yield from _gaps(name, increments, second[change > SAME * scales.fields[after]], before)


def stiffness_of(sets: dict[str, Increments]) -> float:
    """Estimate the largest stiffness of a material: the largest |ΔS| / |ΔE| of its increments."""
    stiffest = 0.0
    for part in sets.values():
        size = np.linalg.norm(part.strain_increment, axis=1)
        moves = size > 1e-3 * size.max(initial=0.0)
        change = np.linalg.norm(part.stress_next - part.stress, axis=1)
        stiffest = max(stiffest, float((change[moves] / size[moves]).max(initial=0.0)))
    return stiffest


def energy_defect(increments: Increments) -> tuple[Float[Array, "n"], Float[Array, "n"]]:
    """Return ½(S_t + S_{t+Δt}) · ΔE − ΔΨ − D and the work ½(S_t + S_{t+Δt}) · ΔE of every increment."""
    mean = 0.5 * (increments.stress + increments.stress_next)
    work = np.einsum("nv,nv->n", mean, increments.strain_increment)
    return work - (increments.energy_next - increments.energy) - increments.dissipation, work


def energy_errors(
    name: str, increments: Increments, scales: Scales, stiffness: float, quadratic: bool, at_rest: bool = True
) -> Iterator[tuple[bool, str]]:
    """Yield (whether it is an error, sentence) on the energy balance.

    The trapezoidal work misses the true one by at most ½|ΔE| (L|ΔE| + |ΔS|), with the largest stiffness L: a
    defect above that is no matter of the size of increments. A state that moves at rest (creep, relaxation) loses
    energy without any work: what a scheme finds of it, such as T · ΔZ at the end of the increment, lies between
    nothing and twice the energy that is missing. Where the energy is quadratic and the flow
    associated, as in a lattice of bars, the defect is never positive. Increments that change an extra state
    variable are left out: their balance needs its conjugate.

    Parameters
    ----------
    name : str
        Name of the set, for the sentences.
    increments : Increments
    scales : Scales
        Of the whole data set.
    stiffness : float
        Largest stiffness L, in units of stress; see `stiffness_of`.
    quadratic : bool
        Whether the energy is known to be quadratic, with associated flow.
    at_rest : bool
        Whether the state stays where it is while nothing is driven.
    """
    closed = (increments.extra_increment == 0.0).all(axis=1)
    defect, work = energy_defect(increments)
    size = np.linalg.norm(increments.strain_increment, axis=1)
    change = np.linalg.norm(increments.stress_next - increments.stress, axis=1)
    tolerance = SAME * scales.energy
    allowed = 0.5 * size * (stiffness * size + change) + tolerance
    if not at_rest:
        allowed += np.maximum(defect + increments.dissipation, 0.0)
    bad = np.flatnonzero(closed & (np.abs(defect) > allowed))
    if bad.size:
        yield (
            True,
            f"{name}: work, energy and dissipation do not balance in {name_rows(bad)}: "
            f"½(S_t + S_t+Δt)·ΔE − ΔΨ − D is {defect[bad[0]]:.3g} where the work is {work[bad[0]]:.3g}, too much "
            "for the size of the increment; check the units, the Voigt order, engineering shear (γ = 2ε) and that "
            "energies are per unit volume",
        )
        return
    positive = np.flatnonzero(closed & (defect > tolerance))
    if quadratic and positive.size:
        yield (
            True,
            f"{name}: the stress does more work than is stored and dissipated in {name_rows(positive)}, by "
            f"{defect[positive].max():.3g} at worst; its microstructure cannot: check energy and dissipation",
        )
    total = float(np.sqrt(np.mean(work[closed] ** 2))) if closed.any() else 0.0
    if not quadratic and total > 0.0:
        relative = float(np.sqrt(np.mean(defect[closed] ** 2))) / total
        if relative > DEFECT:
            yield (
                False,
                f"{name}: ½(S_t + S_t+Δt)·ΔE − ΔΨ − D is {100 * relative:.2g} % of the work (RMS): large "
                "increments of a dissipative material have such a defect; if halving them does not quarter it, "
                "the energies, units or Voigt order are wrong",
            )


def _state_fields(layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield the names of the fields of the state at t and at t + Δt."""
    yield "stress", "stress_next"
    if "energy" not in layout.without:
        yield "energy", "energy_next"
    for name, shape in layout.coordinate_shapes.items():
        if 0 not in shape:
            yield f"coordinates/{name}", f"coordinates_next/{name}"


def _largest_change(
    one: Increments,
    rows: Int[NDArray[np.int64], "r"],
    other: Increments,
    other_rows: Int[NDArray[np.int64], "r"],
    before: str,
    after: str,
    layout: Layout,
) -> Float[Array, "r"]:
    """Return the largest difference of field ``before`` in ``rows`` from ``after`` in ``other_rows``."""
    fields = {field.name: field for field in layout.fields}
    first, second = layout.values(one, fields[before]), layout.values(other, fields[after])
    change = np.empty(len(rows))
    for start in range(0, len(rows), ROWS):
        part = slice(start, start + ROWS)
        gap = np.abs(first[rows[part]].astype(np.float64) - second[other_rows[part]].astype(np.float64))
        change[part] = gap.reshape(len(gap), -1).max(axis=1)
    return change


def _gaps(name: str, increments: Increments, rows: Int[NDArray[np.int64], "r"], field: str) -> Iterator[str]:
    if rows.size:
        yield (
            f"{name}/{field} in {name_rows(rows)} is not where the step before ended (step "
            f"{increments.step[rows[0]]} of path {increments.path[rows[0]]}): leave a gap in the step numbers "
            "where a path does not continue"
        )
