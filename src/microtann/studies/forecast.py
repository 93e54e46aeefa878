"""CPU time, memory and errors to expect of DNS, FE² and FE × TANN, from a few cell solves on a coarse mesh."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from microtann.errors import InputError
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.reference_run import ReferenceRuns, RunNumbers, elements
from microtann.evaluation.structures import ReferenceCase
from microtann.microstructure.protocol import Microstructure
from microtann.studies.refinement import CellRuns, Trend, expected_errors, gaps, sizes_varied
from microtann.tann.trained_model import TANN

EXPONENT = 1.06
"""Power of the number of unknowns with which the time of a solution grows (docs/cost-model.md)."""
LATTICE_EXPONENT = 1.12
"""That of full lattices between some 10⁵ and 10⁷ bars: 1.18 up to a million perturbed bars, 1.06 beyond."""
BASE_GB = 0.4
"""Memory of the libraries."""
NETWORK_GB = 0.15
"""More memory of the libraries where a network is loaded."""
GB_PER_BAR = 0.5e-6
GB_PER_POINT = 1.6e-6
"""Memory of assembly and solver for every Gauss point."""
MOST_BARS = 250_000
"""Bars of the coarse lattice that is measured."""
PATIENCE = 40.0
"""CPU seconds that the run of the exact cell on the coarse mesh may take; else a coarser mesh is taken."""
KINDS = ("displacement", "energy", "force", "dissipation")
"""Kinds of what is compared."""
COARSE = (2.0, 2.5, 5.0, 10.0)
"""Edges of the elements of the coarse mesh for a structure that is 10 wide, the preferred one first."""


@dataclass(frozen=True)
class Estimate:
    """What to expect of a method.

    Parameters
    ----------
    method : {"dns", "fe2", "tann"}
    once : float
        CPU seconds before the first run: data and training.
    run : float
        CPU seconds of a run.
    memory_gb : float
    errors : dict
        Against the full lattice: "displacement", "energy", "dissipation", "force".
    bands : dict
        Lowest and highest of each that what was measured leaves possible.
    """

    method: str
    once: float
    run: float
    memory_gb: float
    errors: dict[str, float]
    bands: dict[str, tuple[float, float]]

    def seconds(self, runs: int) -> float:
        """Return the CPU time of so many runs."""
        return self.once + runs * self.run

    @property
    def error(self) -> float:
        """The largest error of displacement, energy and force; the dissipation is several times as far off."""
        return max(value for name, value in self.errors.items() if name != "dissipation")

    @property
    def highest(self) -> float:
        """The upper end of the bands of displacement, energy and force."""
        return max(high for name, (_, high) in self.bands.items() if name != "dissipation")


@dataclass(frozen=True)
class Forecast:
    """What to expect of a case, and what it rests on.

    Parameters
    ----------
    case : str
    mesh_size, ratio : float
    estimates : tuple of Estimate
        DNS, FE², FE × TANN.
    network_errors : dict
        Errors of the untrained network against the exact cell on the coarse mesh.
    measured : dict
        Numbers that were measured: µs per call of both materials, sizes of the coarse runs.
    """

    case: str
    mesh_size: float
    ratio: float
    estimates: tuple[Estimate, ...]
    network_errors: dict[str, float]
    measured: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    def best(self, runs: int, error: float, memory_gb: float) -> Estimate | None:
        """Return the cheapest method for some runs that keeps within error and memory; None if none does.

        Parameters
        ----------
        runs : int
        error : float
            Relative; largest that is allowed.
        memory_gb : float
        """
        fitting = [e for e in self.estimates if e.error <= error and e.memory_gb <= memory_gb]
        return min(fitting, key=lambda e: e.seconds(runs), default=None)

    @property
    def runs_until_it_pays(self) -> float:
        """Runs after which FE × TANN, data and training included, has cost less than FE²; infinite if never."""
        _, fe2, tann = self.estimates
        gain = fe2.run - tann.run
        return math.inf if gain <= 0.0 else (tann.once - fe2.once) / gain


def forecast(
    case: ReferenceCase,
    tann: TANN,
    mesh_size: float,
    ratio: float,
    once: float,
    progress: Callable[[str], None] = lambda text: None,
) -> Forecast:
    """Measure a few cell solves and predict what DNS, FE² and FE × TANN cost and how wrong they are.

    Parameters
    ----------
    case : ReferenceCase
    tann : TANN
        A reduced, untrained model of the cell with as many states as the trained one will have: it costs as much,
        and its error is an upper bound of what training leaves.
    mesh_size : float
        Edge of the hexahedra.
    ratio : float
        Size ratio ε of the full lattice, whose answer is the true one.
    once : float
        CPU seconds of data and training.
    progress : callable, optional
        Called with what is measured next.

    Returns
    -------
    Forecast

    Raises
    ------
    InputError
        If the model does not stand for a lattice in space with one bar material, or a size does not fill the box.
    """
    reference = ExactReference.of(tann)
    if reference is None or reference.dimension != 3:
        raise InputError("a forecast needs the cell of a lattice in space")
    lattice_cell = reference.lattice()
    cell, bar = lattice_cell.cell, lattice_cell.bar
    assert bar is not None
    if any(np.ndim(value) for value in (bar.young, bar.yield_stress, bar.hardening)):
        raise InputError("a forecast needs one material for all bars")
    counts_of_elements, counts = case.elements(mesh_size), case.cells(ratio)
    progress("the regular lattice over sizes")
    sizes_varied(case, bar)  # compiles every kernel
    of_elements, of_lattices = sizes_varied(case, bar)
    progress("the exact cell on a coarse mesh")
    exact_cell, runs = reference.microstructure, ReferenceRuns(case)
    coarse = _coarse_mesh(case, exact_cell, of_elements)
    exact = runs.result("exact", coarse, elements(case, exact_cell, coarse))
    progress("the network on the same mesh")
    for _ in range(2):  # the first compiles
        network = runs.result("model", coarse, elements(case, tann, coarse))
    progress("a coarse full lattice")
    per_cell = reference.microstructure.exact_states
    lattice_bars = float(per_cell * np.prod(counts))
    start = max(_coarse_ratio(case, per_cell), ratio)
    lattice = runs.result("lattice", start, reference.structure(case, start))
    coarse_bars = len(lattice.structure.bars)
    dns = Estimate(
        "dns",
        0.0,
        lattice.statistics.seconds * (lattice_bars / coarse_bars) ** LATTICE_EXPONENT,
        BASE_GB + GB_PER_BAR * lattice_bars,
        dict.fromkeys(KINDS, 0.0),
        dict.fromkeys(KINDS, (0.0, 0.0)),
    )
    points = 8.0 * float(np.prod(counts_of_elements))
    solving = _solving(of_elements, mesh_size, counts_of_elements)
    edge = case.lengths[0] / max(1, round(cell.distinct_nodes.count ** (1.0 / 3.0)))  # of a unit, of ε = 1
    of_exact = RunNumbers.of(case, "exact", coarse, exact).last
    of_cell = CellRuns(coarse, start * edge, of_exact, RunNumbers.of(case, "lattice", start, lattice).last)
    of_homogenisation = expected_errors(of_elements, of_lattices, of_cell, mesh_size, ratio * edge)
    of_network = gaps(RunNumbers.of(case, "model", coarse, network).last, of_exact)
    estimates = [dns]
    for method, result, size in (("fe2", exact, per_cell), ("tann", network, tann.states)):
        cost = result.statistics
        calls = cost.constitutive_calls / result.mesh.weights.size * _growth(of_elements)
        expected = of_homogenisation
        if method == "tann":
            expected = {name: error.plus(of_network[name]) for name, error in expected.items()}
        estimates.append(
            Estimate(
                method,
                once if method == "tann" else 0.0,
                points * calls * cost.material_seconds / cost.constitutive_calls + solving,
                BASE_GB + (GB_PER_POINT + 16e-9 * size) * points + (NETWORK_GB if method == "tann" else 0.0),
                {name: error.value for name, error in expected.items()},
                {name: (error.low, error.high) for name, error in expected.items()},
            )
        )
    measured = {
        "exact cell, µs per call": 1e6 * exact.statistics.material_seconds / exact.statistics.constitutive_calls,
        "network, µs per call": 1e6 * network.statistics.material_seconds / network.statistics.constitutive_calls,
        "edge of the coarse elements": coarse,
        "bars of the coarse lattice": float(coarse_bars),
        "bars of the full lattice": lattice_bars,
        "Gauss points": points,
    }
    return Forecast(case.name, mesh_size, ratio, tuple(estimates), of_network, measured)


def _coarse_mesh(case: ReferenceCase, material: Microstructure, trend: Trend) -> float:
    """Return the edge of elements with which the exact cell takes a few seconds at most."""
    width = case.lengths[0] / 10.0
    strain = np.random.default_rng(0).normal(0.0, 0.1, (64, 6)) * material.strain_scale
    material.update(strain, material.initial_state(64))
    begin = time.process_time()
    material.update(strain, material.initial_state(64))
    per_call = (time.process_time() - begin) / 64
    per_point = trend.costs[0].constitutive_calls / (trend.unknowns[0] / 3.0)
    for size in COARSE:
        points = 8.0 * float(np.prod(case.elements(size * width)))
        if points * per_point * per_call <= PATIENCE:
            return size * width
    return COARSE[-1] * width


def _coarse_ratio(case: ReferenceCase, per_cell: int) -> float:
    """Return the smallest size ratio 1/n whose full lattice is small."""
    n = 1
    while per_cell * float(np.prod(case.cells(1.0 / (n + 1)))) <= MOST_BARS:
        n += 1
    return 1.0 / n


def _solving(trend: Trend, size: float, elements: tuple[int, ...]) -> float:
    """Return the CPU seconds of assembly, set-up and solver, from the nearest mesh of the regular lattice."""
    nearest = int(np.argmin(np.abs(np.log(np.array(trend.sizes) / size))))
    cost = trend.costs[nearest]
    unknowns = 3.0 * float(np.prod(np.array(elements) + 1))
    spent = cost.assembly_seconds + cost.setup_seconds + cost.solver_seconds
    return float(spent * (unknowns / trend.unknowns[nearest]) ** EXPONENT)


def _growth(trend: Trend) -> float:
    """Return how much more Newton iterations a fine mesh takes than a coarse one."""
    return max(1.0, trend.costs[-1].newton_iterations / max(trend.costs[0].newton_iterations, 1))
