"""Eight points at once: a point's result is its own, whatever the others do, and nothing fails in silence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_cell import advance_in, random_bar, walk

import microtann as mt
from microtann.microstructure.bars.condensed import lane_newton_kernel
from microtann.microstructure.bars.condensed.cell_flow import advance, follow_strains
from microtann.microstructure.bars.condensed.condensation import condense

CELLS = {
    "cube": mt.cube_cell(),
    "cube-2x1x1": mt.cube_cell((2, 1, 1), perturbation=0.2, perturb="all"),
    "cube-2x2x2": mt.cube_cell((2, 2, 2), perturbation=0.2, perturb="all"),
    "cube-3x3x3": mt.cube_cell((3, 3, 3), perturbation=0.2),
    "octet": mt.octet_cell(),
    "square": mt.square_cell(),
    "square-2x2": mt.square_cell((2, 2), perturbation=0.2, perturb="all"),
    "square-6x6": mt.square_cell((6, 6), perturbation=0.2),
}


def violation(condensed, before, strain, after):
    """Return the largest violation of yield and sense of flow, relative to max(k, |trial force|)."""
    trial = strain @ condensed.coupling.T - before @ condensed.hessian
    step, limit = after - before, condensed.resistance
    force = trial - step @ condensed.hessian
    wrong = np.where(step == 0, np.maximum(np.abs(force) - limit, 0.0), np.abs(force - np.sign(step) * limit))
    return (wrong / np.maximum(limit, np.abs(trial))).max()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(list(CELLS)), st.integers(1, 19), st.integers(0, 2**32 - 1))
def test_points_of_all_sizes_meet_their_optimality_conditions(name, count, seed):
    cell, rng = CELLS[name], np.random.default_rng(seed)
    condensed = condense(cell, random_bar(cell, rng))
    start = follow_strains(condensed, walk(rng, 3, cell.components, 0.5)[None], np.zeros((1, condensed.count)))[
        0, -1
    ]
    strain = 10 ** rng.uniform(-3, 2, (count, 1)) * rng.normal(size=(count, cell.components))
    before = np.tile(start, (count, 1))
    found = advance_in(8, condensed, strain, before)
    assert violation(condensed, before, strain, found.plastic_strain) <= 1e-10
    exact = advance_in(1, condensed, strain, before)
    for field in ("plastic_strain", "energy", "dissipation", "tangent"):
        one, two = getattr(found, field), getattr(exact, field)
        size = np.abs(two).reshape(count, -1).max(axis=1).reshape(-1, *[1] * (two.ndim - 1))
        assert (np.abs(one - two) <= 1e-10 * size).all(), field


@pytest.mark.parametrize("name", ["cube", "cube-2x2x2", "cube-3x3x3", "square-2x2", "square-6x6"])
def test_a_point_does_not_see_its_neighbours(name):
    condensed, rng = condense(CELLS[name], mt.ElastoplasticBar()), np.random.default_rng(0)
    strain = rng.normal(0, 0.6, (24, CELLS[name].components)) * np.linspace(0, 2, 24)[:, None]
    start = np.zeros((24, condensed.count))
    once = advance_in(8, condensed, strain, start)
    turned = rng.permutation(24)
    again = advance_in(8, condensed, strain[turned], start)
    np.testing.assert_allclose(again.plastic_strain, once.plastic_strain[turned], rtol=0, atol=1e-14)
    np.testing.assert_allclose(again.tangent, once.tangent[turned], rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", ["cube-2x2x2", "square-6x6"])
def test_few_and_many_points_agree(name):
    condensed, rng = condense(CELLS[name], mt.ElastoplasticBar()), np.random.default_rng(1)
    strain, start = rng.normal(0, 0.5, (9, CELLS[name].components)), np.zeros((9, condensed.count))
    many = advance(condensed, strain, start)
    for p in range(9):
        one = advance(condensed, strain[p : p + 1], start[p : p + 1])
        np.testing.assert_allclose(one.plastic_strain[0], many.plastic_strain[p], rtol=0, atol=1e-13)
        np.testing.assert_allclose(one.energy[0], many.energy[p], rtol=1e-13)
        np.testing.assert_allclose(one.tangent[0], many.tangent[p], rtol=0, atol=1e-13)


def test_a_point_that_does_not_settle_is_reported_and_stays_as_it_is():
    condensed = condense(CELLS["cube-2x2x2"], mt.ElastoplasticBar())
    cell = condensed.fluctuation_problem
    rng = np.random.default_rng(2)
    strain = rng.normal(0, 0.5, (10, 6))
    guess, plastic = strain @ cell.of_strain.T, np.zeros((10, condensed.count))
    guess[3, 5] = np.nan
    guess[9] = np.inf
    stiffness, energy, dissipation = np.empty((10, 6, 6)), np.full(10, -1.0), np.empty(10)
    parts = condensed.elastic_stiffness, condensed.elimination, rng.permutation(10)
    failed = lane_newton_kernel.advance_by_newton(
        cell, *parts, guess, strain, plastic, stiffness, energy, dissipation
    )
    assert np.flatnonzero(failed).tolist() == [3, 9]
    assert (plastic[[3, 9]] == 0.0).all()
    assert (energy[[3, 9]] == -1.0).all()
    good = [0, 1, 2, 4, 5, 6, 7, 8]
    exact = advance_in(1, condensed, strain[good], np.zeros((8, condensed.count)))
    np.testing.assert_allclose(plastic[good], exact.plastic_strain, rtol=0, atol=1e-12)
    np.testing.assert_allclose(stiffness[good], exact.tangent, rtol=0, atol=1e-12)


def test_points_that_lanes_leave_are_solved_by_the_other_methods(monkeypatch):
    condensed, rng = condense(CELLS["cube-2x2x2"], mt.ElastoplasticBar()), np.random.default_rng(3)
    strain, start = rng.normal(0, 0.5, (12, 6)), np.zeros((12, condensed.count))
    exact = advance_in(1, condensed, strain, start)
    update = lane_newton_kernel.advance_by_newton

    def leave_some(*arguments):
        failed = update(*arguments)
        for field in arguments[-4:]:
            field[[2, 7]] = np.nan
        arguments[-4][[2, 7]] = start[[2, 7]]
        failed[[2, 7]] = True
        return failed

    monkeypatch.setattr(lane_newton_kernel, "advance_by_newton", leave_some)
    found = advance(condensed, strain, start)
    for field in ("plastic_strain", "energy", "dissipation", "tangent"):
        np.testing.assert_allclose(getattr(found, field), getattr(exact, field), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["cube-2x2x2", "square-2x2"])
def test_elastic_points_have_the_elastic_tangent_exactly(name):
    condensed = condense(CELLS[name], mt.ElastoplasticBar())
    strain = np.zeros((9, CELLS[name].components))
    strain[4, 0] = 2.0
    found = advance(condensed, strain, np.zeros((9, condensed.count)))
    for p in (0, 3, 5, 8):
        np.testing.assert_array_equal(found.tangent[p], condensed.elasticity)
    assert found.dissipation[4] > 0
    assert (np.delete(found.dissipation, 4) == 0).all()


@pytest.mark.parametrize("name", ["cube-2x2x2", "square-6x6"])
def test_a_second_increment_of_zero_does_not_move(name):
    condensed, rng = condense(CELLS[name], mt.ElastoplasticBar()), np.random.default_rng(4)
    strain = rng.normal(0, 0.5, (16, CELLS[name].components))
    one = advance(condensed, strain, np.zeros((16, condensed.count)))
    two = advance(condensed, strain, one.plastic_strain)
    np.testing.assert_array_equal(two.plastic_strain, one.plastic_strain)
    assert (two.dissipation == 0).all()
