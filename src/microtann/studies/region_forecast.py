"""Time, errors and range to expect of the materials of a job, along strains like those of its elastic solution.

A material is driven along strains of some cells, and along half and one and a half times of them, since a
structure that yields has others: the three answers are the bands.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.fem.regions import Region
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.protocol import LearntMaterial, Material
from microtann.tann.hybrid import Hybrid
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
FACTORS = (0.5, 1.0, 1.5)
"""On the elastic strains: what is to be expected is at 1, the others are the ends of the bands."""
FEW = 16
"""Points by which the time of a material is first looked at; as many as it is given at a time are then driven."""
EXACT_CELLS = 32
"""Cells at which a model is compared with its exact microstructure."""
PATIENCE = 3.0
"""CPU seconds that a material may take at its points; of a slower one fewer are driven."""
NONLINEAR = 1e-6
"""Part of the stress that is not elastic below which a step counts as linear."""


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


@dataclass(frozen=True, eq=False)
class DrivenRegion:
    """A region driven along strains times each of the factors: what it needed, and how it answered.

    ``nonlinear`` has the part of every step that is not elastic.
    """

    microseconds: list[float]
    outside: list[float] | None
    nonlinear: list[Float[Array, "T"]]
    errors: Mapping[str, Band]


def virgin_stiffness(region: Region) -> Float[Array, "v v"]:
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


def drive_region(region: Region, strain: Float[Array, "T e v"], chunk: int) -> DrivenRegion:
    """Drive a material along the elastic strains of some cells.

    Parameters
    ----------
    region : Region
    strain : array, shape (T, e, v)
        At the ends of steps, averages over the cells of the region.
    chunk : int
        Points that the material is given at a time in the job.
    """
    material, moduli = region.material, virgin_stiffness(region)
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
    return DrivenRegion(spent, outside or None, nonlinear, _errors(material, paths[:, :EXACT_CELLS]))


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


def expected_iterations(driven: Sequence[DrivenRegion], factor: int) -> Float[Array, "T"]:
    """Return the Newton iterations to expect of an increment of every step: one where nothing flows, else more.

    Parameters
    ----------
    driven : sequence of DrivenRegion
    factor : int
        Place in `FACTORS`.
    """
    flow = np.max([each.nonlinear[factor] for each in driven], axis=0)
    return np.where(flow > NONLINEAR, 2.0 + 3.0 * np.minimum(1.0, flow / 0.1), 1.0)


def forecast_region(region: Region, driven: DrivenRegion, points: int, call: Band) -> RegionForecast:
    """Return what to expect of a region.

    Parameters
    ----------
    region : Region
    driven : DrivenRegion
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
