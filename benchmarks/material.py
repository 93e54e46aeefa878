"""CPU time of stress, state and tangent at many Gauss points, for the materials that a solver may be given.

The points are in the steady plastic state of random walks of increments of the same size.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

import microtann as mt
from benchmarks import machine
from microtann.materials.protocol import State

BAR = mt.ElastoplasticBar()
SPREAD = 0.7
"""Standard deviation of the strain that the walks reach: twice the yield strain of a bar."""
LESS_SPREAD = {"TANN cube, published": 0.2}
"""Networks that nothing holds leave their range on longer walks, and what they then return is not finite."""

Update = Callable[..., Any]

FEWER = {"exact 104 bars": 10, "exact 832 bars": 100}
"""The costly materials see a tenth or a hundredth of the points, but no fewer than the smallest chunk."""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/material.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks material", description=__doc__)
    parser.add_argument("--points", type=int, default=102_400)
    parser.add_argument("--chunks", type=int, nargs="+", default=[256, 1024, 4096, 16384])
    parser.add_argument("--std", type=float, nargs="+", default=[0.05, 0.2, 0.5])
    parser.add_argument("--differentiated", action="store_true", help="automatic differentiation of TANNs too")
    parser.add_argument("--threads", type=int, default=1, help="threads of the BLAS")
    options = parser.parse_args(arguments)
    materials = {
        "TANN cube": mt.load("cube"),
        "TANN cube, residual": mt.load("cube-residual"),
        "TANN cube, published": mt.load("cube-published"),
        "TANN 48 states": mt.load("cube-2x2x2-perturbed"),
        "exact 13 bars": mt.Lattice(mt.cube_cell(), BAR),
        "exact 104 bars": mt.Lattice(mt.cube_cell((2, 2, 2), perturbation=0.2), BAR),
        "exact 832 bars": mt.Lattice(mt.cube_cell((4, 4, 4), perturbation=0.2), BAR),
    }
    with threadpool_limits(options.threads):
        threads = max(pool["num_threads"] for pool in threadpool_info())
        rows = [
            row
            for name, material in materials.items()
            for std in options.std
            for row in measure(name, material, std, options)
        ]
    print(machine.table(rows, f"CPU microseconds per point; threads: {threads}"))
    print(machine.write("material", {"threads": threads, "rows": rows}))


def measure(name: str, material: mt.fem.Material, std: float, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a row for every chunk size; all see the same states, which a random walk has reached."""
    points = max(options.points // FEWER.get(name, 1), min(options.chunks))
    draw = np.random.default_rng(0)
    state, spread = material.initial_state(points), LESS_SPREAD.get(name, SPREAD)
    for _ in range(int(np.ceil((spread / std) ** 2))):
        _, _, state = material.update(draw.normal(0.0, std, (points, 6)), state, tangent=False)
    increment = draw.normal(0.0, std, (points, 6))
    flowing = float(np.mean(material.update(increment, state, tangent=False)[2]["dissipation"] > 0))
    return [
        {
            "material": name,
            "increment std": std,
            "points": points,
            "points flowing": round(flowing, 2),
            "chunk": chunk,
            "with tangent": evaluate(material.update, increment, state, chunk, True),
            "stress only": evaluate(material.update, increment, state, chunk, False),
        }
        | (
            {"differentiated": evaluate(material.update_by_differentiation, increment, state, chunk, True)}
            if options.differentiated and isinstance(material, mt.TANN)
            else {}
        )
        for chunk in options.chunks
        if chunk <= max(points, min(options.chunks))
    ]


def evaluate(update: Update, increment: np.ndarray, state: State, chunk: int, tangent: bool) -> float:
    """Return the CPU microseconds per point of the fastest of three passes in chunks, after one that compiles."""
    times = []
    for _ in range(4):
        start = time.process_time()
        for first in range(0, len(increment), chunk):
            rows = slice(first, first + chunk)
            update(increment[rows], {key: value[rows] for key, value in state.items()}, tangent=tangent)
        times.append(time.process_time() - start)
    return round(min(times[1:]) / len(increment) * 1e6, 3)


if __name__ == "__main__":
    main([])
