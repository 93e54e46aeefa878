"""How far a point is from the data of its model, in recall; what is said, and what is refused."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from random_tann import random_tann

from microtann.errors import InputError, TrainingRangeError, TrainingRangeWarning
from microtann.tann.evolution import PlayMechanisms
from microtann.tann.information import TrainingRange
from microtann.tann.trained_model import TANN

SEEN = TrainingRange(
    strain=np.array([1.0, 2.0, 0.0]),
    strain_increment=np.ones(3),
    largest_increment=np.array([0.1, 0.1, 0.1]),
    state=np.array([[-1.0, 0.0], [3.0, 0.5]]),
)


class ReadsIncrement(PlayMechanisms):
    """Play mechanisms that say that the size of an increment matters to them."""

    reads_increment = True


def model(reads_increment: bool = False, seen: TrainingRange | None = SEEN) -> TANN:
    tann = random_tann(4, components=3, states=2)
    evolution = ReadsIncrement(tann.evolution.log_resistance) if reads_increment else tann.evolution
    return replace(
        tann,
        point=replace(tann.point, evolution=evolution),
        information=replace(tann.information, training_range=seen),
    )


@pytest.mark.parametrize(
    ("strain", "increment", "state", "reach"),
    [
        ([0.5, 0.0, 0.0], None, None, 0.5),
        ([0.5, -2.6, 0.0], None, None, 1.3),
        ([0.5, 0.0, 1e-9], None, None, 0.5),  # round-off in a component that never moved in the data
        ([0.0, 0.0, 0.1], None, None, 0.1 / 2e-6),
        ([0.5, 0.0, 0.0], [0.0, 0.2, 0.0], None, 2.0),
        ([0.5, 0.0, 0.0], None, [1.0, 0.25], 0.5),  # the middle of the box of the states
        ([0.5, 0.0, 0.0], None, [3.0, 0.25], 1.0),
        ([0.5, 0.0, 0.0], None, [1.0, -0.1], 1.4),
        ([0.5, 0.0, 0.0], None, [np.nan, 0.25], np.inf),
    ],
)
def test_reach(
    strain: list[float], increment: list[float] | None, state: list[float] | None, reach: float
) -> None:
    given = [None if a is None else np.array(a) for a in (strain, increment, state)]
    assert SEEN.reach(*given) == pytest.approx(reach, rel=1e-12)


def test_reach_of_many_points_is_that_of_each() -> None:
    strain = np.random.default_rng(0).normal(size=(3, 5000, 3))
    expected = [[SEEN.reach(point) for point in path] for path in strain[:, ::500]]
    np.testing.assert_array_equal(SEEN.reach(strain)[:, ::500], expected)


def test_recall_says_how_far_each_increment_is() -> None:
    tann = model(reads_increment=True)
    strain = np.array([[0.05, 0, 0], [0.1, 0.05, 0], [0.1, 0.35, 0]])
    with pytest.warns(TrainingRangeWarning, match=r"increments leave .* \(in increment") as told:
        recall = tann.recall(strain)
    assert len(told) == 1
    assert recall.training_reach[2] >= 3.0
    expected = SEEN.reach(strain, np.diff(strain, axis=0, prepend=np.zeros((1, 3))), recall.state)
    np.testing.assert_array_equal(recall.training_reach, expected)
    assert recall.points_outside == np.count_nonzero(expected > 1.0)


def test_the_size_of_increments_counts_where_the_evolution_reads_it() -> None:
    wide = replace(SEEN, state=np.array([[-1e9] * 2, [1e9] * 2]))
    strain = np.array([[0.5, 0.0, 0.0]])
    reads, does_not = (
        model(reads, wide).recall(strain, outside_training="none").training_reach[0] for reads in (True, False)
    )
    assert (reads, does_not) == (5.0, 0.5)


def test_the_policy_of_recall() -> None:
    tann, strain = model(), np.array([[[5.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert tann.recall(strain, outside_training="none").points_outside == 1
    assert not told
    with pytest.raises(TrainingRangeError, match=r"1 of 2 increments leave .* increment 0 of path 0"):
        tann.recall(strain, outside_training="error")
    with pytest.raises(InputError, match="one of 'none', 'warn' and 'error'"):
        tann.recall(strain, outside_training="strict")


def test_a_model_that_knows_no_range_judges_nothing() -> None:
    recall = model(seen=None).recall(np.array([[5.0, 0.0, 0.0]]))
    assert (recall.training_reach, recall.points_outside) == (None, None)
