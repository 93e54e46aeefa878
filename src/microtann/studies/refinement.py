"""What a regular lattice shows of a case beforehand: how results change with the sizes of elements and cells.

The exact material of the regular cube is closed-form, so that a few sizes of elements and of cells take seconds.
Where a structure is held and how it is loaded decides the rates at which both converge, far more than the cell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from microtann.equilibrium.history import History, Statistics
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.measures import SMALL_ENERGY, by_kind, largest_errors
from microtann.evaluation.reference_run import ReferenceRuns, elements
from microtann.evaluation.richardson import richardson
from microtann.evaluation.structures import ReferenceCase
from microtann.microstructure.bars.cells.bar import ElastoplasticBar

MESHES = (2.0, 1.0, 0.5)
CELLS = (5, 10, 20)
"""Edges of elements, and cells per width, that are computed."""
BAND = {"dissipation": 2.5}
OTHER_BAND = 0.3
"""Half of the band of an error, over the sum of those of elements and lattice, and of what the cell adds.

All that ``python -m benchmarks forecasts`` measured is within: at most 2.0 for the dissipation, 0.25 else."""
LEAST_SURE = 1e-4
"""Part of this sum that is there in any case."""
FIRST_ORDER = 1.0
"""Order at which a quantity is continued where three values show none."""


@dataclass(frozen=True)
class Trend:
    """How the compared quantities at the end change with a size, and what each size cost.

    Parameters
    ----------
    sizes : tuple of float
        From coarse to fine.
    quantities : mapping
        Values by quantity, in the order of the sizes.
    costs : tuple of Statistics
    unknowns : tuple of int
    """

    sizes: tuple[float, ...]
    quantities: Mapping[str, Sequence[float]]
    costs: tuple[Statistics, ...]
    unknowns: tuple[int, ...]

    def at(self, size: float) -> dict[str, float]:
        """Return the quantities at a size, 0 for the limit: as they were computed, or continued from there.

        They follow their order if they show one, and else a line through the two finest.
        """
        for place, known in enumerate(self.sizes):
            if math.isclose(known, size):
                return {name: values[place] for name, values in self.quantities.items()}
        return {name: self._value(values, size) for name, values in self.quantities.items()}

    def _value(self, values: Sequence[float], size: float) -> float:
        fine, finest = self.sizes[-2:]
        found = richardson(self.sizes, values)
        limit, order = found.limit, found.order
        if not np.isfinite(limit) or not np.isfinite(order):
            ratio = (fine / finest) ** FIRST_ORDER
            limit, order = values[-1] + (values[-1] - values[-2]) / (ratio - 1.0), FIRST_ORDER
        return float(limit + (values[-1] - limit) * (size / finest) ** order)


def sizes_varied(case: ReferenceCase, bar: ElastoplasticBar) -> tuple[Trend, Trend]:
    """Compute a case with the regular cube over sizes of elements, and of the cells of full lattices.

    Parameters
    ----------
    case : ReferenceCase
    bar : ElastoplasticBar
        One material.

    Returns
    -------
    elements, lattices : Trend
    """
    reference, runs = ExactReference.regular_cube(bar), ReferenceRuns(case)
    material, width = reference.microstructure, case.lengths[0]
    edges = [size * width / 10.0 for size in MESHES]
    of_elements = [runs.result("exact", h, elements(case, material, h)) for h in edges]
    of_lattices = [runs.result("lattice", 1.0 / n, reference.structure(case, 1.0 / n)) for n in CELLS]
    return _trend(case, edges, of_elements), _trend(case, [width / n for n in CELLS], of_lattices)


def _trend(case: ReferenceCase, sizes: Sequence[float], results: Sequence[History]) -> Trend:
    values = [case.quantities(result) for result in results]
    return Trend(
        tuple(sizes),
        {name: [float(value[name][-1]) for value in values] for name in values[0]},
        tuple(result.statistics for result in results),
        tuple(result.displacement[0].size for result in results),
    )


@dataclass(frozen=True)
class CellRuns:
    """A cell in finite elements and as a full lattice, both with coarse sizes.

    Parameters
    ----------
    element, unit : float
        Edges of the elements, and of the units of the lattice.
    exact, lattice : mapping
        The compared quantities at the end.
    """

    element: float
    unit: float
    exact: Mapping[str, float]
    lattice: Mapping[str, float]


@dataclass(frozen=True)
class ExpectedError:
    """A relative error to expect, and the band in which it was wherever it was measured.

    Parameters
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float

    def plus(self, other: float) -> ExpectedError:
        """Return it with another error on top, of which nothing or all may be left, with any sign."""
        return ExpectedError(self.value + other, max(0.0, self.low - other), self.high + other)


