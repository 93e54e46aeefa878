"""Time, memory, disk and errors to expect of a job, from an elastic solution and its materials at a few points.

Nothing of the job is run: its mesh is solved once with the virgin stiffness of every material, which says what
assembly and solver cost here and which strains the structure goes through. Its materials are driven along such
strains (`microtann.studies.region_forecast`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.fem.model import Model, Result
from microtann.fem.regions import Region, regions_of
from microtann.job.job_file import StructureJob
from microtann.materials.linear_elastic import LinearElastic
from microtann.studies.forecast import BASE_GB, GB_PER_POINT, NETWORK_GB
from microtann.studies.region_forecast import (
    FACTORS,
    Band,
    RegionForecast,
    drive_region,
    expected_iterations,
    forecast_region,
    virgin_stiffness,
)
from microtann.tann.hybrid import Hybrid
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
MOST_STEPS = 6
"""Steps that the elastic solution takes; of longer histories so many, evenly chosen, stand for all."""
WARM_UP = 60_000
"""Unknowns up to which the elastic solution is computed once before it is timed, so that kernels are compiled."""
STATES_KEPT = 4
"""States of all points in memory at once while Newton's method goes on."""
FILE_BYTES = 7e3
"""What a file of a record takes beside its arrays."""
STATE_FILES = 3
"""States that a record of a job keeps: of the last equilibria, from which it goes on."""


@dataclass(frozen=True)
class JobForecast:
    """What a job will cost, before it is run.

    Parameters
    ----------
    unknowns, points, increments : int
    newton : Band
        Iterations over all increments.
    material, solving, seconds : Band
        CPU seconds of the materials, of assembly, set-up and solver, and of both; after compilation.
    memory_gb : Band
    record_mb : Band
        On disk while the job runs; the least where nothing flows, for zeros are left out.
    fields_mb : float
        The fields for ParaView that it leaves.
    regions : tuple of RegionForecast
    """

    unknowns: int
    points: int
    increments: int
    newton: Band
    material: Band
    solving: Band
    seconds: Band
    memory_gb: Band
    record_mb: Band
    fields_mb: float
    regions: tuple[RegionForecast, ...]

    def __repr__(self) -> str:
        s, m = self.seconds, self.memory_gb
        return (
            f"JobForecast({self.points} Gauss points, {self.increments} increments, {s.value:.3g} CPU s "
            f"({s.low:.3g} to {s.high:.3g}), {m.value:.2g} GB, record {self.record_mb.value:.3g} MB)"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def forecast_job(job: StructureJob) -> JobForecast:
    """Predict time, memory, disk and errors of a job before anything of it is run.

    Parameters
    ----------
    job : StructureJob

    Returns
    -------
    JobForecast

    Raises
    ------
    InputError
        If a material has no elastic stiffness, or the body is held too little.

    Examples
    --------
    >>> import microtann as mt
    >>> with open("pull.toml", "w") as file:
    ...     _ = file.write(mt.job_example())
    >>> found = mt.studies.forecast_job(mt.read_job("pull.toml", {"step.0.increments": 3}))
    >>> found.points, found.increments
    (128, 4)
    """
    mesh, regions = job.mesh, regions_of(job.mesh, job.model.material)
    increments, elastic = sum(step.increments for step in job.steps), _elastic(job, regions)
    cost, chosen = elastic.statistics, _chosen_steps(job)
    strain = np.stack([np.asarray(fields["strain"]) for fields in elastic.fields])
    counts = [len(mesh.gauss_points(region.cells)) for region in regions]
    driven = [
        drive_region(region, strain[:, region.cells], min(job.model.chunk, points))
        for region, points in zip(regions, counts, strict=True)
    ]
    iterations = [expected_iterations(driven, factor) for factor in range(len(FACTORS))]
    parts = np.array([step.increments for step in job.steps], dtype=float)
    weights = np.array([parts[own].sum() for own in chosen])
    newton = Band.of([float(weights @ each) for each in iterations], 0.5, 2.5)
    newton = replace(newton, low=max(newton.low, float(increments)))
    evaluations = Band(newton.value + 1.0, newton.low, 1.5 * newton.high)  # again in line searches
    passes = max(1, cost.newton_iterations)
    solving = newton.times((cost.assembly_seconds + cost.solver_seconds) / passes)
    solving = Band(solving.value, 0.5 * solving.low, 3.0 * solving.high)  # flow takes more linear iterations
    solving = solving + Band(cost.setup_seconds, 0.5 * cost.setup_seconds, 2.0 * cost.setup_seconds)
    material, found = Band(0.0, 0.0, 0.0), []
    for region, own, points in zip(regions, driven, counts, strict=True):
        call = Band.of(own.microseconds, 0.5, 2.0)
        material += Band(
            evaluations.value * call.value, evaluations.low * call.low, evaluations.high * call.high
        ).times(1e-6 * points)
        found.append(forecast_region(region, own, points, call))
    states = sum(each.points * each.state_bytes for each in found)
    network = NETWORK_GB if any(isinstance(each.material, TANN | Hybrid) for each in regions) else 0.0
    memory = BASE_GB + network + GB_PER_POINT * mesh.weights.size + 1e-9 * STATES_KEPT * states
    return JobForecast(
        unknowns=mesh.points.size,
        points=mesh.weights.size,
        increments=increments,
        newton=newton,
        material=material,
        solving=solving,
        seconds=material + solving,
        memory_gb=Band(memory, 0.6 * memory, 1.6 * memory),
        record_mb=Band.of(
            [1e-6 * record_bytes(job, size, increments) for size in (0.0, states, states)], 0.8, 1.1
        ),
        fields_mb=1e-6 * increments * (8.0 * mesh.points.size + _field_bytes(job)) if job.output.fields else 0.0,
        regions=tuple(found),
    )


def record_bytes(job: StructureJob, states: float, increments: int) -> float:
    """Return what a record takes on disk: nodal values and fields of all increments, states of the last ones.

    Parameters
    ----------
    job : StructureJob
    states : float
        Bytes of the states of all points.
    increments : int
    """
    mesh = job.mesh
    nodal, v = 8.0 * mesh.points.size, 6 if mesh.dimension == 3 else 3
    state = 5.0 * nodal + 8.0 * (2 * v + 2) * mesh.weights.size + states
    files = min(increments, STATE_FILES)
    return increments * (2.0 * nodal + _field_bytes(job) + FILE_BYTES) + files * (state + FILE_BYTES)


def _field_bytes(job: StructureJob) -> float:
    """Return the bytes of the fields of an increment: two tensors and some numbers for every cell."""
    v = 6 if job.mesh.dimension == 3 else 3
    return 8.0 * (2 * v + 4) * job.mesh.cell_count


def _chosen_steps(job: StructureJob) -> list[list[int]]:
    """Return the steps that each step of the elastic solution stands for."""
    count = min(MOST_STEPS, len(job.steps))
    return [part.tolist() for part in np.array_split(np.arange(len(job.steps)), count)]


def _elastic(job: StructureJob, regions: Sequence[Region]) -> Result:
    """Return the elastic solution, with the time that assembly and solver take."""
    materials = {region.name: LinearElastic(virgin_stiffness(region)) for region in regions}
    model = Model(job.mesh, materials.get("", materials))
    steps = [replace(job.steps[own[-1]], increments=1) for own in _chosen_steps(job)]
    options = replace(job.options, outside_training="none")
    if job.mesh.points.size <= WARM_UP:
        model.solve(steps[:1], options)
    return model.solve(steps, options)
