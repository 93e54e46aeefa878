"""Perturbed cells agree with an independent Newton solver, and with themselves seen differently."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_cell import random_bar, solve, tensor, walk

import microtann as mt

FIELDS = ("stress", "energy", "dissipation", "displacement", "force", "plastic_strain")


def assert_same(response, other, fields=FIELDS, tolerance=1e-12):
    for name in fields:
        one, two = getattr(response, name), getattr(other, name)
        np.testing.assert_allclose(one, two, rtol=0, atol=tolerance * np.abs(two).max(), err_msg=name)


@pytest.mark.parametrize(
    "cell",
    [
        mt.square_cell((2, 2), perturbation=0.2),
        mt.square_cell((3, 3), perturbation=0.2, perturb="all", size=2.0),
        mt.square_cell((6, 6), perturbation=0.2),
        mt.cube_cell((2, 2, 2), perturbation=0.2),
        mt.cube_cell((2, 2, 2), perturbation=0.2, perturb="all", law="uniform"),
    ],
    ids=["2x2", "3x3-all", "6x6", "2x2x2", "2x2x2-all"],
)
def test_agrees_with_plain_newton(cell):
    rng = np.random.default_rng(0)
    for bar, std in ((mt.ElastoplasticBar(), 0.15), (random_bar(cell, rng), 0.4)):
        path = walk(rng, 10, cell.components, std)
        response = mt.solve_cell(cell, bar, path)
        assert np.abs(response.plastic_strain).max() > 0
        assert_same(response, solve(cell, bar, path))


cases = st.fixed_dictionaries(
    {
        "units": st.tuples(*3 * [st.integers(1, 2)]) | st.tuples(*2 * [st.integers(1, 3)]),
        "size": st.floats(0.1, 100),
        "seed": st.integers(0, 2**32 - 1),
        "steps": st.integers(1, 8),
        "std": st.sampled_from([0.01, 0.05, 0.2, 1.0, 3.0]),
        "hardening": st.sampled_from([1e-3, 0.02]),
    }
)
"""Perturbed and linearly distorted cells with random bars, areas and walks; `build` makes them."""


def build(units, size, seed, steps, std, hardening):
    """Return (cell, bar, path, rng) of one case."""
    d = len(units)
    make = mt.square_cell if d == 2 else mt.cube_cell
    cell = make(units, size=size, perturbation=0.3, perturb="all", law="uniform", seed=seed)
    rng = np.random.default_rng(seed)
    distort = np.eye(d) + rng.uniform(-0.2, 0.2, (d, d))
    bars = cell.distinct_bars
    areas = cell.areas * rng.uniform(0.3, 2.0, bars.count)[bars.of_bar]
    cell = mt.UnitCell(cell.nodes @ distort, cell.bars, areas, cell.periods @ distort)
    return cell, random_bar(cell, rng, hardening), walk(rng, steps, cell.components, std), rng


@settings(max_examples=25, deadline=None)
@given(cases)
def test_random_cells_agree_with_plain_newton(case):
    cell, bar, path, _ = build(**case)
    assert_same(mt.solve_cell(cell, bar, path), solve(cell, bar, path), tolerance=1e-9)


@settings(max_examples=25, deadline=None)
@given(cases)
def test_numbering_does_not_matter(case):
    cell, bar, path, rng = build(**case)
    nodes, bars = rng.permutation(len(cell.nodes)), rng.permutation(len(cell.bars))
    position = np.argsort(nodes)
    ends = position[cell.bars[bars]]
    flip = rng.random(len(bars)) < 0.5
    ends[flip] = ends[flip, ::-1]
    other = mt.UnitCell(cell.nodes[nodes], ends, cell.areas[bars], cell.periods)
    material = mt.ElastoplasticBar(bar.young[bars], bar.yield_stress[bars], bar.hardening[bars])
    one, two = mt.solve_cell(cell, bar, path), mt.solve_cell(other, material, path)
    assert_same(one, two, ("stress", "energy", "dissipation"))
    for name, order in (("displacement", nodes), ("force", bars), ("plastic_strain", bars)):
        field = np.moveaxis(np.moveaxis(getattr(one, name), 1, 0)[order], 0, 1)
        np.testing.assert_allclose(
            field, getattr(two, name), rtol=0, atol=1e-12 * np.abs(field).max(), err_msg=name
        )


@settings(max_examples=25, deadline=None)
@given(cases)
def test_choice_of_the_unit_cell_does_not_matter(case):
    """List every bar of the medium once, from any image of its first end: nodes stick out of the box."""
    cell, bar, path, rng = build(**case)
    distinct = cell.distinct_bars
    ends = cell.nodes[cell.bars[distinct.representative]]
    shift = rng.integers(-2, 3, (distinct.count, 1, cell.dimension)) @ cell.periods
    points = (ends + shift).reshape(-1, cell.dimension)
    keys = np.round(points / np.abs(cell.periods).max(), 9)
    _, first, bars = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    nodes = points[first]
    origin = rng.uniform(-1, 1, cell.dimension)
    other = mt.UnitCell(nodes + origin, bars.reshape(-1, 2), distinct.area, cell.periods)
    pick = distinct.representative
    material = mt.ElastoplasticBar(bar.young[pick], bar.yield_stress[pick], bar.hardening[pick])
    one, two = mt.solve_cell(cell, bar, path), mt.solve_cell(other, material, path)
    assert_same(one, two, ("stress", "energy", "dissipation"), 1e-9)


@settings(max_examples=10, deadline=None)
@given(cases)
def test_a_doubled_cell_gives_the_same_response(case):
    cell, bar, path, _ = build(**case)
    nodes = np.vstack([cell.nodes, cell.nodes + cell.periods[0]])
    bars = np.vstack([cell.bars, cell.bars + len(cell.nodes)])
    periods = cell.periods.copy()
    periods[0] *= 2
    inverse = np.linalg.inv(cell.periods)  # merge the coinciding nodes of the common face
    keys = np.round(nodes @ inverse, 7)
    _, first, merged = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    bars = merged.reshape(-1)[bars]
    pairs, kept, which = np.unique(np.sort(bars, axis=1), axis=0, return_index=True, return_inverse=True)
    areas = np.bincount(which.reshape(-1), weights=np.tile(cell.areas, 2))
    double = mt.UnitCell(nodes[first], pairs, areas, periods)
    material = mt.ElastoplasticBar(*(np.tile(p, 2)[kept] for p in (bar.young, bar.yield_stress, bar.hardening)))
    assert_same(
        mt.solve_cell(cell, bar, path),
        mt.solve_cell(double, material, path),
        ("stress", "energy", "dissipation"),
        1e-9,
    )


def test_size_changes_only_the_lengths():
    bar = mt.ElastoplasticBar()
    path = walk(np.random.default_rng(1), 20, 6, 0.05)
    one = mt.solve_cell(mt.cube_cell((2, 2, 2), perturbation=0.2), bar, path)
    ten = mt.solve_cell(mt.cube_cell((2, 2, 2), size=10.0, perturbation=0.2), bar, path)
    assert_same(one, ten, ("stress", "energy", "dissipation", "plastic_strain"), 1e-13)
    np.testing.assert_allclose(10 * one.displacement, ten.displacement, rtol=0, atol=1e-13)
    np.testing.assert_allclose(100 * one.force, ten.force, rtol=0, atol=1e-12)


def test_objectivity_under_a_rotation_of_the_lattice():
    cell = mt.square_cell((2, 2), perturbation=0.2, perturb="all")
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = mt.UnitCell(cell.nodes @ turn.T, cell.bars, cell.areas, cell.periods @ turn.T)
    path = walk(np.random.default_rng(2), 20, 3, 0.1)
    rotated = np.array([turn @ tensor(e) @ turn.T for e in path])
    rotated = np.stack([rotated[:, 0, 0], rotated[:, 1, 1], 2 * rotated[:, 0, 1]], axis=1)
    one = mt.solve_cell(cell, mt.ElastoplasticBar(), path)
    two = mt.solve_cell(turned, mt.ElastoplasticBar(), rotated)
    assert_same(one, two, ("energy", "dissipation", "force"), 1e-13)


def test_batches_equal_single_paths():
    cell, bar = mt.cube_cell((2, 2, 2), perturbation=0.2), mt.ElastoplasticBar()
    paths = np.stack([walk(np.random.default_rng(s), 15, 6, 0.1) for s in range(4)])
    batch = mt.solve_cell(cell, bar, paths)
    for i, path in enumerate(paths):
        single = mt.solve_cell(cell, bar, path)
        for name in FIELDS:
            np.testing.assert_allclose(getattr(batch, name)[i], getattr(single, name), rtol=1e-12, atol=1e-13)


def test_response_converges_with_order_one_or_more_as_increments_are_divided():
    """The exact response of perturbed cells depends on the increments; halving them converges."""
    cell, bar = mt.cube_cell((2, 2, 2), perturbation=0.2, perturb="all"), mt.ElastoplasticBar()
    corners = np.vstack([np.zeros(6), walk(np.random.default_rng(4), 6, 6, 0.4)])

    def end(parts):
        rise = np.arange(1, parts + 1)[:, None] / parts
        path = np.vstack([a + rise * (b - a) for a, b in pairwise(corners)])
        return mt.solve_cell(cell, bar, path).stress[parts - 1 :: parts]

    finest = end(1024)
    parts = np.array([1, 4, 16, 64])
    error = np.array([np.sqrt(np.mean((end(n) - finest) ** 2)) for n in parts])
    assert error[0] > 1e-5, "the case must depend on its increments"
    order = -np.polyfit(np.log(parts), np.log(error), 1)[0]
    assert order > 0.9
