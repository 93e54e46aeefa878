"""What threads gain in finite elements, part by part, beside what the machine can give; an estimate for 16 cores.

``python -m benchmarks threads [--cases ...] [--cores 16]``. Wall seconds of whole runs by one thread and by two,
each in a process of its own after a small run that compiles, the fewest of three runs for every part:

- ``slips``: lcT2 with elements of 0.5 and a reduced cell of 48 slips;
- ``cube``: 32³ hexahedra in shear with the shipped model of the cube;
- ``bars``: FE², lcT2 with elements of 1 and the exact cell of 832 bars.

What the machine can give is measured too, by two processes that do the same run by one thread each, side by side.
The "cores" of a rented machine may be the two halves of one, which share its arithmetic units: two processes that
have nothing to do with each other then gain as little as this column says, and two threads cannot gain more.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import microtann as mt
from benchmarks.machine import table, write
from microtann.equilibrium import multigrid, preconditioner, sparsity
from microtann.evaluation.structures import lcT2
from microtann.fem.assembly import FiniteElements
from microtann.fem.mesh import Mesh

PARTS = ("material", "assembly", "product", "preconditioner", "set-up", "rest")
CELL = mt.cube_cell((2, 2, 2), perturbation=0.2)
Row = dict[str, Any]


@dataclass
class Clock:
    """Wall seconds by part, of a run in which each of them is timed where it is called.

    Parameters
    ----------
    seconds : dict
    inside : bool
        Whether a part is being timed: what it calls counts as its own.
    """

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    inside: bool = False

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that adds what it takes to a part."""

        def call(*given: Any, **named: Any) -> Any:
            if self.inside:
                return function(*given, **named)
            self.inside = True
            begin = time.perf_counter()
            try:
                return function(*given, **named)
            finally:
                self.seconds[part] += time.perf_counter() - begin
                self.inside = False

        return call

    def shared(self, evaluate: Callable[..., Any]) -> Callable[..., Any]:
        """Return an evaluation whose wall time counts as material and assembly, as their CPU times are."""

        def call(*given: Any, **named: Any) -> Any:
            begin = time.perf_counter()
            response = evaluate(*given, **named)
            wall = time.perf_counter() - begin
            material = response.material_seconds / (response.material_seconds + response.assembly_seconds)
            self.seconds["material"] += wall * material
            self.seconds["assembly"] += wall * (1.0 - material)
            return response

        return call


@contextmanager
def parts_timed() -> Iterator[Clock]:
    """Time the parts of all runs in the block."""
    clock = Clock()
    places: list[tuple[Any, str, Callable[..., Any]]] = [
        (FiniteElements, "evaluate", clock.shared(FiniteElements.evaluate)),
        (sparsity.BlockTangent, "__matmul__", clock.timed("product", sparsity.BlockTangent.__matmul__)),
        (
            multigrid.SweptLevel,
            "__call__",
            clock.timed("preconditioner", multigrid.SweptLevel.__call__),
        ),
        (preconditioner, "multigrid", clock.timed("set-up", preconditioner.multigrid)),
    ]
    before = [getattr(owner, name) for owner, name, _ in places]
    for owner, name, timed in places:
        setattr(owner, name, timed)
    try:
        yield clock
    finally:
        for (owner, name, _), old in zip(places, before, strict=True):
            setattr(owner, name, old)


def torsion(material: Any, edge: float, threads: int) -> tuple[mt.fem.Model, Any]:
    """Return lcT2 with elements of an edge, and its steps."""
    case = lcT2()
    divisions = np.rint(np.array(case.lengths) / edge).astype(int)
    mesh = mt.fem.box(case.lengths, divisions, case.origin, "hexahedron")
    return mt.fem.Model(mesh, material, threads=threads), case.steps


def shear(material: Any, n: int, threads: int) -> tuple[mt.fem.Model, Any]:
    """Return a cube of n³ hexahedra, and a step that shears it."""
    mesh: Mesh = mt.fem.box((1.0, 1.0, 1.0), (n, n, n))
    base = [mt.fem.Prescribed(lambda x: x[:, 2] < 1e-9, axis) for axis in "xyz"]
    top = [mt.fem.Prescribed(lambda x: x[:, 2] > 1 - 1e-9, axis, 0.5 * (axis == "x")) for axis in "xyz"]
    return mt.fem.Model(mesh, material, threads=threads), mt.fem.Step(base + top, increments=2)


