from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microtann as mt
from microtann.data.generate import generate
from microtann.data.walks import WalkPlan, draw_walks, split_paths
from microtann.errors import InputError

plans = st.builds(
    WalkPlan,
    paths=st.integers(1, 12),
    steps=st.integers(2, 25),
    increment=st.floats(0.05, 2.0),
    smallest_increment=st.floats(1e-3, 0.05),
    law=st.sampled_from(["normal", "uniform"]),
    limit=st.one_of(st.none(), st.floats(0.01, 2.0)),
    zero_fraction=st.floats(0.0, 0.7),
    restart=st.floats(0.0, 0.5),
    seed=st.integers(0, 2**40),
)


@settings(max_examples=60, deadline=None)
@given(plan=plans, components=st.integers(1, 6))
def test_a_walk_is_continuous_bounded_and_rests_as_often_as_planned(plan, components):
    walks = draw_walks(plan, 0, plan.paths, components)
    end = walks.strain + walks.strain_increment
    if plan.limit is not None:
        assert np.abs(end).max() <= plan.limit * (1 + 1e-15)
    assert ((~walks.moving).sum(axis=1) == plan.zero_steps).all()
    assert (walks.strain_increment[~walks.moving] == 0.0).all()
    fresh = np.column_stack([np.ones(plan.paths, dtype=bool), walks.restarts[:, 1:]])
    assert (walks.strain[fresh] == 0.0).all()
    np.testing.assert_array_equal(walks.strain[:, 1:][~fresh[:, 1:]], end[:, :-1][~fresh[:, 1:]])
    assert (walks.before[fresh] == 0).all()
    np.testing.assert_array_equal(walks.before[:, 1:][~fresh[:, 1:]], walks.after[:, :-1][~fresh[:, 1:]])
    np.testing.assert_array_equal(walks.after[~walks.moving], walks.before[~walks.moving])
    moves = np.cumsum(walks.moving, axis=1)
    np.testing.assert_array_equal(walks.after[walks.moving], moves[walks.moving])


@settings(max_examples=30, deadline=None)
@given(plan=plans, data=st.data())
def test_a_walk_does_not_depend_on_the_range_in_which_it_is_drawn(plan, data):
    first = data.draw(st.integers(0, plan.paths - 1))
    last = data.draw(st.integers(first + 1, plan.paths))
    every, some = draw_walks(plan, 0, plan.paths, 3), draw_walks(plan, first, last, 3)
    for name in ("strain", "strain_increment", "before", "after", "moving", "restarts"):
        np.testing.assert_array_equal(getattr(every, name)[first:last], getattr(some, name))


@given(plan=plans, validation=st.floats(0.0, 0.49), test=st.floats(0.0, 0.49))
def test_every_path_is_in_one_set_and_the_training_set_is_never_empty(plan, validation, test):
    plan = replace(plan, validation=validation, test=test)
    sets = split_paths(plan)
    np.testing.assert_array_equal(np.sort(np.concatenate(sets)), np.arange(plan.paths))
    assert len(sets[0]) > 0
    assert all((np.diff(paths) > 0).all() for paths in sets)


def test_the_scale_of_increments_is_the_plan_s():
    plan = WalkPlan(paths=400, steps=100, increment=0.1, smallest_increment=0.1, limit=None, zero_fraction=0.0)
    drawn = draw_walks(plan, 0, plan.paths, 2).strain_increment
    assert drawn.std() == pytest.approx(0.1, rel=0.02)  # 80 000 draws: 0.25 % is one standard deviation
    uniform = draw_walks(replace(plan, law="uniform"), 0, plan.paths, 2).strain_increment
    assert np.abs(uniform).max() == pytest.approx(0.1, rel=1e-3)
    assert np.abs(uniform).max() <= 0.1
    assert uniform.std() == pytest.approx(0.1 / np.sqrt(3.0), rel=0.02)


