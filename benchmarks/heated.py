"""What a model learns of a heated cell whose data hold no entropy: stress, energy and entropy on walks held out.

A sheet with a stiff elastic inclusion that expands less than its matrix, driven by random walks of strain and
temperature together. Errors are relative RMS errors in closed loop; that of the entropy is relative to what
expansion and flow make of it, without the heat capacity, which is most of it and hardly needs learning.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann import fem
from microtann.data.walks import split_paths
from microtann.microstructure.continuum.heated_solid import HeatedResponse
from microtann.training.walk_errors import dataset_errors


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/heated.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks heated", description=__doc__)
    parser.add_argument("--walks", type=int, default=200, help="of 40 increments, 30 %% of them held out")
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--states", type=int, nargs="+", default=[12, 24])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args(arguments)
    cell, plan = heated_cell(), mt.WalkPlan(paths=options.walks, steps=40)
    data, exact = mt.generate_heated(cell, plan)
    held = split_paths(plan)[2]
    rows = []
    for states in options.states:
        for seed in options.seeds:
            form = mt.forms.Variational(
                states=states, group_size=3, groups=states // 2, updates=options.updates, seed=seed
            )
            rows.append({"states": states, "seed": seed} | measure(form, cell, data, exact, held))
            print(machine.table(rows, "relative RMS errors on test walks; CPU seconds"), flush=True)
    print(machine.write("heated", rows))


def heated_cell() -> mt.HeatedSolid:
    """Return a von Mises sheet with a stiff inclusion that expands a fifth as much."""
    sheet = mt.inclusion_cell(
        0.3,
        fem.PlaneStress(fem.VonMises()),
        fem.LinearElastic.isotropic(10.0, 0.25, plane="stress"),
        divisions=2,
        layers=1,
    )
    return mt.HeatedSolid(sheet, {"matrix": 0.1, "inclusion": 0.02}, capacity=0.05)


def measure(
    form: mt.forms.Variational,
    cell: mt.HeatedSolid,
    data: mt.Dataset,
    exact: HeatedResponse,
    held: np.ndarray,
) -> dict[str, Any]:
    """Return errors and CPU time of one training."""
    start = time.process_time()
    tann = mt.train(data, form)
    seconds = time.process_time() - start
    errors, temperature = dataset_errors(tann, data), exact.temperature[held]
    found = tann.recall(exact.strain[held], 1.0, extra=temperature[..., None], outside_training="none")
    entropy = exact.entropy[held]
    learnt = entropy - cell.capacity * temperature
    missed = np.squeeze(found.conjugates["temperature"]) - entropy
    return {
        "stress": float(f"{errors.stress:.1e}"),
        "energy": float(f"{errors.energy:.1e}"),
        "dissipation": float(f"{errors.dissipation:.1e}"),
        "entropy": float(f"{np.linalg.norm(missed) / np.linalg.norm(learnt):.1e}"),
        "−D": int((found.dissipation < -1e-12).sum()),
        "training s": round(seconds, 1),
    }
