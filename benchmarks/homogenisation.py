"""What homogenisation pays: lcT2 by FE × TANN, FE² and the full lattice, for cells of 1, 2×2×2 and 4×4×4 units.

``python -m benchmarks homogenisation [--quick] [--retrain] [--units 1 2 4]``. The structure is that of ε = 1/20.
Network errors compare TANN and exact cell on the same mesh. What coarser lattices say of that of ε = 1/20, its
cost by their measured exponent and its quantities by their trend in ε, stands beside the run as a check; where the
run would take more than `MEMORY_GB` it stands in for it, and the row says so. Every run has a process of its own,
so that its peak memory is its own, and all kernels are compiled beforehand. A TANN that is not shipped is trained
here, in two sizes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import microtann as mt
from benchmarks._cost_of_error import draw_cost_of_error
from benchmarks.machine import RESULTS, table, write
from microtann.errors import InputError
from microtann.evaluation.measures import largest_error
from microtann.evaluation.structures import ReferenceCase, lcT2
from microtann.system.atomic import write_atomically

FINE = 0.5
"""Size of the cells of ε = 1/20 and edge of the finest elements."""
MEMORY_GB = 12.0
GB_PER_MILLION_BARS = 0.5
BASE_GB = 0.4
PERTURBATION = 0.2
STATES = (48, 24)
"""States of the networks of perturbed cells; the shipped models have the first number."""
MODELS = {1: "cube", 2: "cube-2x2x2-perturbed", 4: "cube-4x4x4-perturbed"}
SIZES = {
    "tann": (2.0, 1.0, 0.5),
    "lean": (2.0, 1.0, 0.5),
    "exact": (2.0, 1.0, 0.5),
    "tann20": (2.0, 1.0),
    "exact20": (2.0, 1.0),
    "lattice": (2.0, 1.0, 0.625, 0.5),
}
"""Edges of elements, or of the cells of full lattices."""
TITLES = {
    "tann": f"FE × TANN, {STATES[0]}",
    "lean": f"FE × TANN, {STATES[1]}",
    "exact": "FE²",
    "tann20": f"FE × TANN, {STATES[0]}, 20 nodes",
    "exact20": "FE², 20 nodes",
    "lattice": "full lattice",
}
"""Networks by their states; elements have 8 nodes if nothing is said."""
COMPARED = ("u_z(5, 5, 20)", "u_z(-5, 5, 20)", "energy", "torque", "dissipation")
COSTS = ("material_s", "assembly_s", "setup_s", "solver_s", "solve_s", "peak_gb")
Row = dict[str, Any]


def cell_of(units: int) -> mt.UnitCell:
    """Return the cube cell with so many units per edge, perturbed where it has nodes inside."""
    return mt.cube_cell((units,) * 3, perturbation=PERTURBATION if units > 1 else 0.0)


def bars_of(units: int, size: float) -> float:
    """Return about how many bars the full lattice of lcT2 has: 13 per unit."""
    return 13.0 * float(np.prod(lcT2().lengths)) * (units / size) ** 3


def fits(method: str, units: int, size: float, memory_gb: float = MEMORY_GB) -> bool:
    """Return whether a run stays within the memory; that of finite elements does at all sizes here."""
    return method != "lattice" or BASE_GB + GB_PER_MILLION_BARS * bars_of(units, size) / 1e6 <= memory_gb


def one(method: str, units: int, size: float, model: str, displacement: Path) -> Row:
    """Run one analysis in this process; write its displacements at the end to a file."""
    case, bar = lcT2(), mt.ElastoplasticBar()
    divisions = np.rint(np.array(case.lengths) / size).astype(int)
    _compile(case, method, _kind(method))
    begin = time.process_time()
    body: Any
    if method == "lattice":
        body = mt.Structure.box(cell_of(units), bar, case.lengths, size, case.origin)
    else:
        material = mt.load(model) if model != "none" else mt.Lattice(cell_of(units), bar)
        for tangent in (True, False):
            material.update(np.full((8, 6), 0.1), material.initial_state(8), tangent=tangent)
        body = mt.fem.Model(mt.fem.box(case.lengths, divisions, case.origin, _kind(method)), material)
    built = time.process_time()
    result = body.solve(case.steps, mt.fem.SolverOptions(outside_training="none"))
    solved = time.process_time()
    np.save(displacement, result.displacement[-1])
    cost = result.statistics
    reach = result.training_reach
    return {
        "method": method,
        "units": units,
        "size": size,
        "points": len(result.structure.bars) if method == "lattice" else result.mesh.weights.size,
        "unknowns": result.points.size,
        "newton": cost.newton_iterations,
        "linear": cost.linear_iterations,
        "calls": cost.constitutive_calls,
        "build_s": built - begin,
        "material_s": cost.material_seconds,
        "assembly_s": cost.assembly_seconds,
        "setup_s": cost.setup_seconds,
        "solver_s": cost.solver_seconds,
        "solve_s": solved - built,
        "peak_gb": _peak_gb(),
        "reach": None if reach is None else float(reach.max()),
        "outside": None if result.points_outside is None else int(result.points_outside.max()),
        "quantities": {name: float(value[-1]) for name, value in case.quantities(result).items()},
    }


def _peak_gb() -> float:
    """Return the peak memory of this process; what Linux counts as usage contains that of the parent process."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _kind(method: str) -> str:
    return "hexahedron20" if method.endswith("20") else "hexahedron"


