"""The classical TANN: given internal state variables, no autoencoder."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from microtann.data.increments import Dataset
from microtann.forms import Classical
from microtann.training import train
from microtann.training.walk_errors import closed_loop_error


def test_given_plastic_strains_are_the_states(with_plastic_strain: Dataset) -> None:
    form = Classical(
        coordinates=("plastic_strain",),
        epochs=(2,),
        batch=(50,),
        evolution_widths=(24, 24),
        energy_widths=(24,),
    )
    tann = train(with_plastic_strain, form)
    assert tann.states == 6
    assert set(tann.information.history[-1].terms) == {"state", "energy", "stress", "dissipation"}
    strain = np.random.default_rng(5).normal(0, 0.1, (6, 5, 3)).cumsum(axis=1)
    exact = tann.microstructure.solve(strain)
    recall = tann.recall(strain, decode=True, outside_training="none")
    assert recall.coordinates["plastic_strain"].shape == exact.plastic_strain.shape
    given, at = jnp.asarray(exact.plastic_strain[0, -1]), jnp.asarray(strain[0, -1])
    state = tann.point.reduction.encode(given, at)
    np.testing.assert_allclose(tann.point.reduction.decode(state, at), given, rtol=0, atol=1e-14)


def test_a_regular_cell_is_learned_to_one_percent_in_closed_loop(many_with_plastic_strain: Dataset) -> None:
    """Six bars of four families: two of the states repeat others, and noise keeps them together."""
    form = Classical(
        coordinates=("plastic_strain",),
        evolution_widths=(32, 32),
        state_noise=0.05,
        epochs=(30,),
        learning_rate=(3e-3,),
    )
    tann = train(many_with_plastic_strain, form)
    error = closed_loop_error(tann, many_with_plastic_strain.test)
    assert error < 1e-2, error
