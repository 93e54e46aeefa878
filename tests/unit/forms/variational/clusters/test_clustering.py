"""Points that flow together are found, and those that do not flow are left out."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from microtann.forms.variational.clusters import clustering
from microtann.forms.variational.clusters.clustering import NONE, clusters_of, merged_points
from microtann.forms.variational.clusters.point_histories import point_histories


def three_motions(count, seed=0):
    """Return histories of points that follow one of three motions, and which."""
    draw = np.random.default_rng(seed)
    motions, true = draw.standard_normal((3, 3, 15)), draw.integers(0, 3, count)
    turns = ortho_group.rvs(3, count, random_state=seed)
    return draw.uniform(0.1, 3.0, (count, 1, 1)) * (turns @ motions[true]), true


def same_sets(one, other):
    return ((one[:, None] == one) == (other[:, None] == other)).all()


@pytest.mark.parametrize("sample", [12, 1_500])
def test_points_join_the_motion_that_they_follow_whatever_their_size_and_directions(sample, monkeypatch):
    monkeypatch.setattr(clustering, "SAMPLE", sample)
    histories, true = three_motions(60)
    ones = np.ones(60)
    assert same_sets(clusters_of(histories, ones, ones, 3), true)


def test_points_that_never_flow_or_cannot_are_in_no_cluster():
    histories, _ = three_motions(20)
    histories[4] = 0.0
    resistance = np.ones(20)
    resistance[7] = np.inf
    found = clusters_of(histories, np.ones(20), resistance, 3)
    assert set(np.flatnonzero(found == NONE)) == {4, 7}
    assert (clusters_of(np.zeros((5, 3, 4)), np.ones(5), np.ones(5), 2) == NONE).all()


def test_with_as_many_clusters_as_points_each_is_alone():
    histories, _ = three_motions(9)
    assert same_sets(merged_points(histories, 9), np.arange(9))
    assert len(np.unique(clusters_of(histories, np.ones(9), np.ones(9), 40))) <= 9


def test_histories_keep_the_products_of_points():
    draw = np.random.default_rng(1)
    values = draw.standard_normal((50, 8)) @ draw.standard_normal((8, 30))
    columns = np.arange(6, 30).reshape(8, 3)
    short = point_histories(values, np.arange(50), columns)
    assert short.shape[2] <= 8
    flat = short.reshape(24, -1)
    assert np.allclose(flat @ flat.T, values[:, 6:].T @ values[:, 6:])
