"""FEniCSx as the engine on one and more processes: lcT2 beside our own finite elements, and an estimate beyond.

CPU seconds of every process for one increment, after a first one that compiles: material, assembly, set-up of the
preconditioner, linear solver. The estimate for more processes divides what one took by their number, and adds for
every linear iteration messages of ``--latency`` seconds over a tree of processes; it is no measurement. It runs in
this Python, which needs the extra ``fenicsx``.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import machine
from microtann.errors import MissingExtraError
from microtann.fenicsx.processes import launcher

SCRIPT = Path(__file__).with_name("_fenicsx_run.py")
PARTS = ("material", "assembly", "setup", "solver")
MESSAGES = 3
"""Messages that all processes wait for in one linear iteration."""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/fenicsx.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fenicsx", description=__doc__)
    parser.add_argument("--model", default="cube-2x2x2-perturbed")
    parser.add_argument("--sizes", nargs="+", type=float, default=[1.0, 0.5])
    parser.add_argument("--ranks", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--estimate", nargs="+", type=int, default=[16, 64])
    parser.add_argument("--latency", type=float, default=2e-6)
    chosen = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    if not measured(chosen.model, 5.0, 1):  # compiles, which would count as memory
        return
    for size in chosen.sizes:
        single: dict[str, Any] = {}
        for ranks in chosen.ranks:
            found = measured(chosen.model, size, ranks)
            rows.append(found)
            single = found if ranks == 1 else single
            print(machine.table([found], f"lcT2, elements of {size:g}, {ranks} processes"), flush=True)
        rows += [estimated(single, ranks, chosen.latency) for ranks in chosen.estimate if single]
    print(machine.table(rows, "CPU seconds of the slowest process; estimates say so"))
    print(machine.write("fenicsx", rows))


def measured(model: str, size: float, ranks: int) -> dict[str, Any]:
    """Return the times of a run; nothing where FEniCSx is not installed."""
    try:
        command = [*launcher(ranks), sys.executable, str(SCRIPT), model, str(size)]
    except MissingExtraError as error:
        print(error)
        return {}
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    return {"elements of": size, "processes": ranks, "kind": "measured"} | json.loads(line)


def estimated(single: dict[str, Any], ranks: int, latency: float) -> dict[str, Any]:
    """Return what more processes would take, from the constants of one."""
    waits = MESSAGES * single["linear"] * latency * math.ceil(math.log2(ranks))
    times = {part: single[part] / ranks for part in PARTS}
    times["solver"] += waits
    shared = {name: single[name] for name in ("elements of", "cells", "newton", "linear")}
    return shared | {"processes": ranks, "kind": "estimate"} | times | {"sum": sum(times.values())}
