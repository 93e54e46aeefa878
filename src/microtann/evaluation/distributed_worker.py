"""What every process of ``python -m microtann.evaluation.distributed_worker JOB`` does: its part of a job."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

from microtann.equilibrium.record import Record, is_record
from microtann.equilibrium.solver_options import SolverOptions
from microtann.errors import ConvergenceError, InputError, MicrotannError, MissingExtraError
from microtann.evaluation.distributed_run import DistributedJob, write_response
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.reference_run import elements
from microtann.evaluation.structures import reference_case
from microtann.fenicsx import DistributedModel, DistributedResult
from microtann.materials.protocol import Material
from microtann.microstructure.protocol import Microstructure
from microtann.system.named_object import named_object
from microtann.tann.hybrid import Hybrid
from microtann.tann.shipped import load
from microtann.tann.trained_model import TANN


def material_of(job: DistributedJob) -> Material:
    """Return the material of a job.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if job.material == "exact":
        return ExactReference.regular_cube().microstructure
    material: Material
    if ":" in job.material and not Path(job.material).exists():
        made = named_object(job.material)
        material = made() if isinstance(made, type) else made
    else:
        material = load(job.material)
    if job.analysis == "exact" and not isinstance(material, Microstructure):
        reference = ExactReference.of(material)
        if reference is None:
            raise InputError(f"{job.material} names no microstructure that can be solved")
        return reference.microstructure
    return Hybrid(material) if job.hybrid and isinstance(material, TANN) else material


def compute_job(job: DistributedJob) -> DistributedResult:
    """Return the part of this process of a response; all processes call it together.

    Parameters
    ----------
    job : DistributedJob
    """
    material = material_of(job)
    dimension = {3: 2, 6: 3}.get(getattr(material, "components", 6), 3)
    case = reference_case(job.case, dimension).divided(job.increments)
    whole = elements(case, material, job.mesh_size, job.element, job.diagonals)
    model = DistributedModel(whole.mesh, material)
    keep = {}
    if job.records:
        folder = Path(job.records)
        every = [is_record(folder / f"process-{rank}") for rank in range(model.comm.size)]
        more = (folder / f"process-{model.comm.size}").exists()
        go_on = model.comm.bcast(all(every) and not more, 0)
        if not go_on and any(every):
            raise InputError(
                f"{folder} holds the records of another number of processes: use as many, or remove it"
            )
        keep = {"record": Record(folder, every_state=False), "restart": folder if go_on else None}
    return model.solve(case.steps, SolverOptions(**job.options), **keep)  # type: ignore[arg-type]


def write_distributed(job: DistributedJob, found: DistributedResult) -> None:
    """Write the whole response, and what ParaView reads.

    Parameters
    ----------
    job : DistributedJob
    found : DistributedResult
    """
    result = found.gather()
    if result is not None:
        write_response(Path(job.result), result)
    if job.files:
        found.write(Path(job.files) / f"fenicsx-{job.analysis}.xdmf")


def run_job(file: str) -> int:
    """Do the part of this process of the job in a file; return the exit code.

    Parameters
    ----------
    file : str
    """
    place = Path(file)
    job = DistributedJob(**json.loads(place.read_text(encoding="utf-8")))
    warnings.simplefilter("ignore")  # the process that asked says what there is to say
    try:
        write_distributed(job, compute_job(job))
    except MicrotannError as error:
        from mpi4py import MPI

        if MPI.COMM_WORLD.rank == 0:
            kinds = (MissingExtraError, ConvergenceError, InputError)
            kind = next((k.__name__ for k in kinds if isinstance(error, k)), "MicrotannError")
            (place.parent / "failure.json").write_text(json.dumps({"kind": kind, "text": str(error)}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run_job(sys.argv[1]))
