"""One load case of Section V, computed over all sizes of elements and cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.equilibrium.solver_options import ProgressCallback
from microtann.errors import InputError
from microtann.evaluation.both_scales import Microscale
from microtann.evaluation.comparison import Analysis, Comparison
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.reference_run import (
    NOTHING_KEPT,
    ReferenceRuns,
    RunNumbers,
    RunRecords,
    elements,
    run_name,
)
from microtann.evaluation.scale_errors import Errors, Solving, Source, scale_errors, solved_again, solving
from microtann.evaluation.structures import ReferenceCase, reference_case
from microtann.fem.model import Result
from microtann.microstructure.bars.full.structure import StructureResult
from microtann.microstructure.protocol import Microstructure
from microtann.system.csv_file import write_csv
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
RUNS = "runs.csv"
"""What is compared in all runs of a case."""


@dataclass(frozen=True)
class Section5Plan:
    """Sizes over which a case is computed, from coarse to fine.

    Parameters
    ----------
    ratios : tuple of float
        Size ratios ε of full lattices.
    meshes : tuple of float
        Edges of the hexahedra.
    """

    ratios: tuple[float, ...]
    meshes: tuple[float, ...]


@dataclass(frozen=True)
class BarStresses:
    """Stresses of the bars at the control nodes, for one size ratio and the finest mesh.

    Parameters
    ----------
    ratio : float
    stress : mapping
        By analysis, and of the exact cell solved again ("solved"); the bars always in the same order.
    """

    ratio: float
    stress: dict[str, list[float]]


@dataclass(frozen=True)
class CaseNumbers:
    """All numbers of a case over its sizes.

    Parameters
    ----------
    case, model : str
    distinct_bars : int
        Of the cell.
    runs : list of RunNumbers
    scales : mapping
        `scale_errors` by size ratio (written out), with the finest mesh.
    moved : mapping
        u⁰ + εu¹ of the control displacements by size ratio, then by name, with the model on the finest mesh.
    bars : list of BarStresses
    solving : mapping
        What was solved again for the bars, by size ratio.
    """

    case: str
    model: str
    distinct_bars: int
    runs: list[RunNumbers]
    scales: dict[str, dict[str, Errors]]
    moved: dict[str, dict[str, float]]
    bars: list[BarStresses]
    solving: dict[str, Solving]

    def of(self, analysis: Analysis) -> list[RunNumbers]:
        """Return the runs of an analysis, from coarse to fine."""
        return sorted((run for run in self.runs if run.analysis == analysis), key=lambda run: -run.size)

    def finest(self, analysis: Analysis) -> RunNumbers:
        """Return the finest run of an analysis."""
        return self.of(analysis)[-1]


def write_runs(folder: Path, numbers: CaseNumbers) -> None:
    """Write what is compared in every run, a line for the end of every increment, into `RUNS`."""
    rows = [(run, place) for run in numbers.runs for place in range(len(next(iter(run.quantities.values()))))]
    columns: dict[str, list[Any]] = {
        "analysis": [run.analysis for run, _ in rows],
        "mesh_size or size ratio": [run.size for run, _ in rows],
        "increment": [place + 1 for _, place in rows],
    }
    for name in numbers.runs[0].quantities:
        columns[name] = [run.quantities[name][place] for run, place in rows]
    write_csv(folder / RUNS, columns)


def run_section5_case(
    name: str,
    model: str,
    tann: TANN,
    plan: Section5Plan,
    watch: Callable[[int, int, str], ProgressCallback] | None = None,
    records: RunRecords = NOTHING_KEPT,
) -> tuple[CaseNumbers, Comparison]:
    """Compute a case with the model and the exact cell on every mesh, and the full lattice of every size ratio.

    Parameters
    ----------
    name : str
        Of the case.
    model : str
        What the model is called.
    tann : TANN
        A model of a lattice in space.
    plan : Section5Plan
    watch : callable, optional
        Called with the number of runs done, of all, and a line on the one that begins; returns what follows its
        Newton iterations.
    records : RunRecords, optional
        Where finished runs are kept, and the equilibria of the one in progress.

    Returns
    -------
    CaseNumbers
    Comparison
        Of the finest mesh and the finest lattice.

    Raises
    ------
    InputError
        If the model does not stand for a lattice in space.
    """
    case, reference = reference_case(name), ExactReference.of(tann)
    if reference is None or not reference.fills_structures or reference.dimension != 3:
        raise InputError(f"the model {model!r} does not stand for a lattice in space: Section V needs one")
    count = 2 * len(plan.meshes) + len(plan.ratios)
    runs: list[RunNumbers] = []

    def follow(text: str) -> ProgressCallback | None:
        return None if watch is None else watch(len(runs), count, text)

    materials: dict[Analysis, TANN | Microstructure] = {"model": tann, "exact": reference.microstructure}
    of_case = ReferenceRuns(case, records=records)
    finest: dict[Any, Result] = {}
    for size in plan.meshes:
        for analysis, material in materials.items():
            body, text = partial(elements, case, material, size), f"{name}, {analysis}, elements of {size:g}"
            if size == plan.meshes[-1]:
                finest[analysis] = of_case.result(analysis, size, body(), follow(text))
                runs.append(RunNumbers.of(case, analysis, size, finest[analysis]))
            else:
                runs.append(of_case.numbers(analysis, size, body, partial(follow, text)))
    inside = _Inside(case, materials, finest)
    lattices: list[_LatticeNumbers] = []
    lattice: StructureResult | None = None
    for ratio in plan.ratios:
        key, last = run_name("lattice", ratio), ratio == plan.ratios[-1]
        numbers = records.read(key, _LatticeNumbers)
        if numbers is None or last:
            callback = follow(f"{name}, full lattice, ε = 1/{round(1 / ratio)}")
            lattice = of_case.result("lattice", ratio, reference.structure(case, ratio), callback)
        if numbers is None:
            assert lattice is not None
            numbers = inside.compare(ratio, lattice)
            records.keep(key, numbers)
        if not last:
            records.drop(key)
        lattices.append(numbers)
        runs.append(numbers.run)
    of_sizes = CaseNumbers(
        name,
        model,
        reference.microstructure.exact_states,
        runs,
        {entry.ratio: entry.scales for entry in lattices},
        {entry.ratio: entry.moved for entry in lattices},
        [entry.bars for entry in lattices],
        {entry.ratio: entry.solving for entry in lattices},
    )
    return of_sizes, Comparison(case, finest, lattice)


@dataclass(frozen=True)
class _LatticeNumbers:
    """What a full lattice gives, alone and beside the finest mesh."""

    run: RunNumbers
    scales: dict[str, Errors]
    moved: dict[str, float]
    bars: BarStresses
    solving: Solving

    @property
    def ratio(self) -> str:
        """The size ratio, written out."""
        return f"{self.run.size:.12g}"


@dataclass(frozen=True, eq=False)
class _Inside:
    """The lattice inside the finest mesh, with the model and with the exact cell."""

    case: ReferenceCase
    materials: Mapping[Analysis, TANN | Microstructure]
    results: Mapping[Any, Result]

    def compare(self, ratio: float, lattice: StructureResult) -> _LatticeNumbers:
        """Return what a full lattice gives, alone and beside the finest mesh."""
        case, size = self.case, ratio * self.case.lengths[0]
        inside: dict[Analysis, Microscale] = {
            analysis: Microscale(self.results[analysis], material, size, case.origin)
            for analysis, material in self.materials.items()
        }
        solved = solved_again(inside["model"])
        sources: dict[Source, Microscale] = {"model": inside["model"], "solved": solved, "exact": inside["exact"]}
        scales = scale_errors(Comparison(case, self.results, lattice), inside, solved)
        nodes = [lattice.nearest(control.point) for control in case.controls]
        u0, eu1 = inside["model"].displacement(lattice.points[nodes])
        moved = {control.name: float((u0 + eu1)[i, control.component]) for i, control in enumerate(case.controls)}
        bars = BarStresses(ratio, _control_bars(lattice, sources, case.controls[0].point))
        run = RunNumbers.of(case, "lattice", ratio, lattice)
        return _LatticeNumbers(run, scales, moved, bars, solving(solved))


def _control_bars(
    lattice: StructureResult, inside: Mapping[Source, Microscale], point: tuple[float, ...]
) -> dict[str, list[float]]:
    """Return the stresses of the bars at a control node, in the order of their directions.

    Parameters
    ----------
    lattice : StructureResult
    inside : mapping
        The lattice inside the finite elements, by what gives it.
    point : tuple of float
        Of the control node.
    """
    bars, points = lattice.structure.bars, lattice.points
    node = lattice.nearest(point)
    at = np.flatnonzero((bars == node).any(axis=1))
    towards = points[np.where(bars[at, 0] == node, bars[at, 1], bars[at, 0])] - points[node]
    at = at[np.lexsort(np.round(towards / np.abs(towards).max(), 6).T)]
    found: dict[str, list[float]] = {
        source: scale.bar_stress(points, bars[at], np.array(point)).tolist() for source, scale in inside.items()
    }
    return found | {"lattice": lattice.stress[at].tolist()}
