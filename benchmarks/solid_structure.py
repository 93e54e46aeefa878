"""A structure of a voided material: FE × TANN beside FE² and a small full structure with all voids meshed (DNS).

``lcC2`` of the reference structures in plane strain, 10 × 10: compression by half of the height between a fixed
bottom and a top that is free in its plane, in ten increments. The material is a von Mises matrix with a round void
of radius 0.3 in every cell, a coarse cell so that the full structure stays small. Quantities at the end, relative
to those of FE² on the same mesh. ``--picture FILE`` draws where the plastic strains are.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from benchmarks.continua import digits
from microtann import fem
from microtann.evaluation.structures import lcC2
from microtann.plotting.style import house_style, new_figure, save_figure

EDGE = 10.0
RADIUS, DIVISIONS, LAYERS = 0.3, 4, 2
TENSOR = np.sqrt([1.0, 1.0, 1.0, 0.5, 0.5, 0.5])
"""Of components with engineering shear, in the norm of a tensor."""
MOST = 0.98
"""Part of the elements of the full structure whose plastic strain is within the colours."""
DRAWN = 0.5
"""Of the displacements."""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/solid_structure.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks solid_structure", description=__doc__)
    parser.add_argument("--elements", type=int, default=4, help="of eight nodes along an edge")
    parser.add_argument("--cells", nargs="+", type=int, default=[4, 8], help="along an edge of full structures")
    parser.add_argument("--states", type=int, default=24)
    parser.add_argument("--walks", type=int, default=90)
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--increments", type=int, default=10)
    parser.add_argument("--picture", type=Path)
    chosen = parser.parse_args(arguments)
    case = lcC2((EDGE, EDGE)).divided(chosen.increments)
    cell = mt.voided_cell(RADIUS, divisions=DIVISIONS, layers=LAYERS)
    began = time.process_time()
    data = mt.generate_data(cell, mt.WalkPlan(paths=chosen.walks, steps=80))
    form = mt.forms.Variational(states=chosen.states, updates=chosen.updates)
    tann = mt.train(data, form)
    print(f"data and training: {time.process_time() - began:.0f} CPU s", flush=True)
    mesh = fem.box(case.lengths, (chosen.elements,) * 2, case.origin, kind="quad8")
    runs = {"FE²": (mesh, cell), "FE × TANN": (mesh, tann)}
    for count in chosen.cells:
        runs[f"DNS, {count} × {count} cells"] = (tiled(cell.mesh, count), fem.VonMises(plane="strain"))
    for material in (cell, tann):  # compiled before it is timed
        fem.Model(fem.box(case.lengths, (1, 1), case.origin, kind="quad8"), material).solve(case.steps)
    fem.Model(tiled(cell.mesh, 1), fem.VonMises(plane="strain")).solve(case.steps)
    rows: list[dict[str, Any]] = []
    results: dict[str, fem.Result] = {}
    whole: dict[str, float] = {}
    for name, (body, material) in runs.items():
        began = time.process_time()
        results[name] = fem.Model(body, material).solve(case.steps)
        seconds = time.process_time() - began
        last = {key: float(value[-1]) for key, value in case.quantities(results[name]).items()}
        whole = whole or last
        row = {"run": name, "unknowns": body.points.size, "CPU s": round(seconds, 1)}
        rows.append(row | {key: digits(value / whole[key] - 1.0) for key, value in last.items()})
        print(machine.table(rows[-1:], "difference from FE²"), flush=True)
    audit = mt.audit(results["FE × TANN"], tann, count=100)
    print(f"audit of FE × TANN: {audit}")
    print(machine.table(rows, "differences from FE² at the end"))
    errors = {name: [float(x) for x in np.asarray(error)] for name, error in audit.errors.items()}
    print(machine.write("solid_structure", {"rows": rows, "end": whole, "audit": errors}))
    if chosen.picture:
        full = f"DNS, {max(chosen.cells)} × {max(chosen.cells)} cells"
        draw(results[full], results["FE × TANN"], tann, chosen.picture)


def tiled(cell: fem.Mesh, count: int) -> fem.Mesh:
    """Return count × count copies of a unit cell's mesh, joined, that fill the structure."""
    places = np.stack(np.meshgrid(np.arange(count), np.arange(count), indexing="ij"), axis=-1).reshape(-1, 1, 2)
    points = (cell.points + places).reshape(-1, 2)
    _, first, joined = np.unique(np.round(points, 9), axis=0, return_index=True, return_inverse=True)
    copies = cell.cells + len(cell.points) * np.arange(count**2)[:, None, None]
    origin = np.array([-EDGE / 2.0, 0.0])
    return fem.Mesh(points[first] * (EDGE / count) + origin, joined.reshape(-1)[copies].reshape(-1, 4), "quad")


def draw(full: fem.Result, coarse: fem.Result, tann: mt.TANN, path: Path) -> None:
    """Draw the plastic strains of the full structure and of FE × TANN, and one cell of it, exact and decoded.

    Parameters
    ----------
    full, coarse : Result
        With all voids meshed, and of the network.
    tann : TANN
    path : Path
    """
    from matplotlib.collections import PolyCollection

    cell = tann.microstructure
    assert isinstance(cell, mt.Solid)
    points = cell.plastic_points()
    assert points is not None
    share = points.volume_fraction / points.volume_fraction.sum()
    everywhere = np.linalg.norm(full.state["plastic_strain"] * TENSOR, axis=-1).mean(axis=-1)
    decoded = tann.decode({name: value.reshape(-1, *value.shape[2:]) for name, value in coarse.state.items()})
    means = np.linalg.norm(decoded["plastic_strain"], axis=-1) @ share
    places = coarse.mesh.positions(np.arange(coarse.mesh.weights.size))
    worst = places[[np.argmax(means)]]
    both = [mt.coordinates_at(coarse, tann, worst, how)["plastic_strain"][0] for how in ("solve", "decode")]
    inside = [np.linalg.norm(values, axis=-1).reshape(cell.mesh.cell_count, -1).mean(axis=1) for values in both]
    largest = float(np.quantile(everywhere, MOST))
    with house_style():
        figure = new_figure(9.0, 2.9)
        axes = figure.subplots(1, 4)
        moved = full.mesh.points + DRAWN * full.displacement[-1].reshape(full.mesh.points.shape)
        shown = [PolyCollection(moved[full.mesh.cells], array=everywhere, clim=(0.0, largest))]
        shown += [
            PolyCollection(cell.mesh.points[cell.mesh.cells], array=one, clim=(0.0, largest)) for one in inside
        ]
        for axis, collection in zip((axes[0], *axes[2:]), shown, strict=True):
            axis.add_collection(collection)
        axes[1].scatter(*gauss_places(coarse, places).T, c=means, vmin=0.0, vmax=largest, s=22)
        words = ("all voids meshed", "FE × TANN, mean of cells", "its worst cell, exact", "decoded by the TANN")
        for axis, title in zip(axes, words, strict=True):
            axis.set_title(title)
            axis.set_aspect("equal")
            axis.autoscale_view()
            axis.set_axis_off()
        figure.colorbar(shown[0], ax=list(axes), label="plastic strain")
        save_figure(figure, path)


def gauss_places(result: fem.Result, places: np.ndarray) -> np.ndarray:
    """Return where Gauss points have moved to, as far as displacements are drawn."""
    from microtann.fem.locate import locate

    located = locate(result.mesh, places)
    moves = result.displacement[-1].reshape(result.mesh.points.shape)[located.nodes]
    return places + DRAWN * np.einsum("pk,pkd->pd", located.values, moves)
