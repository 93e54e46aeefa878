"""The published TANN on small data: its parts, its losses, its two steps of training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import microtann as mt
from microtann.data.increments import Dataset
from microtann.errors import ConfigurationError, InputError
from microtann.forms import Published
from microtann.forms.published.network_loss import CoordinatesLoss, StatesLoss
from microtann.tann.autoencoder import Autoencoder
from microtann.tann.layers import RePU, TransposedLayers
from microtann.training import train
from microtann.training.walk_errors import closed_loop_error

SMALL = Published.by_recipe(
    "paper",
    states=4,
    encoder_widths=(24, 12),
    energy_widths=(24,),
    evolution_widths=(24, 24),
    epochs=(12,),
    batch=(50,),
    learning_rate=(3e-3,),
    tuning_epochs=(6,),
    tuning_batch=(100,),
    patience=None,
)


@pytest.fixture(scope="module")
def trained(square: Dataset) -> mt.TANN:
    return train(square, SMALL)


def start_of(form: Published, dataset: Dataset) -> tuple[Dataset, object]:
    prepared = form.prepare(dataset)
    return prepared, form.start(prepared)


def test_the_history_has_both_steps_and_their_terms(trained: mt.TANN) -> None:
    history = trained.information.history
    assert list(dict.fromkeys(r.phase for r in history)) == ["training", "tuning"]
    assert set(history[0].terms) == {"coordinates", "jacobian", "energy", "stress", "dissipation"}
    assert set(history[-1].terms) == {"state", "energy", "stress", "dissipation"}
    assert history[0].validation == pytest.approx(sum(history[0].terms.values()))


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.verify)])
def test_a_regular_cell_is_learned_to_one_percent_in_closed_loop(many_walks: Dataset, seed: int) -> None:
    """From raw displacements and forces, of which what is left after the elastic response has rank four."""
    form = Published(
        encoder_widths=(24, 12),
        evolution_widths=(32, 32),
        seed=seed,
        tuning_epochs=(40,),
        loop_epochs=(8,),
    )
    tann = train(many_walks, form)
    assert tann.states == 4
    error = closed_loop_error(tann, many_walks.test)
    assert error < 1e-2, error


def test_the_networks_of_the_paper_are_the_default(square: Dataset) -> None:
    """In two dimensions: 372 nodes in the encoder, 12 states, NN_Z 56 wide, NN_Ψ 48 wide."""
    with pytest.warns(UserWarning, match="rank 7: 12 internal state variables"):
        _, point = start_of(Published.by_recipe("paper"), square)
    widths = [layer.weight.shape[0] for layer in point.reduction.encoder.layers]
    assert (sum(widths), widths[-1]) == (372, 12)
    assert [layer.weight.shape for layer in point.evolution.network.layers] == [
        (56, 21),
        (56, 56),
        (56, 56),
        (12, 56),
    ]
    assert [layer.weight.shape for layer in point.energy.network.layers] == [(48, 15), (1, 48)]
    assert point.energy.network.layers[-1].bias is None
    assert point.energy.network.activation == RePU(4)


def test_all_data_lie_between_minus_one_and_one(square: Dataset) -> None:
    prepared, point = start_of(SMALL, square)
    batch = CoordinatesLoss("mae", "none").to_batch(point, prepared.training)
    for values in (batch.inside_next, batch.driving + batch.increment, batch.energy_next):
        assert float(jnp.abs(values).max()) == pytest.approx(1.0)
    moving = np.ptp(np.asarray(batch.inside_next), axis=0) > 0
    assert np.asarray(batch.inside_next)[:, moving].max(axis=0) == pytest.approx(1.0)
    assert np.asarray(batch.inside_next)[:, moving].min(axis=0) == pytest.approx(-1.0)


def test_tied_weights_are_one_array_and_untied_are_two(square: Dataset) -> None:
    _, tied = start_of(SMALL, square)
    _, untied = start_of(replace(SMALL, tied=False), square)
    assert isinstance(tied.reduction.decoder, TransposedLayers)
    encoder = tied.reduction.encoder
    z = jnp.arange(4.0) / 4
    expected = z
    for layer in encoder.layers[:0:-1]:
        expected = jax.nn.elu(layer.weight.T @ expected)
    decoded = encoder.layers[0].weight.T @ expected
    np.testing.assert_allclose(tied.reduction.decode_scaled(z), decoded, rtol=1e-12, atol=1e-14)

    def count(reduction: Autoencoder) -> int:
        arrays = jax.tree.leaves(eqx.filter((reduction.encoder, reduction.decoder), eqx.is_array))
        return sum(a.size for a in arrays if a.ndim == 2)

    assert count(untied.reduction) == 2 * count(tied.reduction)


def test_probes_of_the_identity_are_unbiased(square: Dataset) -> None:
    """The mean square of (∇ED − 1) d over random d of unit covariance is the squared Frobenius norm."""
    prepared, point = start_of(SMALL, square)
    reduction = point.reduction
    x = CoordinatesLoss("mse", "exact").to_batch(point, prepared.training).inside[7]
    exact = reduction.identity_defects(x)
    d = jax.random.normal(jax.random.key(1), (20000, x.shape[0]))
    probed = jax.vmap(reduction.identity_defect, in_axes=(None, 0))(x, d)
    np.testing.assert_allclose(probed, d @ exact.T, rtol=1e-9, atol=1e-11)
    assert float(jnp.mean(jnp.sum(probed**2, axis=1))) == pytest.approx(float(jnp.sum(exact**2)), rel=0.02)


def test_the_exact_identity_term_is_the_mean_over_all_entries(square: Dataset) -> None:
    prepared, point = start_of(SMALL, square)
    loss = CoordinatesLoss("mae", "exact")
    batch = loss.to_batch(point, prepared.training.take(slice(0, 5)))
    term = loss.terms(point, batch, loss.reference(batch))["jacobian"]
    jacobians = jax.vmap(jax.jacrev(point.reduction.reconstruct))(batch.inside)
    assert float(term) == pytest.approx(float(jnp.mean(jnp.abs(jacobians - jnp.eye(batch.inside.shape[1])))))


@pytest.mark.parametrize("error", ["mae", "mse"])
def test_gradients_of_the_losses_are_the_slopes(square: Dataset, error: str) -> None:
    form = replace(SMALL, error=error)
    prepared, point = start_of(form, square)
    for loss in (CoordinatesLoss(error, "probe"), form):
        assert isinstance(loss, CoordinatesLoss | StatesLoss)
        batch = loss.to_batch(point, prepared.training.take(slice(0, 40)))
        value = loss.loss(loss.reference(batch))

        def along(s: float, value=value, batch=batch) -> jax.Array:
            moved = eqx.tree_at(
                lambda p: p.energy.network.layers[0].weight, point, replace_fn=lambda w: w * (1 + s)
            )
            return value(moved, batch)

        h = 1e-6
        slope = (along(h) - along(-h)) / (2 * h)
        assert float(jax.grad(along)(0.0)) == pytest.approx(float(slope), rel=1e-5)


def test_fine_tuning_leaves_the_autoencoder_alone(square: Dataset) -> None:
    data, point = start_of(SMALL, square)
    method = SMALL.phases()[-1].method(point, data)
    after = method.point(method.block(method.start)[0].parameters)
    for a, b in zip(jax.tree.leaves(point.reduction), jax.tree.leaves(after.reduction), strict=True):
        assert np.array_equal(a, b)
    for part in ("energy", "evolution"):
        before, now = (getattr(p, part).network.layers[0].weight for p in (point, after))
        assert not np.allclose(before, now)


def test_a_file_keeps_the_model(trained: mt.TANN, tmp_path: Path) -> None:
    trained.save(tmp_path / "model.safetensors")
    read = mt.load(tmp_path / "model.safetensors")
    strain = np.random.default_rng(0).normal(0, 0.02, (3, 10, 3)).cumsum(axis=1)
    before, after = (
        trained.recall(strain, decode=True, outside_training="none"),
        read.recall(strain, decode=True, outside_training="none"),
    )
    assert np.array_equal(before.stress, after.stress)
    assert np.array_equal(before.force, after.force)
    assert before.stress.dtype == np.float64
    assert "precision = float32" in read.information.provenance["training"]
    assert read.information.history == trained.information.history


def test_the_update_follows_recall_and_its_tangent_is_the_slope(trained: mt.TANN) -> None:
    draw = np.random.default_rng(1)
    strain = draw.normal(0, 0.05, (4, 3, 3)).cumsum(axis=1)
    recall = trained.recall(strain, outside_training="none")
    state, before, h = trained.initial_state(4), np.zeros((4, 3)), 1e-6
    for step in range(3):
        increment = strain[:, step] - before
        stress, tangent, new = trained.update(increment, state)
        np.testing.assert_allclose(stress, recall.stress[:, step], rtol=1e-9, atol=1e-12)
        for i in range(3):
            ahead, behind = (
                trained.update(increment + s * h * np.eye(3)[i], state, 1.0, False)[0] for s in (1, -1)
            )
            np.testing.assert_allclose(tangent[:, :, i], (ahead - behind) / (2 * h), rtol=1e-5, atol=1e-7)
        state, before = new, strain[:, step]


def test_chosen_groups_and_modes_without_an_autoencoder(square: Dataset) -> None:
    """Four families of bars flow, so that four modes of the residual forces are all of them."""
    form = replace(SMALL, coordinates=("force",), reduction="pod", residual=True)
    data, point = start_of(form, square)
    assert list(data.coordinate_shapes) == ["force"]
    y = (data.test.strain + data.test.strain_increment) / np.asarray(point.scaling.driving)
    force = data.test.coordinates_next
    z = jax.vmap(point.reduction.encode)(force, y)
    np.testing.assert_allclose(jax.vmap(point.reduction.decode)(z, y), force, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(point.virgin_state(), 0.0)
    assert [phase.name for phase in form.phases()] == ["training", "tuning"]
    assert form.phases()[0].objective is form


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": 15}, "15 internal state variables cannot be found in 14 internal coordinates"),
        ({"batch": (5000,)}, "a batch takes 5000 increments, but only"),
        ({"coordinates": ("forces",)}, "no internal coordinates 'forces': did you mean 'force'"),
    ],
)
def test_data_that_do_not_suffice_are_refused(square: Dataset, change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        train(square, replace(SMALL, **change))


def test_a_strain_component_that_never_changes_is_refused(square: Dataset) -> None:
    data = square.training
    still = {name: getattr(data, name).copy() for name in ("strain", "strain_increment")}
    for values in still.values():
        values[:, 2] = 0.0
    with pytest.raises(InputError, match="strain component 2 is constant"):
        train(replace(square, training=replace(data, **still)), SMALL)


def test_stages_must_be_complete() -> None:
    with pytest.raises(ConfigurationError, match="1 in epochs, 2 in batch, 1 in learning_rate"):
        replace(SMALL, batch=(100, 50))


@pytest.mark.parametrize("patience", [pytest.param(None, marks=pytest.mark.verify), 50])
def test_a_stage_keeps_its_last_point_or_the_best_on_validation(square: Dataset, patience: int | None) -> None:
    """What is learned of the validation walks has the wrong sign, and makes every term of their loss larger."""
    walks = square.validation
    wrong = replace(
        walks,
        stress_next=-walks.stress_next,
        dissipation=-walks.dissipation,
        coordinates_next=-walks.coordinates_next,
    )
    square = replace(square, validation=wrong)
    form = replace(
        SMALL,
        initial="linear",
        energy_pace=1e-3,
        epochs=(1,),
        tuning_epochs=(6,),
        tuning_rate=(1e-2,),
        patience=patience,
    )
    tann = train(square, form)
    data = form.prepare(square)
    found = sum(float(term) for term in form.validation(tann.point, data)(tann.point).values())
    losses = [r.validation for r in tann.information.history if r.phase == "tuning"]
    assert losses[-1] > min(losses)
    assert found == pytest.approx(losses[-1] if patience is None else min(losses), rel=1e-6)


@pytest.mark.parametrize("count", [300, 1000, 10_000, 50_000])
def test_fewer_increments_are_seen_more_often_in_as_many_updates(count: int) -> None:
    form = replace(SMALL, epochs=(10, 5), batch=(1000, 400), learning_rate=(1e-3, 1e-4), tuning_epochs=(7,))
    found = form.with_updates_of(50_000, count)
    stages = [(10, 1000), (5, 400), (7, 100)]
    sizes = zip((*found.epochs, *found.tuning_epochs), (*found.batch, *found.tuning_batch), strict=True)
    for (epochs, batch), (more, smaller) in zip(stages, sizes, strict=True):
        assert smaller == min(batch, count // 8)
        assert abs(more * (count // smaller) - epochs * (50_000 // batch)) <= count // smaller
    assert mt.forms.Residual().with_updates_of(50_000, count) == mt.forms.Residual().for_increments(count)
