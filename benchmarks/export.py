"""CPU time per point of exported C against `tann.update`, with the tangent, and how far the two agree.

The points are in the state of random walks within the range of the training: 24 increments of standard deviation
0.1. Both are called in turn in chunks that stay in the cache, on one thread; times are medians.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.export import CompiledModel, compile_source, write
from microtann.export.compilers import compiler
from microtann.materials.protocol import State

MODELS = (
    "cube-2x2x2-perturbed-variational",
    "cube-4x4x4-perturbed-variational",
    "cube-variational",
    "cube-play",
    "cube-residual",
    "cube-published",
)
CHUNK = 1024
PASSES = 9


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/export.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks export", description=__doc__)
    parser.add_argument("--models", nargs="+", default=MODELS, help="names of shipped models, or files")
    parser.add_argument("--points", type=int, default=10_240)
    parser.add_argument("--std", type=float, nargs="+", default=[0.005, 0.05, 0.15, 0.5])
    options = parser.parse_args(arguments)
    rows = []
    with TemporaryDirectory() as folder:
        for name in options.models:
            model = mt.load(name)
            began = time.process_time()
            library = compile_source(write(model, folder, name="measured")[0])
            compiled = CompiledModel(library, model)
            size = Path(library).stat().st_size // 1024
            for std in options.std:
                rows.append(measure(name, model, compiled, std, options.points) | {"library kB": size})
            print(f"{name}: {time.process_time() - began:.0f} CPU s", flush=True)
    print(machine.table(rows, "CPU microseconds per point with the tangent, and largest relative differences"))
    print(machine.write("export", {"compiler": " ".join(compiler()), "rows": rows}))


def measure(name: str, model: mt.TANN, compiled: CompiledModel, std: float, points: int) -> dict[str, Any]:
    """Return the times of both, and the largest differences relative to the largest values."""
    draw, state = np.random.default_rng(0), model.initial_state(points)
    known = model.information.training_range
    for _ in range(24):
        step = draw.normal(0.0, 0.1, (points, model.components))
        if known is not None:
            step = np.where(np.abs(state["strain"] + step) > known.strain, -step, step)
        state = model.update(step, state, tangent=False)[2]
    increment = draw.normal(0.0, std, (points, model.components))
    times: dict[str, list[float]] = {"Python": [], "C": []}
    for _ in range(PASSES):
        for who, material in (("Python", model), ("C", compiled)):
            times[who].append(in_chunks(material.update, increment, state))
    python, own = (float(np.median(times[who][1:])) / points * 1e6 for who in times)
    stress, tangent, after = model.update(increment, state)
    own_stress, own_tangent, own_after = compiled.update(increment, state)
    assert tangent is not None
    assert own_tangent is not None
    return {
        "model": name,
        "increment std": std,
        "flowing": round(float((after["dissipation"] > 0).mean()), 2),
        "Python": python,
        "C": own,
        "C / Python": own / python,
        "stress": relative(own_stress, stress),
        "tangent": relative(own_tangent, tangent),
        "energy": relative(own_after["energy"], after["energy"]),
    }


def in_chunks(update: Callable[..., Any], increment: np.ndarray, state: State) -> float:
    """Return the CPU seconds of a pass through all points."""
    began = time.process_time()
    for first in range(0, len(increment), CHUNK):
        part = slice(first, first + CHUNK)
        update(increment[part], {name: values[part] for name, values in state.items()})
    return time.process_time() - began


def relative(values: np.ndarray, right: np.ndarray) -> float:
    """Return the largest difference relative to the largest value."""
    return float(np.abs(values - right).max() / np.abs(right).max())
