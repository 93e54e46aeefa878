"""Errors on both scales: the field u⁰ + ε u¹ and the stresses of bars, against those of the full lattice."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.evaluation.both_scales import Microscale
from microtann.evaluation.comparison import Analysis, Comparison
from microtann.structure.structure import StructureResult

Array = NDArray[np.float64]
Errors = dict[str, float | None]
PAIRS: dict[str, tuple[Analysis, Analysis]] = {
    "network error": ("model", "exact"),
    "homogenisation error": ("exact", "lattice"),
    "total error": ("model", "lattice"),
}
"""What is compared with what; the network error compares the same mesh at the nodes and bars of the lattice."""


def scale_errors(comparison: Comparison, scales: Mapping[Analysis, Microscale]) -> dict[str, Errors]:
    """Return relative errors on both scales at the end of the loading.

    Parameters
    ----------
    comparison : Comparison
        With a full lattice.
    scales : mapping
        The lattice inside the finite elements, by analysis.

    Returns
    -------
    dict
        By quantity, then by the names of `PAIRS`; None where an analysis is missing. "bars at (5, 5, 10)" end in
        the control nodes, and take the state there; "bars around" have their middle within a cell of one. "field"
        is the displacement of all nodes. Errors are RMS over RMS of the reference, that of the displacement of a
        control node relative to its size.
    """
    lattice, case = comparison.lattice, comparison.case
    if lattice is None:
        return {}
    found: dict[str, dict[Analysis, Array]] = {}

    def note(name: str, analysis: Analysis, value: Array) -> None:
        found.setdefault(name, {})[analysis] = value

    points = sorted({control.point for control in case.controls})
    names = " and ".join(f"({', '.join(f'{x:g}' for x in point)})" for point in points)
    bars = lattice.structure.bars
    at = [np.flatnonzero((bars == lattice.nearest(point)).any(axis=1)) for point in points]
    size = next(iter(scales.values())).cell_size if scales else 0.0
    near = [_near(lattice, point, size) for point in points]
    fields = {analysis: scale.displacement(lattice.points) for analysis, scale in scales.items()}
    last = lattice.displacement[-1]
    for analysis, scale in scales.items():
        stress = [scale.bar_stress(lattice.points, bars[k], p) for k, p in zip(at, points, strict=True)]
        note(f"stress of {sum(map(len, at))} bars at {names}", analysis, np.concatenate(stress))
    for analysis, scale in scales.items():
        stress = [scale.bar_stress(lattice.points, bars[k]) for k in near]
        note(f"stress of {sum(map(len, near))} bars around", analysis, np.concatenate(stress))
    for which, chosen in zip(list(found), (at, near), strict=False):
        note(which, "lattice", lattice.stress[np.concatenate(chosen)])
    for control in case.controls:
        node = lattice.nearest(control.point)
        for analysis, (u0, eu1) in fields.items():
            value = u0[node, control.component] + eu1[node, control.component]
            note(f"{control.name}, u⁰ + εu¹", analysis, np.array([value]))
        note(f"{control.name}, u⁰ + εu¹", "lattice", last[node, control.component : control.component + 1])
    for analysis, (u0, eu1) in fields.items():
        note("displacement field, u⁰", analysis, u0)
        note("displacement field, u⁰ + εu¹", analysis, u0 + eu1)
    for name in ("displacement field, u⁰", "displacement field, u⁰ + εu¹"):
        note(name, "lattice", last)
    return {
        name: {pair: _relative(values, *analyses) for pair, analyses in PAIRS.items()}
        for name, values in found.items()
    }


def _near(lattice: StructureResult, point: tuple[float, ...], size: float) -> Int[NDArray[np.int64], "k"]:
    """Return the bars whose middle lies within a cell of a point, along every axis."""
    ends = lattice.points[lattice.structure.bars]
    return np.flatnonzero((np.abs(ends.mean(axis=1) - np.array(point)) <= size * (1.0 + 1e-9)).all(axis=1))


def _relative(
    values: Mapping[Analysis, Float[Array, "*n"]], tested: Analysis, reference: Analysis
) -> float | None:
    if tested not in values or reference not in values:
        return None
    size = float(np.sqrt(np.mean(values[reference] ** 2)))
    error = float(np.sqrt(np.mean((values[tested] - values[reference]) ** 2)))
    if size == 0.0:
        return 0.0 if error == 0.0 else float("inf")
    return error / size
