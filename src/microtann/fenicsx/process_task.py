"""What every process that `microtann.fenicsx.processes` starts does: its part of a task, and what it tells."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from microtann.equilibrium.record import Record, is_record
from microtann.errors import InputError, MicrotannError
from microtann.fenicsx.distributed_model import DistributedModel
from microtann.fenicsx.distributed_result import DistributedResult
from microtann.fenicsx.processes import told_failure, write_response


def do_task(file: str, compute: Callable[[Mapping[str, Any]], DistributedResult]) -> int:
    """Do the part of this process of the task in a file; return the exit code.

    Parameters
    ----------
    file : str
    compute : callable
        Makes the part of this process of the response to a task.
    """
    place = Path(file)
    told = json.loads(place.read_text(encoding="utf-8"))
    warnings.simplefilter("ignore")  # the process that asked says what there is to say
    try:
        result = compute(told["task"]).gather()
        if result is not None:
            write_response(Path(told["result"]), result)
    except MicrotannError as error:
        from mpi4py import MPI

        if MPI.COMM_WORLD.rank == 0:
            (place.parent / "failure.json").write_text(json.dumps(told_failure(error)), encoding="utf-8")
        return 1
    return 0


def recorded(model: DistributedModel, folder: str) -> dict[str, Any]:
    """Return the arguments of `DistributedModel.solve` that record in a folder, and go on from there.

    Parameters
    ----------
    model : DistributedModel
    folder : str
        Empty for no record.

    Raises
    ------
    InputError
        If it holds the records of another number of processes.
    """
    if not folder:
        return {}
    place, size = Path(folder), model.comm.size
    every = [is_record(place / f"process-{rank}") for rank in range(size)]
    more = (place / f"process-{size}").exists()
    go_on = model.comm.bcast(all(every) and not more, 0)
    if not go_on and any(every):
        raise InputError(f"{place} holds the records of another number of processes: use as many, or remove it")
    return {"record": Record(place, every_state=False), "restart": place if go_on else None}


def write_fields(found: DistributedResult, folder: str, name: str, fields: str) -> None:
    """Write what ParaView reads, of a mesh that FEniCSx has elements of.

    Parameters
    ----------
    found : DistributedResult
    folder : str
        Empty for nothing.
    name : str
        Of the file.
    fields : {"xdmf", "bp", "none"}
    """
    if folder and fields != "none" and found.partition.space is not None:
        found.write(Path(folder) / f"{name}.{fields}")
