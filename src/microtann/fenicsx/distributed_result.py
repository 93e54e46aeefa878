"""The response of a mesh that is spread over processes: the part of each, and the whole gathered from all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.equilibrium.history import History, Statistics
from microtann.equilibrium.increment_table import IncrementRow
from microtann.errors import InputError
from microtann.fem.assembly import GaussState
from microtann.fem.mesh import Mesh
from microtann.fem.model import Result
from microtann.fem.regions import MeanDilatation, averaged_cells, own_state, regions_of
from microtann.fenicsx.partition import Partition
from microtann.materials.protocol import State

IntArray = NDArray[np.int64]
FORMATS = ("xdmf", "bp")
"""Endings of the files that `DistributedResult.write` writes: XDMF with HDF5, and VTX of ADIOS2."""


@dataclass(frozen=True, eq=False)
class DistributedResult(History):
    """The part of a response that a process has; see also `microtann.equilibrium.history.History`.

    Displacements, reactions and fields are of the nodes that the process owns and of its cells; energy and
    dissipation of the whole. Every method below is called by all processes together.

    Parameters
    ----------
    partition : Partition
    state : GaussState
        At the Gauss points of its cells.
    whole : Mesh or None
        The whole mesh, on the first process.
    materials : object
        As of the model.
    mean_dilatation : object
        As of the model.
    """

    partition: Partition
    state: GaussState
    whole: Mesh | None
    materials: Any
    mean_dilatation: MeanDilatation

    def __repr__(self) -> str:
        return self._line("DistributedResult", f"{self.partition.mesh.cell_count} cells of this process")

    def gather(self) -> Result | None:
        """Return the response of the whole mesh on the first process, as our own finite elements give it.

        Returns
        -------
        Result or None
            None on all other processes.
        """
        part, mesh = self.partition, self.whole
        told = (len(mesh.points), mesh.cell_count, mesh.weights.size) if mesh else None
        nodes, (count, cell_count, point_count) = part.own_nodes, part.comm.bcast(told, 0)

        def nodal(values: Any) -> Any:
            found = part.collect(np.moveaxis(np.asarray(values), 1, 0), nodes, count)
            return None if found is None else np.ascontiguousarray(np.moveaxis(found, 0, 1))

        def at_points(values: NDArray[Any]) -> Any:
            return part.collect(values, part.points, point_count)

        displacement, reactions = nodal(self.displacement), nodal(self.reactions)
        fields = [self._gathered_fields(entry, cell_count) for entry in self.fields]
        parts = [(entry, nodal(entry.displacement[None])) for entry in self.parts]
        strain, stress = at_points(self.state.strain), at_points(self.state.stress)
        dissipated, state = at_points(self.state.dissipated), self._gathered_state(at_points)
        reach = self._gathered_reach()
        statistics = self._gathered_statistics()
        if mesh is None:
            return None
        regions = regions_of(mesh, self.materials, self.mean_dilatation)
        if len(regions) > 1:
            owner = np.empty(cell_count)
            for number, region in enumerate(regions):
                owner[region.cells] = number
            fields = [entry | {"region": owner} for entry in fields]
        return Result(
            points=mesh.points,
            time=np.asarray(self.time),
            displacement=displacement,
            reactions=reactions,
            energy=self.energy,
            dissipation=self.dissipation,
            statistics=statistics,
            fields=tuple(fields),
            training_reach=reach[0],
            points_outside=reach[1],
            parts=tuple(replace(entry, displacement=moved[0]) for entry, moved in parts),
            mesh=mesh,
            strain=mesh.shaped(strain),
            stress=mesh.shaped(stress),
            dissipated=mesh.shaped(dissipated),
            state=_by_region(state, regions, mesh)
            if any(region.name for region in regions)
            else {name: mesh.shaped(value) for name, value in state.items()},
            mean_dilatation=averaged_cells(mesh, regions),
            materials=tuple(region.name for region in regions if region.name),
        )

    def write(self, file: str | os.PathLike[str]) -> Path:
        """Write displacements and the averages of the last increment over the cells for ParaView.

        Parameters
        ----------
        file : path
            It ends in .xdmf (of all processes, with an HDF5 file beside it) or .bp (VTX, displacements alone).

        Returns
        -------
        Path

        Raises
        ------
        InputError
            If it has another ending, or FEniCSx has no elements of the mesh.
        """
        import dolfinx

        path = Path(file)
        if path.suffix.lstrip(".") not in FORMATS:
            raise InputError(f"{path} must end in {' or '.join('.' + ending for ending in FORMATS)}")
        space, part = self.partition.space, self.partition
        if space is None:
            raise InputError(
                "FEniCSx has no elements of this mesh and cannot write it: gather() the response, which the first "
                "process can write"
            )
        field = dolfinx.fem.Function(space, name="displacement")

        def show(index: int) -> None:
            field.x.array[: part.owned * part.mesh.dimension] = np.asarray(self.displacement[index]).ravel()
            field.x.scatter_forward()

        if path.suffix == ".bp":
            show(0)
            with dolfinx.io.VTXWriter(part.comm, path, [field]) as writer:
                for index, time in enumerate(self.time):
                    show(index)
                    writer.write(float(time))
            return path
        columns = self._cell_functions(space.mesh)
        with dolfinx.io.XDMFFile(part.comm, path, "w") as writer:
            writer.write_mesh(space.mesh)
            for index, time in enumerate(self.time):
                show(index)
                writer.write_function(field, float(time))
            for column in columns:
                writer.write_function(column, float(self.time[-1]))
        return path

    def _cell_functions(self, domain: Any) -> list[Any]:
        """Return the last fields as functions that are constant in every cell."""
        import dolfinx

        found = []
        names = self.partition.comm.bcast(sorted(self.fields[-1]) if len(self.fields) else [], 0)
        for name in names:
            values = np.asarray(self.fields[-1][name])
            size = values[0].size
            shape = () if values.ndim == 1 else (size,)
            function = dolfinx.fem.Function(
                dolfinx.fem.functionspace(domain, ("DG", 0, shape)), name=name.replace(" ", "_")
            )
            function.x.array[: values.size] = values.ravel()
            function.x.scatter_forward()
            found.append(function)
        return found

    def _gathered_fields(self, entry: Any, count: int) -> dict[str, Any]:
        """Return the fields of all cells of one increment; of those that only some processes know, 0 elsewhere."""
        part, found = self.partition, {}
        every = [(name, np.shape(value)[1:]) for name, value in entry.items()]
        names = dict(sorted({pair for known in part.comm.allgather(every) for pair in known}))
        for name, shape in names.items():
            own = entry.get(name, np.zeros((len(part.cells), *shape)))
            found[name] = part.collect(np.asarray(own), part.cells, count)
        return found

    def _gathered_state(self, at_points: Any) -> State:
        """Return the state of all Gauss points; variables of a region are zero at those of others."""
        part, mine = self.partition, self.state.material
        every = [(name, value.shape[1:], value.dtype.str) for name, value in mine.items()]
        known = sorted({told for process in part.comm.allgather(every) for told in process})
        found = {}
        for name, shape, kind in known:
            values = np.zeros((part.mesh.weights.size, *shape), dtype=kind)
            region = next((r for r in part.mesh.regions if name in mine and own_state(r, {name: mine[name]})), "")
            if name in mine:
                chosen = part.mesh.gauss_points(part.mesh.regions[region]) if region else slice(None)
                values[chosen] = mine[name]
            found[name] = at_points(values)
        return found

    def _gathered_reach(self) -> tuple[Any, Any]:
        """Return how far the farthest point of all reached and how many were outside, per increment."""
        from mpi4py import MPI

        comm, known = self.partition.comm, self.training_reach is not None
        if not comm.allreduce(int(known)):
            return None, None
        zeros = np.zeros(len(self.time))
        farthest = np.asarray(self.training_reach) if known else zeros
        outside = np.asarray(self.points_outside) if known else zeros.astype(np.int64)
        return comm.allreduce(farthest, op=_elementwise(np.maximum)), comm.allreduce(outside, op=MPI.SUM)

    def _gathered_statistics(self) -> Statistics:
        """Return the cost with the calls and CPU seconds of all processes."""
        own = self.statistics
        every: Sequence[Statistics] = self.partition.comm.allgather(own)

        def rows() -> tuple[IncrementRow, ...]:
            alike = zip(*(s.increments for s in every), strict=True)
            return tuple(replace(row[0], seconds=sum(r.seconds for r in row)) for row in alike)

        return replace(
            own,
            constitutive_calls=sum(s.constitutive_calls for s in every),
            material_seconds=sum(s.material_seconds for s in every),
            assembly_seconds=sum(s.assembly_seconds for s in every),
            setup_seconds=sum(s.setup_seconds for s in every),
            solver_seconds=sum(s.solver_seconds for s in every),
            increments=rows(),
        )


def _elementwise(function: Any) -> Any:
    from mpi4py import MPI

    return MPI.Op.Create(lambda a, b, _: function(a, b), commute=True)


def _by_region(state: State, regions: Any, mesh: Mesh) -> State:
    """Return the variables of every region at its own cells."""
    found, rows = {}, (-1, *mesh.weights.shape[1:])
    for region in regions:
        points = mesh.gauss_points(region.cells)
        for name, value in state.items():
            if own_state(region.name, {name: value}):
                found[name] = value[points].reshape(*rows, *value.shape[1:])
    return found
