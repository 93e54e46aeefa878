"""Time, memory, disk and errors to expect of a job, from an elastic solution and its materials at a few points.

Nothing of the job is run: its mesh is solved once with the virgin stiffness of every material, which says what
assembly and solver cost here and which strains the structure goes through. Materials are driven along strains
of some cells, and along half and one and a half times of them, since a structure that yields has others:
the three answers are the bands.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.fem.model import Model, Result
from microtann.fem.regions import Region, regions_of
from microtann.job.job_file import StructureJob
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.protocol import LearntMaterial, Material
from microtann.studies.forecast import BASE_GB, GB_PER_POINT, NETWORK_GB
from microtann.tann.hybrid import Hybrid
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
FACTORS = (0.5, 1.0, 1.5)
"""On the elastic strains: what is to be expected is at 1, the others are the ends of the bands."""
FEW = 16
"""Points by which the time of a material is first looked at; as many as it is given at a time are then driven."""
EXACT_CELLS = 32
"""Cells at which a model is compared with its exact microstructure."""
MOST_STEPS = 6
"""Steps that the elastic solution takes; of longer histories so many, evenly chosen, stand for all."""
PATIENCE = 3.0
"""CPU seconds that a material may take at its points; of a slower one fewer are driven."""
NONLINEAR = 1e-6
"""Part of the stress that is not elastic below which a step counts as linear."""
WARM_UP = 60_000
"""Unknowns up to which the elastic solution is computed once before it is timed, so that kernels are compiled."""
STATES_KEPT = 4
"""States of all points in memory at once while Newton's method goes on."""
FILE_BYTES = 7e3
"""What a file of a record takes beside its arrays."""
STATE_FILES = 3
"""States that a record of a job keeps: of the last equilibria, from which it goes on."""


