"""Errors of TANNs of frames on the paths a to d of the protocol, in the metric of the stiffness.

A frame is reduced, then trained with every number of slips and every seed that is asked for; the model with the
smallest error on validation walks is the chosen one, and the paths are looked at afterwards. They decide nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import microtann as mt
from benchmarks import machine
from microtann.training import dataset_errors

PATHS = ("a", "b", "c", "d")


@dataclass(frozen=True)
class Case:
    """A frame, and how many states its TANN has.

    Parameters
    ----------
    cell : callable
        Makes the cell.
    states : int
    sections : int
        Along every beam.
    """

    cell: Callable[[], mt.UnitCell]
    states: int
    sections: int = 6


CASES = {
    "square": Case(lambda: mt.square_grid_cell((2, 2), thickness=0.1), 24),
    "honeycomb": Case(lambda: mt.honeycomb_cell((2, 2), thickness=0.1, perturbation=0.1), 48),
    "kelvin": Case(lambda: mt.kelvin_cell(thickness=0.1, perturbation=0.1), 192, 3),
}


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/frames_tann.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks frames_tann", description=__doc__)
    parser.add_argument("--frames", nargs="+", choices=list(CASES), default=["square", "honeycomb"])
    parser.add_argument("--walks", type=int, default=150)
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--slips", nargs="+", type=float, default=[1.5, 2.0], help="slips per state")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    chosen = parser.parse_args(arguments)
    rows = [row for name in chosen.frames for row in measure(name, chosen)]
    print(machine.table(rows, "relative RMS errors in closed loop; of stresses in the metric of the stiffness"))
    print(machine.write("frames_tann", rows))


def measure(name: str, chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the errors of a frame reduced without training, and of every model that was trained."""
    case = CASES[name]
    frame = mt.Frame(case.cell(), sections=case.sections)
    began = time.process_time()
    data = mt.generate_data(frame, plan=mt.WalkPlan(paths=chosen.walks, steps=chosen.steps))
    generated = time.process_time() - began
    trials = [(0, 1.0, 0)] + [
        (chosen.updates, share, seed) for share in chosen.slips for seed in chosen.seeds if chosen.updates
    ]
    rows = []
    for updates, share, seed in trials:
        began = time.process_time()
        form = mt.forms.Variational(
            states=case.states, slips=round(share * case.states), updates=updates, seed=seed
        )
        tann = mt.train(data, form)
        row: dict[str, Any] = {
            "frame": name,
            "fibres": frame.exact_states,
            "states": tann.states,
            "slips": form.slips,
            "seed": seed,
            "updates": updates,
            "data s": round(generated, 1),
            "train s": round(time.process_time() - began, 1),
            "validation": _short(dataset_errors(tann, data, "validation").stress),
        }
        errors = mt.evaluate(tann, PATHS).paths
        rows.append(row | {path: _short(errors[path].stress) for path in PATHS})
    best = min(rows, key=lambda row: float(row["validation"]))
    return [row | {"chosen": "yes" if row is best else ""} for row in rows]


def _short(error: float) -> float:
    return float(f"{error:.1e}")


if __name__ == "__main__":
    main([])
