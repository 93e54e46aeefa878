"""CPU time of finite elements by parts: a cube of n³ hexahedra under von Mises, torsion of a prism, and threads.

``python -m benchmarks fem [--sizes 16 24 32] [--loads pulled sheared] [--elements 0.5] [--threads 1 2]``. Five
increments to a residual of 1e-8, base and top held, after runs that compile: pulled by 0.5 %, 3.5 times what
yields, or sheared by 1 %, which takes more Newton iterations. The second table is lcT2 with the shipped network of
the cell of 4×4×4 units. The third evaluates 48 slips at many Gauss points; its wall time depends on what else runs
on the machine.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import microtann as mt
from benchmarks.machine import table, write
from microtann.evaluation.structures import lcT2
from microtann.fem.assembly import FiniteElements

LOADS = {"pulled": ("z", 0.005), "sheared": ("x", 0.01)}
"""Direction and size of the motion of the top, by name."""


def cube(n: int, load: str) -> tuple[mt.fem.Mesh, list[mt.fem.Prescribed]]:
    """Return a unit cube of n³ hexahedra, and the motion of its base and top."""
    along, size = LOADS[load]
    base = [mt.fem.Prescribed(lambda x: x[:, 2] < 1e-9, axis) for axis in "xyz"]
    top = [mt.fem.Prescribed(lambda x: x[:, 2] > 1 - 1e-9, axis, size * (axis == along)) for axis in "xyz"]
    return mt.fem.box((1.0, 1.0, 1.0), (n, n, n)), base + top


def solve(n: int, load: str) -> dict[str, Any]:
    """Return the CPU seconds of a cube of n³ hexahedra, by parts."""
    mesh, motion = cube(n, load)
    steel = mt.fem.VonMises(young=210e3, poisson=0.3, yield_stress=300.0, hardening=2e3)
    model, step = mt.fem.Model(mesh, steel), mt.fem.Step(motion, increments=5)
    return {"load": load, "n": n} | costs(model, step, mt.fem.SolverOptions(tolerance=1e-8))


def torsion(edge: float) -> dict[str, Any]:
    """Return the CPU seconds of lcT2 with elements of an edge and the network of the 4×4×4 cell, by parts."""
    case, model = lcT2(), mt.load("cube-4x4x4-perturbed")
    divisions = np.rint(np.array(case.lengths) / edge).astype(int)
    mesh = mt.fem.box(case.lengths, divisions, case.origin, "hexahedron")
    return {"elements": edge} | costs(mt.fem.Model(mesh, model), case.steps)


def costs(model: mt.fem.Model, steps: Any, options: mt.fem.SolverOptions | None = None) -> dict[str, Any]:
    """Return the CPU seconds of a run by parts, and its energy and dissipation at the end."""
    start = time.process_time()
    result = model.solve(steps, options)
    total, cost = time.process_time() - start, result.statistics
    return {
        "unknowns": model.mesh.points.size,
        "newton": cost.newton_iterations,
        "linear": cost.linear_iterations,
        "material_s": cost.material_seconds,
        "assembly_s": cost.assembly_seconds,
        "setup_s": cost.setup_seconds,
        "solver_s": cost.solver_seconds,
        "total_s": total,
        "energy": float(result.energy[-1]),
        "dissipation": float(result.dissipation.sum()),
    }


def side_by_side(threads: int) -> dict[str, Any]:
    """Return wall and CPU seconds of three evaluations with 48 slips, by some threads."""
    mesh = mt.fem.box((1.0, 1.0, 1.0), (16, 16, 16))
    system = FiniteElements(mesh, mt.load("cube-2x2x2-perturbed"), threads=threads)
    moves = 0.3 * (mesh.points @ np.random.default_rng(0).normal(size=(3, 3))).ravel()
    virgin = system.virgin()
    system.evaluate(virgin, moves, moves, 1.0, True)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(3):
        system.evaluate(virgin, moves, moves, 1.0, True)
    return {
        "threads": threads,
        "points": mesh.weights.size,
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
    }


def main(arguments: list[str]) -> None:
    """Print the tables and write ``results/benchmarks/fem.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fem", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[16, 24, 32])
    parser.add_argument("--loads", nargs="+", choices=LOADS, default=list(LOADS))
    parser.add_argument("--elements", type=float, default=0.5, help="edge of the elements of lcT2")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args(arguments)
    for small in (4, 10):
        solve(small, "pulled")
    rows = [solve(n, load) for load in options.loads for n in options.sizes]
    torsion(2.0)
    twisted = [torsion(options.elements)]
    beside = [side_by_side(threads) for threads in options.threads]
    print(table(rows, "von Mises, n³ hexahedra, five increments, CPU seconds"))
    print(table(twisted, "lcT2, network of the cell of 4×4×4 units, CPU seconds"))
    print(table(beside, "48 slips, one evaluation of stress, tangent and stiffness, three times"))
    print("written:", write("fem", {"runs": rows, "torsion": twisted, "threads": beside}))
