"""CPU time of the exact cell: increments with all fields, as data need them, and FE² points with tangent.

Options: ``--quick`` runs a twentieth of the increments.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.microstructure.bars.condensed.cell_flow import Solver, advance, follow_strains
from microtann.microstructure.bars.condensed.condensation import condense

STD = 0.05
STEPS = 100
CELLS = {
    "square 2x2": (mt.square_cell((2, 2), perturbation=0.2), 30_000, 0.5),
    "square 6x6": (mt.square_cell((6, 6), perturbation=0.2), 30_000, 5.0),
    "cube 2x2x2": (mt.cube_cell((2, 2, 2), perturbation=0.2), 50_000, 5.0),
    "cube 4x4x4": (mt.cube_cell((4, 4, 4), perturbation=0.2), 50_000, 120.0),
}
"""Cell, increments, and the CPU seconds they may take."""

SOLVERS: tuple[Solver, ...] = ("active-set", "newton", "fastest")
CHUNK = 20
"""Paths solved together: the fields of more would not fit in the memory of a small machine."""


def main(arguments: list[str]) -> None:
    """Measure and print."""
    share = 20 if "--quick" in arguments else 1
    bar = mt.ElastoplasticBar()
    fields = [
        _fields(name, cell, bar, count // share, limit / share) for name, (cell, count, limit) in CELLS.items()
    ]
    print(machine.table(fields, f"increments with all fields, random walks of std {STD}"))
    points = [row for name in ("cube 2x2x2", "cube 4x4x4") for row in _points(name, CELLS[name][0], bar)]
    print(machine.table(points, "stress, state and tangent at material points in random states, µs per point"))
    machine.write("cell", {"fields": fields, "points": points})


def _walks(paths: int, components: int, seed: int = 12345) -> np.ndarray:
    """Return walks of which no component leaves ±0.7."""
    rng = np.random.default_rng(seed)
    strain = np.zeros((paths, STEPS, components))
    present = np.zeros((paths, components))
    for t in range(STEPS):
        step = rng.normal(0.0, STD, (paths, components))
        present = present + np.where(np.abs(present + step) > 0.7, -step, step)
        strain[:, t] = present
    return strain


def _fields(
    name: str, cell: mt.UnitCell, bar: mt.ElastoplasticBar, increments: int, limit: float
) -> dict[str, Any]:
    walks = _walks(increments // STEPS, cell.components)
    condensed = condense(cell, bar)
    mt.solve_cell(cell, bar, walks[:1, :3])
    flowing, spent = 0, 0.0
    for first in range(0, len(walks), CHUNK):
        begin = time.process_time()
        response = mt.solve_cell(cell, bar, walks[first : first + CHUNK])
        spent += time.process_time() - begin
        flowing += int((np.diff(response.plastic_strain, axis=1) != 0).sum())
    row = {
        "cell": name,
        "bars": condensed.count,
        "increments": len(walks) * STEPS,
        "CPU s": spent,
        "wanted s": limit,
        "µs per increment": spent / walks[..., 0].size * 1e6,
        "flowing %": 100 * flowing / (len(walks) * (STEPS - 1) * len(cell.bars)),
    }
    some = walks[: min(len(walks), 10)]
    start = np.zeros((len(some), condensed.count))
    for solver in SOLVERS:
        follow_strains(condensed, some[:1, :3], start[:1], solver)
        begin = time.process_time()
        follow_strains(condensed, some, start, solver)
        row[f"{solver} µs"] = (time.process_time() - begin) / some[..., 0].size * 1e6
    return row


def _points(name: str, cell: mt.UnitCell, bar: mt.ElastoplasticBar) -> list[dict[str, Any]]:
    condensed = condense(cell, bar)
    walks = _walks(10, cell.components)
    history = follow_strains(condensed, walks, np.zeros((10, condensed.count)))
    state, strain = history[:, 50:].reshape(-1, condensed.count), walks[:, 50:].reshape(-1, cell.components)
    rows = []
    for std in (0.01, 0.05, 0.2, 0.5):
        moved = strain + np.random.default_rng(0).normal(0.0, std, strain.shape)
        row: dict[str, Any] = {"cell": name, "bars": condensed.count, "increment std": std}
        after = advance(condensed, moved, state, False).plastic_strain
        row["flowing %"] = 100 * float((after != state).mean())
        for solver in SOLVERS:
            advance(condensed, moved[:8], state[:8], True, solver)
            begin = time.process_time()
            advance(condensed, moved, state, True, solver)
            row[solver] = (time.process_time() - begin) / len(state) * 1e6
        rows.append(row)
    return rows
