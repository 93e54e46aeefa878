"""Kinds of elements: lcT2 with the shipped model "cube", error against CPU time.

``python -m benchmarks elements [--quick]``. Errors of energy and warping are against the finest mesh of 20-node
hexahedra, those of dissipation relative to max(D, Ψ/100). CPU seconds; functions are compiled beforehand.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import microtann as mt
from benchmarks.machine import table, write
from microtann.evaluation.structures import ReferenceCase, lcT2

RUNS = (
    ("tetra", "parallel", 1.0),
    ("tetra", "mirrored", 1.0),
    ("hexahedron", "mirrored", 1.0),
    ("tetra10", "mirrored", 2.5),
    ("hexahedron20", "mirrored", 2.5),
    ("tetra", "parallel", 0.5),
    ("tetra", "mirrored", 0.5),
    ("hexahedron", "mirrored", 0.5),
    ("tetra10", "mirrored", 1.0),
    ("hexahedron20", "mirrored", 1.0),
)
"""Kind, diagonals, and edge of the blocks."""
REFERENCE = ("hexahedron20", "mirrored", 0.5)
QUICK_REFERENCE = ("hexahedron20", "mirrored", 1.0)


def solve(case: ReferenceCase, kind: str, diagonals: str, size: float) -> tuple[mt.fem.Result, float]:
    """Return the result, and the CPU seconds of mesh and solution."""
    started = time.process_time()
    divisions = np.rint(np.array(case.lengths) / size).astype(int)
    mesh = mt.fem.box(case.lengths, divisions, case.origin, kind, diagonals)
    result = mt.fem.Model(mesh, mt.load("cube")).solve(case.steps)
    return result, time.process_time() - started


def row(case: ReferenceCase, run: tuple[str, str, float], exact: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of one run; the corner whose warping is farthest off counts."""
    kind, diagonals, size = run
    result, seconds = solve(case, kind, diagonals, size)
    cost, mesh = result.statistics, result.mesh
    dissipation = max(exact["dissipation"], exact["energy"] / 100)
    return {
        "element": kind,
        "diagonals": diagonals if kind.startswith("tetra") else "",
        "size": size,
        "cells": len(mesh.cells),
        "points": mesh.weights.size,
        "unknowns": mesh.points.size,
        "newton": cost.newton_iterations,
        "energy_%": 100 * (result.energy[-1] / exact["energy"] - 1),
        "dissipation_%": 100 * (result.dissipation[-1] - exact["dissipation"]) / dissipation,
        "warping_%": 100 * float(np.abs(warping(result) / exact["warping"] - 1).max()),
        "material_s": cost.material_seconds,
        "assembly_s": cost.assembly_seconds,
        "setup_s": cost.setup_seconds,
        "solver_s": cost.solver_seconds,
        "total_s": seconds,
    }


def warping(result: mt.fem.Result) -> Any:
    """Return u_z at the four corners of the top, which are equal by symmetry."""
    corners = [result.nearest((x, y, 20.0)) for x in (-5.0, 5.0) for y in (-5.0, 5.0)]
    return result.displacement[-1][corners, 2]


def main(arguments: list[str]) -> None:
    """Print and write the table."""
    case, quick = lcT2(), "--quick" in arguments
    for kind in ("tetra", "tetra10", "hexahedron", "hexahedron20"):
        solve(lcT2(lengths=(2.0, 2.0, 4.0)), kind, "mirrored", 0.5)  # compiles
    reference, seconds = solve(case, *(QUICK_REFERENCE if quick else REFERENCE))
    exact = {"energy": float(reference.energy[-1]), "dissipation": float(reference.dissipation[-1])}
    exact |= {"warping": float(warping(reference).mean()), "unknowns": reference.points.size, "total_s": seconds}
    rows = [row(case, run, exact) for run in (RUNS[:5] if quick else RUNS)]
    print(table(rows, f"lcT2, against {exact['unknowns']} unknowns of 20-node hexahedra ({seconds:.1f} s)"))
    print("written:", write("elements", {"reference": exact, "runs": rows}))
