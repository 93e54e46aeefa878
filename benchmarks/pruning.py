"""Which slips a perturbed square needs: error against the number of states along a path of weights on the slips.

The lattice with all its bars is trained with an L1 norm of its slips in the loss; beside it are models of as many
states that start from merged bars. Errors are those of the stress on validation walks in closed loop.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import microtann as mt
from benchmarks import machine
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.forms import Variational
from microtann.plotting.style import EXACT, MODEL, house_style, new_figure, save_figure
from microtann.training.walk_errors import closed_loop_error

WEIGHTS = (1e-3, 5e-3, 1e-2, 2e-2, 5e-2)


def main(arguments: list[str]) -> None:
    """Print a table, write ``results/benchmarks/pruning.json`` and draw error against number."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks pruning", description=__doc__)
    parser.add_argument("--updates", type=int, default=1000, help="of every descent")
    parser.add_argument("--picture", type=Path, default=Path("results/benchmarks/pruning.png"))
    options = parser.parse_args(arguments)
    cell = mt.square_cell((2, 2), perturbation=0.2)
    dataset = generate(mt.Lattice(cell), mt.WalkPlan(paths=400, limit=1.3))
    bars = cell.distinct_bars.count
    rows = []
    for weight in WEIGHTS:
        form = Variational(states=bars, slips=bars, updates=options.updates, prune=weight)
        rows.append({"start": "all bars, pruned", "weight": weight} | trained(dataset, form))
    for states, slips in sorted({(row["states"], row["slips"]) for row in rows if row["slips"] < bars}):
        form = Variational(states=states, slips=slips, updates=2 * options.updates)
        rows.append({"start": "merged bars", "weight": 0.0} | trained(dataset, form))
    print(machine.table(rows, "relative RMS error of the stress on validation walks; perturbed 2 × 2, 16 bars"))
    print(machine.write("pruning", rows))
    print(draw(rows, options.picture))


def trained(dataset: Dataset, form: Variational) -> dict[str, Any]:
    """Return states, slips, error and CPU time of a training."""
    start = time.process_time()
    tann = mt.train(dataset, form)
    seconds = round(time.process_time() - start, 1)
    slips = tann.evolution.normals.shape[1]  # type: ignore[attr-defined]
    error = float(f"{closed_loop_error(tann, dataset.validation):.2e}")
    return {"states": tann.states, "slips": slips, "validation": error, "CPU s": seconds}


def draw(rows: list[dict[str, Any]], path: Path) -> Path:
    """Draw the errors against the number of states."""
    with house_style():
        picture = new_figure(5.0, 3.2)
        axis = picture.subplots()
        for start, colour, mark in (("all bars, pruned", MODEL, "o-"), ("merged bars", EXACT, "s--")):
            chosen = sorted((row["states"], row["validation"]) for row in rows if row["start"] == start)
            axis.semilogy(*zip(*chosen, strict=True), mark, color=colour, markersize=4, label=start)
        axis.set_xlabel("internal state variables")
        axis.set_ylabel("stress error, validation walks")
        axis.set_title("perturbed square 2 × 2")
        axis.legend()
        save_figure(picture, path)
    return path


if __name__ == "__main__":
    main([])
