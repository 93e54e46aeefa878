"""A job as a task of the processes that FEniCSx joins: every one of them reads its file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from microtann.fem.mesh import Mesh
from microtann.fem.model import Result
from microtann.fenicsx.processes import run_processes

WORKER = "microtann.job.job_worker"


def run_job_processes(
    path: Path,
    changes: Mapping[str, Any],
    ranks: int,
    mesh: Mesh,
    record: str | os.PathLike[str] | None,
    files: str | os.PathLike[str] | None,
) -> Result:
    """Compute a job in as many processes as it asks for, and return the whole response.

    Parameters
    ----------
    path : Path
        Job file.
    changes : mapping
        Values in place of those in the file.
    ranks : int
        Number of processes.
    mesh : Mesh
        Of the job.
    record : path or None
        Folder of the equilibria, in which a stopped job goes on.
    files : path or None
        Folder for the fields that the engine writes.

    Raises
    ------
    MicrotannError
        As `microtann.fenicsx.processes.run_processes`.
    """
    task = {
        "path": str(path),
        "changes": dict(changes),
        "records": "" if record is None else str(Path(record) / "fenicsx"),
        "files": "" if files is None else os.fspath(files),
    }
    return run_processes(WORKER, task, ranks, mesh)
