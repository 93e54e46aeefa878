"""Network error and homogenisation error of structures, on histories whose errors are computed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

import microtann as mt
from microtann.equilibrium.history import Statistics
from microtann.evaluation.comparison import Comparison
from microtann.evaluation.structures import Control, ReferenceCase
from microtann.fem import Step

CASE = ReferenceCase("by hand", "", (1.0, 1.0, 1.0), (Step(),), (Control((0.5, 0.5, 1.0), 0),), "axial_force")
U = "u_x(0.5, 0.5, 1)"
MESH = mt.fem.box((1, 1, 1), (1, 1, 1), CASE.origin)


def elements(u: ArrayLike, energy: ArrayLike, dissipation: ArrayLike, force: ArrayLike) -> mt.fem.Result:
    """Return a result of one element with given values of what is compared."""
    count, nodes = len(np.atleast_1d(u)), len(MESH.points)
    corner = int(np.argmin(np.abs(MESH.points - (0.5, 0.5, 1.0)).sum(axis=1)))
    displacement, reactions = np.zeros((2, count, nodes, 3))
    displacement[:, corner, 0] = u
    reactions[:, corner, 2] = force
    reactions[:, 0, 2] = 1000.0  # a support elsewhere does not enter the resultant of the top
    assert MESH.points[0, 2] == 0.0
    return mt.fem.Result(
        points=MESH.points,
        time=np.arange(1.0, count + 1),
        displacement=displacement,
        reactions=reactions,
        energy=np.array(energy, float),
        dissipation=np.array(dissipation, float),
        statistics=statistics(80),
        mesh=MESH,
        strain=np.zeros((1, 8, 6)),
        stress=np.zeros((1, 8, 6)),
        dissipated=np.zeros((1, 8)),
        state={},
        mean_dilatation=np.zeros(1, dtype=bool),
    )


def statistics(calls: int):
    """Return the cost of a run with a number of constitutive calls."""
    return Statistics(1, 1, calls, 0, 0.0, 0.0, 0.0, 0.0)


def full_lattice(u: ArrayLike, energy: ArrayLike, dissipation: ArrayLike, force: ArrayLike, calls: int = 200):
    """Return a result of a lattice of one cell with given values."""
    cell = mt.cube_cell()
    structure = mt.Structure.box(cell, mt.ElastoplasticBar(), (1, 1, 1), 1.0, CASE.origin)
    like = elements(u, energy, dissipation, force)
    order = [int(np.argmin(np.abs(MESH.points - point).sum(axis=1))) for point in structure.points]
    bars = np.zeros(len(structure.bars))
    return mt.StructureResult(
        points=structure.points,
        time=like.time,
        displacement=like.displacement[:, order],
        reactions=like.reactions[:, order],
        energy=like.energy,
        dissipation=like.dissipation,
        statistics=statistics(calls),
        structure=structure,
        force=bars,
        stress=bars,
        plastic_strain=bars,
    )


def test_errors_are_the_largest_over_the_increments_relative_to_the_largest_value() -> None:
    exact = elements([1.0, -2.0], [4.0, 8.0], [0.0, 1.0], [-5.0, 10.0])
    model = elements([1.5, -2.0], [4.0, 6.0], [0.25, 1.0], [-5.0, 9.0])
    errors = Comparison(CASE, {"model": model, "exact": exact}).network_errors
    assert errors == {U: 0.5 / 2.0, "energy": 2.0 / 8.0, "dissipation": 0.25, "axial_force": 0.1}


def test_network_and_homogenisation_errors_have_their_own_references() -> None:
    model = elements([3.0], [8.0], [2.0], [1.0])
    exact = elements([2.0], [4.0], [1.0], [2.0])
    lattice = full_lattice([1.0], [2.0], [4.0], [4.0])
    comparison = Comparison(CASE, {"model": model, "exact": exact}, lattice)
    assert comparison.network_errors == {U: 0.5, "energy": 1.0, "dissipation": 1.0, "axial_force": 0.5}
    assert comparison.homogenisation_errors == {U: 1.0, "energy": 1.0, "dissipation": 0.75, "axial_force": 0.5}
    assert comparison.errors("model", "lattice") == {
        U: 2.0,
        "energy": 3.0,
        "dissipation": 0.5,
        "axial_force": 0.75,
    }
    assert comparison.cost_ratio == 200 / 80


@pytest.mark.parametrize(
    ("dissipation", "reference", "energy", "expected"),
    [
        (0.03, 0.0, 2.0, 1.5),  # nothing dissipated: 0.03 / (2 / 100)
        (0.03, 0.01, 2.0, 1.0),  # 0.02 / 0.02, not 0.02 / 0.01
        (0.03, 0.025, 2.0, 0.2),  # D is larger than Ψ/100
        (0.0, 0.0, 2.0, 0.0),
        (0.0, 0.0, 0.0, 0.0),
        (0.1, 0.0, 0.0, np.inf),
        (float("nan"), 1.0, 2.0, float("nan")),
    ],
)
def test_a_small_dissipation_is_measured_by_the_energy(
    dissipation: float, reference: float, energy: float, expected: float
) -> None:
    exact = elements([1.0], [energy], [reference], [1.0])
    model = elements([1.0], [energy], [dissipation], [1.0])
    errors = Comparison(CASE, {"model": model, "exact": exact}).network_errors
    assert errors is not None
    assert errors["dissipation"] == pytest.approx(expected, rel=1e-14, nan_ok=True)


def test_values_where_the_reference_is_zero_are_infinitely_wrong() -> None:
    exact, model = elements([0.0], [1.0], [1.0], [0.0]), elements([1e-30], [1.0], [1.0], [0.0])
    errors = Comparison(CASE, {"model": model, "exact": exact}).network_errors
    assert errors == {U: np.inf, "energy": 0.0, "dissipation": 0.0, "axial_force": 0.0}


def test_what_was_not_computed_has_no_error() -> None:
    exact = elements([1.0], [1.0], [1.0], [1.0])
    alone = Comparison(CASE, {"exact": exact})
    assert alone.network_errors is None
    assert alone.homogenisation_errors is None
    assert alone.cost_ratio is None
    with_lattice = Comparison(CASE, {"exact": exact}, full_lattice([1.0], [1.0], [1.0], [1.0], calls=80))
    assert with_lattice.network_errors is None
    assert set(with_lattice.homogenisation_errors.values()) == {0.0}
    assert with_lattice.cost_ratio == 1.0


def test_a_torque_is_that_of_the_top_about_the_axis() -> None:
    """Unit forces along y at x = ½ and along −y at x = −½, both on the top: torque 1."""
    result = elements([1.0], [1.0], [1.0], [0.0])
    reactions = np.zeros_like(result.reactions)
    for x, force in ((0.5, 1.0), (-0.5, -1.0)):
        node = int(np.argmin(np.abs(MESH.points - (x, 0.5, 1.0)).sum(axis=1)))
        reactions[0, node, 1] = force
    twisted = replace(CASE, support="torque")
    assert twisted.quantities(replace(result, reactions=reactions))["torque"].tolist() == [1.0]
