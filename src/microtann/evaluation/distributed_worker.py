"""What every process of ``python -m microtann.evaluation.distributed_worker JOB`` does: its part of a job."""

from __future__ import annotations

import sys
from pathlib import Path

from microtann.equilibrium.solver_options import SolverOptions
from microtann.errors import InputError
from microtann.evaluation.distributed_run import DistributedJob
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.reference_run import elements
from microtann.evaluation.structures import reference_case
from microtann.fenicsx import DistributedModel, DistributedResult
from microtann.fenicsx.process_task import do_task, recorded, write_fields
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
    found = model.solve(case.steps, SolverOptions(**job.options), **recorded(model, job.records))
    write_fields(found, job.files, f"fenicsx-{job.analysis}", job.fields)
    return found


if __name__ == "__main__":
    sys.exit(do_task(sys.argv[1], lambda task: compute_job(DistributedJob(**task))))
