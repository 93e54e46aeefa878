"""Two spaces of internal state variables are compared up to a linear map."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.studies.latent_spaces import compare_latent_spaces, compare_states

GENERATOR = np.random.default_rng(3)
STATES = GENERATOR.standard_normal((4, 50, 5))


def test_states_that_differ_by_a_linear_map_are_one_space() -> None:
    mixing = GENERATOR.standard_normal((5, 5))
    found = compare_states(STATES, STATES @ mixing)
    np.testing.assert_allclose(found.correlations, 1.0, atol=1e-12)
    np.testing.assert_allclose(found.to_second, mixing, atol=1e-10)
    np.testing.assert_allclose(found.to_first, np.linalg.inv(mixing), atol=1e-9)
    assert max(found.second_error, found.first_error) < 1e-12
    assert found.shared == 5


def test_a_part_of_a_space_is_known_in_one_direction_only() -> None:
    found = compare_states(STATES, STATES[..., :2])
    assert found.second_error < 1e-12
    assert found.first_error > 0.5
    assert found.shared == 2
    assert "2 of 2 directions shared" in repr(found)


def test_the_rank_of_the_states_counts_and_not_their_number() -> None:
    twice = np.concatenate([STATES, STATES], axis=-1)
    found = compare_states(twice, STATES)
    assert len(found.correlations) == 5
    assert max(found.second_error, found.first_error) < 1e-12


def test_independent_states_are_hardly_correlated() -> None:
    found = compare_states(GENERATOR.standard_normal((4000, 2)), GENERATOR.standard_normal((4000, 2)))
    assert found.correlations.max() < 0.1
    assert found.shared == 0


def test_states_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(InputError, match="not of the same instants: 200 of the first, 100 of the second"):
        compare_states(STATES, STATES[:2])
    with pytest.raises(InputError, match="states of the second model never move"):
        compare_states(STATES, 0.0 * STATES)
    with pytest.raises(InputError, match="a state of the first model is not finite"):
        compare_states(np.where(STATES > 2.0, np.nan, STATES), STATES)


def test_two_starts_of_one_lattice_know_the_same() -> None:
    cell = mt.square_cell((1, 1))
    data = [mt.generate_data(mt.Lattice(cell), plan=mt.WalkPlan(paths=20, steps=20, seed=seed)) for seed in (0, 1)]
    models = [mt.train(each, mt.forms.Variational(states=4, updates=0)) for each in data]
    strain = 0.6 * np.sin(np.linspace(0.0, 9.0, 60))[:, None] * GENERATOR.standard_normal((6, 1, 3))
    found = compare_latent_spaces(*models, strain)
    np.testing.assert_allclose(found.correlations, 1.0, atol=1e-10)
    with pytest.raises(InputError, match=r"3 strain components .* 6 strain components"):
        compare_latent_spaces(models[0], mt.load("cube"), strain)
