"""Increments are put together to walks, whatever their order."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Increments
from microtann.data.walks import WalkPlan
from microtann.errors import InputError
from microtann.forms.variational.scaled_walks import moving_rows


def increments(**plan: float) -> Increments:
    """Return the training increments of ten short walks."""
    chosen = {"paths": 10, "steps": 12, "validation": 0.1, "test": 0.1} | plan
    return generate(mt.Lattice(mt.square_cell((1, 1))), WalkPlan(**chosen)).training


def test_walks_are_found_in_any_order_and_zero_increments_left_out() -> None:
    data = increments()
    rows = moving_rows(data)
    assert rows.shape == (8, 10)  # two of twelve increments of every walk are zero
    np.testing.assert_array_equal(data.step[rows], np.sort(data.step[rows], axis=1))
    assert (data.path[rows] == data.path[rows[:, :1]]).all()
    order = np.random.default_rng(0).permutation(len(data))
    shuffled = moving_rows(data.take(order))
    np.testing.assert_array_equal(order[shuffled], rows)


def test_a_walk_ends_where_a_step_is_missing() -> None:
    data = increments(zero_fraction=0.0)
    kept = data.take(~((data.path == data.path[0]) & (data.step == 5)))
    rows = moving_rows(kept)
    assert rows.shape == (8, 12)
    assert (rows[0] >= 0).sum() == 5
    assert (rows[1:] >= 0).all()


def test_a_walk_that_starts_again_is_two() -> None:
    data = increments(zero_fraction=0.0, restart=0.3)
    rows = moving_rows(data)
    there = rows >= 0
    assert there.sum() == len(data)
    assert not data.strain[rows[:, 0]].any()


def test_data_without_a_virgin_state_are_refused() -> None:
    data = increments(zero_fraction=0.0)
    with pytest.raises(InputError, match="virgin state"):
        moving_rows(data.take(data.step > 0))
