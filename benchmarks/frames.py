"""CPU time of exact frames by both solvers, what it takes to build them, and errors of sections and fibres.

Options: ``--quick`` leaves out the errors.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.microstructure.frames.frame_flow import FEW_FIBRES

POINTS, STEPS, STD = 64, 12, 0.05
"""Paths that advance together, increments, and their standard deviation in unit strains."""
THICKNESS, RADIUS = 0.1, 0.03


def _rectangle(fibres: tuple[int, int]) -> mt.CrossSection:
    return mt.CrossSection.rectangle(THICKNESS, fibres=fibres)


def _circle(fibres: tuple[int, int]) -> mt.CrossSection:
    return mt.CrossSection.circle(RADIUS, fibres)


Case = tuple[mt.UnitCell, Callable[[tuple[int, int]], mt.CrossSection], tuple[int, int], float]
CASES: dict[str, Case] = {
    "square 1x1": (mt.square_grid_cell(), _rectangle, (8, 1), np.nan),
    "square 2x2": (mt.square_grid_cell((2, 2), perturbation=0.2), _rectangle, (8, 1), np.nan),
    "honeycomb 2x2": (mt.honeycomb_cell((2, 2), perturbation=0.2), _rectangle, (8, 1), np.nan),
    "kelvin": (mt.kelvin_cell(perturbation=0.1), _circle, (1, 12), 100.0),
}
"""Cell, section of a beam, its fibres, and the microseconds that an increment may take."""
TRIED = {
    "square 2x2": ([3, 4, 5, 6, 7], [(4, 1), (8, 1)], (10, (16, 1))),
    "honeycomb 2x2": ([3, 4, 5, 6, 7], [(4, 1), (8, 1)], (10, (16, 1))),
    "kelvin": ([3, 4, 5, 6], [(1, 8), (1, 12), (2, 12)], (8, (3, 16))),
}
"""Sections and fibres whose errors are measured, and the reference."""


def main(arguments: list[str]) -> None:
    """Measure and print."""
    times = [_times(name, *case) for name, case in CASES.items()]
    print(machine.table(times, f"increments of {POINTS} points at once, std {STD} of unit strains, µs per point"))
    print(f"active sets are taken up to {FEW_FIBRES} fibres")
    errors = [] if "--quick" in arguments else [row for name in TRIED for row in _errors(name)]
    if errors:
        print(machine.table(errors, "errors of the stress on walks to ± 3 first yields, metric of the stiffness"))
    machine.write("frames", {"times": times, "errors": errors})


def _times(
    name: str,
    cell: mt.UnitCell,
    make: Callable[[tuple[int, int]], mt.CrossSection],
    fibres: tuple[int, int],
    wanted: float,
) -> dict[str, Any]:
    frame = mt.Frame(cell, make(fibres))
    begin = time.process_time()
    _ = frame.flow.equations
    build = time.process_time() - begin
    steps = np.random.default_rng(0).normal(0.0, STD, (STEPS, POINTS, frame.components))
    walks = frame.strain_metric("stiffness").strains(np.cumsum(steps, axis=0))
    row: dict[str, Any] = {
        "cell": name,
        "fibres": frame.exact_states,
        "build ms": 1e3 * build,
        "wanted µs": wanted,
    }
    begin = time.process_time()
    _ = frame.flow.condensed.lane_slips
    row["dense build ms"] = 1e3 * (time.process_time() - begin)
    flowing = 0.0
    for solver in ("fastest", "active-set"):
        for tangent in (False, True):
            plastic, spent = np.zeros((POINTS, frame.exact_states)), 0.0
            for step, strain in enumerate(walks):
                begin = time.process_time()
                after = frame.flow.advance(strain, plastic, tangent, solver).plastic_strain  # type: ignore[arg-type]
                spent += (time.process_time() - begin) * (step > 0)  # the first one may compile
                flowing += float((after != plastic).mean()) / (4 * STEPS)
                plastic = after
            row[f"{solver}{' with tangent' * tangent}"] = spent / (STEPS - 1) / POINTS * 1e6
    return row | {"flowing %": 100.0 * flowing}


def _errors(name: str) -> list[dict[str, Any]]:
    cell, make, _, _ = CASES[name]
    sections, fibres, reference = TRIED[name]
    rows = []
    for rule in ("lobatto", "gauss"):
        choices = [(count, some) for count in sections for some in fibres]
        for found in mt.frame_errors(cell, make, choices, reference, rule, paths=8, increments=40):  # type: ignore[arg-type]
            rows.append(
                {
                    "cell": name,
                    "rule": rule,
                    "sections": found.sections,
                    "fibres": f"{found.fibres[0]} x {found.fibres[1]}",
                    "error": found.stress,
                    "µs": found.microseconds,
                }
            )
    return rows
