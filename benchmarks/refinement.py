"""What refinement makes of a model in structures: audited errors by rounds, and true ones beside FE².

The model is one of 24 states of the perturbed 4 × 4 × 4 cube, trained on the walks of the shipped one; the
structures are lcT2 and lcH with coarse meshes, and a bar with a notch from a mesh file of gmsh. True errors are
those of the plain model, without the exact cell outside of its range, against FE² on the same mesh.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.fem import Result
from microtann.forms import Variational

FOLDER = machine.RESULTS / "refinement"
SHAPES: dict[str, dict[str, Any]] = {
    "lcT2": {"mesh.divisions": [4, 4, 8]},
    "lcH": {"mesh.divisions": [4, 4, 8]},
    "notch": {},
}
"""Changes of the jobs: meshes on which FE² can be paid."""
NOTCH = """\
[job]
title = "A bar with a notch, pulled and pushed"
[mesh]
file = "notch.msh"
[set.left]
x = 0.0
[set.right]
x = 12.0
[material]
kind = "model"
name = "cube-4x4x4-perturbed"
[[support]]
on = "left"
components = "xyz"
[[step]]
name = "pull"
increments = 4
[[step.load]]
kind = "displacement"
on = "right"
component = "x"
value = 3.0
[[step]]
name = "push"
increments = 4
[[step.load]]
kind = "displacement"
on = "right"
component = "x"
value = -2.0
[output]
points = [[12.0, 2.0, 4.0]]
"""


def main(arguments: list[str]) -> None:
    """Print tables and write ``results/benchmarks/refinement.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks refinement", description=__doc__)
    parser.add_argument("--jobs", default=",".join(SHAPES), help="Which of lcT2, lcH, notch.")
    parser.add_argument("--model", type=Path, default=FOLDER / "cube-24.safetensors", help="Made if not there.")
    parser.add_argument("--data", type=Path, default=FOLDER / "walks.h5", help="Its walks; made if not there.")
    parser.add_argument("--target", type=float, default=0.005)
    parser.add_argument("--stress", type=float, default=0.01)
    parser.add_argument("--dissipation", type=float, default=0.02)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--updates", type=int, default=800)
    parser.add_argument("--grow", type=int, default=12)
    options = parser.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    _make(options.data, options.model)
    _write_notch(FOLDER)
    choice = mt.RefinementChoice(
        target=options.target,
        stress=options.stress,
        dissipation=options.dissipation,
        rounds=options.rounds,
        updates=options.updates,
        grow=options.grow,
    )
    results, rows = {}, []
    for name in options.jobs.split(","):
        job = FOLDER / "notch.toml" if name == "notch" else name
        refined = mt.refine(
            options.model, job, choice, SHAPES[name], data=options.data, output=FOLDER / name, overwrite=True
        )
        exact = _solved(job, SHAPES[name], "exact", options.model)
        true = {}
        for number in range(len(refined.rounds)):
            model = FOLDER / name / f"round-{number}" / "model.safetensors"
            true[number] = _errors(_solved(job, SHAPES[name], "model", model), exact)
            rows.append(_row(name, number, refined.rounds[number], true[number]))
        results[name] = {"rounds": list(refined.rounds), "true": true, "reason": refined.reason}
        print(f"{name}: {refined.reason}; FE² {exact.statistics.seconds:.0f} CPU s")
        results[name]["fe2_seconds"] = exact.statistics.seconds
    print(machine.table(rows, f"refinement of {options.model.name}"))
    print(machine.write("refinement", results))


def _make(data: Path, model: Path) -> None:
    """Generate the walks and train the model, unless they are there."""
    if model.is_file() and data.is_file():
        return
    lattice = mt.Lattice(mt.cube_cell((4, 4, 4), perturbation=0.2))
    dataset = mt.generate_data(lattice, mt.WalkPlan(paths=400, limit=1.3), file=data)
    mt.train(dataset, Variational(states=24)).save(model)


def _write_notch(folder: Path) -> None:
    """Write the job of the notched bar, and its mesh as a file of gmsh."""
    import meshio

    box = mt.fem.box((12.0, 4.0, 4.0), (12, 4, 4))
    centre = box.points[box.cells].mean(axis=1)
    kept = ~((np.abs(centre[:, 0] - 6.0) < 1.0) & (centre[:, 2] > 2.0))
    cells = box.cells[kept]
    used, place = np.unique(cells, return_inverse=True)
    content = [("hexahedron", place.reshape(cells.shape))]
    meshio.write(folder / "notch.msh", meshio.Mesh(box.points[used], content), file_format="gmsh22", binary=False)
    (folder / "notch.toml").write_text(NOTCH, encoding="utf-8")


def _solved(job: Path | str, changes: dict[str, Any], kind: str, model: Path) -> Result:
    """Return the result of a job with a model, or with its exact cell."""
    own = {"material.kind": kind, "material.name": str(model.resolve()), "solver.outside_training": "none"}
    return mt.read_job(job, {**changes, **own}).solve()


def _errors(result: Result, exact: Result) -> dict[str, float]:
    """Return the errors of force, by the work of the reactions, and of energy and dissipation."""
    works = [
        np.array(
            [
                (each.reactions[t] * (each.displacement[t] - (each.displacement[t - 1] if t else 0.0))).sum()
                for t in range(len(each.time))
            ]
        )
        for each in (result, exact)
    ]
    return {
        "force": float(np.linalg.norm(works[0] - works[1]) / np.linalg.norm(works[1])),
        "dissipation": float(result.dissipation[-1] / exact.dissipation[-1] - 1.0),
        "displacement": float(
            np.linalg.norm(result.displacement[-1] - exact.displacement[-1])
            / np.linalg.norm(exact.displacement[-1])
        ),
    }


def _row(name: str, number: int, found: Any, true: dict[str, float]) -> dict[str, Any]:
    errors, walks = found["errors"], found["walks"]
    row: dict[str, Any] = {"job": name, "round": number, "states": found["states"]}
    row |= {key: f"{errors[key]:.1e}" for key in ("stress", "dissipation", "forces") if errors[key] is not None}
    row |= {f"true {key}": f"{value:.1e}" for key, value in true.items()}
    row |= {"outside": found["outside"], "walks": f"{walks['stress']:.1e}", "histories": found["histories"]}
    return row
