"""Noise on states in directions of which the data say nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microtann.data.increments import Dataset
from microtann.forms import Published
from microtann.forms.published.state_noise import still_directions

pytestmark = pytest.mark.filterwarnings("ignore:the internal coordinates of the data have rank 7")
FORM = Published(states=9, encoder_widths=(24, 12), residual=False, state_noise=0.1)


def test_noise_moves_only_what_the_strain_fixes_and_what_never_moves(square: Dataset) -> None:
    """Nine states: four of bars that flow, three of the strain itself, two that nothing moves."""
    data = FORM.prepare(square)
    point = FORM.start(data)
    batch, plain = (f.to_batch(point, data.training) for f in (FORM, replace(FORM, state_noise=0.0)))
    directions = still_directions(plain)
    assert directions.shape == (9, 5)
    moved = np.asarray(batch.seen - batch.inside)
    size = 0.1 * np.sqrt(np.mean((np.asarray(batch.inside) - np.asarray(batch.inside).mean(axis=0)) ** 2))
    np.testing.assert_allclose((moved @ directions).std(axis=0), size, rtol=0.1)
    np.testing.assert_allclose(moved @ directions @ directions.T, moved, rtol=0, atol=1e-12)
    for name in ("inside", "inside_next", "stress", "dissipation"):
        assert np.array_equal(getattr(batch, name), getattr(plain, name)), name
    assert np.array_equal(plain.seen, plain.inside)


def test_the_rate_is_counted_from_the_state_of_the_data(square: Dataset) -> None:
    """Else the dissipation, whose force is not zero along the strain, would pay for the noise."""
    data = FORM.prepare(square)
    point = FORM.start(data)
    batch = FORM.to_batch(point, data.training.take(slice(0, 20)))
    for row in range(20):
        result = point.scaled_increment(
            batch.driving[row], batch.inside[row], batch.increment[row], batch.dt[row], batch.stress[row],
            batch.seen[row],
        )  # fmt: skip
        after = point.evolution.with_stress(
            batch.stress[row],
            point.energy,
            batch.driving[row],
            batch.seen[row],
            batch.increment[row],
            batch.dt[row],
        )
        force = point.energy.force(batch.driving[row] + batch.increment[row], after)
        np.testing.assert_allclose(result.state, after, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(result.dissipation, force @ (after - batch.inside[row]), rtol=1e-9, atol=1e-12)