def expected_errors(
    elements: Trend, lattices: Trend, measured: CellRuns, element: float, unit: float
) -> dict[str, ExpectedError]:
    """Return the errors of finite elements with the exact cell against the full lattice, by kind as `gaps`.

    The regular lattice says how both converge. What the cell itself adds, above all a fluctuation at the control
    nodes and a layer at the boundary, is measured with coarse sizes beside the regular lattice of these sizes,
    and falls with the size of the cells. The regular lattice acts much like a mesh of its size, so that its two
    errors almost cancel where the sizes are alike; how far that holds for another cell is not known. The band is
    therefore a part (`BAND`) of the sum of all errors, each without its sign.

    Parameters
    ----------
    elements, lattices : Trend
        Of the regular lattice.
    measured : CellRuns
    element, unit : float
        Edges of the elements, and of the units of the full lattice.
    """
    found: dict[str, ExpectedError] = {}
    at_sizes, limits = (elements.at(element), lattices.at(unit)), (elements.at(0.0), lattices.at(0.0))
    stand_in = elements.at(measured.element), lattices.at(measured.unit)
    for name in at_sizes[0]:
        own = signed_gap(name, measured.exact, measured.lattice) - signed_gap(name, *stand_in)
        own *= unit / measured.unit
        value = abs(signed_gap(name, *at_sizes) + own)
        apart = sum(abs(signed_gap(name, *pair)) for pair in zip(at_sizes, limits, strict=True))
        half = BAND.get(name, OTHER_BAND) * (apart + abs(own) + LEAST_SURE)
        found[name] = ExpectedError(value, max(0.0, value - half), value + half)
    values = _kinds({name: error.value for name, error in found.items()})
    lows = _kinds({name: error.low for name, error in found.items()})
    highs = _kinds({name: error.high for name, error in found.items()})
    return {kind: ExpectedError(value, lows[kind], highs[kind]) for kind, value in values.items()}


def signed_gap(name: str, values: Mapping[str, float], reference: Mapping[str, float]) -> float:
    """Return the relative difference of a quantity with its sign; that of the dissipation to max(D, Ψ/100).

    Parameters
    ----------
    name : str
    values, reference : mapping
    """
    difference, scale = values[name] - reference[name], abs(reference[name])
    if name == "dissipation":
        scale = max(scale, SMALL_ENERGY * abs(reference["energy"]))
    return 0.0 if difference == 0.0 else difference / scale if scale > 0.0 else float("inf")


def gaps(values: Mapping[str, float], reference: Mapping[str, float]) -> dict[str, float]:
    """Return relative differences by kind: the largest of the displacements, energy, dissipation, force or torque.

    That of the dissipation is relative to max(D, Ψ/100).
    """
    pair = ({name: np.array([value]) for name, value in each.items()} for each in (values, reference))
    return _kinds(largest_errors(*pair))


def _kinds(errors: Mapping[str, float]) -> dict[str, float]:
    kinds = by_kind(errors)
    return {"force" if name in ("torque", "axial_force") else name: error for name, error in kinds.items()}
