"""What FEniCSx computes in processes of their own, started from here by ``mpiexec``.

The process that asks needs no MPI and does not load FEniCSx: a task goes out as a file, the whole response comes
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
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter

from microtann.equilibrium.history import Part, Statistics
from microtann.equilibrium.state_arrays import to_arrays
from microtann.errors import ConvergenceError, InputError, LimitLoadError, MicrotannError, MissingExtraError
from microtann.fem.mesh import Mesh
from microtann.fem.model import Result
from microtann.fenicsx.import_order import INSTALL, missing_reason
from microtann.system.hdf5 import created, opened

FAILURES: Mapping[str, type[MicrotannError]] = {
    "InputError": InputError,
    "ConvergenceError": ConvergenceError,
    "MissingExtraError": MissingExtraError,
}
"""Errors by the names under which processes report them."""
EngineFields = Literal["xdmf", "bp", "none"]
"""What the engine writes itself: XDMF with HDF5, VTX of ADIOS2 (displacements alone), or nothing."""


def run_processes(worker: str, task: Mapping[str, Any], ranks: int, mesh: Mesh) -> Result:
    """Compute a task in processes that FEniCSx joins, and return the whole response.

    Parameters
    ----------
    worker : str
        Module that does the part of a process, as ``python -m WORKER FILE``, by `microtann.fenicsx.process_task`.
    task : mapping
        What it is to do, plain values for JSON.
    ranks : int
        Number of processes.
    mesh : Mesh
        The mesh that the task stands for.

    Raises
    ------
    MissingExtraError
        If FEniCSx, a compiler or ``mpiexec`` is missing.
    InputError, ConvergenceError, LimitLoadError
        What the processes met.
    """
    command = launcher(ranks)
    with tempfile.TemporaryDirectory(prefix="microtann-") as folder:
        place, response = Path(folder), Path(folder) / "result.h5"
        (place / "task.json").write_text(json.dumps({"task": task, "result": str(response)}), encoding="utf-8")
        environment = os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
        done = subprocess.run(
            [*command, sys.executable, "-m", worker, str(place / "task.json")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        told = place / "failure.json"
        if told.is_file():
            raise _failure(json.loads(told.read_text(encoding="utf-8")))
        if done.returncode != 0 or not response.is_file():
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no word of why"]
            raise MicrotannError(
                f"the processes of FEniCSx ended with exit code {done.returncode}: {last[0]}; with fewer "
                "ranks they need less memory"
            )
        return read_response(response, mesh)


def told_failure(error: MicrotannError) -> dict[str, Any]:
    """Return what is told of an error of the processes."""
    if isinstance(error, LimitLoadError):
        own = {"load_factor": error.load_factor, "step": error.step}
        return {"kind": "LimitLoadError", "text": str(error), **own}
    kind = next((name for name, kind in FAILURES.items() if isinstance(error, kind)), "MicrotannError")
    return {"kind": kind, "text": str(error)}


def _failure(told: Mapping[str, Any]) -> MicrotannError:
    if told["kind"] == "LimitLoadError":
        return LimitLoadError(told["text"], load_factor=told["load_factor"], step=told["step"])
    return FAILURES.get(told["kind"], MicrotannError)(told["text"])


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
