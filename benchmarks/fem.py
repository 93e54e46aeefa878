"""CPU time of finite elements by parts: a sheared cube of n³ hexahedra under von Mises; threads side by side.

``python -m benchmarks fem [--sizes 16 24 32] [--threads 1 2]``. Five increments to a residual of 1e-8, base and
top held, after runs that compile. The second table evaluates 48 slips at many Gauss points; its wall time depends
on what else runs on the machine.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import microtann as mt
from benchmarks.machine import table, write
from microtann.fem.assembly import FiniteElements


def solve(n: int) -> dict[str, Any]:
    """Return the CPU seconds of a cube of n³ hexahedra, by parts."""
    mesh = mt.fem.box((1.0, 1.0, 1.0), (n, n, n))
    steel = mt.fem.VonMises(young=210e3, poisson=0.3, yield_stress=300.0, hardening=2e3)
    base = [mt.fem.Prescribed(lambda x: x[:, 2] < 1e-9, axis) for axis in "xyz"]
    top = [mt.fem.Prescribed(lambda x: x[:, 2] > 1 - 1e-9, axis, 0.01 * (axis == "x")) for axis in "xyz"]
    start = time.process_time()
    options = mt.fem.SolverOptions(tolerance=1e-8)
    result = mt.fem.Model(mesh, steel).solve([mt.fem.Step(base + top, increments=5)], options)
    total, cost = time.process_time() - start, result.statistics
    return {
        "n": n,
        "unknowns": mesh.points.size,
        "newton": cost.newton_iterations,
        "linear": cost.linear_iterations,
        "material_s": cost.material_seconds,
        "assembly_s": cost.assembly_seconds,
        "setup_s": cost.setup_seconds,
        "solver_s": cost.solver_seconds,
        "total_s": total,
        "dissipation": float(result.dissipation[-1]),
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
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args(arguments)
    for small in (4, 10):
        solve(small)
    rows = [solve(n) for n in options.sizes]
    beside = [side_by_side(threads) for threads in options.threads]
    print(table(rows, "von Mises, n³ hexahedra, five increments, CPU seconds"))
    print(table(beside, "48 slips, one evaluation of stress, tangent and stiffness, three times"))
    print("written:", write("fem", {"runs": rows, "threads": beside}))
