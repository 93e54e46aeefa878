"""Structures: the finite-element run, the full lattice, their cost against size, and Newton iterations.

``python -m benchmarks structures [--quick]``. CPU seconds; functions are compiled beforehand.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np

import microtann as mt
from benchmarks.machine import table, write
from microtann.evaluation.structures import CASES, ReferenceCase, lcH, lcT2
from microtann.fem import SolverOptions

BAR = mt.ElastoplasticBar()
LATTICES = {
    "1/10": (0.1, 1, 0.0),
    "1/20": (0.05, 1, 0.0),
    "1/20, 2×2×2 perturbed": (0.05, 2, 0.2),
    "1/40": (0.025, 1, 0.0),
    "1/50": (0.02, 1, 0.0),
}
"""ε, units per cell edge, perturbation."""
TETRAHEDRA = {"12 000": 10, "96 000": 20, "263 424": 28, "1 022 208": 44}
"""Blocks of six tetrahedra along the width, by the number of tetrahedra; the material is the TANN "cube"."""


def compile_kernels() -> None:
    """Run every kernel once on a small box, fine enough for all levels of multigrid."""
    case = lcT2(lengths=(1.0, 1.0, 2.0))
    finite_elements(case, 0.125)
    lattice(case, 0.125, 1, 0.0)
    lattice(case, 1.0, 2, 0.2)


def finite_elements(case: ReferenceCase, size: float, options: SolverOptions | None = None) -> Any:
    """Solve a case with hexahedra of an edge and the exact cube cell."""
    divisions = np.rint(np.array(case.lengths) / size).astype(int)
    mesh = mt.fem.box(case.lengths, divisions, case.origin)
    return mt.fem.Model(mesh, mt.Lattice(mt.cube_cell(), BAR)).solve(case.steps, options)


def tetrahedra(case: ReferenceCase, width: int) -> Any:
    """Solve a case with mirrored 4-node tetrahedra and the TANN of the cube cell."""
    mesh = mt.fem.box(case.lengths, (width, width, 2 * width), case.origin, kind="tetra")
    return mt.fem.Model(mesh, mt.load("cube")).solve(case.steps)


def lattice(
    case: ReferenceCase, size: float, units: int, perturbation: float, bar: mt.ElastoplasticBar = BAR
) -> Any:
    """Solve a case on the full lattice with cells of an edge."""
    cell = mt.cube_cell((units,) * 3, perturbation=perturbation)
    return mt.Structure.box(cell, bar, case.lengths, size, case.origin).solve(case.steps)


def row(name: str, case: ReferenceCase, solve: Any) -> dict[str, Any]:
    """Return the numbers of one run; memory is the peak of the process."""
    start = time.process_time()
    result = solve()
    seconds = time.process_time() - start
    cost = result.statistics
    last = {key: float(value[-1]) for key, value in case.quantities(result).items()}
    unknowns = result.points.size
    return {
        "run": name,
        "unknowns": unknowns,
        "bars": len(result.structure.bars) if hasattr(result, "structure") else 0,
        "newton": cost.newton_iterations,
        "linear": cost.linear_iterations,
        "calls": cost.constitutive_calls,
        "material_s": cost.material_seconds,
        "assembly_s": cost.assembly_seconds,
        "setup_s": cost.setup_seconds,
        "solver_s": cost.solver_seconds,
        "total_s": seconds,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "energy": last["energy"],
        "dissipation": last["dissipation"],
        case.support: last[case.support],
    }


def one(name: str) -> dict[str, Any]:
    """Run one named case in this process."""
    kind, _, label = name.partition(" ")
    if kind == "tetrahedra":
        tetrahedra(lcT2(), 8)
        return row(name, lcT2(), lambda: tetrahedra(lcT2(), TETRAHEDRA[label]))
    compile_kernels()
    if kind == "FE":
        return row(name, lcT2(), lambda: finite_elements(lcT2(), float(label)))
    epsilon, units, perturbation = LATTICES[label]
    return row(name, lcT2(), lambda: lattice(lcT2(), 10 * epsilon, units, perturbation))


def newton_iterations() -> list[dict[str, Any]]:
    """Count Newton iterations: lcH by tolerances, and lcT2 far beyond yield."""
    rows = []
    for tolerance, linear in ((1e-10, 1e-3), (1e-10, 1e-8), (1e-6, 1e-8)):
        options = SolverOptions(tolerance=tolerance, linear_tolerance=linear)
        cost = finite_elements(lcH(), 1.0, options).statistics
        rows.append(_count(f"lcH FE 1.0, tolerance {tolerance:g}, linear {linear:g}", cost))
    far = CASES["lcT2"](factor=30.0)
    rows.append(_count("lcT2 × 30, FE 1.0", finite_elements(far, 1.0).statistics))
    rows.append(_count("lcT2 × 30, DNS 1/10", lattice(far, 1.0, 1, 0.0).statistics))
    soft = mt.ElastoplasticBar(hardening=0.0)
    far = CASES["lcT2"](factor=10.0)
    for size in (1.0, 0.5):
        cost = lattice(far, size, 1, 0.0, soft).statistics
        rows.append(_count(f"lcT2 × 10, H = 0, DNS 1/{10 / size:.0f}", cost))
    return rows


def _count(name: str, cost: Any) -> dict[str, Any]:
    return {
        "run": name,
        "newton": cost.newton_iterations,
        "linear": cost.linear_iterations,
        "cuts": cost.cuts,
        "total_s": cost.seconds,
    }


def main(arguments: list[str]) -> None:
    """Measure every run in a process of its own, so that peak memory is its own."""
    if arguments[:1] == ["--one"]:
        import json

        print(json.dumps(one(arguments[1])))
        return
    meshes = [f"tetrahedra {name}" for name in TETRAHEDRA]
    names = ["FE 1.0", "FE 0.5", *meshes] + [f"DNS {name}" for name in LATTICES]
    if "--quick" in arguments:
        names = ["FE 1.0", *meshes[:2], "DNS 1/10", "DNS 1/20"]
    rows = [_in_process(name) for name in names]
    print(table(rows, "lcT2 in one increment"))
    fine = [r for r in rows if r["run"] in meshes]
    growth = float(np.polyfit(np.log([r["unknowns"] for r in fine]), np.log([r["total_s"] for r in fine]), 1)[0])
    print(f"cost of tetrahedra grows as the number of unknowns to the power {growth:.2f}")
    regular = [r for r in rows if r["bars"] and "perturbed" not in r["run"]]
    exponent = float(
        np.polyfit(np.log([r["bars"] for r in regular]), np.log([r["total_s"] for r in regular]), 1)[0]
    )
    print(f"cost grows as the number of bars to the power {exponent:.2f}")
    counts = newton_iterations()
    print(table(counts, "iterations"))
    print(
        "written:",
        write("structures", {"lcT2": rows, "exponent": exponent, "growth": growth, "iterations": counts}),
    )


def _in_process(name: str) -> dict[str, Any]:
    import json

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "structures", "--one", name],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"  {name}: {result['total_s']:.1f} s", flush=True)
    return result
