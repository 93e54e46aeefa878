"""Finite elements beside FElupe and torch-fem: same mesh, material, increments and tolerance, in one run.

``python -m benchmarks peers [--sizes 8 16] [--direct 8] [--python PYTHON]``. A cube of n³ linear hexahedra
without mean dilatation, von Mises with linear isotropic hardening, base and top held, pulled by 0.5 % in five
increments to a relative residual of 1e-8, each code by its own measure. CPU seconds after a small run that
compiles, one thread each. FElupe is run with algebraic multigrid (pyamg with rigid motions, a hierarchy for
every solve, conjugate gradients to 1e-6), and up to ``--direct`` as it comes, with SciPy's direct solver;
torch-fem chooses its solver by itself. The peers run in the Python ``--python`` that has them (``pip install
felupe pyamg torch torch-fem``). The last column is the relative difference of the force on the top from ours.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import microtann as mt
from benchmarks._peer_run import HARDENING, INCREMENTS, POISSON, PULL, RUNS, STRENGTH, YOUNG
from benchmarks.machine import table, write
from microtann.errors import LockingWarning

Row = dict[str, Any]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def ours(size: int, tolerance: float) -> Row:
    """Return CPU seconds, Newton iterations and the force on the top."""
    mesh = mt.fem.box((1.0, 1.0, 1.0), (size, size, size))
    steel = mt.fem.VonMises(YOUNG, POISSON, STRENGTH, 0.0, isotropic_hardening=HARDENING)
    base = [mt.fem.Prescribed(lambda x: x[:, 2] < 1e-9, axis) for axis in "xyz"]
    top = [mt.fem.Prescribed(lambda x: x[:, 2] > 1 - 1e-9, axis, PULL * (axis == "z")) for axis in "xyz"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LockingWarning)  # the peers lock as well
        model = mt.fem.Model(mesh, steel, mean_dilatation=False)
        start = time.process_time()
        result = model.solve(
            mt.fem.Step(base + top, increments=INCREMENTS), mt.fem.SolverOptions(tolerance=tolerance)
        )
        seconds = time.process_time() - start
    force = abs(float(result.axial_force(lambda x: x[:, 2] > 1 - 1e-9)[-1]))
    return {"newton": result.statistics.newton_iterations, "force": force, "cpu_s": seconds}


def theirs(name: str, size: int, tolerance: float, python: str) -> Row:
    """Return what a peer's run printed.

    Raises
    ------
    SystemExit
        If that Python does not have it.
    """
    script = str(Path(__file__).with_name("_peer_run.py"))
    command = [python, script, name, str(size), str(tolerance)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | ONE_THREAD, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        sys.exit(f"{name} failed in {python}: {reason[0]}; pip install felupe pyamg torch torch-fem")
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/peers.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks peers", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[8, 16])
    parser.add_argument("--direct", type=int, default=8, help="largest size of FElupe with its direct solver")
    parser.add_argument("--tolerance", type=float, default=1e-8)
    parser.add_argument("--python", default=sys.executable, help="that has the peers")
    options = parser.parse_args(arguments)
    for small in (4, 10):
        ours(small, options.tolerance)
    rows: list[Row] = []
    versions: dict[str, str] = {}
    for size in options.sizes:
        mine = ours(size, options.tolerance)
        rows.append(_row(size, "microtann", mine, mine))
        for name in RUNS:
            if name == "felupe" and size > options.direct:
                continue
            found = theirs(name, size, options.tolerance, options.python)
            versions |= found.pop("versions")
            rows.append(_row(size, name, found, mine))
    print(table(rows, f"von Mises, n³ hexahedra, five increments, residual {options.tolerance:g}, CPU seconds"))
    print("versions:", ", ".join(f"{name} {number}" for name, number in versions.items()))
    print("written:", write("peers", {"runs": rows, "versions": versions}))


def _row(size: int, name: str, found: Row, mine: Row) -> Row:
    """Return a row of the table: CPU seconds, as many times ours, and how far the force is from ours."""
    return {
        "n": size,
        "code": name,
        "newton": "" if found["newton"] is None else found["newton"],
        "cpu_s": found["cpu_s"],
        "times ours": found["cpu_s"] / mine["cpu_s"],
        "force": found["force"],
        "difference": abs(found["force"] / mine["force"] - 1.0),
    }
