"""The residual form: fitted modes and energy, a piecewise linear return map, exact in kind for regular cells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan
from microtann.errors import ConfigurationError, InputError
from microtann.forms import Residual
from microtann.forms.published.network_loss import PublishedBatch
from microtann.forms.residual.needless_neurons import without_needless_neurons
from microtann.tann.layers import DeadZone, Layers, linear
from microtann.tann.point import MaterialPoint
from microtann.tann.state_network import StateNetwork
from microtann.training import train

FORM = Residual(widths=(32,))


@pytest.fixture(scope="module")
def square() -> Dataset:
    return generate(mt.Lattice(mt.square_cell((1, 1))), WalkPlan(paths=400))


@pytest.fixture(scope="module")
def few() -> Dataset:
    return generate(mt.Lattice(mt.square_cell((1, 1))), WalkPlan(paths=60, steps=40))


@pytest.fixture(scope="module")
def trained(square: Dataset) -> mt.TANN:
    return train(square, FORM)


def error(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.sqrt(np.mean((found - exact) ** 2) / np.mean(exact**2)))


def test_the_energy_is_fitted_before_any_training(square: Dataset) -> None:
    """It is quadratic in strain and plastic strains, and so exact for the data's own states."""
    data = FORM.prepare(square)
    point = FORM.start(data)
    batch = FORM.to_batch(point, data.validation)
    x = np.concatenate([batch.driving + batch.increment, batch.inside_next], axis=1)
    energy = 0.5 * np.sum((x @ np.asarray(point.energy.root).T) ** 2, axis=1)
    np.testing.assert_allclose(energy, batch.energy_next, rtol=0, atol=1e-10)


@pytest.mark.parametrize("step", [0.1, 0.005])
def test_recall_is_exact_for_a_regular_cell(trained: mt.TANN, step: float) -> None:
    assert trained.states == 4
    strain = np.random.default_rng(5).normal(0, step, (6, 60, 3)).cumsum(axis=1)
    exact, recall = (
        trained.microstructure.solve(strain),
        trained.recall(strain, decode=True, outside_training="none"),
    )
    for name in ("stress", "energy", "force", "displacement"):
        assert error(getattr(recall, name), getattr(exact, name)) < 1e-8, name


def test_a_neuron_for_every_mechanism_is_left(trained: mt.TANN) -> None:
    """Two directions of bars along the edges, two diagonals: each flows by itself."""
    hidden, _ = trained.evolution.network.layers
    assert hidden.weight.shape == (4, 7)
    assert hidden.bias is None


def point_of(square: Dataset, form: Residual) -> tuple[MaterialPoint, PublishedBatch]:
    data = form.prepare(square)
    point = form.start(data)
    return point, form.to_batch(point, data.training)


def with_network(point: MaterialPoint, hidden: np.ndarray, last: np.ndarray) -> MaterialPoint:
    network = Layers((linear(jnp.asarray(hidden), None), linear(jnp.asarray(last), None)), DeadZone())
    return replace(point, evolution=StateNetwork(network))


def test_neurons_that_others_can_replace_go_and_what_they_did_stays(square: Dataset) -> None:
    """Of pairs that share a surface one is left, with the weight of both; their order does not matter."""
    point, batch = point_of(square, FORM)
    rng = np.random.default_rng(3)
    hidden, last = 2.0 * rng.standard_normal((3, 7)), rng.standard_normal((4, 3))
    single = with_network(point, hidden, last)
    motion = jax.vmap(lambda y, z: single.evolution.network(jnp.concatenate([y, z])))(
        batch.driving + batch.increment, batch.inside
    )
    moved = batch._replace(inside_next=batch.inside + motion)
    order = rng.permutation(6)
    doubled = with_network(point, np.tile(hidden, (2, 1))[order], np.tile(last, (1, 2))[:, order] * 0.5)
    found = without_needless_neurons(doubled, moved, allowed=1e-6)
    layers = found.evolution.network.layers
    assert layers[0].weight.shape == (3, 7)
    x = jnp.asarray(rng.standard_normal((50, 7)))
    same, expected = (jax.vmap(p.evolution.network)(x) for p in (found, single))
    np.testing.assert_allclose(same, expected, rtol=0, atol=1e-8)
    one = without_needless_neurons(doubled, moved, allowed=np.inf)
    assert one.evolution.network.layers[0].weight.shape == (1, 7)


def test_fewer_neurons_are_given_up_if_they_learn_less() -> None:
    *_, last = FORM.phases()
    assert last.name == "fewer neurons"
    assert last.accept(1e-9, 1e-8)
    assert not last.accept(1e-7, 1e-8)
    assert [phase.name for phase in replace(FORM, polish_updates=0).phases()] == ["descent", "polish"]
    deep = replace(FORM, widths=(8, 8), activation="relu").phases()
    assert [(phase.name, phase.updates) for phase in deep] == [("descent", 20000), ("polish", 1500)]


def test_the_same_neurons_are_left_when_a_run_resumes(few: Dataset) -> None:
    """A checkpoint keeps the point before the phase; which neurons go is found again from it."""
    point = FORM.start(few)
    hidden, last = (np.asarray(layer.weight) for layer in point.evolution.network.layers)
    point = with_network(
        point, np.tile(hidden, (2, 1)), np.tile(0.5 * last, (1, 2))
    )  # half of them are surely needless
    phase = FORM.phases()[-1]
    first, again = (phase.method(point, few).start.parameters for _ in range(2))
    assert first.size <= point.energy.root.size + hidden.size + last.size
    assert np.array_equal(first, again)


def test_without_symmetry_neurons_have_a_bias(square: Dataset) -> None:
    assert FORM.start(square).evolution.network.layers[0].bias is None
    for form in (replace(FORM, symmetric=False), replace(FORM, activation="relu")):
        assert form.start(square).evolution.network.layers[0].bias is not None


def test_it_rests_under_zero_increments(trained: mt.TANN) -> None:
    moving = np.random.default_rng(6).normal(0, 0.1, (6, 30, 3)).cumsum(axis=1)
    strain = np.concatenate([moving, np.repeat(moving[:, -1:], 100, axis=1)], axis=1)
    stress = trained.recall(strain, outside_training="none").stress
    assert np.abs(stress[:, 29:] - stress[:, 29:30]).max() < 1e-4 * np.abs(stress).max()


def test_a_file_keeps_the_model(trained: mt.TANN, tmp_path: Path) -> None:
    trained.save(tmp_path / "model.safetensors")
    read = mt.load(tmp_path / "model.safetensors")
    strain = np.random.default_rng(0).normal(0, 0.1, (3, 10, 3)).cumsum(axis=1)
    assert np.array_equal(
        trained.recall(strain, outside_training="none").stress, read.recall(strain, outside_training="none").stress
    )


def test_several_layers_of_dead_zones_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="2 hidden layers of dead zones"):
        Residual(widths=(8, 8))


def test_a_batch_larger_than_the_data_is_refused(square: Dataset) -> None:
    with pytest.raises(InputError, match="a batch takes 100000 increments"):
        train(square, replace(FORM, batch=100_000))


def test_more_states_than_the_rank_are_warned_of(square: Dataset) -> None:
    with pytest.warns(UserWarning, match="rank 4: 6 internal state variables"):
        point = replace(FORM, states=6).start(square)
    assert point.states == 4
