"""One motion for many points, each with a share and directions of its own."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from microtann.forms.variational.clusters.common_motion import closeness, common_motion, participation


def followers(seed, count, a=3, r=20):
    """Return a motion, shares, turns and the histories of points that follow it."""
    draw = np.random.default_rng(seed)
    motion, share = draw.standard_normal((a, r)), draw.uniform(0.1, 2.0, count)
    turn = (
        ortho_group.rvs(a, count, random_state=seed).reshape(count, a, a)
        if a > 1
        else draw.choice([-1.0, 1.0], (count, 1, 1))
    )
    return motion, share, turn, share[:, None, None] * (turn @ motion)


@pytest.mark.parametrize("a", [1, 3, 5])
def test_points_that_follow_one_motion_are_described_exactly(a):
    _, share, _, histories = followers(1, 12, a)
    volume, resistance = np.random.default_rng(2).uniform(0.5, 2.0, (2, 12))
    found = common_motion(histories, volume, resistance)
    again = found.share[:, None, None] * (found.turn @ found.motion)
    assert np.abs(again - histories).max() < 1e-12
    assert np.ptp(found.share / share) < 1e-12  # shares up to a common factor,
    assert (volume * resistance) @ found.share == pytest.approx(volume @ resistance)  # which this fixes


def test_turns_keep_norms_so_that_the_dissipation_of_a_cluster_is_that_of_its_points():
    _, _, _, histories = followers(3, 7)
    noisy = histories + 0.3 * np.random.default_rng(4).standard_normal(histories.shape)
    volume, resistance = np.random.default_rng(5).uniform(0.5, 2.0, (2, 7))
    found = common_motion(noisy, volume, resistance)
    step = np.random.default_rng(6).standard_normal(3)
    moved = found.share[:, None] * (found.turn @ step)
    lost = (volume * resistance) @ np.linalg.norm(moved, axis=1)
    assert lost == pytest.approx(volume @ resistance * np.linalg.norm(step), rel=1e-12)


def test_shares_and_turns_are_the_best_of_all():
    _, _, _, histories = followers(7, 5)
    other = np.random.default_rng(8).standard_normal((3, 20))
    share, turn = participation(histories, other)
    best = np.sum((histories - share[:, None, None] * (turn @ other)) ** 2, axis=(1, 2))
    for seed in range(20):
        tried = ortho_group.rvs(3, 5, random_state=seed) @ other
        size = np.sum(histories * tried, axis=(1, 2)) / np.sum(other**2)
        assert (np.sum((histories - size[:, None, None] * tried) ** 2, axis=(1, 2)) >= best).all()
    assert np.allclose(np.sum(histories**2, axis=(1, 2)) - best, closeness(histories, other))
