"""The answer to a dimensionless problem does not depend on the units of length and of stress."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference_cell import walk

import microtann as mt
from microtann.data.generate import generate
from microtann.evaluation.structures import lcT2
from microtann.microstructure.bars.cells.families import FAMILIES

CELLS = {
    "square": ("square", (2, 2), {"perturbation": 0.2}),
    "cube": ("cube", (1, 1, 1), {}),
    "cube-perturbed": ("cube", (2, 2, 2), {"perturbation": 0.2, "perturb": "all"}),
    "octet": ("octet", (1, 1, 1), {}),
}
TIGHT = mt.fem.SolverOptions(tolerance=1e-12)
Answer = dict[str, np.ndarray]


def make(
    name: str, length: float, stress: float, hardening: float = 0.1
) -> tuple[mt.UnitCell, mt.ElastoplasticBar]:
    """Return a cell and its bars in units of length and stress."""
    family, units, arguments = CELLS[name]
    cell = FAMILIES[family](units, size=length, **arguments)
    return cell, mt.ElastoplasticBar(stress, stress / 3, stress * hardening)


def dimensionless(response: mt.CellResponse, cell: mt.UnitCell, length: float, stress: float) -> Answer:
    return {
        "stress": response.stress / stress,
        "energy": response.energy / stress,
        "dissipation": response.dissipation / stress,
        "displacement": response.displacement / length,
        "force": response.force / (stress * length ** (cell.dimension - 1)),
        "plastic strain": response.plastic_strain,
        "strain": response.strain,
    }


def by_strain(name: str, length: float, stress: float, hardening: float = 0.1) -> Answer:
    cell, bar = make(name, length, stress, hardening)
    path = walk(np.random.default_rng(1), 8, cell.components, 0.2)
    return dimensionless(mt.solve_cell(cell, bar, path), cell, length, stress)


def by_stress(name: str, length: float, stress: float, hardening: float = 0.1) -> Answer:
    cell, bar = make(name, length, stress, hardening)
    pull = mt.CellStep(strain={"11": 1.5}, rest="free", increments=4)
    shear = mt.CellStep(strain={"12": 0.4}, stress={"11": 0.2 * stress}, rest="free", increments=4)
    release = mt.CellStep(rest="free", increments=1)
    return dimensionless(mt.drive_cell(cell, bar, [pull, shear, release]), cell, length, stress)


def without_hardening(name: str, length: float, stress: float) -> Answer:
    """Plastic strains are not unique without hardening, but stress, energy and dissipation are."""
    answer = by_strain(name, length, stress, 0.0)
    return {key: answer[key] for key in ("stress", "energy", "dissipation")}


def by_stress_without_hardening(name: str, length: float, stress: float) -> Answer:
    """Three quarters of the limit load and back."""
    cell, bar = make(name, length, stress, 0.0)
    largest = {"square": 0.4, "cube": 0.25, "cube-perturbed": 0.25, "octet": 0.25}[name] * stress
    load = mt.CellStep(stress={"11": largest, "12": 0.2 * largest}, rest="free", increments=4)
    response = mt.drive_cell(cell, bar, [load, mt.CellStep(rest="free")])
    answer = dimensionless(response, cell, length, stress)
    return {key: answer[key] for key in ("stress", "strain", "energy", "dissipation")}


def limit_load(name: str, length: float, stress: float) -> Answer:
    cell, bar = make(name, length, stress, 0.0)
    direction = stress * np.linspace(1.0, 0.3, cell.components)
    return {"factor": np.array([mt.limit_load(cell, bar, direction)])}


def history(result: mt.fem.Result | mt.StructureResult, length: float, stress: float) -> Answer:
    return {
        "displacement": result.displacement / length,
        "reactions": result.reactions / (stress * length**2),
        "energy": result.energy / (stress * length**3),
        "dissipation": result.dissipation / (stress * length**3),
    }


def finite_elements(name: str, length: float, stress: float) -> Answer:
    cell, bar = make(name, length, stress)
    case = lcT2(lengths=(2 * length, 2 * length, 4 * length))
    mesh = mt.fem.box(case.lengths, (1, 1, 2), case.origin)
    result = mt.fem.Model(mesh, mt.Lattice(cell, bar)).solve(case.steps, TIGHT)
    return history(result, length, stress)


def structure(name: str, length: float, stress: float) -> Answer:
    cell, bar = make(name, length, stress)
    case = lcT2(lengths=(2 * length, 2 * length, 4 * length))
    result = mt.Structure.box(cell, bar, case.lengths, length, case.origin).solve(case.steps, TIGHT)
    return history(result, length, stress)


def reduced_and_evaluated(name: str, length: float, stress: float) -> Answer:
    """Data, a model reduced from them, and its errors."""
    cell, bar = make(name, length, stress)
    data = generate(mt.Lattice(cell, bar), mt.WalkPlan(paths=12, steps=20))
    tann = mt.train(data, mt.forms.Variational(states=4, slips=6, updates=0))
    strain = walk(np.random.default_rng(2), 8, cell.components, 0.1)
    found = tann.recall(strain, decode=True, outside_training="none")
    errors = mt.evaluate(tann, ["b"]).paths["b"]
    return {
        "stress": found.stress / stress,
        "energy": found.energy / stress,
        "dissipation": found.dissipation / stress,
        "displacement": found.displacement / length,
        "force": found.force / (stress * length ** (cell.dimension - 1)),
        "errors": np.array([errors.stress, errors.energy, *errors.coordinates.values()]),
    }


PROBLEMS = {
    "strain": (by_strain, tuple(CELLS), 1e-12),
    "without hardening": (without_hardening, tuple(CELLS), 1e-12),
    "stress": (by_stress, tuple(CELLS), 1e-10),
    "stress without hardening": (by_stress_without_hardening, tuple(CELLS), 1e-9),
    "limit load": (limit_load, tuple(CELLS), 1e-9),
    "finite elements": (finite_elements, ("cube", "cube-perturbed"), 1e-11),
    "structure": (structure, ("cube", "octet"), 1e-11),
    "data, training and evaluation": (reduced_and_evaluated, ("cube-perturbed",), 1e-9),
}
"""Function, cells, and tolerance relative to the largest value of a quantity."""


@cache
def reference(problem: str, name: str) -> Answer:
    """Return the answer in units of one."""
    return PROBLEMS[problem][0](name, 1.0, 1.0)


@pytest.mark.parametrize(
    ("problem", "name"),
    [(problem, name) for problem, (_, names, _) in PROBLEMS.items() for name in names],
)
@settings(max_examples=8, deadline=None)
@given(length=st.floats(-6.0, 3.0).map(lambda power: 10**power), stress=st.floats(-9, 12).map(lambda p: 10**p))
@example(length=1e-6, stress=1e-9)
@example(length=1e-6, stress=1e12)
@example(length=1e3, stress=1e-9)
@example(length=1e3, stress=1e12)
@example(length=0.005, stress=210e9)  # steel in SI units
def test_units_do_not_matter(problem: str, name: str, length: float, stress: float) -> None:
    compute, _, tolerance = PROBLEMS[problem]
    one, other = reference(problem, name), compute(name, length, stress)
    for key, values in one.items():
        assert np.isfinite(other[key]).all()
        gap = np.abs(other[key] - values).max()
        assert gap <= tolerance * np.abs(values).max(), f"{key} differs by {gap / np.abs(values).max():.1e}"


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_problems_go_through_yield(problem: str) -> None:
    for name in PROBLEMS[problem][1]:
        answer = reference(problem, name)
        if problem not in ("limit load", "stress without hardening"):
            assert answer["dissipation"].max() > 1e-3
