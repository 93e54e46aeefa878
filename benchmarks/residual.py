"""The residual form on regular cells, seed by seed: neurons that are left, errors on all paths, CPU time.

Errors are relative RMS errors of the stress in closed loop: on validation walks, by which the recipe was chosen,
and on the protocol. The recipe is that of the shipped models ``square-2x2-residual`` and ``cube-residual``.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

import microtann as mt
from benchmarks import machine
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.evaluation.protocol_paths import NAMES
from microtann.forms import Residual
from microtann.training import train
from microtann.training.walk_errors import closed_loop_error

CELLS = {"square-2x2": mt.square_cell((2, 2)), "cube": mt.cube_cell()}
PLANS = {
    "square-2x2": mt.WalkPlan(paths=600, increment=0.18, limit=None),
    "cube": mt.WalkPlan(paths=600, increment=0.25, limit=None),
}


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/residual.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks residual", description=__doc__)
    parser.add_argument("--cells", nargs="+", choices=list(CELLS), default=list(CELLS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--paths", default="".join(NAMES), help="paths of the protocol")
    parser.add_argument("--walks", type=int, help="walks of the data; by default those of the shipped models")
    parser.add_argument("--updates", type=int, help="updates of the descent; by default those of the form")
    options = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    for name in options.cells:
        plan = PLANS[name] if options.walks is None else replace(PLANS[name], paths=options.walks)
        dataset = generate(mt.Lattice(CELLS[name]), plan)
        form = Residual() if options.updates is None else Residual(descent_updates=options.updates)
        for seed in options.seeds:
            row = measure(replace(form, seed=seed), dataset, list(options.paths))
            rows.append({"cell": name, "seed": seed} | row)
            title = "relative RMS errors of the stress in closed loop; CPU seconds"
            print(machine.table(rows, title), flush=True)
            print(machine.write("residual", rows), flush=True)


def measure(form: Residual, dataset: Dataset, paths: list[str]) -> dict[str, Any]:
    """Return neurons, errors and CPU time of one training."""
    start = time.process_time()
    tann = train(dataset, form)
    seconds = time.process_time() - start
    network = tann.evolution.network  # type: ignore[attr-defined]
    found = mt.evaluate(tann, paths).paths
    return {
        "neurons": network.layers[0].out_features,
        "training s": round(seconds, 1),
        "validation": float(f"{closed_loop_error(tann, dataset.validation):.1e}"),
        **{path: float(f"{errors.stress:.1e}") for path, errors in found.items()},
    }


if __name__ == "__main__":
    main([])
