"""CPU time of stress, state and tangent at many Gauss points, for the materials that a solver may be given.

The points are in the steady plastic state of random walks of increments of the same size. Beside them stands what
the products of matrices in the update of the published networks take alone, as the BLAS of this machine multiplies
large matrices, and those of their sizes: no update by products can be faster.
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
from microtann.forms.published.network_update import BLOCK, prepare_networks
from microtann.materials.protocol import State

BAR = mt.ElastoplasticBar()
SPREAD = 0.7
"""Standard deviation of the strain that the walks reach: twice the yield strain of a bar."""
LESS_SPREAD = {"TANN cube, published": 0.2}
"""Networks that nothing holds leave their range on longer walks, and what they then return is not finite."""

LARGE = 512
"""Rows of matrices large enough for the full speed of a BLAS."""
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
        products = products_alone(mt.load("cube-published"))
    print(machine.table(rows, f"CPU microseconds per point; threads: {threads}"))
    print(machine.table([products], "the products of the published networks alone, with the tangent"))
    print(machine.write("material", {"threads": threads, "rows": rows, "products": products}))


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


def products_alone(tann: mt.TANN) -> dict[str, float]:
    """Return what one thread of the BLAS takes for the products of an update of free networks, per point."""
    update, v = prepare_networks(tann.point), tann.components
    hidden, inputs = update.energy.shape
    sizes = [(1, inputs, hidden)] * 2 + [(1, hidden, v), (1, hidden, inputs), (1, hidden, v * inputs)]
    for layer, (out, into) in enumerate(weight.shape for weight in update.rate.weights):
        sizes += [(1, into, out), (v, out, into if layer else v)]
    alone = sum(seconds_of_product(BLOCK * rows, inner, columns) for rows, inner, columns in sizes) / BLOCK
    flops = sum(2.0 * rows * inner * columns for rows, inner, columns in sizes)
    peak = 2.0 * LARGE**3 / seconds_of_product(LARGE, LARGE, LARGE)
    return {
        "kflop": flops / 1e3,
        "Gflop/s of large matrices": peak / 1e9,
        "at that rate [µs]": flops / peak * 1e6,
        "in their own sizes [µs]": alone * 1e6,
    }


def seconds_of_product(rows: int, inner: int, columns: int) -> float:
    """Return the CPU seconds of a product of matrices, the fewest of some times."""
    draw = np.random.default_rng(0)
    left, right, product = draw.random((rows, inner)), draw.random((inner, columns)), np.empty((rows, columns))
    repeats, times = max(1, int(2e8 / (rows * inner * columns))), []
    for _ in range(5):
        start = time.process_time()
        for _ in range(repeats):
            np.matmul(left, right, out=product)
        times.append((time.process_time() - start) / repeats)
    return min(times)


if __name__ == "__main__":
    main([])
