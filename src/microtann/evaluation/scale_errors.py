"""Errors on both scales: the field u⁰ + ε u¹ and the stresses of bars, against those of the full lattice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.evaluation.both_scales import Microscale
from microtann.evaluation.comparison import Analysis, Comparison
from microtann.evaluation.decoded_block import decoded_block, same_block
from microtann.evaluation.measures import relative_rms
from microtann.microstructure.bars.full.structure import StructureResult

Array = NDArray[np.float64]
Source = Literal["model", "solved", "exact", "lattice"]
"""Where a value comes from: an analysis, or the exact cell solved again along the strains found with the model."""
Errors = dict[str, float | None]
PAIRS: dict[str, tuple[Analysis, Analysis]] = {
    "network error": ("model", "exact"),
    "homogenisation error": ("exact", "lattice"),
    "total error": ("model", "lattice"),
}
"""The two sources that every error compares; both of the network error use one mesh, at the lattice's nodes."""
SOLVED_PAIRS: dict[str, tuple[Source, Source]] = {
    "network error, solved again": ("solved", "exact"),
    "total error, solved again": ("solved", "lattice"),
}
"""As `PAIRS`, with the exact cell solved again along the strains of the analysis with the model."""
MOST_POINTS = 4096
"""Gauss points that are solved again at most for a row; one that needs more has none."""


@dataclass(frozen=True)
class Solving:
    """How much was solved again.

    Parameters
    ----------
    points, increments : int
        Gauss points, and the increments of each.
    seconds : float
        CPU time.
    """

    points: int
    increments: int
    seconds: float


def solved_again(scale: Microscale) -> Microscale:
    """Return the same lattice with the exact cell solved again in place of decoded states."""
    return replace(scale, localisation="solve")


def solving(scale: Microscale) -> Solving:
    """Return how much has been solved again so far; zeros where states are decoded."""
    done = scale.solved
    return Solving(0, 0, 0.0) if done is None else Solving(done.points, done.increments, done.seconds)


def affordable(scale: Microscale, places: Float[Array, "p d"]) -> bool:
    """Return whether few enough Gauss points have to be solved again for what happens at some places."""
    return scale.localisation == "decode" or scale.gauss_points(places) <= MOST_POINTS


def scale_errors(
    comparison: Comparison,
    scales: Mapping[Analysis, Microscale],
    solved: Microscale | None = None,
    inside: tuple[float, ...] | None = None,
) -> dict[str, Errors]:
    """Return relative errors on both scales at the end of the loading.

    Parameters
    ----------
    comparison : Comparison
        With a full lattice.
    scales : mapping
        The lattice inside the finite elements, by analysis.
    solved : Microscale, optional
        That of the model with the exact cell solved again (`solved_again`), for `SOLVED_PAIRS`.
    inside : tuple of float, optional
        A point whose block of cells (`microtann.evaluation.decoded_block`) is compared too.

    Returns
    -------
    dict
        By quantity, then by the names of `PAIRS`, and of `SOLVED_PAIRS` if something is solved again; None where
        an analysis is missing, or more than `MOST_POINTS` would have to be solved again. "bars at (5, 5, 10)" end
        in the control nodes, and take the state there; "bars around" have their middle within a cell of one.
        "field" is the displacement of all nodes. Errors are RMS over RMS of the reference, that of the
        displacement of a control node relative to its size.
    """
    lattice, case = comparison.lattice, comparison.case
    if lattice is None or not scales:
        return {}
    points = sorted({control.point for control in case.controls})
    names = " and ".join(f"({', '.join(f'{x:g}' for x in point)})" for point in points)
    bars, ends = lattice.structure.bars, lattice.points[lattice.structure.bars]
    at = [np.flatnonzero((bars == lattice.nearest(point)).any(axis=1)) for point in points]
    size = next(iter(scales.values())).cell_size
    near = [_near(lattice, point, size) for point in points]
    all_scales: dict[Source, Microscale] = dict(scales.items())
    if solved is not None:
        all_scales["solved"] = solved
    compared: dict[str, dict[Source, Array]] = {}

    def note(name: str, source: Source, value: Array) -> None:
        compared.setdefault(name, {})[source] = value

    title = f"stress of {sum(map(len, at))} bars at {names}"
    for source, scale in all_scales.items():
        stress = [scale.bar_stress(lattice.points, bars[k], p) for k, p in zip(at, points, strict=True)]
        note(title, source, np.concatenate(stress))
    note(title, "lattice", lattice.stress[np.concatenate(at)])
    title = f"stress of {sum(map(len, near))} bars around"
    for source, scale in all_scales.items():
        if affordable(scale, ends[np.concatenate(near)].mean(axis=1)):
            note(title, source, np.concatenate([scale.bar_stress(lattice.points, bars[k]) for k in near]))
    note(title, "lattice", lattice.stress[np.concatenate(near)])
    if inside is not None:
        block = decoded_block(next(iter(scales.values())), inside)
        title = f"stress of {len(block.bars)} bars in the cells at ({', '.join(f'{x:g}' for x in inside)})"
        for source, scale in all_scales.items():
            if affordable(scale, block.points):
                note(title, source, scale.bar_stress(block.points, block.bars))
        note(title, "lattice", same_block(block, lattice).stress)
    last = lattice.displacement[-1]
    for control in case.controls:
        node = lattice.nearest(control.point)
        title, chosen = f"{control.name}, u⁰ + εu¹", control.component
        for source, scale in all_scales.items():
            u0, eu1 = scale.displacement(lattice.points[[node]])
            note(title, source, (u0 + eu1)[:, chosen])
        note(title, "lattice", last[node, chosen : chosen + 1])
    for analysis, scale in scales.items():
        u0, eu1 = scale.displacement(lattice.points)
        note("displacement field, u⁰", analysis, u0)
        note("displacement field, u⁰ + εu¹", analysis, u0 + eu1)
    for title in ("displacement field, u⁰", "displacement field, u⁰ + εu¹"):
        note(title, "lattice", last)
    pairs: dict[str, tuple[Source, Source]] = {**PAIRS, **({} if solved is None else SOLVED_PAIRS)}
    return {
        name: {pair: _relative(values, *sources) for pair, sources in pairs.items()}
        for name, values in compared.items()
    }


def _near(lattice: StructureResult, point: tuple[float, ...], size: float) -> Int[NDArray[np.int64], "k"]:
    """Return the bars whose middle lies within a cell of a point, along every axis."""
    ends = lattice.points[lattice.structure.bars]
    return np.flatnonzero((np.abs(ends.mean(axis=1) - np.array(point)) <= size * (1.0 + 1e-9)).all(axis=1))


def _relative(values: Mapping[Source, Float[Array, "*n"]], tested: Source, reference: Source) -> float | None:
    if tested not in values or reference not in values:
        return None
    return relative_rms(values[tested], values[reference])
