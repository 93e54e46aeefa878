"""The classical TANN: given internal state variables, no autoencoder."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

import microtann as mt
from microtann.data.increments import Dataset
from microtann.forms import Classical
from microtann.training import train


def test_given_plastic_strains_are_the_states(with_plastic_strain: Dataset) -> None:
    form = Classical(
        coordinates=("plastic_strain",), epochs=(30,), batch=(50,), evolution_widths=(24, 24), energy_widths=(24,)
    )
    tann = train(with_plastic_strain, form)
    assert tann.states == 6
    history = tann.information.history
    assert set(history[-1].terms) == {"state", "energy", "stress", "dissipation"}
    assert min(r.validation for r in history) < 0.5 * history[0].validation
    strain = np.random.default_rng(5).normal(0, 0.1, (6, 5, 3)).cumsum(axis=1)
    exact = mt.solve_cell(tann.cell, tann.bar, strain)
    recall = tann.recall(strain, decode=True, outside_training="none")
    assert np.sqrt(np.mean((recall.stress - exact.stress) ** 2) / np.mean(exact.stress**2)) < 0.3
    assert recall.coordinates["plastic_strain"].shape == exact.plastic_strain.shape
    given, at = jnp.asarray(exact.plastic_strain[0, -1]), jnp.asarray(strain[0, -1])
    state = tann.point.reduction.encode(given, at)
    np.testing.assert_allclose(tann.point.reduction.decode(state, at), given, rtol=0, atol=1e-14)