CASES: dict[str, tuple[str, Callable[[], Any], Callable[[Any, bool, int], Any]]] = {
    "slips": (
        "lcT2, elements of 0.5, 48 slips",
        lambda: mt.reduce(mt.Lattice(CELL, mt.ElastoplasticBar()), states=48),
        lambda material, small, threads: torsion(material, 2.0 if small else 0.5, threads),
    ),
    "cube": (
        "32³ hexahedra in shear, TANN of the cube",
        lambda: mt.load("cube"),
        lambda material, small, threads: shear(material, 8 if small else 32, threads),
    ),
    "bars": (
        "FE², lcT2, elements of 1, 832 bars",
        lambda: mt.Lattice(mt.cube_cell((4, 4, 4), perturbation=0.2), mt.ElastoplasticBar()),
        lambda material, small, threads: torsion(material, 5.0 if small else 1.0, threads),
    ),
}
"""Title, material, and model with its steps."""


def one(case: str, threads: int, repeats: int) -> None:
    """Do a run some times when a line of input says so; print the fewest seconds of every part as JSON."""
    _, material_of, body_of = CASES[case]
    material = material_of()
    options = mt.fem.SolverOptions(outside_training="none")
    body, steps = body_of(material, True, threads)
    body.solve(steps, options)
    body, steps = body_of(material, False, threads)
    print("ready", flush=True)
    sys.stdin.readline()
    runs = []
    for _ in range(repeats):
        with parts_timed() as clock:
            begin, used = time.perf_counter(), time.process_time()
            result = body.solve(steps, options)
            total, cpu = time.perf_counter() - begin, time.process_time() - used
        rest = total - sum(clock.seconds.values())
        runs.append(clock.seconds | {"rest": rest, "all": total, "CPU": cpu})
    fastest = {part: min(each[part] for each in runs) for part in runs[0]}
    print(json.dumps({"seconds": fastest, "energy": float(result.energy[-1]).hex()}))


def run(case: str, threads: int, repeats: int, copies: int = 1) -> list[Row]:
    """Return what runs in processes of their own, begun at the same moment, took."""
    command = [sys.executable, "-m", "benchmarks", "threads", "--one", case]
    command += ["--threads", str(threads), "--repeats", str(repeats)]
    environment = os.environ | {"MICROTANN_THREADS": ""}
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(copies)
    ]
    for worker in workers:
        assert worker.stdout is not None
        if "ready\n" not in iter(worker.stdout.readline, ""):  # reads on until it says so, or ends
            raise RuntimeError(f"the run of {case!r} did not start")
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return [json.loads(worker.communicate()[0].splitlines()[-1]) for worker in workers]


def compare(case: str, threads: int, cores: int, repeats: int) -> list[Row]:
    """Return a row for every part: wall seconds, gains, and an estimate for more cores."""
    run(case, threads, 1)  # compiles: last bits of a process that does so have been seen to differ
    (alone,), (shared,) = run(case, 1, repeats), run(case, threads, repeats)
    both = run(case, 1, repeats, copies=threads)
    if alone["energy"] != shared["energy"]:
        raise RuntimeError("threads changed the result")
    rows = []
    for part in (*PARTS, "all"):
        first, more = alone["seconds"][part], shared["seconds"][part]
        beside = float(np.mean([each["seconds"][part] for each in both]))
        rows.append(
            {
                "part": part,
                "1 thread": round(first, 3),
                f"{threads} threads": round(more, 3),
                "gain": round(first / more, 2) if more else None,
                "gain of processes": round(threads * first / beside, 2) if beside else None,
                f"{cores} cores": round(estimate(first, more, beside / threads, threads, cores), 3),
            }
        )
    rows[-1][f"{cores} cores"] = round(sum(row[f"{cores} cores"] for row in rows[:-1]), 3)
    cpu = [round(each["seconds"]["CPU"], 3) for each in (alone, shared)]
    rows.append({"part": "CPU", "1 thread": cpu[0], f"{threads} threads": cpu[1]})
    return rows


def estimate(alone: float, shared: float, best: float, threads: int, cores: int) -> float:
    """Return the seconds that a part would take by one thread on each of more cores that share nothing.

    Of the time by one thread a share s stays serial: by ``threads`` threads it takes s alone + (1 − s) best, where
    ``best`` is what so many processes without anything in common take per run.

    Parameters
    ----------
    alone, shared, best : float
        Seconds.
    threads, cores : int
    """
    if best >= alone:  # nothing to be gained here, whatever is parallel
        return shared
    serial = float(np.clip((shared - best) / (alone - best), 0.0, 1.0))
    return alone * (serial + (1.0 - serial) / cores)


def main(arguments: list[str]) -> None:
    """Print a table for every case and write ``results/benchmarks/threads.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks threads", description=__doc__)
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cores", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", choices=CASES, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        one(options.one, options.threads, options.repeats)
        return
    found = {}
    for case in options.cases:
        found[case] = compare(case, options.threads, options.cores, options.repeats)
        print(table(found[case], f"{CASES[case][0]}: wall seconds"), flush=True)
    print(f"The column of {options.cores} cores is an estimate from these constants, not a measurement.")
    print("written:", write("threads", found))


if __name__ == "__main__":
    main(sys.argv[1:])
