"""What a regular lattice shows of a case beforehand: how results change with the sizes of elements and cells.

The exact material of the regular cube is closed-form, so that a few sizes of elements and of cells take seconds.
Where a structure is held and how it is loaded decides the rates at which both converge, far more than the cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from microtann.equilibrium.history import History, Statistics
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.measures import by_kind, largest_errors
from microtann.evaluation.reference_run import ReferenceRuns, elements
from microtann.evaluation.richardson import richardson
from microtann.evaluation.structures import ReferenceCase
from microtann.microstructure.bars.cells.bar import ElastoplasticBar

MESHES = (2.0, 1.0, 0.5)
CELLS = (5, 10, 20)
"""Edges of elements, and cells per width, that are computed."""
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
        """Return the quantities at another size: by their order if they show one, else linear from the finest."""
        return {name: self._value(values, size) for name, values in self.quantities.items()}

    def _value(self, values: Sequence[float], size: float) -> float:
        fine, finest = self.sizes[-2:]
        found = richardson(self.sizes, values)
        limit, order = found.limit, found.order
        if not np.isfinite(limit) or not np.isfinite(order):
            ratio = (fine / finest) ** FIRST_ORDER
            limit, order = values[-1] + (values[-1] - values[-2]) / (ratio - 1.0), FIRST_ORDER
        return float(limit + (values[-1] - limit) * (size / finest) ** order)


def refine(case: ReferenceCase, bar: ElastoplasticBar) -> tuple[Trend, Trend]:
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


def gaps(values: Mapping[str, float], reference: Mapping[str, float]) -> dict[str, float]:
    """Return relative differences by kind: the largest of the displacements, energy, dissipation, force or torque.

    That of the dissipation is relative to max(D, Ψ/100).
    """
    pair = ({name: np.array([value]) for name, value in each.items()} for each in (values, reference))
    kinds = by_kind(largest_errors(*pair))
    return {"force" if name in ("torque", "axial_force") else name: gap for name, gap in kinds.items()}
