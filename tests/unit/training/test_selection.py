"""How many internal state variables are taken from coordinates."""

from __future__ import annotations

import numpy as np
import pytest

from microtann.errors import InputError
from microtann.training.selection import HARDLY_MOVES, StateCount, enough_states, rank_of


def coordinates(*sizes: float) -> np.ndarray:
    """Return five coordinates that move independently in directions of these sizes."""
    generator = np.random.default_rng(0)
    drawn = generator.standard_normal((200, len(sizes)))
    left = np.linalg.qr(drawn - drawn.mean(axis=0))[0]
    right = np.linalg.qr(generator.standard_normal((5, 5)))[0][:, : len(sizes)]
    return left @ np.diag(sizes) @ right.T


def test_directions_that_hardly_move_are_no_states_of_a_linear_start() -> None:
    moved = coordinates(1.0, 0.3, 1.2 * HARDLY_MOVES, 0.8 * HARDLY_MOVES)
    assert rank_of(moved) == 4
    assert enough_states(StateCount(12, few=True), moved) == 3
    assert enough_states(StateCount(2, few=True), moved) == 2
    assert enough_states(StateCount(4), moved) == 4


def test_more_states_than_coordinates_are_refused_and_more_than_the_rank_told() -> None:
    moved = coordinates(1.0, 0.3)
    with pytest.raises(InputError, match="6 internal state variables cannot be found in 5 internal coordinates"):
        enough_states(StateCount(6), moved)
    with pytest.warns(UserWarning, match="the internal coordinates of the data have rank 2"):
        assert enough_states(StateCount(3), moved) == 3
