"""What a hybrid takes: files of a recorded equilibrium and memory, with few of its points handed over."""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann import fem
from microtann.equilibrium.record import state_path


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/hybrids.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks hybrids", description=__doc__)
    parser.add_argument("--model", default="cube-4x4x4-perturbed")
    parser.add_argument("--twist", type=float, default=80.0, help="Angle of the top in degrees.")
    options = parser.parse_args(arguments)
    base, top = (lambda p: p[:, 2] == 0.0), (lambda p: p[:, 2] == 20.0)
    held = [fem.Prescribed(base, axis) for axis in "xyz"]
    step = fem.Step([*held, *fem.rigid_rotation(top, options.twist, "z", 0.0, True)], increments=2)
    mesh = fem.box((10.0, 10.0, 20.0), (8, 8, 32), (-5.0, -5.0, 0.0))
    material = mt.Hybrid(mt.load(options.model))
    before, started = _peak_mb(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        result = fem.Model(mesh, material).solve([step], fem.SolverOptions(outside_training="none"), record=folder)
        files = [state_path(Path(folder), number).stat().st_size / 1e6 for number in range(2)]
    row = {
        "elements": mesh.cell_count,
        "points": mesh.weights.size,
        "handed over": int(np.count_nonzero(result.state["exact_share"])),
        "state files, MB": [round(size, 2) for size in files],
        "memory beside the start, MB": round(_peak_mb() - before),
        "CPU s": round(time.process_time() - started, 1),
        "energy": float(result.energy[-1]).hex(),
    }
    print(machine.table([row], f"lcT by {options.twist:g}°, hybrid of {options.model}"))
    print(machine.write("hybrids", [row]))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
