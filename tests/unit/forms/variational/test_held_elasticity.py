"""The elastic response is that of the lattice or of the data, however training moves the parameters."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.forms import Variational
from microtann.forms.variational.convex_energy import ConvexEnergy, with_convex_network
from microtann.forms.variational.held_elasticity import elasticity_in_data, elasticity_of, hold_elasticity
from microtann.tann.point import MaterialPoint
from microtann.training import train
from microtann.training.preparation import scale_of
from random_slips import random_slip_tann

CELL = mt.square_cell((2, 2), perturbation=0.2)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return generate(mt.Lattice(CELL), mt.WalkPlan(paths=30, steps=40))


def moved(point: MaterialPoint, seed: int) -> MaterialPoint:
    """Return a point whose energy a descent may have led anywhere."""
    draw = np.random.default_rng(seed)
    energy = jax.tree.map(lambda a: a + 0.3 * draw.standard_normal(a.shape), point.energy)
    return replace(point, energy=energy)


@pytest.mark.parametrize("extra", [0, 2])
def test_a_held_point_keeps_its_elastic_response_wherever_its_parameters_go(extra: int) -> None:
    point = random_slip_tann(1, 5, 7, extra=extra).point
    response, hold = elasticity_of(point), hold_elasticity(elasticity_of(point))
    again, elsewhere = hold(point), hold(moved(point, 2))
    for name in ("elastic", "coupling"):
        one, other = getattr(again.energy, name), getattr(point.energy, name)
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12 * np.abs(other).max())
    assert not np.allclose(elsewhere.energy.coupling, point.energy.coupling, atol=0.1)
    np.testing.assert_allclose(elasticity_of(elsewhere), response, rtol=0, atol=1e-13 * np.abs(response).max())
    driving = 1e-3 * jnp.asarray(np.random.default_rng(3).standard_normal(6 + extra))
    stress = jax.grad(elsewhere.energy.__call__)(driving, jnp.zeros(5))[:6]
    np.testing.assert_allclose(stress, response @ driving, rtol=0, atol=1e-13 * np.abs(stress).max())


def test_a_strain_without_stiffness_stays_without() -> None:
    point = random_slip_tann(4, 5, 7).point
    singular = np.diag([2.0, 1.0, 1.0, 1.0, 0.5, 0.0])
    held = hold_elasticity(singular)(point)
    np.testing.assert_allclose(elasticity_of(held), singular, rtol=0, atol=1e-14)
    assert not np.asarray(held.energy.coupling[:, -1]).any()


def test_a_convex_network_adds_nothing_to_the_stress_at_rest() -> None:
    point = with_convex_network(random_slip_tann(5, 4, 6).point, 3)
    held = hold_elasticity(elasticity_of(point))(moved(point, 6))
    assert isinstance(held.energy, ConvexEnergy)
    driving = jnp.asarray(np.random.default_rng(7).standard_normal(6))
    stress = jax.grad(held.energy.__call__)(driving, jnp.zeros(4))
    expected = elasticity_of(point) @ driving
    np.testing.assert_allclose(stress, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_training_leaves_the_elastic_response_alone(dataset: Dataset) -> None:
    tann = train(dataset, Variational(states=4, slips=5, updates=30))
    exact = mt.Lattice(CELL).elastic_stiffness()
    found = tann.recall(1e-5 * np.eye(3)[:, None]).stress[:, 0] / 1e-5
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-13 * exact.max())


@pytest.mark.verify
@pytest.mark.parametrize("coordinates", [True, False])
def test_without_a_lattice_it_is_that_of_the_data(dataset: Dataset, coordinates: bool) -> None:
    tann = train(
        dataset,
        Variational(states=4, slips=5, updates=30, from_lattice=False, from_coordinates=coordinates),
    )
    known = elasticity_in_data(dataset.training, tann.scaling)
    np.testing.assert_allclose(elasticity_of(tann.point), known, rtol=0, atol=1e-12)


def test_a_nonlinear_elastic_response_is_learnt_as_the_rest_is(dataset: Dataset) -> None:
    data = dataset.training
    scaling = scale_of(data)
    known = elasticity_in_data(data, scaling)
    assert known is not None
    exact = mt.Lattice(CELL).elastic_stiffness()
    scale = np.asarray(scaling.driving)
    np.testing.assert_allclose(
        known, exact * np.outer(scale, scale) / float(scaling.energy), rtol=0, atol=1e-9 * known.max()
    )
    stiffer = {
        name: stress + 0.2 * np.sign(stress) * stress**2
        for name, stress in (("stress", data.stress), ("stress_next", data.stress_next))
    }
    assert elasticity_in_data(replace(data, **stiffer), scaling) is None
