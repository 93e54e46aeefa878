"""One run of the benchmark of FEniCSx, started by ``mpiexec``: MODEL SIZE."""

from __future__ import annotations

import json
import resource
import sys

import microtann as mt
from microtann.evaluation.reference_run import elements
from microtann.evaluation.structures import reference_case
from microtann.fenicsx import DistributedModel

QUIET = mt.fem.SolverOptions(outside_training="none")


def main(name: str, size: float) -> None:
    """Solve twice, and print what the second run took."""
    case, material = reference_case("lcT2"), mt.load(name)
    mesh = elements(case, material, size).mesh
    model = DistributedModel(mesh, material)
    model.solve(case.steps, QUIET)
    found = model.solve(case.steps, QUIET)
    cost = found.statistics
    parts = {part: getattr(cost, f"{part}_seconds") for part in ("material", "assembly", "setup", "solver")}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    every = model.comm.gather(parts | {"memory MiB": memory}, 0)
    if every is not None:
        slowest = {part: max(each[part] for each in every) for part in every[0]}
        total = {"sum": sum(slowest[part] for part in parts)}
        counts = {"cells": mesh.cell_count, "newton": cost.newton_iterations, "linear": cost.linear_iterations}
        print(json.dumps(counts | slowest | total | {"energy": found.energy[-1]}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
