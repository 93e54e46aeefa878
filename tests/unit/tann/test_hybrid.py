"""Hybrid of a TANN and the exact cell: which points are handed over, and how they go on."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.fem import Prescribed, SolverOptions, Step

MESH = mt.fem.box((1, 1, 2), (2, 2, 4))
BAR = mt.ElastoplasticBar()


def wrong_outside(limit: float, factor: float = 1.1) -> mt.TANN:
    """Return a model whose stress is a factor too large, as if it had seen strains up to a limit only."""
    tann = mt.load("cube")
    scaling = replace(tann.scaling, energy=jnp.asarray(factor * tann.scaling.energy))
    seen = replace(tann.information.training_range, strain=np.full(6, limit), state=None)
    information = replace(tann.information, training_range=seen)
    return replace(tann, point=replace(tann.point, scaling=scaling), information=information)


def walk(material: mt.fem.Material, strains: list[np.ndarray]) -> list[tuple[np.ndarray, dict[str, np.ndarray]]]:
    state, before, answers = material.initial_state(len(strains[0])), np.zeros_like(strains[0]), []
    for strain in strains:
        stress, _, state = material.update(strain - before, state)
        before = strain
        answers.append((stress, state))
    return answers


def bent(material: mt.fem.Material, size: float = 1.5) -> mt.fem.Result:
    bottom = [Prescribed(lambda x: x[:, 2] == 0, axis, 0.0) for axis in "xyz"]

    def top(x: float) -> list[Prescribed]:
        return [Prescribed(lambda p: p[:, 2] == 2, axis, value) for axis, value in (("x", x), ("z", 0.0))]

    steps = [Step([*bottom, *top(size)]), Step([*bottom, *top(-size / 2)])]
    return mt.fem.Model(MESH, material).solve(steps, SolverOptions(outside_training="none"))


def test_within_the_range_it_is_the_model() -> None:
    tann = mt.load("cube")
    result, alone = bent(mt.Hybrid(tann)), bent(tann)
    np.testing.assert_array_equal(result.displacement, alone.displacement)
    assert not result.state["exact_share"].any()
    assert not result.state["plastic_strain"].any()


def test_where_all_points_are_outside_it_is_the_exact_cell() -> None:
    """From the virgin state, and with a model that is wrong; what it says counts for nothing."""
    result = bent(mt.Hybrid(wrong_outside(1e-9)))
    exact = bent(mt.Lattice(mt.cube_cell(), BAR))
    assert (result.state["exact_share"] == 1.0).all()
    assert result.dissipation[-1] > 0.01
    np.testing.assert_allclose(result.displacement, exact.displacement, rtol=0, atol=1e-9)
    np.testing.assert_allclose(result.energy, exact.energy, rtol=1e-9)
    np.testing.assert_allclose(result.dissipation, exact.dissipation, rtol=1e-9)


def test_the_stress_is_continuous_where_points_are_handed_over() -> None:
    hybrid = mt.Hybrid(wrong_outside(0.5), margin=0.2)
    size = np.array([0.39, 0.4, 0.4 + 1e-9, 0.45, 0.5 - 1e-9, 0.5, 0.6])
    strain = size[:, None] * np.eye(6)[0]
    (stress, state), (model, _), (exact, _) = (
        walk(material, [strain])[0] for material in (hybrid, hybrid.tann, mt.Lattice(mt.cube_cell(), BAR))
    )
    np.testing.assert_allclose(state["exact_share"], [0, 0, 1e-8, 0.5, 1 - 1e-8, 1, 1], rtol=0, atol=1e-9)
    share = state["exact_share"][:, None]
    np.testing.assert_allclose(stress, (1 - share) * model + share * exact, rtol=0, atol=1e-12)
    assert np.abs(model - exact).max() > 0.01


def test_a_point_that_was_outside_stays_with_the_exact_cell() -> None:
    """Handed over in flow, it starts from decoded plastic strains, and goes on as the exact cell does."""
    hybrid = mt.Hybrid(wrong_outside(0.55, factor=1.0))
    strains = [s * np.eye(6)[:1] for s in (0.45, 0.7, -0.3, 0.1)]
    answers, exact = walk(hybrid, strains), walk(mt.Lattice(mt.cube_cell(), BAR), strains)
    assert [state["exact_share"][0] for _, state in answers] == [0.0, 1.0, 1.0, 1.0]
    assert exact[0][1]["dissipation"][0] > 0.001
    for (stress, state), (reference, exact_state) in zip(answers, exact, strict=True):
        np.testing.assert_allclose(stress, reference, rtol=0, atol=1e-9)
        np.testing.assert_allclose(state["energy"], exact_state["energy"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(answers[-1][1]["plastic_strain"], exact[-1][1]["plastic_strain"], atol=1e-9)


def test_a_structure_at_the_border_of_the_range_converges_and_counts_its_points() -> None:
    result = bent(mt.Hybrid(wrong_outside(0.5)))
    share = result.state["exact_share"]
    assert 0 < np.count_nonzero(share == 1.0) < np.count_nonzero(share) < share.size
    np.testing.assert_array_equal(result.fields[-1]["exact_share"], share.max(axis=1))
    assert (result.fields[0]["exact_share"] <= result.fields[1]["exact_share"]).all()


def test_the_tangent_is_the_derivative_where_no_share_grows() -> None:
    hybrid = mt.Hybrid(wrong_outside(0.5))
    strain = np.array([[0.1, 0.02, 0.0, 0.03, 0.0, 0.01], [0.8, 0.13, -0.2, 0.1, 0.03, 0.2]])
    state, step = hybrid.initial_state(2), 1e-6
    _, tangent, new = hybrid.update(strain, state)
    assert new["exact_share"].tolist() == [0.0, 1.0]
    for j in range(6):
        ahead, behind = (hybrid.update(strain + s * step * np.eye(6)[j], state)[0] for s in (1, -1))
        np.testing.assert_allclose(tangent[:, :, j], (ahead - behind) / (2 * step), rtol=0, atol=1e-7)


def test_what_a_hybrid_needs_is_said() -> None:
    tann = mt.load("cube")
    with pytest.raises(InputError, match="margin"):
        mt.Hybrid(tann, margin=0.0)
    for field, words in (("training_range", "range of its training data"), ("microstructure", "lattice")):
        with pytest.raises(InputError, match=words):
            mt.Hybrid(replace(tann, information=replace(tann.information, **{field: None})))
