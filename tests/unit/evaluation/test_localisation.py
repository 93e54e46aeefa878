"""The exact cell solved again where bars are asked for, and hybrids, whose points have two kinds of states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.evaluation import scale_errors as module
from microtann.evaluation.audit import audit
from microtann.evaluation.both_scales import Microscale
from microtann.evaluation.comparison import Comparison
from microtann.evaluation.scale_errors import scale_errors, solved_again, solving
from microtann.evaluation.structures import Control, ReferenceCase
from microtann.fem import Model, Prescribed, SolverOptions, Step

BAR = mt.ElastoplasticBar()
LENGTHS, SIZE, ORIGIN = (2.0, 1.0), 0.5, (0.0, 0.0)
CORNER = (2.0, 1.0)
QUIET = SolverOptions(tolerance=1e-12, outside_training="none")
LOW, HIGH = (lambda x: x[:, 0] == 0.0), (lambda x: x[:, 0] == 2.0)
HELD = [Prescribed(LOW, 0), Prescribed(LOW, 1)]
BENT = [
    Step([*HELD, Prescribed(HIGH, 0, 0.5), Prescribed(HIGH, 1, 0.4)], increments=2),
    Step([*HELD, Prescribed(HIGH, 0, 0.1), Prescribed(HIGH, 1, -0.3)]),
]
CASE = ReferenceCase("bent", "", (*LENGTHS, 1.0), (), (Control(CORNER, 0),), "axial_force")


@pytest.fixture(scope="module")
def few() -> mt.TANN:
    """A model of a perturbed cell with too few states to decode all of its bars."""
    cell = mt.square_cell((2, 2), perturbation=0.2, seed=1)
    return mt.reduce(mt.generate_data(mt.Lattice(cell), plan=mt.WalkPlan(paths=20, steps=20)), states=4)


def bent(material: mt.fem.Material, kind: str = "quad") -> mt.fem.Result:
    return Model(mt.fem.box(LENGTHS, (8, 4), kind=kind), material).solve(BENT, QUIET)


def lattice_of(material: mt.TANN | mt.Lattice) -> mt.Structure:
    return mt.Structure.box(material.microstructure.cell, BAR, LENGTHS, SIZE)


@pytest.mark.parametrize("kind", ["quad", "triangle6"])
def test_the_exact_cell_solved_again_is_what_it_was(few: mt.TANN, kind: str) -> None:
    """FE² keeps the plastic strains that the strains alone give again, on both scales, reversal included."""
    material = mt.Lattice(few.microstructure.cell, BAR)
    kept = Microscale(bent(material, kind), material, SIZE, ORIGIN)
    assert np.abs(kept.result.state["plastic_strain"]).max() > 0.1
    lattice, again = lattice_of(material), solved_again(kept)
    for found, expected in zip(again.displacement(lattice.points), kept.displacement(lattice.points), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)
    found, expected = (scale.bar_stress(lattice.points, lattice.bars) for scale in (again, kept))
    np.testing.assert_allclose(found, expected, atol=1e-11)


def test_with_the_right_strains_a_network_has_the_right_bars(few: mt.TANN) -> None:
    """All nodes move as they are told: the strains are exact, the decoded bars are not, those solved again are."""
    tensor = np.array([[0.5, 0.2], [0.2, -0.3]])
    moves = [
        Prescribed(lambda x: x[:, 0] > -9, a, lambda x, a=a, s=s: s * x @ tensor[a])
        for s in (0.5, 1.0)
        for a in (0, 1)
    ]
    steps, mesh = [Step(moves[:2]), Step(moves[2:])], mt.fem.box(LENGTHS, (4, 2))
    exact = mt.Lattice(few.microstructure.cell, BAR)
    truth = Microscale(Model(mesh, exact).solve(steps, QUIET), exact, SIZE, ORIGIN)
    decoded = Microscale(Model(mesh, few).solve(steps, QUIET), few, SIZE, ORIGIN)
    lattice = lattice_of(exact)
    stress = truth.bar_stress(lattice.points, lattice.bars)
    errors = [
        np.abs(scale.bar_stress(lattice.points, lattice.bars) - stress).max()
        for scale in (decoded, solved_again(decoded))
    ]
    assert errors[0] > 0.01
    assert errors[1] < 1e-12


def test_only_points_around_the_places_are_solved_and_each_once(few: mt.TANN) -> None:
    scale = Microscale(bent(few), few, SIZE, ORIGIN, "solve")
    lattice = lattice_of(few)
    node = int(np.argmin(np.abs(lattice.points - CORNER).sum(axis=1)))
    bars = lattice.bars[(lattice.bars == node).any(axis=1)]
    assert scale.gauss_points([CORNER]) == 4 * 4  # the elements around the four nodes of that in the corner
    for _ in range(2):
        scale.bar_stress(lattice.points, bars, CORNER)
        scale.displacement(lattice.points[[node]])
        assert (solving(scale).points, solving(scale).increments) == (16, 3)
    scale.displacement(lattice.points)
    assert solving(scale).points == scale.result.mesh.weights.size


def test_errors_are_those_of_the_solved_cell_and_rows_that_need_much_are_left_out(
    few: mt.TANN, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = mt.Lattice(few.microstructure.cell, BAR)
    results = {"model": bent(few), "exact": bent(exact)}
    full = lattice_of(few).solve(BENT, QUIET)
    comparison = Comparison(CASE, results, full)
    scales = {name: Microscale(results[name], m, SIZE, ORIGIN) for name, m in (("model", few), ("exact", exact))}
    again, inside = solved_again(scales["model"]), (1.1, 0.4)
    rows = scale_errors(comparison, scales, again, inside)
    assert list(rows)[2].endswith("in the cells at (1.1, 0.4)")
    for name in list(rows)[:3]:
        decoded, solved = rows[name]["network error"], rows[name]["network error, solved again"]
        assert solved < 0.8 * decoded, name
    assert rows["displacement field, u⁰"]["network error, solved again"] is None
    lattice = full.structure
    at = np.flatnonzero((lattice.bars == full.nearest(CORNER)).any(axis=1))
    found, truth = (s.bar_stress(lattice.points, lattice.bars[at], CORNER) for s in (again, scales["exact"]))
    expected = np.linalg.norm(found - truth) / np.linalg.norm(truth)
    assert next(iter(rows.values()))["network error, solved again"] == pytest.approx(expected)
    monkeypatch.setattr(module, "MOST_POINTS", 15)
    few_rows = scale_errors(comparison, scales, solved_again(scales["model"]), inside)
    assert list(few_rows) == list(rows)
    solved = [row["network error, solved again"] for row in few_rows.values()]
    assert solved[0] is not None
    assert solved[1] is solved[2] is None


def hybrid_of(limit: float, margin: float) -> mt.Hybrid:
    """Return a hybrid whose network, of the regular cube, is as if it had seen strains up to a limit only."""
    tann = mt.load("cube")
    seen = replace(tann.information.training_range, strain=np.full(6, limit), state=None)
    return mt.Hybrid(replace(tann, information=replace(tann.information, training_range=seen)), margin)


def in_space(material: mt.fem.Material) -> mt.fem.Result:
    mesh = mt.fem.box((1, 1, 2), (2, 2, 4))
    held = [Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"]
    return Model(mesh, material).solve([Step([*held, Prescribed(lambda x: x[:, 2] == 2, "x", 1.5)])], QUIET)


@pytest.mark.parametrize(("limit", "margin"), [(9.0, 0.1), (0.5, 0.5), (1e-9, 0.1)])
def test_a_hybrid_decodes_every_point_by_its_share(limit: float, margin: float) -> None:
    """States at nodes average what the points decode, each by its own share of the exact cell."""
    hybrid = hybrid_of(limit, margin)
    result = in_space(hybrid)
    share = result.state["exact_share"]
    assert {9.0: share.max() == 0.0, 0.5: ((share > 0.01) & (share < 0.99)).any(), 1e-9: share.min() == 1.0}[limit]
    decoded = hybrid.decode(result.state)
    exact = hybrid.exact.decode(result.state)
    network = hybrid.tann.decode(result.state)
    for name, value in decoded.items():
        weight = share.reshape(*share.shape, *(1,) * (value.ndim - 2))
        np.testing.assert_allclose(value, (1 - weight) * network[name] + weight * exact[name], atol=1e-12)
    lattice = mt.Structure.box(hybrid.tann.microstructure.cell, BAR, (1, 1, 2), 0.5)
    scale = Microscale(result, hybrid, 0.5, (0.0, 0.0, 0.0))
    nodal = result.mesh.at_nodes(decoded["force"]) / hybrid.tann.microstructure.cell.areas
    node = int(np.argmin(np.abs(lattice.points - (1.0, 0.5, 1.0)).sum(axis=1)))
    bars = lattice.bars[(lattice.bars == node).any(axis=1)]
    expected = nodal[int(np.argmin(np.abs(result.mesh.points - (1.0, 0.5, 1.0)).sum(axis=1)))]
    families = scale.inside.families(lattice.points, bars)
    np.testing.assert_allclose(
        scale.bar_stress(lattice.points, bars, (1.0, 0.5, 1.0)),
        expected[hybrid.tann.microstructure.cell.distinct_bars.representative][families],
        atol=1e-9,
    )


def test_a_hybrid_that_is_exact_throughout_has_the_bars_of_the_exact_cell() -> None:
    hybrid, exact = hybrid_of(1e-9, 0.1), mt.Lattice(mt.cube_cell(), BAR)
    lattice = mt.Structure.box(exact.cell, BAR, (1, 1, 2), 0.5)
    found, again, expected = (
        Microscale(in_space(m), m, 0.5, (0.0, 0.0, 0.0), how).bar_stress(lattice.points, lattice.bars)
        for m, how in ((hybrid, "decode"), (hybrid, "solve"), (exact, "decode"))
    )
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_allclose(again, expected, atol=1e-9)
    assert audit(in_space(hybrid), hybrid, count=8).errors["force"].max() < 1e-9


def test_what_cannot_be_solved_again_is_refused(few: mt.TANN) -> None:
    result = bent(few)
    with pytest.raises(InputError, match="the localisation is 'decode' or 'solve', got 'guess'"):
        Microscale(result, few, SIZE, ORIGIN, "guess")
    lattice, extra = lattice_of(few), replace(few.information, extra_names=("temperature",))
    scale = Microscale(result, replace(few, information=extra), SIZE, ORIGIN, "solve")
    with pytest.raises(InputError, match="needs a model without extra state variables"):
        scale.displacement(lattice.points)
