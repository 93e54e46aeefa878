"""One analysis of a reference structure: its computation, its restart after an interruption, and its results.

Simulations, studies and the reproduction of the paper all take their runs from here. A folder of records belongs
to one configuration: who makes it names it after a digest of all that decides the runs.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from microtann.equilibrium.body import Body
from microtann.equilibrium.history import History
from microtann.equilibrium.multigrid import compile_coarse_levels
from microtann.equilibrium.record import Record, is_record
from microtann.equilibrium.solver_options import Progress, ProgressCallback, SolverOptions
from microtann.evaluation.comparison import Analysis
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.structures import ReferenceCase
from microtann.fem.box import box
from microtann.fem.elements import kinds_in
from microtann.fem.model import Model
from microtann.materials.protocol import Material
from microtann.system.atomic import write_atomically
from microtann.system.progress import ProgressReport

Array = NDArray[np.float64]
R = TypeVar("R", bound=History)
T = TypeVar("T")
RECORDS = "records"
"""Folder of the records, in that of an unfinished stage."""
QUIET = SolverOptions(outside_training="none")
"""Options of runs without a warning where a model leaves the range of its training."""
COARSE = {2: 0.25, 3: 1.25}
"""Edge of the elements and cells of the small runs that compile everything, by dimension: fine enough for
multigrid, which a body of 10 × 10 × 10 in elements of 2 is not."""


@dataclass(frozen=True)
class RunRecords:
    """Folder in which runs survive an interruption: finished ones as numbers, one in progress as its equilibria.

    Parameters
    ----------
    folder : Path, optional
        Of one configuration; without it nothing is kept.

    Examples
    --------
    >>> from microtann.evaluation.reference_run import RunNumbers, RunRecords
    >>> RunRecords().read("exact-2", RunNumbers) is None
    True
    """

    folder: Path | None = None

    def solving(self, name: str) -> dict[str, Any]:
        """Return the arguments of `Body.solve` that record a run, or go on with it; it may be a finished one."""
        if self.folder is None:
            return {}
        place = self.folder / name
        return {"record": Record(place, every_state=False), "restart": place if is_record(place) else None}

    def read(self, name: str, kind: type[T]) -> T | None:
        """Return the numbers of a finished run, which are of a class; None if it is not finished."""
        if self.folder is None or not self._file(name).exists():
            return None
        return TypeAdapter(kind).validate_json(self._file(name).read_bytes())

    def keep(self, name: str, numbers: Any) -> None:
        """Keep the numbers of a finished run, an instance of a dataclass."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._file(name), json.dumps(TypeAdapter(type(numbers)).dump_python(numbers)))

    def drop(self, name: str) -> None:
        """Remove the equilibria of a run whose fields are not needed any more."""
        if self.folder is not None:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _file(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{name}.json"


NOTHING_KEPT = RunRecords()


@dataclass(frozen=True)
class RunNumbers:
    """The numbers of one analysis of a case.

    Parameters
    ----------
    analysis : {"model", "exact", "lattice"}
    size : float
        Edge of the elements, or size ratio ε of the lattice.
    quantities : mapping
        What is compared, per increment.
    unknowns, calls, newton : int
        Displacement components, constitutive calls and Newton iterations.
    seconds : float
        CPU time after compilation.
    """

    analysis: Analysis
    size: float
    quantities: dict[str, list[float]]
    unknowns: int
    calls: int
    newton: int
    seconds: float

    @classmethod
    def of(cls, case: ReferenceCase, analysis: Analysis, size: float, result: History) -> RunNumbers:
        """Return the numbers of a finished run.

        Parameters
        ----------
        case : ReferenceCase
        analysis : {"model", "exact", "lattice"}
        size : float
            Edge of the elements, or size ratio ε of the lattice.
        result : History
        """
        cost = result.statistics
        return cls(
            analysis,
            size,
            {name: value.tolist() for name, value in case.quantities(result).items()},
            int(result.displacement[0].size),
            cost.constitutive_calls,
            cost.newton_iterations,
            cost.seconds,
        )

    @property
    def last(self) -> dict[str, float]:
        """The quantities at the end of the loading."""
        return {name: values[-1] for name, values in self.quantities.items()}


def no_progress() -> None:
    """Return None, the callback of a run whose progress is not shown."""


@dataclass(frozen=True)
class ReferenceRuns:
    """Analyses of one case, each of which goes on where it was stopped.

    Parameters
    ----------
    case : ReferenceCase
    options : SolverOptions
    records : RunRecords
    """

    case: ReferenceCase
    options: SolverOptions = QUIET
    records: RunRecords = NOTHING_KEPT

    def result(
        self,
        analysis: Analysis,
        size: float,
        body: Body[R],
        progress: ProgressCallback | None = None,
        **solving: Any,
    ) -> R:
        """Return the result of a run: of its record, gone on with from there, or computed.

        Parameters
        ----------
        analysis : {"model", "exact", "lattice"}
        size : float
            Edge of the elements, or size ratio ε of the lattice.
        body : Body
            What is loaded.
        progress : callable, optional
            Called after every Newton iteration.
        **solving
            Other arguments of `Body.solve`.
        """
        kept = self.records.solving(run_name(analysis, size))
        return body.solve(self.case.steps, self.options, progress, **kept, **solving)

    def numbers(
        self,
        analysis: Analysis,
        size: float,
        body: Callable[[], Body[Any]],
        follow: Callable[[], ProgressCallback | None] = no_progress,
    ) -> RunNumbers:
        """Return the numbers of a run whose fields nobody needs; one that is finished is not computed again.

        Parameters
        ----------
        analysis : {"model", "exact", "lattice"}
        size : float
            Edge of the elements, or size ratio ε of the lattice.
        body : callable
            Makes what is loaded.
        follow : callable, optional
            Makes what is called after every Newton iteration, when the run begins.
        """
        name = run_name(analysis, size)
        numbers = self.records.read(name, RunNumbers)
        if numbers is None:
            numbers = RunNumbers.of(self.case, analysis, size, self.result(analysis, size, body(), follow()))
            self.records.keep(name, numbers)
        self.records.drop(name)
        return numbers


def run_name(analysis: Analysis, size: float) -> str:
    """Return the name of a run in a folder of records, such as "exact-0.5"."""
    return f"{analysis}-{size:.12g}"


def elements(
    case: ReferenceCase, material: Material, size: float, kind: str = "", diagonals: str = "mirrored"
) -> Model:
    """Return the finite-element model of a case.

    Parameters
    ----------
    case : ReferenceCase
    material : Material
    size : float
        Edge of the elements.
    kind : str
        Of elements; by default bricks with 8 nodes, or in the plane quadrilaterals with 4.
    diagonals : {"mirrored", "parallel"}
        How blocks are cut into triangles or tetrahedra.

    Raises
    ------
    InputError
        If elements of that size do not fill the box.
    """
    chosen = kind or kinds_in(case.dimension)[0]
    return Model(box(case.lengths, case.elements(size), case.origin, chosen, diagonals), material)


def compile_kernels(case: ReferenceCase, model: Model, reference: ExactReference | None) -> None:
    """Run every kernel once, the material with every number of points that will occur, so that none is timed.

    Parameters
    ----------
    case : ReferenceCase
    model : Model
        Finite elements that will be timed, of one material.
    reference : ExactReference, optional
        Whose full structure will be timed too, if it makes one.
    """
    mesh, material = model.mesh, model.material
    points, edge = mesh.weights.size, COARSE[case.dimension]
    assert not isinstance(material, Mapping)
    for count in {min(model.chunk, points), points % model.chunk} - {0}:
        for tangent in (True, False):
            strain = np.zeros((count, {2: 3, 3: 6}[case.dimension]))
            material.update(strain, material.initial_state(count), tangent=tangent)
    compile_coarse_levels()
    elements(case, material, edge, mesh.kind).solve(case.steps[:1], QUIET)
    if reference is not None and reference.fills_structures:
        reference.structure(case, edge / case.lengths[0]).solve(case.steps[:1])


def newton_progress(
    report: ProgressReport, done: int = 0, runs: int = 1, name: str = ""
) -> Callable[[Progress], None]:
    """Return what reports the Newton iterations of a run, which may be one of several.

    Parameters
    ----------
    report : callable
        A `microtann.system.progress.ProgressReport`.
    done, runs : int
        Runs that are finished, and all of them.
    name : str
        Of the run.
    """

    def update(state: Progress) -> None:
        share = (state.increment + (1.0 if state.converged else 0.0)) / state.increments
        note = f"{name}, " if name else ""
        note += f"increment {state.increment + 1}/{state.increments}, iteration {state.iteration}, "
        report(done + share, runs, note + f"residual {state.residual:.1e}")

    return update


def records_in(folder: str | os.PathLike[str] | None) -> RunRecords:
    """Return the records in a folder; nothing is kept without one."""
    return RunRecords(None if folder is None else Path(folder))
