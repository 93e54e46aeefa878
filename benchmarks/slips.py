"""What coupled slips cost at a Gauss point: stress, state and tangent of variational models; certificates.

Models of independent slips, from 13 to 104, are lattices reduced without training; the shipped models have more
slips than states. The points are those of lcT2, in one increment from the virgin state; the steady plastic state
of random walks; and increments of fifteen yield strains from the virgin state, where nearly all slips flow. The
certificate is the largest force beyond its resistance after the increment, relative to the resistance or a larger
trial force; forces within 1e-10 of their resistance rest.

The bars of exact cells are slips too. A last table has the stress update of their points, in one increment after
six of the same size, by each solver and by the rule that chooses one
(`microstructure/bars/condensed/cell_flow.py`).
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

import microtann as mt
from benchmarks import machine
from benchmarks.material import evaluate as fastest
from microtann.evaluation.structures import lcT2
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.materials.protocol import State
from microtann.microstructure.bars.condensed.cell_flow import Solver, advance
from microtann.microstructure.bars.condensed.condensation import condense

Array = NDArray[np.float64]
BAR = mt.ElastoplasticBar()
INDEPENDENT = {13: mt.cube_cell(), **dict.fromkeys((24, 48, 104), mt.cube_cell((2, 2, 2), perturbation=0.2))}
SHIPPED = ("cube-2x2x2-perturbed", "cube-4x4x4-perturbed")
CELLS = {
    "square 2x2": (mt.square_cell((2, 2), perturbation=0.2), 2000),
    "square 6x6": (mt.square_cell((6, 6), perturbation=0.2), 1000),
    "cube 2x2x2": (mt.cube_cell((2, 2, 2), perturbation=0.2), 1000),
    "cube 4x4x4": (mt.cube_cell((4, 4, 4), perturbation=0.2), 128),
}
"""Cells and points."""
SOLVERS: tuple[Solver, ...] = ("active-set", "newton", "fastest")
STEADY, SPREAD, LARGE = 0.5, 0.7, 5.0
"""Standard deviations of the increments and of the strain of the walks, and of the large increments."""


def main(arguments: list[str]) -> None:
    """Print tables and write ``results/benchmarks/slips.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks slips", description=__doc__)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--chunk", type=int, default=1024)
    parser.add_argument("--many", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--cells", nargs="*", choices=CELLS, default=list(CELLS))
    options = parser.parse_args(arguments)
    models = {f"{n} independent": mt.reduce(mt.Lattice(cell, BAR), states=n) for n, cell in INDEPENDENT.items()}
    models |= {name: mt.load(name) for name in SHIPPED}
    torsion = strains_of_torsion()
    rows = [row for name, tann in models.items() for row in measure(name, tann, torsion, options)]
    print(machine.table(rows, "CPU microseconds per point; certificate"))
    sizes = [measure_size(models["48 independent"], points, options.chunk) for points in options.many]
    print(machine.table(sizes, "48 independent slips in increments of the steady walks"))
    cells = [row for name in options.cells for std in (0.05, 0.2, 0.5) for row in measure_cell(name, std)]
    print(machine.table(cells, "CPU microseconds per point of exact cells"))
    print(machine.write("slips", {"rows": rows, "sizes": sizes, "cells": cells}))


def strains_of_torsion() -> Array:
    """Return the strains (n, 6) of lcT2 at all Gauss points, for the regular cell."""
    case = lcT2()
    divisions = np.rint(np.array(case.lengths)).astype(int)
    model = mt.fem.Model(mt.fem.box(case.lengths, divisions, case.origin, "hexahedron"), mt.load("cube"))
    return model.solve(case.steps).strain.reshape(-1, 6)


def measure(name: str, tann: mt.TANN, torsion: Array, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a row for every kind of increment."""
    draw = np.random.default_rng(0)
    virgin, steady = tann.initial_state(options.points), tann.initial_state(options.points)
    for _ in range(int(np.ceil((SPREAD / STEADY) ** 2))):
        _, _, steady = tann.update(draw.normal(0.0, STEADY, (options.points, 6)), steady, tangent=False)
    cases = {
        "lcT2": (np.resize(torsion, (options.points, 6)), virgin),
        "steady walks": (draw.normal(0.0, STEADY, (options.points, 6)), steady),
        "large increments": (draw.normal(0.0, LARGE, (options.points, 6)), virgin),
    }
    return [
        {"slips": name, "increments": kind} | evaluate(tann, increment, state, options.chunk)
        for kind, (increment, state) in cases.items()
    ]


def evaluate(tann: mt.TANN, increment: Array, state: State, chunk: int) -> dict[str, Any]:
    """Return how many slips flow, the certificate, and the CPU time of the fastest of three passes in chunks."""
    evolution, energy = tann.point.evolution, tann.point.energy
    assert isinstance(evolution, MultisurfaceFlow)
    normals = np.asarray(evolution.normals)
    coupling = np.asarray(energy.coupling) / np.asarray(tann.point.scaling.driving)  # type: ignore[attr-defined]
    after = tann.update(increment, state, tangent=False)[2]
    trial, force = (
        np.abs((after["strain"] @ coupling.T - given["isv"]) @ normals).max(axis=1) for given in (state, after)
    )
    on_bound = np.abs((after["strain"] @ coupling.T - after["isv"]) @ normals) > 1.0 - 1e-9
    flowing = after["dissipation"] > 0
    return {
        "flowing points": round(float(flowing.mean()), 2),
        "on their bound": round(float(on_bound[flowing].sum(axis=1).mean()), 1) if flowing.any() else 0.0,
        "certificate": float(f"{np.max((force - 1.0) / np.maximum(1.0, trial)):.1e}"),
        "with tangent": fastest(tann.update, increment, state, chunk, True),
        "stress only": fastest(tann.update, increment, state, chunk, False),
    }


def measure_size(tann: mt.TANN, points: int, chunk: int) -> dict[str, Any]:
    """Return cost and memory for so many points; states of a virgin material fill the memory first."""
    draw = np.random.default_rng(1)
    increment, state = draw.normal(0.0, STEADY, (points, 6)), tann.initial_state(points)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cost = fastest(tann.update, increment, state, chunk, True)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"points": points, "with tangent": cost, "memory beyond the states, MB": round(grown, 1)}


def measure_cell(name: str, std: float) -> list[dict[str, Any]]:
    """Return what an increment of points costs by every solver, without and with the tangent."""
    cell, points = CELLS[name]
    condensed, draw = condense(cell, BAR), np.random.default_rng(0)
    strain, plastic = np.zeros((points, cell.components)), np.zeros((points, condensed.count))
    for _ in range(6):
        strain = strain + draw.normal(0.0, std, strain.shape)
        plastic = advance(condensed, strain, plastic, False).plastic_strain
    strain = strain + draw.normal(0.0, std, strain.shape)
    flowing = float((advance(condensed, strain, plastic, False).plastic_strain != plastic).mean())
    row: dict[str, Any] = {"cell": name, "bars": condensed.count, "increment std": std, "flowing %": 100 * flowing}
    rows = []
    for tangent in (False, True):
        costs = {}
        for solver in SOLVERS:
            times = []
            for _ in range(4):
                begin = time.process_time()
                advance(condensed, strain, plastic, tangent, solver)
                times.append(time.process_time() - begin)
            costs[solver] = round(min(times[1:]) / points * 1e6, 2)
        rows.append(row | {"tangent": "with" if tangent else "without"} | costs)
    return rows


if __name__ == "__main__":
    main([])
