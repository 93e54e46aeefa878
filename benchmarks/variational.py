"""Error of variational models against their number of internal state variables, and what they cost.

For perturbed cells of several geometries: the lattice reduced without training, trained from there, found in the
internal coordinates of its data alone, and trained from a random slip system, with several seeds. Errors are
relative RMS errors of the stress in closed loop; on path r, median, 90 % and worst of 64 directions, of the
dissipation too (relative to the larger of D and Ψ/100).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.whole_walks import strain_paths
from microtann.forms import Variational

CELLS = {"2x2": (2, 2), "6x6": (6, 6), "2x2x2": (2, 2, 2), "4x4x4": (4, 4, 4)}
STATES = {"2x2": (8, 12, 16), "6x6": (12, 24, 48), "2x2x2": (24, 48, 104), "4x4x4": (48,)}
WALKS = {"2x2": 1000, "6x6": 1000, "2x2x2": 1000, "4x4x4": 300}
PERTURBATION = 0.2
STARTS = ("reduced", "trained", "coordinates", "random start")


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/variational.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks variational", description=__doc__)
    parser.add_argument("--cells", nargs="*", choices=list(CELLS), help="by default all but 4x4x4")
    parser.add_argument("--all", action="store_true", help="4x4x4 too")
    parser.add_argument("--geometries", type=int, nargs="+", default=[0, 1], help="seeds of the perturbation")
    parser.add_argument("--states", type=int, nargs="+", help="by default those of `STATES`")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="seeds of the training")
    parser.add_argument("--starts", nargs="+", choices=STARTS, default=list(STARTS))
    parser.add_argument("--updates", type=int, default=3000)
    parser.add_argument("--paths", default="abcdfr", help="paths of the protocol")
    options = parser.parse_args(arguments)
    names = options.cells or [name for name in CELLS if options.all or name != "4x4x4"]
    rows = []
    for name in names:
        for geometry in options.geometries:
            rows += measure(name, geometry, options)
            print(machine.table(rows, "relative RMS errors of the stress; CPU seconds"), flush=True)
            print(machine.write("variational", rows), flush=True)


def measure(name: str, geometry: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the rows of one geometry of a cell: one for every number of states and start."""
    units = CELLS[name]
    make = mt.square_cell if len(units) == 2 else mt.cube_cell
    cell = make(units, perturbation=PERTURBATION, seed=geometry)  # type: ignore[arg-type]
    plan, bar = mt.WalkPlan(paths=WALKS[name], limit=1.3), mt.ElastoplasticBar()
    generate(mt.Lattice(cell, bar), mt.WalkPlan(paths=4, steps=10))  # compile
    start = time.process_time()
    dataset = generate(mt.Lattice(cell, bar), plan)
    seconds = time.process_time() - start
    rows = []
    for states in options.states or STATES[name]:
        for kind in options.starts:
            form = Variational(states=states, updates=options.updates)
            if kind in ("reduced", "coordinates"):
                form = Variational(states=states, slips=states, updates=0)
            form = replace(
                form, from_lattice=kind in ("reduced", "trained"), from_coordinates=kind == "coordinates"
            )
            seeds = options.seeds[:1] if form.updates == 0 else options.seeds
            runs = [run(dataset, replace(form, seed=seed), options.paths) for seed in seeds]
            rows.append(
                {"cell": name, "geometry": geometry, "ISVs": states, "start": kind} | summary(runs, seconds)
            )
    return rows


def run(dataset: Dataset, form: Variational, paths: str) -> dict[str, float]:
    """Return errors and CPU time of one training."""
    start = time.process_time()
    tann = mt.train(dataset, form)
    seconds = time.process_time() - start
    held_out = mt.evaluate(tann, strain=strain_paths(dataset.validation)).paths["own"]
    protocol = mt.evaluate(tann, list(paths)).paths
    return {
        "validation": held_out.stress,
        **{path: errors.stress for path, errors in protocol.items() if errors.directions is None},
        **{
            f"{path} {measure}" + " D" * (quantity == "dissipation"): error
            for path, errors in protocol.items()
            for quantity in ("stress", "dissipation") * (errors.directions is not None)
            for measure, error in errors.directions[quantity].items()  # type: ignore[index]
        },
        "force": held_out.coordinates["force"],
        "training s": seconds,
    }


def summary(runs: list[dict[str, float]], data_seconds: float) -> dict[str, Any]:
    """Return the median over the seeds, and the worst validation error among them."""
    middle = {key: float(f"{np.median([run[key] for run in runs]):.2e}") for key in runs[0]}
    worst = float(f"{max(run['validation'] for run in runs):.2e}")
    return {"seeds": len(runs), "worst": worst, **middle, "data s": round(data_seconds, 1)}


if __name__ == "__main__":
    main([])
