"""What training adds: stress errors of lattices reduced without training beside those of the shipped models.

Perturbed cells, on the paths a, b and r of the protocol; of r the worst of its 64 directions. The errors of the
shipped models are those of their cards.
"""

from __future__ import annotations

import argparse
from typing import Any

import microtann as mt
from benchmarks import machine

MODELS = {
    "2x2": "square-2x2-perturbed-variational-12",
    "6x6": "square-6x6-perturbed",
    "2x2x2": "cube-2x2x2-perturbed",
    "4x4x4": "cube-4x4x4-perturbed",
}
PATHS = ("a", "b", "r")


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/reduced.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks reduced", description=__doc__)
    parser.add_argument("--cells", nargs="+", choices=list(MODELS), default=list(MODELS))
    rows = [measure(name) for name in parser.parse_args(arguments).cells]
    print(machine.table(rows, "relative RMS errors of the stress in closed loop"))
    print(machine.write("reduced", rows))


def measure(name: str) -> dict[str, Any]:
    """Return the errors of a cell, reduced to as many states as the shipped model of it has, and as shipped."""
    card, lattice = mt.model_card(MODELS[name]), mt.load(MODELS[name]).microstructure
    assert lattice is not None
    reduced = mt.evaluate(mt.reduce(lattice, states=card.states), PATHS).to_dict()
    row: dict[str, Any] = {"cell": name, "bars": card.exact_states, "ISVs": card.states}
    for path in PATHS:
        for title, errors in (("reduced", reduced), ("trained", card.errors)):
            row[f"{path} {title}"] = float(f"{_stress(errors[path]):.1e}")
    return row


def _stress(errors: Any) -> float:
    directions = errors["directions"]
    return float(errors["stress"] if directions is None else directions["stress"]["worst"])


if __name__ == "__main__":
    main([])
