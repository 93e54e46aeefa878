"""What ``microtann cost`` says beside what is: errors and their bands over structures, geometries and sizes.

FE² against the full lattice, with perturbed cells of 2×2×2 units. What the cell adds to the errors of the regular
lattice is measured with elements of 2 and ε = 1/10, or 1/5, and the finer sizes are foretold and computed. With
``--runs``, time, memory and errors of lcT2 with elements of 0.5 and ε = 1/20 stand beside those of runs, each of
which has a process of its own.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from benchmarks.homogenisation import FINE, cell_of, errors, in_process, model_for
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.reference_run import ReferenceRuns, RunNumbers, elements
from microtann.evaluation.structures import reference_case
from microtann.studies.forecast import KINDS, forecast
from microtann.studies.refinement import CellRuns, expected_errors, gaps, sizes_varied

CASES = ("lcU1", "lcU2", "lcC1", "lcC2", "lcT1", "lcT2")
MESHES = (2.0, 1.0, 0.5)
RATIOS = (5, 10, 20)
"""Cells per width."""
STATES = 48


def main(arguments: list[str]) -> None:
    """Print tables and write ``results/benchmarks/forecasts.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks forecasts", description=__doc__)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--geometries", type=int, nargs="+", default=[0, 1], help="seeds of the perturbation")
    parser.add_argument(
        "--runs", type=int, nargs="*", default=[], help="units of the cells of lcT2, such as 1 2 4"
    )
    options = parser.parse_args(arguments)
    rows = [row for case in options.cases for seed in options.geometries for row in foretold(case, seed)]
    fine = [row for row in rows if (row["elements"], row["ε"], row["from ε"]) == (0.5, "1/20", "1/10")]
    print(machine.table(fine, "errors of FE² against the full lattice, percent"))
    print(machine.table(summary(rows), "share of the band that is needed: |error − foretold| / half of the band"))
    runs = [row for units in options.runs for row in beside_runs(units)]
    print(machine.table(runs, "lcT2, CPU seconds, GB, percent") if runs else "")
    print(machine.write("forecasts", {"errors": rows, "runs": runs}))


def foretold(name: str, seed: int) -> list[dict[str, Any]]:
    """Return the foretold and the true errors of a case with a geometry, a row for every size and kind."""
    case, bar = reference_case(name), mt.ElastoplasticBar()
    lattice = mt.Lattice(mt.cube_cell((2, 2, 2), perturbation=0.2, seed=seed), bar)
    reference, runs, edge = ExactReference(lattice), ReferenceRuns(case), case.lengths[0] / 2
    of_elements, of_lattices = sizes_varied(case, bar)
    exact = {
        h: RunNumbers.of(case, "exact", h, runs.result("exact", h, elements(case, lattice, h))).last
        for h in MESHES
    }
    full = {
        n: RunNumbers.of(
            case, "lattice", 1 / n, runs.result("lattice", 1 / n, reference.structure(case, 1 / n))
        ).last
        for n in RATIOS
    }
    rows = []
    for coarse in RATIOS[:-1]:
        at = CellRuns(MESHES[0], edge / coarse, exact[MESHES[0]], full[coarse])
        for n in (n for n in RATIOS if n > coarse):
            for h in MESHES:
                said, true = expected_errors(of_elements, of_lattices, at, h, edge / n), gaps(exact[h], full[n])
                sizes = {"case": name, "geometry": seed, "elements": h, "ε": f"1/{n}", "from ε": f"1/{coarse}"}
                for kind, error in said.items():
                    told = {"foretold": error.value, "at least": error.low, "at most": error.high}
                    shown = {
                        key: float(f"{100 * value:.3g}") for key, value in (told | {"is": true[kind]}).items()
                    }
                    part = abs(true[kind] - error.value) / (error.high - error.value)
                    rows.append({**sizes, "error of": kind, **shown, "share": float(f"{part:.2g}")})
    return rows


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return median, 90 % and largest share of the band that was needed, by kind."""
    found = []
    for kind in KINDS:
        shares = [row["share"] for row in rows if row["error of"] == kind]
        values = np.quantile(shares, [0.5, 0.9, 1.0])
        found.append(
            {
                "error of": kind,
                "values": len(shares),
                **dict(zip(("median", "90 %", "largest"), values.tolist(), strict=True)),
            }
        )
    return found


def beside_runs(units: int) -> list[dict[str, Any]]:
    """Return time, memory and errors of lcT2 as forecast and as run, a row for every method."""
    case, states = reference_case("lcT2"), STATES if units > 1 else 13
    lattice = mt.Lattice(cell_of(units), mt.ElastoplasticBar())
    tann = mt.reduce(lattice, states=states)
    found = forecast(case, tann, FINE, FINE / case.lengths[0], 0.0)
    models = {"dns": ("lattice", "none"), "fe2": ("exact", "none"), "tann": ("tann", model_for(units, STATES)[0])}
    done = {name: in_process(method, units, FINE, model) for name, (method, model) in models.items()}
    rows = []
    for estimate in found.estimates:
        run = done[estimate.method]
        row = {"units": units, "method": estimate.method, "s": estimate.run, "s of run": run["solve_s"]}
        row |= {"GB": estimate.memory_gb, "GB of run": run["peak_gb"]}
        true = errors(run["quantities"], done["dns"]["quantities"])
        true = {"displacement": max(value for name, value in true.items() if name.startswith("u_")), **true}
        for kind in ("displacement", "energy", "dissipation"):
            low, high = estimate.bands[kind]
            row[kind] = f"{100 * estimate.errors[kind]:.2g} ({100 * low:.2g}–{100 * high:.2g})"
            row[f"{kind} of run"] = float(f"{100 * true[kind]:.2g}")
        rows.append(
            {key: float(f"{value:.2g}") if isinstance(value, float) else value for key, value in row.items()}
        )
    return rows


if __name__ == "__main__":
    main([])
