"""Walks put together from shuffled increments are those that were solved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import microtann as mt
from microtann.data.increments import Increments
from microtann.data.whole_walks import first_paths, whole_walks
from microtann.errors import InputError

CELL, BAR = mt.square_cell((2, 2), perturbation=0.2), mt.ElastoplasticBar()


def increments(**plan: float) -> Increments:
    dataset = mt.generate_data(
        mt.Lattice(CELL, BAR), mt.WalkPlan(paths=6, steps=15, validation=0.0, test=0.0, **plan)
    )
    shuffled = np.random.default_rng(0).permutation(len(dataset.training))
    return dataset.training.take(shuffled)


def test_walks_are_those_that_the_cell_answers_to() -> None:
    walks = whole_walks(increments())
    assert walks.strain.shape == (6, 15, 3)
    assert walks.there.all()
    exact = mt.solve_cell(CELL, BAR, walks.strain)
    np.testing.assert_allclose(walks.stress, exact.stress, atol=1e-13)
    np.testing.assert_allclose(walks.energy, exact.energy, atol=1e-13)
    np.testing.assert_allclose(walks.dissipation, exact.dissipation, atol=1e-13)
    flat = [exact.displacement.reshape(6, 15, -1), exact.force]
    np.testing.assert_allclose(walks.coordinates, np.concatenate(flat, axis=2), atol=1e-12)


def test_a_walk_that_starts_again_is_two_and_the_shorter_ones_rest() -> None:
    walks = whole_walks(increments(restart=0.1))
    assert len(walks) > 6
    assert 0 < walks.there.sum() == 6 * 15
    exact = mt.solve_cell(CELL, BAR, walks.strain)
    np.testing.assert_allclose(walks.stress, exact.stress, atol=1e-13)  # what rests does not flow
    assert not walks.dissipation[~walks.there].any()


def test_what_follows_a_gap_is_left_out() -> None:
    data = increments()
    gap = data.take((data.path != 2) | (data.step != 7))
    walks = whole_walks(gap)
    assert walks.there.sum(axis=1).tolist() == [15, 15, 7, 15, 15, 15]
    with pytest.raises(InputError, match="keep whole walks in the data"):
        whole_walks(data.take(data.step > 9))
    with pytest.raises(InputError, match="keep whole walks in the data"):
        whole_walks(data.take(slice(0, 0)))


def test_the_first_paths_are_those_of_the_lowest_numbers() -> None:
    data = increments()
    data = replace(data, path=3 * data.path + 1)
    assert np.unique(first_paths(data, 2).path).tolist() == [1, 4]
    assert len(first_paths(data, 99)) == len(data)


@pytest.mark.parametrize("size", [1e-9, 0.01])
def test_a_walk_ends_where_the_next_step_starts_elsewhere(size: float) -> None:
    """The numbers go on, but the strain does not: what follows is no part of the walk from the virgin state."""
    data = increments()
    strain = data.strain.copy()
    strain[(data.path == 2) & (data.step >= 7)] += size
    assert whole_walks(replace(data, strain=strain)).there.sum(axis=1).tolist() == [15, 15, 7, 15, 15, 15]


def test_round_off_does_not_end_a_walk() -> None:
    data = increments()
    strain = data.strain + 1e-15 * np.random.default_rng(1).standard_normal(data.strain.shape)
    assert whole_walks(replace(data, strain=strain)).there.all()


def test_a_walk_ends_before_a_missing_step_that_did_not_move() -> None:
    """The strain is where it was, but time has passed, and with it what flows by itself."""
    data = increments(zero_fraction=0.4)
    last = data.step.max()
    resting = np.flatnonzero((data.step > 0) & (data.step < last) & ~data.strain_increment.any(axis=1))[0]
    kept = np.arange(len(data)) != resting
    there = whole_walks(data.take(kept)).there.sum(axis=1)
    assert there[data.path[resting]] == data.step[resting]
    assert np.delete(there, data.path[resting]).tolist() == [15] * 5


@pytest.mark.parametrize("name", ["stress", "energy"])
def test_a_walk_that_starts_under_load_does_not_start_in_the_virgin_state(name: str) -> None:
    data = increments()
    values = getattr(data, name).copy()
    values[(data.path == 2) & (data.step == 0)] += 0.01
    walks = whole_walks(replace(data, **{name: values}))
    assert walks.there.sum(axis=1).tolist() == [15] * 5
