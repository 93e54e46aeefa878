"""Errors of Section V: of network, of homogenisation and in all, by quantity; limits of both refinements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from microtann.equilibrium.body import Body
from microtann.equilibrium.history import History
from microtann.evaluation.comparison import relative_error
from microtann.evaluation.kept_runs import KeptRuns
from microtann.evaluation.richardson import Limit, richardson
from microtann.evaluation.scale_errors import PAIRS, Errors
from microtann.evaluation.section5 import NOTHING_KEPT, CaseNumbers, Run
from microtann.evaluation.structures import reference_case
from microtann.fem.box import box
from microtann.fem.model import Model
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.generators import cube_cell
from microtann.microstructure.bars.full.structure import Structure
from microtann.microstructure.bars.lattice import Lattice

DISPLACEMENT, BOTH, BARS = "displacement", "displacement, u⁰ + εu¹", "bar stress"
"""Rows of a case beside its energy, dissipation, and torque or axial force."""


def case_errors(numbers: CaseNumbers) -> dict[str, Errors]:
    """Return the errors of a case on its finest mesh and lattice, by quantity, then by pair of `PAIRS`.

    "displacement" is the largest of those of the control displacements u⁰. Errors are the largest over the
    increments, relative to the largest value of the reference; that of the dissipation to max(D, Ψ/100); those
    of u⁰ + εu¹ and of the stresses of bars hold for the end of the loading.
    """
    runs = {analysis: numbers.finest(analysis) for pair in PAIRS.values() for analysis in pair}
    found: dict[str, Errors] = {}
    for pair, (tested, reference) in PAIRS.items():
        for name, error in run_errors(runs[tested], runs[reference]).items():
            key = DISPLACEMENT if name.startswith("u_") else name
            row = found.setdefault(key, {})
            row[pair] = max(row.get(pair) or 0.0, error)
    scales = numbers.scales[f"{numbers.finest('lattice').size:.12g}"]
    rows = list(scales.values())
    both = [row for name, row in scales.items() if name.startswith("u_")]
    found[BOTH] = {pair: max(row[pair] or 0.0 for row in both) for pair in PAIRS}
    found[BARS] = rows[0]
    order = [DISPLACEMENT, BOTH, *(name for name in found if name not in (DISPLACEMENT, BOTH, BARS)), BARS]
    return {name: found[name] for name in order}


def run_errors(tested: Run, reference: Run) -> dict[str, float]:
    """Return the errors of a run by quantity; see `microtann.evaluation.comparison.relative_error`."""
    energy = np.array(reference.quantities["energy"])
    return {
        name: relative_error(name, np.array(value), np.array(reference.quantities[name]), energy)
        for name, value in tested.quantities.items()
    }


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
    kept: KeptRuns = NOTHING_KEPT,
) -> dict[str, Limits]:
    """Refine mesh and lattice of a case with the regular cube, whose exact material is known in closed form.

    Parameters
    ----------
    name : str
        Of the case.
    meshes, ratios : tuple of float
        Edges of the elements and size ratios, from coarse to fine.
    kept : KeptRuns, optional
        Where finished runs are kept.

    Returns
    -------
    dict
        The limits of every compared quantity but the dissipation, which has no rate where hardly a bar flows.
    """
    case, cell, bar = reference_case(name), cube_cell(), ElastoplasticBar()
    material = Lattice(cell, bar)
    elements: dict[str, list[float]] = {}
    lattices: dict[str, list[float]] = {}

    def note(values: dict[str, list[float]], key: str, body: Callable[[], Body[Any]]) -> None:
        last = kept.numbers(key)
        if last is None:
            result: History = kept.solve(key, body(), case.steps)
            last = {quantity: float(history[-1]) for quantity, history in case.quantities(result).items()}
            kept.keep(key, last)
        kept.drop(key)
        for quantity, value in last.items():
            values.setdefault(quantity, []).append(value)

    def model(size: float) -> Model:
        return Model(box(case.lengths, case.elements(size), case.origin), material)

    def structure(ratio: float) -> Structure:
        case.cells(ratio)
        return Structure.box(cell, bar, case.lengths, ratio * case.lengths[0], case.origin)

    for size in meshes:
        note(elements, f"exact-{size:.12g}", partial(model, size))
    for ratio in ratios:
        note(lattices, f"lattice-{ratio:.12g}", partial(structure, ratio))
    return {
        quantity: Limits(quantity, list(meshes), elements[quantity], list(ratios), lattices[quantity])
        for quantity in elements
        if quantity != "dissipation"
    }


def cost_ratios(numbers: CaseNumbers, mesh: float) -> Mapping[float, tuple[float, float]]:
    """Return, by size ratio, the paper's cost ratio and the error of the model's energy, on one mesh.

    The ratio is that of constitutive calls: bars of the full lattice over Gauss points, over all iterations.
    """
    model = next(run for run in numbers.of("model") if run.size == mesh)
    return {run.size: (run.calls / model.calls, run_errors(model, run)["energy"]) for run in numbers.of("lattice")}
