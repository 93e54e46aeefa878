"""A finite-element model on many processes: all call it alike, and each has a part of mesh, states and answer."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from microtann.equilibrium.body import Body
from microtann.equilibrium.history import History
from microtann.equilibrium.plan import Plan
from microtann.equilibrium.record import Record, Restart, is_record
from microtann.equilibrium.recording import Recording
from microtann.equilibrium.rigid import connected_parts
from microtann.equilibrium.solver_options import ProgressCallback, SolverOptions
from microtann.equilibrium.steps import Loading, Step
from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import InputError, MicrotannError, TrainingRangeWarning
from microtann.fem.assembly import GaussState
from microtann.fem.mesh import Mesh
from microtann.fem.regions import Materials, MeanDilatation, regions_of
from microtann.fenicsx.bisection import spread_by_bisection
from microtann.fenicsx.distributed_elements import DistributedElements
from microtann.fenicsx.distributed_result import DistributedResult
from microtann.fenicsx.import_order import require_dolfinx
from microtann.fenicsx.partition import fenicsx_has, spread_mesh
from microtann.fenicsx.temporaries import clean_up


@dataclass(frozen=True, eq=False)
class _Whole:
    """What resolves steps on the first process: nodes, their connection and the mesh.

    Parameters
    ----------
    mesh : Mesh
    """

    mesh: Mesh

    @property
    def points(self) -> Any:
        return self.mesh.points

    @property
    def parts(self) -> Any:
        blocks = [block.cells for block in self.mesh.blocks]
        first = np.concatenate([cells[:, :-1].ravel() for cells in blocks])
        second = np.concatenate([cells[:, 1:].ravel() for cells in blocks])
        return connected_parts(first, second, len(self.mesh.points))


@dataclass(frozen=True, eq=False)
class DistributedModel(Body[DistributedResult]):
    """A mesh and the materials at its Gauss points, spread over the processes of a communicator by FEniCSx.

    All processes make it and call its methods together. It gives the numbers of `microtann.fem.Model`.

    Parameters
    ----------
    mesh : Mesh or None
        That of the first process is spread; others may say None.
    material : Material, or mapping from names of regions to materials
        As of `microtann.fem.Model`, on all processes.
    chunk : int
        Gauss points given to the material at a time.
    mean_dilatation : bool, or mapping from names of regions to bool, optional
        As of `microtann.fem.Model`.
    comm : mpi4py communicator, optional
        All processes if left out.

    Raises
    ------
    MissingExtraError
        If FEniCSx is not installed.
    InputError
        If it was imported before h5py, or there are more processes than cells.
    """

    mesh: Mesh | None
    material: Materials
    chunk: int = 1024
    mean_dilatation: MeanDilatation = None
    comm: Any = None

    def __post_init__(self) -> None:
        require_dolfinx()
        from mpi4py import MPI

        if self.comm is None:
            object.__setattr__(self, "comm", MPI.COMM_WORLD)
        if self.comm.rank > 0:
            object.__setattr__(self, "mesh", None)
        owners, (names, known) = self._on_first(self._owners)
        spread = spread_mesh if known else spread_by_bisection
        object.__setattr__(self, "_partition", spread(self.mesh, owners, names, self.comm))
        object.__setattr__(self, "_inside_only", False)

    _every_field = True

    def solve(
        self,
        steps: Sequence[Step] | Step,
        options: SolverOptions | None = None,
        progress: ProgressCallback | None = None,
        fields: bool | None = None,
        *,
        record: Record | str | os.PathLike[str] | None = None,
        restart: Restart | str | os.PathLike[str] | None = None,
        failure: str | os.PathLike[str] | None = None,
    ) -> DistributedResult:
        """Load the mesh, as `microtann.fem.Model.solve` does; all processes call it together.

        Parameters
        ----------
        steps : sequence of Step
            Those of the first process count.
        options : SolverOptions, optional
        progress : callable, optional
            Called by the first process.
        fields : bool, optional
        record : path or Record, optional
            Folder in which every process records its part in a folder of its own, ``process-0`` and so on.
        restart : path or Restart, optional
            Record to go on with, of as many processes on the same mesh; from the last increment that all of them
            have finished.
        failure : path, optional
            Not used: no file holds a Gauss point of another process.

        Raises
        ------
        InputError
            If a step does not fit, or a record is of another mesh or number of processes.
        EquilibriumError
            If an increment fails although it was cut, on all processes.
        """
        options = options or SolverOptions()
        object.__setattr__(self, "_inside_only", options.outside_training == "error")
        begin = None if restart is None else self._begin(restart)
        if record is None and isinstance(restart, str | os.PathLike):
            record = restart  # the equilibria that not all processes have are replaced
        own_record = None if record is None else self._own_record(record)
        first = self.comm.rank == 0
        found = super().solve(
            steps,
            replace(options, outside_training="none"),
            progress if first else None,
            fields,
            record=own_record,
            restart=begin,
        )
        clean_up(self.comm)
        if options.outside_training == "warn":
            reach, outside = found._gathered_reach()
            if first and reach is not None and outside.any():
                warnings.warn(
                    f"up to {outside.max()} material points leave the range of the model's training data, the "
                    f"farthest reaching {reach.max():.3g} times as far; the model's errors are not known there",
                    TrainingRangeWarning,
                    stacklevel=2,
                )
        return found

    def _owners(self) -> tuple[Any, tuple[tuple[str, ...], bool]]:
        """Return the region of every cell by number; names of the regions, and whether FEniCSx has elements."""
        assert self.mesh is not None
        regions = regions_of(self.mesh, self.material, self.mean_dilatation)
        owners = np.zeros(self.mesh.cell_count, dtype=np.int64)
        for number, region in enumerate(regions):
            owners[region.cells] = number
        return owners, (tuple(region.name for region in regions if region.name), fenicsx_has(self.mesh))

    def _on_first(self, work: Any) -> Any:
        """Return what the first process finds, whose first part stays there; its errors are raised by all.

        Raises
        ------
        InputError
        """
        answer, told = (None, None), None
        if self.comm.rank == 0:
            try:
                answer = work()
            except MicrotannError as error:
                told = str(error)
                failure = error
        told = self.comm.bcast(told, 0)
        if told is not None:
            raise failure if self.comm.rank == 0 else InputError(told)
        return answer[0], self.comm.bcast(answer[1], 0)

    def _own_record(self, record: Record | str | os.PathLike[str]) -> Record:
        """Return the record of this process."""
        whole = record if isinstance(record, Record) else Record(record)
        return replace(whole, folder=self._folder(whole.path))

    def _folder(self, whole: Path) -> Path:
        return whole / f"process-{self.comm.rank}"

    def _begin(self, restart: Restart | str | os.PathLike[str]) -> Restart:
        """Return where this process goes on: after the last increment that all processes have finished.

        Raises
        ------
        InputError
            If the record is of another number of processes.
        """
        from mpi4py import MPI

        whole = restart if isinstance(restart, Restart) else Restart(restart)
        recorded = sum(is_record(folder) for folder in whole.path.glob("process-*"))
        recorded = self.comm.bcast(recorded, 0)
        if recorded != self.comm.size:
            raise InputError(
                f"{whole.path} holds the records of {recorded} processes, but {self.comm.size} go on: use as many"
            )
        folder = self._folder(whole.path)
        if whole.increment is not None:
            return Restart(folder, whole.increment)
        system_points = self._partition.mesh.points[: self._partition.owned]  # type: ignore[attr-defined]
        finished = len(Recording(folder, system_points, NodalUnknowns(system_points.shape[1])).ends)
        least = self.comm.allreduce(finished, op=MPI.MIN)
        return Restart(folder, least - 1 if least else None)

    def _system(self) -> DistributedElements:
        return DistributedElements(
            self._partition,  # type: ignore[attr-defined]
            self.material,
            self.chunk,
            self.mean_dilatation,
            self._inside_only,  # type: ignore[attr-defined]
        )

    def _plan(self, system: DistributedElements, steps: Sequence[Step] | Step, options: SolverOptions) -> Plan:
        """Return the steps, resolved on the whole mesh by the first process, on the nodes of this one."""

        def resolved() -> tuple[Plan, tuple[Any, ...]]:
            assert self.mesh is not None
            plan = Plan.of(_Whole(self.mesh), steps, options)  # type: ignore[arg-type]
            shown = tuple(
                replace(step, prescribed=(), forces=()) for step in plan.steps
            )  # functions do not travel
            return plan, (shown, plan.firsts, plan.starts)

        plan, (shared, firsts, starts) = self._on_first(resolved)
        count = len(firsts) - 1
        loadings = []
        for number in range(count):
            arrays = None
            if plan is not None:
                whole = plan.loadings[number]
                arrays = [whole.held, whole.target, whole.force]
            loadings.append(Loading(*system.partition.scatter(arrays, system.partition.own_nodes)))
        return Plan(shared, tuple(loadings), firsts, starts)

    def _result(self, history: History, state: GaussState) -> DistributedResult:
        return DistributedResult(
            **vars(history),
            partition=self._partition,  # type: ignore[attr-defined]
            state=state,
            whole=self.mesh,
            materials=self.material,
            mean_dilatation=self.mean_dilatation,
        )
