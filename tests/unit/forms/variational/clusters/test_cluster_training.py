"""TANNs of a microstructure of points: exact without training where each is a group, and from fields alone."""

from dataclasses import replace

import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.walks import WalkPlan
from microtann.errors import InputError
from microtann.forms.variational.cone_flow import ConeFlow
from microtann.forms.variational.form import Variational
from microtann.training.train import train
from point_cell import PointCell

PLAN = WalkPlan(paths=12, steps=25, increment=0.4, smallest_increment=0.1, limit=3.0)


@pytest.fixture(scope="module")
def made():
    """Return a cell of four points, its data, and a walk with its exact response."""
    cell = PointCell.at_random(3, points=4)
    strain = np.cumsum(np.random.default_rng(9).normal(0.0, 0.3, (3, 15, 3)), axis=1)
    return cell, generate(cell, PLAN), strain, cell.solve(strain)


def miss(tann, strain, exact):
    return np.linalg.norm(tann.recall(strain, outside_training="none").stress - exact.stress) / np.linalg.norm(
        exact.stress
    )


def test_a_group_for_every_point_is_the_microstructure_itself(made):
    _, data, strain, exact = made
    tann = mt.reduce(data, states=12)
    assert tann.point.evolution.sizes == (3,) * 4
    assert miss(tann, strain, exact) < 1e-5  # what the descent of the cell leaves
    recalled = tann.recall(strain, decode=True, outside_training="none")
    assert np.allclose(recalled.coordinates["plastic_strain"], exact.coordinates["plastic_strain"], atol=1e-4)


def test_fewer_groups_and_states_are_near_and_keep_the_elastic_stiffness(made):
    cell, data, strain, exact = made
    tann = mt.reduce(data, states=6)
    assert len(tann.point.evolution.sizes) == 2
    assert miss(tann, strain, exact) < 0.5
    tiny = 1e-6 * strain
    assert np.allclose(tann.recall(tiny).stress, tiny @ cell.elasticity, rtol=1e-9)


def test_fields_alone_start_a_model_of_groups(made):
    _, data, strain, exact = made
    alone = replace(data, microstructure=None)
    tann = train(alone, Variational(states=12, groups=4, group_size=3, updates=0))
    assert isinstance(tann.point.evolution, ConeFlow)
    assert miss(tann, strain, exact) < 0.05


def test_what_holds_no_points_is_not_reduced(made):
    _, data, *_ = made
    with pytest.raises(InputError, match="plastic strains of its points"):
        mt.reduce(replace(data, microstructure=None))
