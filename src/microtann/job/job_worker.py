"""What every process of ``python -m microtann.job.job_worker FILE`` does: its part of a job."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from microtann.fenicsx import DistributedModel, DistributedResult
from microtann.fenicsx.process_task import do_task, recorded, write_fields
from microtann.job.job_file import read_job


def compute_task(task: Mapping[str, Any]) -> DistributedResult:
    """Return the part of this process of the response of a job; all processes call it together.

    Parameters
    ----------
    task : mapping
        As `microtann.job.job_processes.run_job_processes` makes it.
    """
    job = read_job(task["path"], task["changes"])
    whole = job.model
    model = DistributedModel(whole.mesh, whole.material, whole.chunk, whole.mean_dilatation)
    found = model.solve(job.steps, job.options, **recorded(model, task["records"]))
    write_fields(found, task["files"], "fenicsx", job.output.engine_fields)
    return found


if __name__ == "__main__":
    sys.exit(do_task(sys.argv[1], compute_task))
