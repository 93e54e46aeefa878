"""The time left of a phase that may end early holds between its two ends, and shrinks without jumps."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.walks import WalkPlan
from microtann.forms import Published, Variational
from microtann.training import TrainingProgress, train
from microtann.training.time_left import TimeLeft, blocks_of_patience, duration, time_left

PATIENCE = 8
# seconds and validation losses (in 1e-6) after the last epochs of a training with a patience of eight, which ended
# here, 79 epochs before the most it might have done
SECONDS = (
    38.137, 38.177, 38.217, 38.261, 38.298, 38.337, 38.377, 38.417, 38.464, 38.501, 38.537, 38.578, 38.621,
    38.661, 38.697, 38.740, 38.781, 38.821, 38.867, 38.902, 38.944, 38.982, 39.029, 39.061, 39.098, 39.137,
    39.180, 39.217, 39.251, 39.295, 39.326, 39.365, 39.405, 39.443, 39.484, 39.525, 39.557, 39.595,
)  # fmt: skip
LOSSES = (
    31284, 31574, 30796, 30977, 30698, 30901, 29840, 30025, 29852, 31721, 29843, 29467, 30305, 29281, 29643,
    29792, 28606, 29137, 29662, 30103, 28945, 30266, 28081, 28892, 28019, 29934, 30068, 28761, 28012, 27153,
    27669, 28957, 27467, 29459, 27226, 27315, 27420, 27283,
)  # fmt: skip
MORE = 79


def told() -> list[TimeLeft]:
    """Return what is said after each epoch but the first, by the pace since."""
    found = []
    for k in range(1, len(SECONDS)):
        pace = (SECONDS[k] - SECONDS[0]) / k
        rest = len(SECONDS) - 1 - k + MORE
        found.append(time_left(pace, rest, blocks_of_patience(LOSSES[: k + 1], PATIENCE)))
    return found


def test_the_true_rest_lies_between_the_two_ends() -> None:
    for k, left in enumerate(told(), 1):
        true = SECONDS[-1] - SECONDS[k]
        assert 0.8 * left.least <= true <= left.most
    assert told()[-1].least == 0.0


def test_the_longest_rest_shrinks_without_jumps() -> None:
    """Once the pace is that of some epochs, each takes off what a few epochs take, and hardly any adds."""
    most = [left.most for left in told()][3:]
    epoch = (SECONDS[-1] - SECONDS[0]) / (len(SECONDS) - 1)
    assert all(-2 * epoch < a - b < 5 * epoch for a, b in pairwise(most))


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (TimeLeft(200.0, 200.0), "3:20 min"),
        (TimeLeft(0.0, 3700.0), "at most 1 h 1 min"),
        (TimeLeft(90.0, 900.0), "between 1:30 min and 15 min"),
        (TimeLeft(0.0, 0.0), "0:00 min"),
    ],
)
def test_it_says_what_it_knows(left: TimeLeft, text: str) -> None:
    assert str(left) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.4, "0:07 min"), (125.0, "2:05 min"), (1800.0, "30 min"), (7265.0, "2 h 1 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_patience_counts_from_the_first_of_equal_losses() -> None:
    assert blocks_of_patience([3.0, 2.0, 2.0, 2.0], 5) == 3
    assert blocks_of_patience([1.0], 5) == 5
    assert blocks_of_patience([1.0, 2.0, 3.0], 2) == 0


def test_a_phase_with_patience_never_ends_before_what_it_said() -> None:
    """Ratios of the two ends are ratios of epochs, whatever the clock says."""
    data = generate(mt.Lattice(mt.square_cell((1, 1))), WalkPlan(paths=30, steps=20))
    seen: list[TrainingProgress] = []
    form = Published(
        states=4, reduction="pod", initial="random", optimiser="nadam", energy_widths=(12,),
        evolution_widths=(12,), epochs=(30,), batch=(50,), learning_rate=(3e-2,), tuning_epochs=(),
        loop_epochs=(), patience=3,
    )  # fmt: skip
    train(data, form, seen.append)
    end = seen[-1].update
    assert len(seen) > 2
    assert seen[0].left is None
    for state in seen[1:]:
        assert state.left is not None
        if state.left.most > 0.0:
            least = state.left.least / state.left.most * (state.updates - state.update)
            assert round(least) <= end - state.update


def test_a_phase_that_may_settle_at_any_block_says_at_most() -> None:
    data = generate(mt.Lattice(mt.square_cell((1, 1))), WalkPlan(paths=30, steps=20))
    seen: list[TrainingProgress] = []
    train(data, replace(Variational(states=2), updates=300), seen.append)
    assert seen[1].left is not None
    assert seen[1].left.least == 0.0
    assert f"({seen[1].left} left)" in str(seen[1])
