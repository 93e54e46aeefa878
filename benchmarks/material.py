"""CPU time of stress, state and tangent at many Gauss points, for the materials that a solver may be given."""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.materials.protocol import State

STEPS = 20
DEVIATION = 0.05
BAR = mt.ElastoplasticBar()


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/material.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks material", description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--chunks", type=int, nargs="+", default=[256, 1024, 4096, 16384])
    options = parser.parse_args(arguments)
    materials = {
        "TANN cube": mt.load("cube"),
        "exact cube (13 bars)": mt.fem.ExactCell(mt.cube_cell(), BAR),
        "exact 2×2×2 perturbed (104 bars)": mt.fem.ExactCell(mt.cube_cell((2, 2, 2), perturbation=0.2), BAR),
    }
    rows = [row for name, material in materials.items() for row in measure(name, material, options)]
    print(machine.table(rows, "CPU microseconds per point"))
    print(machine.write("material", rows))


def measure(name: str, material: mt.fem.Material, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a row for every chunk size; all see the same states, which a random walk has reached."""
    points = options.points if "104" not in name else options.points // 10
    draw = np.random.default_rng(0)
    state = material.initial_state(points)
    for _ in range(STEPS):
        _, _, state = material.update(draw.normal(0.0, DEVIATION, (points, 6)), state, tangent=False)
    increment = draw.normal(0.0, DEVIATION, (points, 6))
    flowing = float(np.mean(material.update(increment, state, tangent=False)[2]["dissipation"] > 0))
    return [
        {
            "material": name,
            "points": points,
            "points flowing": round(flowing, 2),
            "chunk": chunk,
            "with tangent": evaluate(material, increment, state, chunk, True),
            "stress only": evaluate(material, increment, state, chunk, False),
        }
        for chunk in options.chunks
    ]


def evaluate(material: mt.fem.Material, increment: np.ndarray, state: State, chunk: int, tangent: bool) -> float:
    """Return the CPU microseconds per point of the fastest of three passes in chunks, after one that compiles."""
    times = []
    for _ in range(4):
        start = time.process_time()
        for first in range(0, len(increment), chunk):
            rows = slice(first, first + chunk)
            material.update(increment[rows], {key: value[rows] for key, value in state.items()}, tangent=tangent)
        times.append(time.process_time() - start)
    return round(min(times[1:]) / len(increment) * 1e6, 3)


if __name__ == "__main__":
    main([])
