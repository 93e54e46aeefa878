"""Training in closed loop: windows of consecutive increments, and what is fed back along them."""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from microtann.data.increments import Dataset
from microtann.forms import Published
from microtann.forms.published.window_loss import REIN, ClosedLoopLoss, window_rows
from microtann.training.zero_increments import with_zero_increments

FORM = Published(encoder_widths=(12,), evolution_widths=(12,), energy_widths=(24,))


def test_windows_follow_walks_and_hold_no_increment_twice(square: Dataset) -> None:
    data = with_zero_increments(square.training, 0.5, seed=0)
    assert len(data) > len(square.training)
    shuffled = data.take(np.random.default_rng(0).permutation(len(data)))
    rows = window_rows(shuffled, 7)
    assert rows.shape[1] == 7
    assert len(np.unique(rows)) == rows.size
    assert (np.diff(shuffled.path[rows], axis=1) == 0).all()
    assert (np.diff(shuffled.step[rows], axis=1) == 1).all()
    end = shuffled.strain + shuffled.strain_increment
    np.testing.assert_allclose(end[rows[:, :-1]], shuffled.strain[rows[:, 1:]], rtol=0, atol=1e-12)


def test_increments_without_order_are_windows_of_one(square: Dataset) -> None:
    data = square.training
    alone = replace(data, path=np.arange(len(data)))
    assert window_rows(alone, 7).shape == (len(data), 1)


def test_the_first_increment_of_a_window_is_a_single_one_and_the_rest_is_recall(square: Dataset) -> None:
    """A network at rest leaves the states where they are: along a window the error of Z is all that has flowed."""
    data = FORM.prepare(square)
    point = FORM.start(data)
    loss = ClosedLoopLoss(FORM, 4)
    batch = loss.to_batch(point, data.training)
    large = loss.reference(batch)._replace(inside=jnp.asarray(1e3))
    found = loss.terms(point, batch, large)["state"]
    flowed = np.asarray(batch.inside_next - batch.inside[:, :1])
    np.testing.assert_allclose(found, np.abs(flowed).mean() / 1e3, rtol=1e-9)


def test_no_window_runs_away(square: Dataset) -> None:
    data = FORM.prepare(square)
    point = FORM.start(data)
    wild = eqx.tree_at(lambda p: p.evolution.network.layers[-1].weight, point, replace_fn=lambda w: w + 1e3)
    loss = ClosedLoopLoss(FORM, 20)
    batch = loss.to_batch(point, data.training)
    reference = loss.reference(batch)
    terms = loss.terms(wild, batch, reference)
    single = FORM.terms(wild, FORM.to_batch(wild, data.training), reference)
    assert all(np.isfinite(term) for term in terms.values())
    assert terms["state"] < 10 * (single["state"] + REIN)
