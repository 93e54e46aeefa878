"""A structure to be computed, as a job file describes it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microtann.equilibrium.record import Record, is_record
from microtann.equilibrium.solver_options import ProgressCallback, SolverOptions
from microtann.equilibrium.steps import Step
from microtann.errors import ConfigurationError, InputError
from microtann.fem.mesh import Mesh
from microtann.fem.model import Model, Result
from microtann.fem.regions import Materials
from microtann.job.job_mesh import job_mesh
from microtann.job.job_processes import run_job_processes
from microtann.job.job_steps import job_steps
from microtann.job.job_tables import JobTables, read_tables
from microtann.job.mesh_names import named
from microtann.job.shipped_jobs import job_path
from microtann.job.tables import JobTitle, OutputChoice
from microtann.materials.protocol import Material
from microtann.numbers.configuration import nearest
from microtann.system.stage import file_digest


@dataclass(frozen=True, eq=False)
class StructureJob:
    """A structure of one's own: what is loaded, how, and what is written of it.

    Parameters
    ----------
    title : JobTitle
    model : `microtann.fem.Model`
        Mesh and materials.
    steps : tuple of Step
    options : SolverOptions
    output : OutputChoice
    inputs : mapping
        Digest of every file that decides the result, by what the file is.
    path : Path
        Its file.
    changes : mapping
        Values in place of those in the file.
    """

    title: JobTitle
    model: Model
    steps: tuple[Step, ...]
    options: SolverOptions
    output: OutputChoice
    inputs: Mapping[str, str]
    path: Path
    changes: Mapping[str, Any]

    def __repr__(self) -> str:
        increments = sum(step.increments for step in self.steps)
        return f"StructureJob({self.model!r}, {len(self.steps)} steps, {increments} increments)"

    @property
    def mesh(self) -> Mesh:
        """The mesh with all named sets, sides and regions."""
        return self.model.mesh

    def solve(
        self,
        progress: ProgressCallback | None = None,
        *,
        record: str | os.PathLike[str] | None = None,
        failure: str | os.PathLike[str] | None = None,
        files: str | os.PathLike[str] | None = None,
    ) -> Result:
        """Load the structure.

        Parameters
        ----------
        progress : callable, optional
            Called after every Newton iteration.
        record : path, optional
            Folder of the equilibria: what was found before an interruption is not computed again.
        failure : path, optional
            File for the Gauss point at which an increment fails; the engine fenicsx writes none.
        files : path, optional
            Folder for the fields that the engine fenicsx writes.

        Returns
        -------
        `microtann.fem.Result`

        Raises
        ------
        InputError
            If a step does not fit the mesh.
        EquilibriumError
            If an increment fails although it was cut.
        MissingExtraError
            If FEniCSx is to compute it and is not installed.
        """
        if self.title.engine == "fenicsx":
            return run_job_processes(self.path, self.changes, self.title.ranks, self.mesh, record, files)
        kept: dict[str, Any] = {}
        if record is not None:
            folder = Path(record)
            kept = {
                "record": Record(folder, every_state=False),
                "restart": folder if is_record(folder) else None,
            }
        return self.model.solve(self.steps, self.options, progress, failure=failure, **kept)


def read_job(path: str | os.PathLike[str], changes: Mapping[str, Any] | None = None) -> StructureJob:
    """Read a structure from a job file (docs/jobs.md).

    Parameters
    ----------
    path : path
        TOML; files that it names are found from its folder. Or the name of a job that ships with microtann, such
        as "lcT2" (`microtann job --list`).
    changes : mapping, optional
        Values in place of those in the file, by dotted key: ``{"material.name": "cube"}``; tables that repeat are
        counted from 0, as in "step.0.increments".

    Returns
    -------
    StructureJob

    Raises
    ------
    ConfigurationError
        If the file holds something else, or names what does not exist; the sentence names the line.

    Examples
    --------
    >>> import microtann as mt
    >>> with open("pull.toml", "w") as file:
    ...     _ = file.write(mt.job_example())
    >>> mt.read_job("pull.toml").mesh.cell_count
    16
    """
    path = job_path(Path(path))
    tables = read_tables(path, changes)
    mesh = job_mesh(tables)
    materials, inputs = _materials(tables, mesh)
    try:
        model = Model(mesh, materials)
        system = model._system()  # regions without a material are told now
    except InputError as error:
        raise ConfigurationError(f"{tables.where('material')}: {error}") from None
    _check_pictures(tables, [*system.fields(system.virgin()), "training_reach"])
    inputs |= {"mesh": file_digest(path.parent / tables.mesh.file)} if tables.mesh.file else {}
    inputs |= {"history": file_digest(path.parent / tables.history.file)} if tables.history else {}
    return StructureJob(
        tables.title,
        model,
        job_steps(tables, mesh, system.parts),
        tables.solver,
        tables.output,
        inputs,
        path,
        dict(changes or {}),
    )


def _check_pictures(tables: JobTables, fields: Sequence[str]) -> None:
    """Refuse pictures of fields that no increment will have."""
    for field in tables.output.pictures:
        name = field.partition(" ")[0]
        if field not in fields and name not in fields:
            raise ConfigurationError(
                f"{tables.where('output', 'pictures')}: there is no field {name!r}: {nearest(name, fields)}"
                f"there are {', '.join(fields)}"
            )


def _materials(tables: JobTables, mesh: Mesh) -> tuple[Materials, dict[str, str]]:
    folder = tables.path.parent
    made: dict[str, Material] = {}
    inputs: dict[str, str] = {}
    for name, choice in tables.materials.items():
        key = ("material", name) if name else ("material",)
        try:
            if name:
                named(name, mesh.regions)
            made[name] = choice.material(folder)
            file = choice.file(folder)
        except InputError as error:
            raise ConfigurationError(f"{tables.where(*key)}: {error}") from None
        if file is not None:
            inputs[f"model of {name}" if name else "model"] = file_digest(file)
    return made.get("", made), inputs
