"""Errors of Section V: of network, of homogenisation and in all, by quantity; limits of both refinements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.equilibrium.solver_options import SolverOptions
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.measures import DISPLACEMENT, by_kind, errors_at_end, largest_errors
from microtann.evaluation.reference_run import NOTHING_KEPT, ReferenceRuns, RunNumbers, RunRecords, elements
from microtann.evaluation.richardson import Limit, richardson
from microtann.evaluation.scale_errors import PAIRS, Errors
from microtann.evaluation.structures import reference_case
from microtann.reproduction.section5_cases import CaseNumbers

BOTH, BARS = "displacement, u⁰ + εu¹", "bar stress"
"""Rows of a case beside its energy, dissipation, and torque or axial force."""
RELEASED = ", after the release"
"""Rows that end so tell the errors after the release of the load, relative to the reference there."""


def case_errors(numbers: CaseNumbers) -> dict[str, Errors]:
    """Return the errors of a case on its finest mesh and lattice, by quantity, then by pair of `PAIRS`.

    "displacement" is the largest of those of the control displacements u⁰. Errors are the largest over the
    increments, relative to the largest value of the reference over them; that of the dissipation to max(D, Ψ/100);
    those of u⁰ + εu¹ and of the stresses of bars hold for the end of the loading and are relative to the reference
    there. Where the load is released, rows that end in `RELEASED` tell the errors after it, relative to the
    reference there, which is small beside the largest on the path.
    """
    runs = {analysis: numbers.finest(analysis) for pair in PAIRS.values() for analysis in pair}
    found: dict[str, Errors] = {}
    for pair, (tested, reference) in PAIRS.items():
        for name, error in by_kind(run_errors(runs[tested], runs[reference])).items():
            found.setdefault(name, {})[pair] = error
    if reference_case(numbers.case).released:
        for pair, (tested, reference) in PAIRS.items():
            for name, left in by_kind(run_errors_at_end(runs[tested], runs[reference])).items():
                found.setdefault(name + RELEASED, {})[pair] = left
        found = {name: row for name, row in found.items() if set(row.values()) != {None}}
    scales = numbers.scales[f"{numbers.finest('lattice').size:.12g}"]
    rows = list(scales.values())
    both = [row for name, row in scales.items() if name.startswith("u_")]
    found[BOTH] = {pair: max(row[pair] or 0.0 for row in both) for pair in PAIRS}
    found[BARS] = rows[0]
    order = [DISPLACEMENT, BOTH, *(name for name in found if name not in (DISPLACEMENT, BOTH, BARS)), BARS]
    return {name: found[name] for name in order}


def run_errors(tested: RunNumbers, reference: RunNumbers) -> dict[str, float]:
    """Return the errors of a run by quantity; see `microtann.evaluation.measures.largest_error`."""
    return largest_errors(_histories(tested), _histories(reference))


def run_errors_at_end(tested: RunNumbers, reference: RunNumbers) -> dict[str, float | None]:
    """Return the errors of a run at the last increment; see `microtann.evaluation.measures.errors_at_end`."""
    return errors_at_end(_histories(tested), _histories(reference))


def _histories(run: RunNumbers) -> dict[str, NDArray[np.float64]]:
    return {name: np.array(values) for name, values in run.quantities.items()}


@dataclass(frozen=True)
class Limits:
    """A quantity under refinement of the mesh and of the lattice, and where each goes.

    Parameters
    ----------
    name : str
    meshes, ratios : list of float
        Edges of the elements and size ratios.
    elements, lattices : list of float
        Values.
    """

    name: str
    meshes: list[float]
    elements: list[float]
    ratios: list[float]
    lattices: list[float]

    @property
    def of_elements(self) -> Limit:
        """Limit h → 0."""
        return richardson(self.meshes, self.elements)

    @property
    def of_lattices(self) -> Limit:
        """Limit ε → 0."""
        return richardson(self.ratios, self.lattices)

    @property
    def gap(self) -> float:
        """Relative difference of both limits."""
        return abs(self.of_elements.limit / self.of_lattices.limit - 1.0)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {
            "limit_of_elements": asdict(self.of_elements),
            "limit_of_lattices": asdict(self.of_lattices),
            "gap": self.gap,
        }


def find_limits(
    name: str = "lcT1",
    meshes: tuple[float, ...] = (2.0, 1.0, 0.5),
    ratios: tuple[float, ...] = (0.2, 0.1, 0.05),
    records: RunRecords = NOTHING_KEPT,
) -> dict[str, Limits]:
    """Refine mesh and lattice of a case with the regular cube, whose exact material is known in closed form.

    Parameters
    ----------
    name : str
        Of the case.
    meshes, ratios : tuple of float
        Edges of the elements and size ratios, from coarse to fine.
    records : RunRecords, optional
        Where finished runs are kept.

    Returns
    -------
    dict
        The limits of every compared quantity at the end, but for the dissipation, which has no rate where hardly a
        bar flows, and the torque or force of a face that is released.
    """
    case, reference = reference_case(name), ExactReference.regular_cube()
    runs, material = ReferenceRuns(case, SolverOptions(), records), reference.microstructure
    of_elements = [runs.numbers("exact", size, partial(elements, case, material, size)).last for size in meshes]
    of_lattices = [
        runs.numbers("lattice", ratio, partial(reference.structure, case, ratio)).last for ratio in ratios
    ]
    return {
        quantity: Limits(
            quantity,
            list(meshes),
            [last[quantity] for last in of_elements],
            list(ratios),
            [last[quantity] for last in of_lattices],
        )
        for quantity in of_elements[0]
        if quantity not in ("dissipation", *((case.support,) if case.released else ()))
    }


def cost_ratios(numbers: CaseNumbers, mesh: float) -> Mapping[float, tuple[float, float]]:
    """Return, by size ratio, the paper's cost ratio and the error of the model's energy, on one mesh.

    The ratio is that of constitutive calls: bars of the full lattice over Gauss points, over all iterations.
    """
    model = next(run for run in numbers.of("model") if run.size == mesh)
    return {run.size: (run.calls / model.calls, run_errors(model, run)["energy"]) for run in numbers.of("lattice")}
