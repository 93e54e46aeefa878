"""A reference structure computed by FEniCSx in processes of their own, started from here by ``mpiexec``.

The process that asks needs no MPI and does not load FEniCSx: a job goes out as a file, the whole response comes
back as another one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from microtann.equilibrium.history import Part, Statistics
from microtann.equilibrium.state_arrays import to_arrays
from microtann.errors import ConvergenceError, InputError, MicrotannError, MissingExtraError
from microtann.fem.mesh import Mesh
from microtann.fem.model import Result
from microtann.fenicsx.import_order import INSTALL, missing_reason
from microtann.system.hdf5 import created, opened

WORKER = "microtann.evaluation.distributed_worker"
FAILURES: Mapping[str, type[MicrotannError]] = {
    "InputError": InputError,
    "ConvergenceError": ConvergenceError,
    "MissingExtraError": MissingExtraError,
}
"""Errors by the names under which processes report them."""


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
        Folder for what ParaView reads, in XDMF; empty for none.
    result : str
        File of the response.
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
    result: str = ""

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
    MissingExtraError
        If FEniCSx, a compiler or ``mpiexec`` is missing.
    InputError, ConvergenceError
        What the processes met.
    """
    command = launcher(ranks)
    with tempfile.TemporaryDirectory(prefix="microtann-") as folder:
        place = Path(folder)
        job = replace(job, result=str(place / "result.h5"))
        (place / "job.json").write_text(json.dumps(asdict(job)), encoding="utf-8")
        environment = os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
        done = subprocess.run(
            [*command, sys.executable, "-m", WORKER, str(place / "job.json")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        told = place / "failure.json"
        if told.is_file():
            failure = json.loads(told.read_text(encoding="utf-8"))
            raise FAILURES.get(failure["kind"], MicrotannError)(failure["text"])
        if done.returncode != 0 or not Path(job.result).is_file():
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no word of why"]
            raise MicrotannError(
                f"the processes of FEniCSx ended with exit code {done.returncode}: {last[0]}; with fewer "
                "ranks they need less memory"
            )
        return read_response(Path(job.result), mesh)


def launcher(ranks: int) -> list[str]:
    """Return the command that starts so many processes.

    Parameters
    ----------
    ranks : int

    Raises
    ------
    MissingExtraError
        If FEniCSx or ``mpiexec`` is missing.
    """
    missing = missing_reason()
    if missing:
        raise MissingExtraError(missing)
    beside = Path(sys.executable).parent / "mpiexec"  # that of the MPI library in the same environment
    found = str(beside) if beside.is_file() else shutil.which("mpiexec")
    if found is None:
        raise MissingExtraError(f"there is no mpiexec, which starts the processes of FEniCSx: {INSTALL}")
    return [found, "-n", str(ranks)]


def write_response(path: Path, result: Result) -> None:
    """Write a response to a file, all but its mesh.

    Parameters
    ----------
    path : Path
    result : Result
    """
    arrays: dict[str, Any] = {
        name: np.asarray(getattr(result, name))
        for name in (
            "time",
            "displacement",
            "reactions",
            "energy",
            "dissipation",
            "strain",
            "stress",
            "dissipated",
        )
    }
    arrays |= {"mean_dilatation": result.mean_dilatation, "state": dict(result.state)}
    arrays |= {"fields": [dict(entry) for entry in result.fields]}
    arrays |= {"training_reach": result.training_reach, "points_outside": result.points_outside}
    parts = [asdict(replace(part, displacement=np.empty(0), rotation=None)) for part in result.parts]
    for part in parts:
        del part["displacement"], part["rotation"]
    arrays["parts"] = [part.displacement for part in result.parts]
    notes = {"statistics": asdict(result.statistics), "parts": parts, "materials": list(result.materials)}
    with created(path) as file:
        for name, values in to_arrays(arrays, "response").items():
            file[name] = values
        file.attrs["notes"] = json.dumps(notes)


def read_response(path: Path, mesh: Mesh) -> Result:
    """Return a response from its file.

    Parameters
    ----------
    path : Path
    mesh : Mesh
        Of which it is.

    Raises
    ------
    DataFileError
        If the file is damaged.
    """
    with opened(path) as file:
        notes, held = json.loads(file.attrs["notes"]), file["response"]

        def group(name: str) -> dict[str, Any]:
            return {key: held[name][key][()] for key in held[name]} if name in held else {}

        plain = ("time", "displacement", "reactions", "energy", "dissipation", "strain", "stress", "dissipated")
        count = len(held["fields"]) if "fields" in held else 0
        moved = [held[f"parts/{k}"][()] for k in range(len(notes["parts"]))]
        return Result(
            points=mesh.points,
            **{name: held[name][()] for name in plain},
            statistics=TypeAdapter(Statistics).validate_python(notes["statistics"]),
            fields=tuple(group(f"fields/{k}") for k in range(count)),
            training_reach=held["training_reach"][()] if "training_reach" in held else None,
            points_outside=held["points_outside"][()] if "points_outside" in held else None,
            parts=tuple(Part(displacement=u, **note) for u, note in zip(moved, notes["parts"], strict=True)),
            mesh=mesh,
            state=group("state"),
            mean_dilatation=held["mean_dilatation"][()],
            materials=tuple(notes["materials"]),
        )
