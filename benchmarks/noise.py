"""How noise of the internal coordinates reaches the answers of a trained model: error against noise."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.data.generate import generate
from microtann.data.increments import Dataset, Increments
from microtann.data.walks import WalkPlan
from microtann.evaluation.closed_loop import evaluate
from microtann.numbers.coordinates import columns
from microtann.training import train

LEVELS = (0.0, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2)
FORM = mt.forms.Play(states=12, descent_updates=3000, batch=500, learning_rate=1e-2, polish_increments=3000)


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/noise.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks noise", description=__doc__)
    parser.add_argument(
        "--levels", type=float, nargs="+", default=list(LEVELS), help="Noise over the RMS of a group."
    )
    parser.add_argument("--paths", type=int, default=100)
    options = parser.parse_args(arguments)
    dataset = generate(mt.Lattice(mt.square_cell()), WalkPlan(paths=options.paths))
    rows = [measure(dataset, level) for level in options.levels]
    print(machine.table(rows, "Relative RMS errors on path a in closed loop, regular 2×2 square cell"))
    print(machine.write("noise", rows))


def measure(dataset: Dataset, level: float) -> dict[str, Any]:
    """Train on noisy coordinates and compare with the exact cell."""
    draw, start = np.random.default_rng(0), time.process_time()
    sets = {name: noisy(getattr(dataset, name), dataset, level, draw) for name in ("training", "validation")}
    tann = train(replace(dataset, **sets), FORM)
    errors = evaluate(tann, ["a"]).paths["a"]
    return {
        "noise": f"{level:.0e}",
        "components": len(tann.reduction.deviation),
        "states": tann.states,
        "stress": f"{errors.stress:.1e}",
        "energy": f"{errors.energy:.1e}",
        "dissipation": f"{errors.dissipation:.1e}",
        **{group: f"{value:.1e}" for group, value in errors.coordinates.items()},
        "CPU s": round(time.process_time() - start, 1),
    }


def noisy(data: Increments, dataset: Dataset, level: float, draw: np.random.Generator) -> Increments:
    """Return increments whose coordinates carry independent normal noise, relative to the RMS of their group."""
    changed = {}
    for name in ("coordinates", "coordinates_next"):
        values = getattr(data, name).copy()
        for part in columns(dataset.coordinate_shapes).values():
            size = level * np.sqrt(np.mean(values[:, part] ** 2))
            values[:, part] += size * draw.normal(size=values[:, part].shape)
        changed[name] = values
    return replace(data, **changed)