def test_an_increment_that_would_leave_the_bound_changes_sign():
    plan = WalkPlan(paths=20, steps=200, increment=0.3, limit=(0.5, 2.0), zero_fraction=0.0)
    free = draw_walks(replace(plan, limit=None), 0, 20, 2).strain_increment
    walks = draw_walks(plan, 0, 20, 2)
    same = walks.strain_increment == free
    assert (np.abs(walks.strain + free) > (0.5, 2.0))[~same].all()
    flipped = walks.strain_increment == -free
    assert (same | flipped).mean() > 0.98  # the rest would leave on both sides and ends on the bound
    end = np.abs(walks.strain + walks.strain_increment)
    np.testing.assert_allclose(end[~same & ~flipped] / np.broadcast_to((0.5, 2.0), end.shape)[~same & ~flipped], 1)


def test_restarts_come_as_often_as_planned():
    walks = draw_walks(WalkPlan(paths=200, steps=101, restart=0.1), 0, 200, 1)
    assert walks.restarts.mean() == pytest.approx(0.1, rel=0.1)  # 20 000 draws: 2 % is one standard deviation
    assert not walks.restarts[:, 0].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"paths": 0}, "paths must be at least 1, got 0"),
        ({"steps": 2.5}, "steps must be an integer, got 2.5"),
        ({"seed": -1}, "seed must be"),
        ({"zero_fraction": 1.0}, "zero_fraction must be less than 1"),
        ({"restart": float("nan")}, "restart must be finite"),
        ({"validation": 0.6, "test": 0.4}, "leave some to train on"),
        ({"law": "cauchy"}, "law must be one of 'normal', 'uniform', got 'cauchy'"),
        ({"increment": 0.001}, "not be above the largest"),
        ({"smallest_increment": 0.0}, "must be larger than 0"),
        ({"limit": 0.0}, "limit must be larger than 0"),
        ({"limit": (1.0, -1.0)}, "limit must be larger than 0.0, got -1.0 as value 2"),
        ({"limit": float("nan")}, "limit must be finite"),
        ({"dt": 0.0}, "dt must be larger than 0"),
        ({"pahts": 3}, "unknown key 'pahts' of WalkPlan: did you mean 'paths'?"),
        ({"steps": 1, "zero_fraction": 0.9}, "no increment moves"),
    ],
)
def test_a_value_out_of_range_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        WalkPlan(**change)


def test_a_bound_for_another_number_of_components_is_refused():
    with pytest.raises(InputError, match="limit bounds 2 strain components, but the material has 3"):
        draw_walks(WalkPlan(limit=(1.0, 1.0)), 0, 1, 3)


@pytest.mark.parametrize("young", [1.0, 210e9, 1e-9])
def test_walks_mean_the_same_for_any_bars(young):
    """Strains scale with the strain at first yield, and nothing else changes."""
    plan = WalkPlan(paths=6, steps=20, limit=(0.5, 0.6, 0.7))
    cell, strain = mt.square_cell(), 1.2e-3
    one = generate(mt.Lattice(cell), plan)
    other = generate(mt.Lattice(cell, mt.ElastoplasticBar(young, young * strain, 0.1 * young)), plan)
    scale = strain * 3
    assert mt.ElastoplasticBar(young, young * strain).strain_scale == pytest.approx(scale, rel=1e-15)
    for name, unit in (("strain", scale), ("stress_next", young * scale), ("dissipation", young * scale**2)):
        found, expected = getattr(other.training, name), getattr(one.training, name)
        np.testing.assert_allclose(found / unit, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


def test_the_softest_bar_decides_the_scale():
    bar = mt.ElastoplasticBar(young=[1.0, 2.0, 1.0], yield_stress=[1.0, 1.0, 0.6])
    assert bar.strain_scale == pytest.approx(1.5, rel=1e-15)
    assert mt.ElastoplasticBar().strain_scale == 1.0
