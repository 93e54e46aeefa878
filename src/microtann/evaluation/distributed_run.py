"""A reference structure as a task of the processes that FEniCSx joins."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from microtann.fem.mesh import Mesh
from microtann.fem.model import Result
from microtann.fenicsx.processes import EngineFields, run_processes

WORKER = "microtann.evaluation.distributed_worker"


@dataclass(frozen=True)
class DistributedJob:
    """What the processes are to compute.

    Parameters
    ----------
    case : str
        Name of the reference structure.
    increments : int
        In place of each of the case.
    analysis : str
        "model", or "exact" for the microstructure that the material stands for.
    material : str
        Name, file, or module:name; "exact" for the regular cube.
    hybrid : bool
        Whether the exact cell is used outside of the range of the training data.
    mesh_size : float
    element, diagonals : str
        Kind of the elements, and how blocks are cut.
    options : dict
        Settings of the solver.
    records : str
        Folder in which the processes record their parts, and go on from; empty for none.
    files : str
        Folder for what ParaView reads; empty for none.
    fields : {"xdmf", "bp", "none"}
        In which format.
    """

    case: str
    increments: int
    material: str
    hybrid: bool
    mesh_size: float
    diagonals: str
    analysis: str = "model"
    element: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    records: str = ""
    files: str = ""
    fields: EngineFields = "xdmf"

    def beside(self, records: str | os.PathLike[str] | None) -> DistributedJob:
        """Return the job with its records in a folder of such, or with none."""
        return self if records is None else replace(self, records=str(Path(records) / f"fenicsx-{self.analysis}"))


def run_distributed(job: DistributedJob, ranks: int, mesh: Mesh) -> Result:
    """Compute a reference structure in processes that FEniCSx joins, and return the whole response.

    Parameters
    ----------
    job : DistributedJob
    ranks : int
        Number of processes.
    mesh : Mesh
        The mesh that the job stands for.

    Raises
    ------
    MicrotannError
        As `microtann.fenicsx.processes.run_processes`.
    """
    return run_processes(WORKER, asdict(job), ranks, mesh)
