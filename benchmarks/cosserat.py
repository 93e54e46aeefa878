"""A clamped layer of a square grid in shear: every beam, first-order homogenisation and Cosserat continua.

Columns of depth 0.1 and rails half as deep. The layer is sheared to several times the strain at first yield, back
and forth; its beams (DNS) are those of a layer without ends. Errors of the shear stress along the path are
relative RMS errors, those of the dissipation relative, at the end. Layers have ``--rows`` rows of cells.
First order and second gradient of the elastic table are closed forms: the second-gradient continuum has quadratic
displacements of the cell with periodic fluctuations, and no displacement gradient at clamped planes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from benchmarks._sheared_layers import DEPTH, cut_grid, endless_layer, planes, sheared
from microtann import fem
from microtann.equilibrium.history import History
from microtann.materials.protocol import Material
from microtann.plotting.style import EXACT, INK, LATTICE, MODEL, house_style, new_figure, save_figure
from microtann.training import dataset_errors

RAIL = 0.5
"""Depth of rails over that of columns."""
FINE = 8
"""Elements per row of cells that stand for a continuum."""
REACH = (2.0, -2.0, 3.0)
"""Shears at which the path turns, in shears at first yield of the first order."""
INCREMENTS = 20
"""Between them."""
SMALL = 1e-3
"""Shear of the elastic response."""


def main(arguments: list[str]) -> None:
    """Print tables and write ``results/benchmarks/cosserat.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks cosserat", description=__doc__)
    parser.add_argument("--rows", nargs="+", type=int, default=[4, 8, 16])
    parser.add_argument("--states", type=int, default=24)
    parser.add_argument("--slips", type=int, default=48)
    parser.add_argument("--walks", type=int, default=240)
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--picture", type=Path)
    chosen = parser.parse_args(arguments)
    grid = cut_grid(RAIL, sections=6, fibres=8)
    elastic = [elastic_row(grid, rows) for rows in (*chosen.rows, 2 * max(chosen.rows))]
    print(machine.table(elastic, "elastic shear stiffness, relative errors"), flush=True)
    tann, training = trained(mt.CosseratFrame(grid), chosen)
    print(machine.table([training], "TANN"), flush=True)
    layers = [row for rows in chosen.rows for row in layer_rows(grid, tann, rows)]
    print(machine.table(layers, "the layer in elastoplastic shear"))
    if chosen.picture:
        draw(grid, tann, chosen.rows[len(chosen.rows) // 2], chosen.picture)
    print(machine.write("cosserat", {"elastic": elastic, "tann": training, "layers": layers}))


def middles(grid: mt.Frame) -> mt.CosseratFrame:
    """Return the grid with every beam listed once, so that it is sampled at its middle."""
    cell = mt.UnitCell([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[0, 1], [0, 2]], [DEPTH] * 2, np.eye(2))
    return mt.CosseratFrame(mt.Frame(cell, [grid.section[0], grid.section[2]], grid.bar, sections=grid.sections))


def layer_of(material: Material, rows: int, per_row: int) -> mt.CosseratLayer:
    """Return a layer of a Cosserat continuum."""
    return mt.CosseratLayer(material, np.linspace(0.0, rows, rows * per_row + 1))


def elastic_row(grid: mt.Frame, rows: int) -> dict[str, Any]:
    """Return the errors of elastic shear stiffnesses."""
    steps, top = sheared(planes(rows), [SMALL * rows], 1), planes(rows)[1]
    beams = 0.5 * endless_layer(grid, rows).solve(steps).reaction(top)[0, 0] / SMALL
    cut = mt.CosseratFrame(grid)
    first = grid.elastic_stiffness()[2, 2]
    length = np.sqrt(0.25 * cut.elastic_stiffness()[5, 5] / first)  # u₁,₂₂ turns nodes by half of it
    second = first / (1.0 - np.tanh(0.5 * rows / length) / (0.5 * rows / length))
    found = {"first order": first, "second gradient": second}
    for name, material in (("Cosserat, at middles", middles(grid)), ("Cosserat", cut)):
        found[name] = layer_of(material, rows, FINE).solve(steps).reaction(top)[0, 0] / SMALL
    return {"rows": rows} | {name: _short(value / beams - 1.0) for name, value in found.items()}


def trained(grid: mt.CosseratFrame, chosen: argparse.Namespace) -> tuple[mt.TANN, dict[str, Any]]:
    """Return a model of the grid, and what it is worth."""
    began = time.process_time()
    data = mt.generate_data(grid, plan=mt.WalkPlan(paths=chosen.walks, steps=80))
    form = mt.forms.Variational(states=chosen.states, slips=chosen.slips, updates=chosen.updates)
    tann = mt.train(data, form)
    seconds = time.process_time() - began
    errors = mt.evaluate(tann, ("a", "c")).paths
    report = mt.examine_laws(tann, components=grid.components, increments=1000)
    row = {
        "exact states": grid.exact_states,
        "states": tann.states,
        "slips": chosen.slips,
        "CPU s": round(seconds),
    }
    row |= {"validation": _short(dataset_errors(tann, data, "validation").stress)}
    row |= {name: _short(error.stress) for name, error in errors.items()}
    return tann, row | {"second law broken": report.negative_dissipation}


def shears(grid: mt.Frame) -> list[float]:
    """Return the shears at which the path turns."""
    first = float(grid.first_yield(np.array([[0.0, 0.0, 1.0]]))[0])
    return [reach * first for reach in REACH]


def layer_rows(grid: mt.Frame, tann: mt.TANN, rows: int) -> list[dict[str, Any]]:
    """Return errors and cost of all ways to compute a layer."""
    ways = all_ways(grid, tann, rows)
    for way in ways.values():
        way()  # compiled before it is timed
    (beams, dissipated, _), *_ = found = [way() for way in ways.values()]
    points = {"every beam": 2 * (2 * rows - 1), "first order": 1}
    table = []
    for name, (stress, lost, seconds) in zip(ways, found, strict=True):
        table.append(
            {
                "rows": rows,
                "way": name,
                "points": points.get(name, rows * (1 if "row" in name else FINE)),
                "stress": _short(np.linalg.norm(stress - beams) / np.linalg.norm(beams)),
                "dissipation": _short(lost / dissipated - 1.0),
                "CPU s": _short(seconds),
            }
        )
    return table


Answer = tuple[np.ndarray, float, float]
"""Shear stress along the path, dissipation at its end per length of the layer, and CPU time."""


def all_ways(grid: mt.Frame, tann: mt.TANN, rows: int) -> dict[str, Callable[[], Answer]]:
    """Return how a layer is computed, by name."""
    steps = sheared(planes(rows), [rows * shear for shear in shears(grid)], INCREMENTS)
    cosserat = mt.CosseratFrame(grid)

    def solved(solve: Callable[[list[fem.Step]], History], columns: int = 1) -> Answer:
        began = time.process_time()
        result = solve(steps)
        seconds = time.process_time() - began
        return result.reaction(planes(rows)[1])[:, 0] / columns, result.dissipation[-1] / columns, seconds

    def first_order() -> Answer:
        turns = np.array([0.0, *shears(grid)])
        angle = np.concatenate([np.linspace(*ends, INCREMENTS + 1)[1:] for ends in pairwise(turns)])
        began = time.process_time()
        response = grid.solve(angle[:, None] * np.array([0.0, 0.0, 1.0]))
        seconds = time.process_time() - began
        return response.stress[:, 2], rows * response.dissipation.sum(), seconds

    return {
        "every beam": lambda: solved(endless_layer(grid, rows).solve, 2),
        "first order": first_order,
        "Cosserat": lambda: solved(layer_of(cosserat, rows, FINE).solve),
        "Cosserat, an element a row": lambda: solved(layer_of(cosserat, rows, 1).solve),
        "Cosserat, at middles": lambda: solved(layer_of(middles(grid), rows, FINE).solve),
        "Cosserat, TANN": lambda: solved(layer_of(tann, rows, FINE).solve),
        "Cosserat, TANN, an element a row": lambda: solved(layer_of(tann, rows, 1).solve),
    }


def draw(grid: mt.Frame, tann: mt.TANN, rows: int, target: Path) -> None:
    """Draw the path of a layer, shear stress against shear, and how far its nodes turn at the end.

    Parameters
    ----------
    grid : Frame
    tann : TANN
    rows : int
        Of cells.
    target : Path
    """
    ends = [rows * shear for shear in shears(grid)]
    steps, top = sheared(planes(rows), ends, INCREMENTS), planes(rows)[1]
    beams = endless_layer(grid, rows).solve(steps)
    layers = {
        "Cosserat": layer_of(mt.CosseratFrame(grid), rows, FINE).solve(steps),
        "Cosserat, TANN": layer_of(tann, rows, FINE).solve(steps),
    }
    angle = np.asarray(beams.displacement)[:, -1, 0] / rows
    first = all_ways(grid, tann, rows)["first order"]()[0]
    with house_style():
        figure = new_figure(8.0, 3.2)
        left, right = figure.subplots(1, 2)
        left.plot(angle, 0.5 * beams.reaction(top)[:, 0], color=EXACT, linewidth=3.0, label="every beam")
        left.plot(angle, first, ":", color=LATTICE, label="first order")
        for (name, result), line in zip(layers.items(), ("-", "--"), strict=True):
            look = {"color": MODEL if name != "Cosserat" else INK, "linestyle": line}
            left.plot(angle, result.reaction(top)[:, 0], label=name, **look)
            right.plot(np.asarray(result.rotation)[-1, :, 0], result.points[:, 1], **look)
        right.plot(np.asarray(beams.rotation)[-1, ::2, 0], beams.points[::2, 1], "o", color=EXACT)
        left.set(xlabel="shear of the layer", ylabel="shear stress")
        right.set(xlabel="rotation of the nodes at the end", ylabel="height, cells")
        left.legend()
        save_figure(figure, target)


def _short(value: float) -> float:
    return float(f"{value:.1e}")


if __name__ == "__main__":
    main([])
