"""A full lattice through yield: `mt.Structure` and OpenSees (extra ``opensees``), CPU time side by side.

The cube of n × n × n nodes is twisted and stretched in 20 increments. Both read the results of the last increment;
the times of OpenSees are of one run and include building its model, ours are the median of five whole solutions.
Options: ``--quick`` runs n = 5 only, ``--all`` adds n = 13, which takes OpenSees minutes.
"""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann import fem

INCREMENTS = 20
BAR = mt.ElastoplasticBar()
WANTED = {9: 30, 13: 50}
"""How many times faster than OpenSees, by nodes along an edge."""

SYSTEMS = ("SparseSYM", "UmfPack", "ProfileSPD")
"""Linear solvers of OpenSees, the fastest first; the last is the one it takes if none is named."""
REPETITIONS = 5


def main(arguments: list[str]) -> None:
    """Measure and print."""
    peer = _peer()
    try:
        opensees = peer.load()
    except (ImportError, OSError) as error:
        print(f"left out: pip install openseespy ({error})")
        return
    sizes = (5,) if "--quick" in arguments else (5, 9, 13) if "--all" in arguments else (5, 9)
    _run(peer, opensees, 3)  # compilation
    rows = [_run(peer, opensees, nodes) for nodes in sizes]
    print(machine.table(rows, f"{INCREMENTS} increments through yield, CPU seconds"))
    machine.write("opensees", rows)


def _run(peer: Any, opensees: Any, nodes: int) -> dict[str, Any]:
    cells = nodes - 1
    structure = mt.Structure.box(mt.cube_cell(), BAR, (cells,) * 3, 1.0)
    points = structure.points
    base, top = points[:, 2] == 0, points[:, 2] == cells
    centre = cells / 2
    twist = 0.9 * np.column_stack([-(points[:, 1] - centre), points[:, 0] - centre])
    pull = 0.5 * cells
    steps = [
        fem.Step(
            [
                *(fem.Prescribed(base, c) for c in range(3)),
                *(fem.Prescribed(top, c, twist[top, c]) for c in range(2)),
                fem.Prescribed(top, 2, pull),
            ],
            increments=INCREMENTS,
        )
    ]
    seconds = []
    for _ in range(REPETITIONS):
        begin = time.process_time()
        result = structure.solve(steps)
        seconds.append(time.process_time() - begin)
    ours = float(np.median(seconds))
    fixed = {(n, c): 0.0 for n in np.flatnonzero(base) for c in range(3)}
    fixed |= {(n, c): twist[n, c] for n in np.flatnonzero(top) for c in range(2)}
    fixed |= {(n, 2): pull for n in np.flatnonzero(top)}
    factors = np.arange(1, INCREMENTS + 1) / INCREMENTS
    row: dict[str, Any] = {
        "nodes": nodes**3,
        "bars": len(structure.bars),
        "flowing %": 100 * float((result.plastic_strain != 0).mean()),
        "microtann s": ours,
    }
    for system in SYSTEMS:
        begin = time.process_time()
        _, force = peer.solve(
            opensees,
            points,
            structure.bars,
            structure.areas,
            BAR,
            fixed,
            factors,
            solver=system,
            algorithm="Newton",
            last=True,
        )
        theirs = time.process_time() - begin
        difference = float(np.abs(result.force - force[-1]).max() / np.abs(result.force).max())
        row |= {f"{system} s": theirs, f"{system} ratio": theirs / ours}
        row["force difference"] = max(difference, row.get("force difference", 0.0))
    return row | {"wanted": WANTED.get(nodes, "")}


def _peer() -> Any:
    """Return the OpenSees model of the verification tests."""
    path = Path(__file__).parents[1] / "tests" / "verification" / "opensees_truss.py"
    spec = importlib.util.spec_from_file_location("opensees_truss", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
