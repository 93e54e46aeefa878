"""A weight on the slips leaves fewer of them, and what is left out changes nothing."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan
from microtann.forms import Variational
from microtann.forms.variational.idle_slips import without_idle_slips
from microtann.forms.variational.scaled_walks import ScaledWalks
from microtann.training import train
from microtann.training.walk_errors import closed_loop_error
from random_slips import random_slip_tann


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    cell = mt.square_cell((2, 2), perturbation=0.2)
    return generate(mt.Lattice(cell), WalkPlan(paths=40, steps=40))


def test_silent_slips_and_the_states_at_rest_change_nothing() -> None:
    tann = random_slip_tann(3, 7, 5)
    normals = np.array(tann.evolution.normals)
    normals[:, 2] *= 1e-6  # a resistance that is never reached
    point = replace(tann.point, evolution=replace(tann.evolution, normals=jnp.asarray(normals)))
    strain = np.random.default_rng(0).standard_normal((4, 20, 6)).cumsum(axis=1)
    driving = strain / np.asarray(point.scaling.driving)
    increment = np.diff(driving, axis=1, prepend=0.0)
    nothing = np.zeros(strain.shape[:2])
    walks = ScaledWalks(*map(jnp.asarray, (driving, increment, strain, nothing, nothing)))
    pruned = without_idle_slips(point, walks)
    assert pruned.evolution.normals.shape == (4, 4)
    assert pruned.states == 4
    before, after = (mt.TANN(p, tann.information).recall(strain) for p in (point, pruned))
    for name in ("stress", "energy", "dissipation"):
        one, other = getattr(before, name), getattr(after, name)
        np.testing.assert_allclose(other, one, rtol=0, atol=1e-11 * np.abs(one).max())


@pytest.mark.verify
def test_the_heavier_the_weight_the_fewer_the_slips(dataset: Dataset) -> None:
    few, fewer = (train(dataset, Variational(states=16, slips=16, updates=400, prune=w)) for w in (3e-2, 0.3))
    assert 16 > few.states > fewer.states >= 1
    assert closed_loop_error(few, dataset.validation) < 0.1
    assert few.recall(np.zeros((1, 3)), decode=True).force.shape == (1, 20)