def _compile(case: ReferenceCase, method: str, kind: str) -> None:
    """Run solver and assembly once on the regular cell, fine enough for multigrid."""
    cell, bar, size = mt.cube_cell(), mt.ElastoplasticBar(), 1.25
    if method == "lattice":
        mt.Structure.box(cell, bar, case.lengths, size, case.origin).solve(case.steps)
    else:
        divisions = np.rint(np.array(case.lengths) / size).astype(int)
        mesh = mt.fem.box(case.lengths, divisions, case.origin, kind)
        mt.fem.Model(mesh, mt.Lattice(cell, bar)).solve(case.steps)


def model_for(
    units: int, states: int, retrain: bool = False, folder: Path = RESULTS
) -> tuple[str, dict[str, float]]:
    """Return a model by name or file, and the CPU time of its data and training if it was trained here.

    A model that an earlier run of this benchmark left in the folder is taken again, unless it is to be retrained.
    """
    if states == STATES[0]:
        try:
            mt.load(MODELS[units])
            return MODELS[units], {}
        except InputError:
            pass
    path = folder / f"homogenisation-{units}-{states}.safetensors"
    costs = path.with_suffix(".json")
    if not retrain and path.exists() and costs.exists():
        return str(path), json.loads(costs.read_text())
    from microtann.data.generate import generate
    from microtann.forms.variational.form import Variational

    begin = time.process_time()
    dataset = generate(mt.Lattice(cell_of(units)))
    middle = time.process_time()
    tann = mt.train(dataset, Variational(states=states))
    end = time.process_time()
    folder.mkdir(parents=True, exist_ok=True)
    tann.save(path)
    spent = {"data_s": middle - begin, "training_s": end - middle}
    write_atomically(costs, json.dumps(spent))
    return str(path), spent


def network_errors(tann: Row, exact: Row) -> dict[str, float]:
    """Return the relative errors of a run with the TANN against that with the exact cell on the same mesh."""
    return errors(tann["quantities"], exact["quantities"])


def errors(values: dict[str, float], reference: dict[str, float]) -> dict[str, float]:
    """Return relative errors; that of the dissipation is relative to max(D, Ψ/100)."""
    energy = np.array([reference["energy"]])
    return {
        name: largest_error(name, np.array([value]), np.array([reference[name]]), energy)
        for name, value in values.items()
    }


def exponent(rows: Sequence[Row], key: str) -> tuple[float, float]:
    """Return factor and exponent of the power law of a cost in the number of bars or points."""
    power, factor = np.polyfit(np.log([r["points"] for r in rows]), np.log([r[key] for r in rows]), 1)
    return float(np.exp(factor)), float(power)


def extrapolated(rows: Sequence[Row], size: float) -> Row:
    """Return a run of another size from the trend of three or more: costs by power laws, quantities in ε.

    The quantities follow a polynomial of second degree in the size of the cells through the three finest runs.
    The costs follow the power law of the two finest.
    """
    finest = sorted(rows, key=lambda r: float(r["size"]))[:3]
    points = finest[0]["points"] * (finest[0]["size"] / size) ** 3
    sizes = [r["size"] for r in finest]
    result: Row = {"method": rows[0]["method"], "units": rows[0]["units"], "size": size, "points": round(points)}
    for key in ("unknowns", "build_s", *COSTS):
        factor, power = exponent(finest[:2], key)
        result[key] = factor * points**power
    result["exponent"] = exponent(finest[:2], "solve_s")[1]
    result["quantities"] = {
        name: float(np.polyval(np.polyfit(sizes, [r["quantities"][name] for r in finest], 2), size))
        for name in finest[0]["quantities"]
    }
    return result


def trend_error(trend: Row, run: Row) -> dict[str, float]:
    """Return costs that were extrapolated over those of the run, and the errors of the quantities."""
    costs = {f"{key} over run": trend[key] / run[key] for key in ("solve_s", "peak_gb")}
    found = errors(trend["quantities"], run["quantities"])
    return {"exponent": trend["exponent"]} | costs | {name: found[name] for name in COMPARED}


