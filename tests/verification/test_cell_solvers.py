"""The two solvers of a cell agree; tangents are exact; bars without hardening flow exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_cell import advance_in, node_forces, partners, random_bar, solve, walk

import microtann as mt
from microtann.microstructure.bars.condensed.cell_flow import advance, follow_strains
from microtann.microstructure.bars.condensed.condensation import condense

CELLS = {
    "cube": mt.cube_cell(),
    "square-2x2": mt.square_cell((2, 2), perturbation=0.2),
    "square-6x6": mt.square_cell((6, 6), perturbation=0.2),
    "cube-2x2x2": mt.cube_cell((2, 2, 2), perturbation=0.2, perturb="all"),
    "cube-3x3x3": mt.cube_cell((3, 3, 3), perturbation=0.2),
}


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("std", [0.05, 0.5])
def test_newton_equals_active_sets(name, std):
    cell, rng = CELLS[name], np.random.default_rng(0)
    for bar in (mt.ElastoplasticBar(), random_bar(cell, rng)):
        condensed = condense(cell, bar)
        paths = np.stack([walk(rng, 15, cell.components, std) for _ in range(2)])
        start = np.zeros((2, condensed.count))
        one = follow_strains(condensed, paths, start, "active-set")
        assert np.abs(one).max() > 0
        # two large increments and two small ones: "fastest" takes both solvers
        scale = np.array([1.0, 1.0, 0.05, 0.05])[:, None]
        before = np.concatenate([one[:, -1], one[:, -1]])
        strain = np.concatenate([paths[:, -1], paths[:, -1]]) + scale * rng.normal(0, std, (4, cell.components))
        for solver in ("newton", "fastest"):
            two = follow_strains(condensed, paths, start, solver)
            np.testing.assert_allclose(two, one, rtol=0, atol=1e-13 * np.abs(one).max())
        exact = advance_in(1, condensed, strain, before, True, "active-set")
        tangents = exact.tangent
        for lanes, solver in ((8, "active-set"), (1, "newton"), (8, "newton"), (1, "fastest"), (8, "fastest")):
            found = advance_in(lanes, condensed, strain, before, True, solver)
            assert_same_points(found, exact, np.abs(one).max())
            np.testing.assert_allclose(found.tangent, tangents, rtol=0, atol=1e-12 * np.abs(tangents).max())
        assert advance(condensed, strain, before, False).tangent is None


def assert_same_points(found, exact, size):
    for name in ("plastic_strain", "energy", "dissipation"):
        one, two = getattr(found, name), getattr(exact, name)
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-12 * max(size, np.abs(two).max()), err_msg=name)


def test_newton_equals_active_sets_with_832_bars():
    condensed = condense(mt.cube_cell((4, 4, 4), perturbation=0.2), mt.ElastoplasticBar())
    path = walk(np.random.default_rng(1), 6, 6, 0.2)[None]
    one, *others = (
        follow_strains(condensed, path, np.zeros((1, 832)), solver)
        for solver in ("active-set", "newton", "fastest")
    )
    assert (one[0, -1] != 0).sum() > 200
    for two in others:
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-13 * np.abs(one).max())


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["cube", "square-2x2", "cube-2x2x2"]),
    st.sampled_from(["all", "none", "some"]),
    st.sampled_from(["active-set", "newton", "fastest"]),
    st.sampled_from([0.05, 0.3, 1.0]),
    st.integers(0, 2**32 - 1),
)
def test_tangent_is_the_derivative_of_the_stress(name, hardening, solver, std, seed):
    cell, rng = CELLS[name], np.random.default_rng(seed)
    bar = without_hardening(cell, rng, {"all": 0.0, "none": 1.0, "some": 0.5}[hardening])
    if hardening != "all":
        solver = "fastest" if solver == "active-set" else solver  # active sets alone need bars that harden
    condensed = condense(cell, bar)
    v = cell.components
    start = follow_strains(condensed, walk(rng, 4, v, std)[None], np.zeros((1, condensed.count)))[0, -1:]
    strain = rng.normal(0, std, (1, v))
    found = advance(condensed, strain, start, True, solver)
    plastic, tangent = found.plastic_strain, found.tangent
    scale = np.abs(condensed.elasticity).max()
    np.testing.assert_allclose(tangent[0], tangent[0].T, rtol=0, atol=1e-14 * scale)
    assert np.linalg.eigvalsh(tangent[0])[0] >= -1e-10 * scale
    step = 1e-7
    moved = strain + step * np.concatenate([np.eye(v), -np.eye(v)])
    after = advance(condensed, moved, np.repeat(start, 2 * v, axis=0), False, solver).plastic_strain
    if ((after != start) != (plastic != start)).any():
        return  # the strain sits within a finite-difference step of a kink
    stress = condensed.stress(moved, after)
    slope = ((stress[:v] - stress[v:]) / (2 * step)).T
    # differences of a step of 1e-7 keep half the digits (measured: 7e-9); larger steps meet more kinks
    np.testing.assert_allclose(tangent[0], slope, rtol=0, atol=1e-7 * scale)


def without_hardening(cell, rng, share):
    """Return a random material in which a share of the distinct bars has no hardening."""
    bar, bars = random_bar(cell, rng), cell.distinct_bars
    drop = rng.random(bars.count) < share
    return mt.ElastoplasticBar(bar.young, bar.yield_stress, np.where(drop[bars.of_bar], 0.0, bar.hardening))


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["square-2x2", "cube-2x2x2", "cube"]),
    st.sampled_from([0.1, 0.5, 1.0]),
    st.sampled_from([0.1, 0.5, 3.0]),
    st.integers(0, 2**32 - 1),
)
def test_bars_without_hardening_flow_in_equilibrium(name, share, std, seed):
    """Equilibrium, yield, sense of flow and energy balance characterise the exact solution."""
    cell, rng = CELLS[name], np.random.default_rng(seed)
    bar = without_hardening(cell, rng, share)
    path = walk(rng, 8, cell.components, std)
    response = mt.solve_cell(cell, bar, path)
    master = partners(cell)
    for force in response.force:
        total = np.zeros_like(cell.nodes)
        np.add.at(total, master, node_forces(cell, force))
        assert np.abs(total).max() <= 1e-12 * np.abs(force).max()
    driving = response.force / cell.areas - bar.hardening * response.plastic_strain
    assert (np.abs(driving) <= bar.yield_stress * (1 + 1e-11)).all()
    step = np.diff(response.plastic_strain, axis=0, prepend=0.0)
    scale = bar.yield_stress * np.abs(step).max()
    np.testing.assert_allclose(driving * step, bar.yield_stress * np.abs(step), rtol=0, atol=1e-11 * scale.max())
    gap = response.displacement[:, cell.bars[:, 1]] - response.displacement[:, cell.bars[:, 0]]
    strain = np.einsum("tmd,md->tm", gap, cell.directions) / cell.lengths
    force = bar.young * (strain - response.plastic_strain) * cell.areas
    np.testing.assert_allclose(force, response.force, rtol=0, atol=1e-11 * np.abs(response.force).max())


@pytest.mark.parametrize("name", ["square-2x2", "cube-2x2x2"])
def test_no_hardening_is_the_limit_of_little_hardening(name):
    cell = CELLS[name]
    path = walk(np.random.default_rng(5), 10, cell.components, 0.2)
    exact = mt.solve_cell(cell, mt.ElastoplasticBar(hardening=0.0), path)
    error = []
    for hardening in (1e-4, 1e-6, 1e-8, 1e-10):
        near = mt.solve_cell(cell, mt.ElastoplasticBar(hardening=hardening), path)
        error.append(np.abs(near.stress - exact.stress).max())
    assert all(e < 20 * h for e, h in zip(error, (1e-4, 1e-6, 1e-8, 1e-10), strict=True))


@pytest.mark.parametrize("make", [mt.square_cell, mt.cube_cell])
def test_ideal_regular_cells_keep_the_affine_solution(make):
    """Bars in series share the flow: the solution of several units is that of one, repeated."""
    d = 2 if make is mt.square_cell else 3
    path = walk(np.random.default_rng(6), 12, 3 if d == 2 else 6, 0.3)
    bar = mt.ElastoplasticBar(hardening=0.0)
    one, two = mt.solve_cell(make((1,) * d), bar, path), mt.solve_cell(make((2,) * d), bar, path)
    for name in ("stress", "energy", "dissipation"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=0, atol=1e-13)
    reference = solve(make((1,) * d), bar, path)
    np.testing.assert_allclose(one.stress, reference.stress, rtol=0, atol=1e-13)