@dataclass(frozen=True)
class Band:
    """A number to expect, and between which others it may be.

    Parameters
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float], low: float = 1.0, high: float = 1.0) -> Band:
        """Return the band of answers at all `FACTORS`, widened at both ends by factors.

        Parameters
        ----------
        values : sequence of float
        low, high : float
            On the least and on the largest.
        """
        return cls(float(values[1]), float(low * min(values)), float(high * max(values)))

    def __add__(self, other: Band) -> Band:
        return Band(self.value + other.value, self.low + other.low, self.high + other.high)

    def times(self, factor: float) -> Band:
        """Return the number and its ends times a factor."""
        return Band(factor * self.value, factor * self.low, factor * self.high)


ZERO = Band(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class RegionForecast:
    """What to expect of the material of a region.

    Parameters
    ----------
    name : str
        Of the region; empty where one material fills the mesh.
    material : str
    points : int
        Gauss points.
    microseconds : Band
        CPU time of a call for a point.
    outside : Band or None
        Share of the points that leave the range of training data; None for materials that know none.
    errors : mapping
        "stress" and "energy" of a model against its exact microstructure, relative RMS along the strains; nothing
        for other materials.
    state_bytes : float
        Of a point.
    """

    name: str
    material: str
    points: int
    microseconds: Band
    outside: Band | None
    errors: Mapping[str, Band]
    state_bytes: float


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


@dataclass(frozen=True, eq=False)
class _Driven:
    """A region driven along strains times each of the factors: what it needed, and how it answered.

    ``nonlinear`` has the part of every step that is not elastic.
    """

    microseconds: list[float]
    outside: list[float] | None
    nonlinear: list[Float[Array, "T"]]
    errors: Mapping[str, Band]


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
        _drive(region, strain[:, region.cells], min(job.model.chunk, points))
        for region, points in zip(regions, counts, strict=True)
    ]
    iterations = [_iterations(driven, factor) for factor in range(len(FACTORS))]
    parts = np.array([step.increments for step in job.steps], dtype=float)
    weights = np.array([parts[own].sum() for own in chosen])
    newton = Band.of([float(weights @ each) for each in iterations], 0.5, 2.5)
    newton = replace(newton, low=max(newton.low, float(increments)))
    evaluations = Band(newton.value + 1.0, newton.low, 1.5 * newton.high)  # again in line searches
    passes = max(1, cost.newton_iterations)
    solving = newton.times((cost.assembly_seconds + cost.solver_seconds) / passes)
    solving = Band(solving.value, 0.5 * solving.low, 3.0 * solving.high)  # flow takes more linear iterations
    solving = solving + Band(cost.setup_seconds, 0.5 * cost.setup_seconds, 2.0 * cost.setup_seconds)
    material, found = ZERO, []
    for region, own, points in zip(regions, driven, counts, strict=True):
        call = Band.of(own.microseconds, 0.5, 2.0)
        material += Band(
            evaluations.value * call.value, evaluations.low * call.low, evaluations.high * call.high
        ).times(1e-6 * points)
        found.append(_region(region, own, points, call))
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
    materials = {region.name: LinearElastic(_stiffness(region)) for region in regions}
    model = Model(job.mesh, materials.get("", materials))
    steps = [replace(job.steps[own[-1]], increments=1) for own in _chosen_steps(job)]
    options = replace(job.options, outside_training="none")
    if job.mesh.points.size <= WARM_UP:
        model.solve(steps[:1], options)
    return model.solve(steps, options)


def _stiffness(region: Region) -> Float[Array, "v v"]:
    """Return the stiffness of the virgin material of a region.

    Raises
    ------
    InputError
        If it is none.
    """
    v = _components(region.material)
    _, moduli, _ = region.material.update(np.zeros((1, v)), region.material.initial_state(1))
    where = f" of region {region.name!r}" if region.name else ""
    if moduli is None or not np.isfinite(moduli).all():
        raise InputError(f"the material{where} gives no stiffness in its virgin state")
    symmetric = 0.5 * (moduli[0] + moduli[0].T)
    try:
        LinearElastic(symmetric)
    except InputError as error:
        raise InputError(f"the material{where} has no elastic solution to begin with: {error}") from None
    return symmetric


def _components(material: Material) -> int:
    known = getattr(material, "components", None)
    if known is None:
        state = material.initial_state(1)
        known = state["strain"].shape[1] if "strain" in state else len(getattr(material, "stiffness", np.zeros(6)))
    return int(known)


def _drive(region: Region, strain: Float[Array, "T e v"], chunk: int) -> _Driven:
    """Drive a material along the elastic strains of some cells.

    Parameters
    ----------
    region : Region
    strain : array, shape (T, e, v)
        At the ends of steps, averages over the cells of the region.
    chunk : int
        Points that the material is given at a time in the job.
    """
    material, moduli = region.material, _stiffness(region)
    draw = np.random.default_rng(0)
    few = strain[:, draw.integers(strain.shape[1], size=min(FEW, chunk))]
    _walk(material, few)  # compiles
    begin = time.process_time()
    _walk(material, few)
    per_point = (time.process_time() - begin) / few.shape[1]
    count = max(few.shape[1], min(chunk, int(PATIENCE / max(per_point, 1e-9) / (len(FACTORS) + 1))))
    paths = strain[:, draw.integers(strain.shape[1], size=count)]
    for factor in FACTORS:
        _walk(material, factor * paths)  # compiles what flow of so many points takes
    spent, nonlinear, outside = [], [], []
    for factor in FACTORS:
        begin = time.process_time()
        stress, _, reach = _walk(material, factor * paths)
        spent.append(1e6 * (time.process_time() - begin) / paths.shape[0] / count)
        linear = factor * paths @ moduli
        size = max(float(np.sqrt((linear**2).mean(axis=(1, 2))).max()), np.finfo(float).tiny)
        nonlinear.append(np.sqrt(((stress - linear) ** 2).mean(axis=(1, 2))) / size)
        if reach is not None:
            outside.append(float((reach > 1.0).mean()))
    return _Driven(spent, outside or None, nonlinear, _errors(material, paths[:, :EXACT_CELLS]))


def _walk(
    material: Material, strain: Float[Array, "T n v"]
) -> tuple[Float[Array, "T n v"], Float[Array, "T n"], Float[Array, "n"] | None]:
    """Return stress and energy along strains, and how far each point reaches in the range of training data.

    Parameters
    ----------
    material : Material
    strain : array, shape (T, n, v)
    """
    state, before = material.initial_state(strain.shape[1]), np.zeros_like(strain[0])
    stresses, energies, farthest = [], [], None
    for now in strain:
        stress, _, new = material.update(now - before, state)
        if isinstance(material, LearntMaterial):
            reach = material.training_reach(state, new)
            farthest = reach if farthest is None or reach is None else np.maximum(farthest, reach)
        elif isinstance(material, Hybrid):
            reach = material.tann.training_reach(*({k: s[k] for k in ("strain", "isv")} for s in (state, new)))
            farthest = reach if farthest is None or reach is None else np.maximum(farthest, reach)
        state, before = new, now
        stresses.append(stress)
        energies.append(new["energy"])
    return np.stack(stresses), np.stack(energies), farthest


def _errors(material: Material, paths: Float[Array, "T n v"]) -> dict[str, Band]:
    """Return the errors of a model against its exact microstructure along strains and others of their kind."""
    if not isinstance(material, TANN | Hybrid):
        return {}
    exact = material.microstructure
    if exact is None or not exact.solvable:
        return {}
    begin = time.process_time()
    _walk(exact, paths[:, :2])
    seconds = (time.process_time() - begin) / min(2, paths.shape[1])
    paths = paths[:, : max(2, int(PATIENCE / max(seconds, 1e-9) / len(FACTORS)))]
    found: dict[str, list[float]] = {"stress": [], "energy": []}
    for factor in FACTORS:
        (stress, energy, _), (true, true_energy, _) = (_walk(each, factor * paths) for each in (material, exact))
        for name, one, other in (("stress", stress, true), ("energy", energy, true_energy)):
            size = float(np.sqrt((other**2).mean()))
            found[name].append(float(np.sqrt(((one - other) ** 2).mean())) / size if size else 0.0)
    return {name: Band.of(values, 0.5, 2.0) for name, values in found.items()}


def _iterations(driven: Sequence[_Driven], factor: int) -> Float[Array, "T"]:
    """Return the Newton iterations to expect of an increment of every step: one where nothing flows, else more.

    Parameters
    ----------
    driven : sequence of _Driven
    factor : int
        Place in `FACTORS`.
    """
    flow = np.max([each.nonlinear[factor] for each in driven], axis=0)
    return np.where(flow > NONLINEAR, 2.0 + 3.0 * np.minimum(1.0, flow / 0.1), 1.0)


def _region(region: Region, driven: _Driven, points: int, call: Band) -> RegionForecast:
    """Return what to expect of a region.

    Parameters
    ----------
    region : Region
    driven : _Driven
    points : int
        Gauss points.
    call : Band
        CPU µs of a call for a point.
    """
    material = region.material
    state, few = material.initial_state(1), getattr(material, "mostly_zero", ())
    outside = None if driven.outside is None else Band.of(driven.outside)
    share = 0.0 if outside is None else outside.value
    size = sum(value.nbytes * (share if name in few else 1.0) for name, value in state.items())
    shown = repr(material) if type(material).__repr__ is not object.__repr__ else type(material).__name__
    return RegionForecast(region.name, shown, points, call, outside, driven.errors, size)