def measure(units: int, quick: bool, retrain: bool) -> dict[str, Any]:
    """Measure all runs of one cell."""
    methods = dict(SIZES)
    if units == 1:
        del methods["lean"]  # the regular cell has 13 states
    trained = {
        method: model_for(units, states, retrain)
        for method, states in zip(("tann", "lean"), STATES, strict=True)
        if method in methods
    }
    models = {method: name for method, (name, _) in trained.items()} | {"tann20": trained["tann"][0]}
    rows: list[Row] = []
    for method, sizes in methods.items():
        for size in sizes:
            if not fits(method, units, size) or (quick and size < 1.0):
                continue
            rows.append(in_process(method, units, size, models.get(method, "none")))
    lattices = [r for r in rows if r["method"] == "lattice"]
    coarse = [r for r in lattices if r["size"] > FINE]
    trend = extrapolated(coarse, FINE) if len(coarse) >= 3 else None
    if trend is not None and len(coarse) == len(lattices):
        rows.append(trend)
    last = rows[-1]
    compared = [
        {"run": _name(a), **network_errors(a, b), "warping": _field_error(a, b)}
        for a in rows
        for b in rows
        if a["method"] in models and (b["method"], b["size"]) == (_exact(a["method"]), a["size"])
    ]
    for r in rows:
        r["total errors"] = errors(r["quantities"], last["quantities"])
    return {
        "units": units,
        "trained": {_title(method, units): {"model": name} | spent for method, (name, spent) in trained.items()},
        "rows": rows,
        "network errors": compared,
        "trend": trend,
    }


def _exact(method: str) -> str:
    """Return the method that has the exact cell on the same mesh."""
    return "exact20" if method.endswith("20") else "exact"


def _title(method: str, units: int) -> str:
    """Return the title of a method; the network of the regular cell has 13 states."""
    return TITLES[method].replace(f"TANN, {STATES[0]}", "TANN, 13") if units == 1 else TITLES[method]


def _name(row: Row) -> str:
    return f"{_title(row['method'], row['units'])}, {row['size']:g}"


def _field_error(tann: Row, exact: Row) -> float:
    """Return the root mean square of the error of u_z over all nodes, relative to that of u_z."""
    a, b = (np.load(_displacement(r["method"], r["units"], r["size"]))[:, 2] for r in (tann, exact))
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def _displacement(method: str, units: int, size: float) -> Path:
    return RESULTS / "homogenisation" / f"{method}-{units}-{size:g}.npy"


def in_process(method: str, units: int, size: float, model: str) -> Row:
    """Run one analysis in a process of its own; see `one`."""
    target = _displacement(method, units, size)
    target.parent.mkdir(parents=True, exist_ok=True)
    given = [method, str(units), str(size), model, str(target)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "homogenisation", "--one", *given], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(given)}: {done.stderr[-2000:]}")
    row: Row = json.loads(done.stdout.splitlines()[-1])
    print(f"  {units}: {_name(row)}: {row['solve_s']:.1f} s, {row['peak_gb']:.1f} GB", flush=True)
    return row


def _shown(row: Row, fastest: dict[str, float]) -> Row:
    """Return what the table says of a run, with its time over those of the networks on the finest mesh."""
    note = f"extrapolated, exponent {row['exponent']:.2f}" if "exponent" in row else ""
    return (
        {"run": _name(row), "points": row["points"]}
        | {key: float(row[key]) for key in COSTS}
        | {f"over {_title(m, row['units'])}": row["solve_s"] / seconds for m, seconds in fastest.items()}
        | {"note": note}
    )


def report(found: dict[str, Any]) -> str:
    """Return the tables of one cell."""
    rows = found["rows"]
    fastest = {r["method"]: r["solve_s"] for r in rows if r["method"] in ("tann", "lean")}
    lines = [table([_shown(r, fastest) for r in rows], f"cells of {found['units']} units per edge, CPU seconds")]
    for name, spent in found["trained"].items():
        if "training_s" in spent:
            lines.append(
                f"{name} states: data {spent['data_s']:.0f} s, training {spent['training_s']:.0f} s, once"
            )
    lines.append(table(found["network errors"], "network error, against the exact cell on the same mesh"))
    trend, finest = found["trend"], rows[-1]
    if trend is not None and trend is not finest:
        lines.append(
            table([trend_error(trend, finest)], "what coarser lattices say of the finest one, over the run")
        )
    total = [{"run": _name(r)} | {q: r["total errors"][q] for q in COMPARED} for r in rows]
    lines.append(table(total, "total error, against the finest full lattice of the table above"))
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Measure, print the tables and draw the cost of an error."""
    if arguments[:1] == ["--one"]:
        method, units, size, model, target = arguments[1:]
        print(json.dumps(one(method, int(units), float(size), model, Path(target))))
        return
    parser = argparse.ArgumentParser(prog="python -m benchmarks homogenisation")
    parser.add_argument("--quick", action="store_true", help="elements and cells of 1 and 2 only")
    parser.add_argument("--retrain", action="store_true", help="train models anew that an earlier run left")
    parser.add_argument("--units", type=int, nargs="*", choices=tuple(MODELS), default=list(MODELS))
    chosen = parser.parse_args(arguments)
    found = []
    for units in chosen.units:
        found.append(measure(units, chosen.quick, chosen.retrain))
        print(report(found[-1]), flush=True)
        print("written:", write("homogenisation", {"states": STATES, "cells": found}))
    picture = draw_cost_of_error(found, RESULTS / "homogenisation.png")
    print("written:", picture)
