"""CPU time to generate increments of lattice cells with all fields, to write, read and check them."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import microtann as mt
from benchmarks import machine
from microtann.data.check import check_file
from microtann.data.file import read_dataset
from microtann.data.generate import generate
from microtann.data.shards import generate_to
from microtann.data.walks import WalkPlan

BAR = mt.ElastoplasticBar()
CELLS: dict[str, tuple[Callable[[], mt.UnitCell], int, float | None]] = {
    "cube": (mt.cube_cell, 30_000, None),
    "square 2×2 perturbed": (lambda: mt.square_cell(units=(2, 2), perturbation=0.2), 30_000, 0.5),
    "square 6×6 perturbed": (lambda: mt.square_cell(units=(6, 6), perturbation=0.2), 30_000, 5.0),
    "cube 2×2×2 perturbed": (lambda: mt.cube_cell(units=(2, 2, 2), perturbation=0.2), 50_000, 5.0),
    "cube 4×4×4 perturbed": (lambda: mt.cube_cell(units=(4, 4, 4), perturbation=0.2), 50_000, 120.0),
}
"""Cell, increments and the CPU seconds aimed at for their generation in memory."""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/data.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks data", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="share of the increments, for a quick look")
    parser.add_argument("--cells", nargs="*", default=list(CELLS), choices=list(CELLS))
    options = parser.parse_args(arguments)
    rows = [measure(name, options.share) for name in options.cells]
    print(machine.table(rows, "CPU seconds"))
    print(machine.write("data", rows))


def measure(name: str, share: float) -> dict[str, Any]:
    """Return the CPU times of one cell."""
    build, increments, target = CELLS[name]
    cell = build()
    plan = WalkPlan(paths=max(round(share * increments / 100), 4), steps=100)
    generate(mt.Lattice(cell, BAR), WalkPlan(paths=4, steps=10))  # compile
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.h5"
        in_memory = cpu(lambda: generate(mt.Lattice(cell, BAR), plan))
        to_file = cpu(lambda: generate_to(path, mt.Lattice(cell, BAR), plan))
        reading = cpu(lambda: read_dataset(path))
        checking = cpu(lambda: check_file(path))
        size = path.stat().st_size
    return {
        "cell": name,
        "distinct bars": cell.distinct_bars.count,
        "increments": plan.increments,
        "generate": in_memory,
        "aim": "" if target is None else target,
        "µs per increment": 1e6 * in_memory / plan.increments,
        "generate_to": to_file,
        "read": reading,
        "check": checking,
        "MB": size / 1e6,
    }


def cpu(function: Callable[[], object]) -> float:
    """Return the CPU seconds of a call."""
    start = time.process_time()
    function()
    return time.process_time() - start
