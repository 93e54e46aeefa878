"""Solids as models: errors of groups without training, trained, and of slips at equal states, on paths a to e.

Every cell is solved on one set of walks; models differ by their states and seeds. Errors are relative RMS errors
in closed loop: of the stress on each path, and on path a of energy, dissipation, the stress without its elastic
part, and the decoded plastic strains.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from time import perf_counter, process_time
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan
from microtann.evaluation.closed_loop import path_errors, protocol
from microtann.forms.variational.form import Variational
from microtann.microstructure.protocol import MicroResponse
from microtann.tann.trained_model import TANN

CELLS: dict[str, tuple[Callable[[], mt.Solid], int]] = {
    "void": (mt.voided_cell, 150),
    "random": (lambda: mt.random_inclusions(seed=3), 120),
    "void in space": (lambda: mt.voided_cell(0.3, dimension=3), 80),
    "coarse void in space": (lambda: mt.voided_cell(0.3, dimension=3, divisions=2, layers=2), 80),
}
"""Cells, and the walks along which each is solved."""
PATHS = ("a", "b", "c", "d", "e")
STEPS = 80
MODELS = ("untrained", "trained", "slips")


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/continua.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks continua", description=__doc__)
    parser.add_argument("--cells", nargs="+", choices=list(CELLS), default=["void", "random"])
    parser.add_argument("--states", nargs="+", type=int, default=[24, 48])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--paths", nargs="+", default=list(PATHS), help="of the protocol")
    parser.add_argument("--walks", type=int, default=0, help="0: as many as the cell has here")
    parser.add_argument("--updates", type=int, default=0, help="0: 2000 up to 24 states, 2500 above")
    chosen = parser.parse_args(arguments)
    rows = []
    for name in chosen.cells:
        make, walks = CELLS[name]
        dataset = generate(make(), WalkPlan(paths=chosen.walks or walks, steps=STEPS))
        exact: dict[str, MicroResponse] = {}
        for states in chosen.states:
            updates = chosen.updates or (2000 if states <= 24 else 2500)
            for title, form in forms(states, updates, chosen.seeds, chosen.models):
                rows.append({"cell": name, "model": title} | measure(dataset, form, exact, chosen.paths))
                print(machine.table(rows[-1:], "continua"), flush=True)
    print(machine.table(rows, "relative RMS errors in closed loop"))
    print(machine.write("continua", rows))


def forms(
    states: int, updates: int, seeds: list[int], models: Sequence[str] = MODELS
) -> list[tuple[str, Variational]]:
    """Return the models of some states: untrained, trained from every seed, and slips at random.

    Parameters
    ----------
    states, updates : int
    seeds : list of int
    models : sequence of str
        Which of `MODELS`.
    """
    found = {
        "untrained": [(f"{states}, untrained", Variational(states=states, slips=states, updates=0))],
        "trained": [
            (f"{states}, seed {seed}", Variational(states=states, updates=updates, seed=seed)) for seed in seeds
        ],
        "slips": [
            (
                f"{states}, slips",
                Variational(states=states, updates=updates, from_lattice=False, from_coordinates=False),
            )
        ],
    }
    return [pair for name in models for pair in found[name]]


def measure(
    dataset: Dataset, form: Variational, exact: dict[str, MicroResponse], paths: Sequence[str] = PATHS
) -> dict[str, Any]:
    """Return the errors and times of a model.

    Parameters
    ----------
    dataset : Dataset
    form : Variational
    exact : dict
        Keeps the exact answers for the next.
    paths : sequence of str
        Of the protocol.
    """
    began = process_time()
    tann: TANN = mt.train(dataset, form)
    row: dict[str, Any] = {"CPU s": round(process_time() - began)}
    solid = tann.microstructure
    assert solid is not None
    for path in protocol(tann, paths):
        if path.name not in exact:
            exact[path.name] = solid.solve(path.strain)
        truth = exact[path.name]
        recalled = tann.recall(path.strain, decode=True, outside_training="none")
        errors = path_errors(tann, path, truth, recalled)
        row[path.name] = digits(errors.stress)
        if path.name == "a":
            inelastic = truth.stress - path.strain @ solid.elastic_stiffness()
            beside = np.linalg.norm(recalled.stress - truth.stress) / np.linalg.norm(inelastic)
            tann.recall(path.strain, outside_training="none")  # compiled by now
            start = perf_counter()
            tann.recall(path.strain, outside_training="none")
            cost = (perf_counter() - start) / truth.energy.size * 1e6
            row |= {"a inelastic": digits(beside), "a energy": digits(errors.energy)}
            row |= {"a dissipation": digits(errors.dissipation), "µs": round(cost, 1)}
            row["a plastic strain"] = digits(errors.coordinates["plastic_strain"])
    return row


def digits(value: float) -> float:
    """Return a number with two digits."""
    return float(f"{value:.1e}")


if __name__ == "__main__":
    main([])
