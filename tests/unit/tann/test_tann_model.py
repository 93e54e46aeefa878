"""A TANN of play mechanisms: what holds for any weights and inputs."""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_tann import random_tann

import microtann as mt
from microtann.errors import InputError
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.evolution import PlayMechanisms

seeds = st.integers(0, 2**32 - 1)


def walk(seed: int, paths: int = 4, steps: int = 12, components: int = 6, size: float = 1.0) -> np.ndarray:
    return size * np.random.default_rng(seed).normal(size=(paths, steps, components)).cumsum(axis=1)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, size=st.floats(1e-3, 1e3))
def test_second_law_holds_for_any_weights_and_strains(seed: int, size: float) -> None:
    tann = random_tann(seed % 7)
    recall = tann.recall(walk(seed, size=size))
    resistance = np.exp(np.asarray(tann.evolution.log_resistance)) * float(tann.scaling.energy)
    before = np.concatenate([np.zeros_like(recall.state[:, :1]), recall.state[:, :-1]], axis=1)
    expected = np.abs(recall.state - before) @ resistance
    assert (recall.dissipation >= 0).all()
    np.testing.assert_allclose(recall.dissipation, expected, rtol=1e-6, atol=1e-9 * expected.max())


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_a_zero_increment_changes_no_state(seed: int) -> None:
    tann = random_tann(seed % 7)
    strain = walk(seed)
    rest = np.repeat(strain[:, -1:], 5, axis=1)
    recall = tann.recall(np.concatenate([strain, rest], axis=1))
    assert np.array_equal(recall.state[:, -5:], np.repeat(recall.state[:, -6:-5], 5, axis=1))
    assert (recall.dissipation[:, -5:] == 0).all()


def test_stress_is_the_derivative_of_the_energy() -> None:
    """Along a path without flow, S · dE = dΨ; with flow, the midpoint rule holds up to the second order."""
    tann = random_tann(1)
    strain = np.linspace(0, 1e-4, 5)[1:, None] * np.random.default_rng(0).normal(size=6)
    recall = tann.recall(strain)
    assert (recall.dissipation == 0).all()
    work = 0.5 * (recall.stress[1:] + recall.stress[:-1]) * np.diff(strain, axis=0)
    np.testing.assert_allclose(work.sum(axis=1), np.diff(recall.energy), rtol=1e-9)


def test_energy_balance_has_a_defect_of_second_order() -> None:
    tann = random_tann(2)
    end = walk(0)[0]
    defects = []
    for parts in (10, 20, 40):
        start = np.concatenate([np.zeros((1, 6)), end[:-1]])
        fraction = np.arange(1, parts + 1)[:, None] / parts
        strain = (start[:, None] + fraction * (end - start)[:, None]).reshape(-1, 6)
        recall = tann.recall(strain)
        stress = np.concatenate([np.zeros((1, 6)), recall.stress])
        energy = np.concatenate([[0.0], recall.energy])
        increment = np.diff(np.concatenate([np.zeros((1, 6)), strain]), axis=0)
        work = (0.5 * (stress[1:] + stress[:-1]) * increment).sum(axis=1)
        defect = np.diff(energy) + recall.dissipation - work
        assert (defect >= -1e-9 * np.abs(energy).max()).all()
        defects.append(defect.sum())
    assert defects[2] < 0.7 * defects[1] < 0.49 * defects[0]


@pytest.mark.parametrize("flow", [False, True])
def test_tangent_is_the_derivative_of_the_stress_and_symmetric(flow: bool) -> None:
    tann = random_tann(3)
    state = tann.initial_state(5)
    increment = np.random.default_rng(1).normal(size=(5, 6)) * (1.0 if flow else 1e-6)
    _, tangent, after = tann.update(increment, state)
    assert (after["dissipation"] > 0).all() == flow
    step = 1e-7 * np.abs(increment).max()
    for component in range(6):
        shift = step * np.eye(6)[component]
        difference = tann.update(increment + shift, state)[0] - tann.update(increment - shift, state)[0]
        np.testing.assert_allclose(
            tangent[:, :, component], difference / (2 * step), rtol=1e-6, atol=1e-6 * np.abs(tangent).max()
        )
    np.testing.assert_allclose(tangent, tangent.swapaxes(1, 2), rtol=0, atol=1e-12 * np.abs(tangent).max())
    assert np.linalg.eigvalsh(tangent).min() > -1e-12 * np.abs(tangent).max()


def test_update_follows_the_protocol_and_recall() -> None:
    tann = random_tann(4)
    assert isinstance(tann, mt.fem.Material)
    strain = walk(3, paths=3, steps=4)
    state = tann.initial_state(3)
    recall = tann.recall(strain)
    before = np.zeros((3, 6))
    for step in range(4):
        kept = {name: value.copy() for name, value in state.items()}
        stress, tangent, new = tann.update(strain[:, step] - before, state, tangent=False)
        assert tangent is None
        assert all(np.array_equal(state[name], kept[name]) for name in kept)
        np.testing.assert_allclose(stress, recall.stress[:, step], rtol=1e-9)
        np.testing.assert_allclose(new["energy"], recall.energy[:, step], rtol=1e-9)
        np.testing.assert_allclose(new["dissipation"], recall.dissipation[:, step], rtol=1e-8, atol=1e-12)
        state, before = new, strain[:, step]


@settings(max_examples=20, deadline=None)
@given(seed=seeds, size=st.floats(1e-3, 1e2), extra=st.integers(0, 2))
def test_the_compiled_update_is_the_differentiated_one(seed: int, size: float, extra: int) -> None:
    tann = random_tann(seed % 5, extra=extra)
    draw = np.random.default_rng(seed)
    state = tann.initial_state(8)
    state["strain"] = draw.normal(size=(8, 6))
    state["isv"] = draw.normal(size=(8, 9))
    if extra:
        state["extra"] = draw.normal(size=(8, extra))
    increment = size * draw.normal(size=(8, 6))
    stress, tangent, new = tann.update(increment, state)
    expected, derivative, reference = tann.update_by_differentiation(increment, state)
    np.testing.assert_allclose(stress, expected, rtol=1e-10, atol=1e-11 * np.abs(expected).max())
    np.testing.assert_allclose(tangent, derivative, rtol=1e-10, atol=1e-11 * np.abs(derivative).max())
    for name in reference:
        scale = max(1.0, np.abs(reference[name]).max())
        np.testing.assert_allclose(new[name], reference[name], rtol=1e-10, atol=1e-11 * scale)


def test_one_path_and_a_batch_give_the_same() -> None:
    tann = random_tann(5, components=3)
    strain = walk(4, components=3)
    batch, single = tann.recall(strain, decode=True), tann.recall(strain[2], decode=True)
    assert single.stress.shape == (12, 3)
    assert single.displacement.shape == (12, 3, 2)
    np.testing.assert_allclose(
        batch.stress[2], single.stress, rtol=1e-12, atol=1e-13 * np.abs(single.stress).max()
    )
    np.testing.assert_allclose(batch.force[2], single.force, rtol=1e-12, atol=1e-13 * np.abs(single.force).max())


def test_encoder_and_decoder_share_the_elastic_response() -> None:
    tann = random_tann(6)
    driving = jnp.asarray(np.random.default_rng(0).normal(size=6))
    elastic = tann.reduction.elastic @ driving
    assert np.allclose(tann.reduction.encode(elastic, driving), 0.0, atol=1e-12)
    np.testing.assert_allclose(tann.reduction.decode(jnp.zeros(9), driving), elastic)


@pytest.mark.parametrize("strain", [np.zeros((3, 5)), np.zeros(6), np.zeros((0, 6)), np.full((2, 6), np.nan), "x"])
def test_wrong_strain_is_refused_in_one_sentence(strain: object) -> None:
    with pytest.raises(InputError, match="strain") as caught:
        random_tann().recall(strain)
    assert "\n" not in str(caught.value)


def test_wrong_dt_is_refused() -> None:
    with pytest.raises(InputError, match="dt"):
        random_tann().recall(np.zeros((3, 6)), dt=-1.0)
    with pytest.raises(InputError, match="dt"):
        random_tann().recall(np.zeros((3, 6)), dt=np.ones(4))


def test_extra_state_variables_are_asked_for_and_used() -> None:
    tann = random_tann(7, components=1, extra=1)
    strain = np.linspace(0, 1, 5)[1:, None]
    with pytest.raises(InputError, match="extra"):
        tann.recall(strain)
    cold, warm = (tann.recall(strain, extra=np.full((4, 1), value)) for value in (0.0, 1.0))
    assert not np.allclose(cold.stress, warm.stress)
    assert tann.initial_state(2)["extra"].shape == (2, 1)


def test_no_points_decode_to_no_coordinates() -> None:
    decoded = random_tann(0).decode({"isv": np.zeros((0, 9)), "strain": np.zeros((0, 6))})
    assert {name: group.shape for name, group in decoded.items()} == {"displacement": (0, 3, 2), "force": (0, 6)}


def test_nothing_decoded_says_so() -> None:
    with pytest.raises(AttributeError, match="decode=True"):
        _ = random_tann().recall(np.zeros((2, 6))).force


def test_paths_of_any_length_and_number_are_compiled_few_times() -> None:
    """Sixty lengths and thirty numbers of paths were ninety programmes; what is traced counts its traces."""
    traces = []

    class Counted(PlayMechanisms):
        def __call__(self, *arguments: object) -> jnp.ndarray:
            traces.append(len(arguments))
            return super().__call__(*arguments)

    tann = random_tann(8)
    point = dataclasses.replace(tann.point, evolution=Counted(tann.evolution.log_resistance))
    counted = dataclasses.replace(tann, point=point)
    strain = walk(6, paths=30, steps=60)
    whole = tann.recall(strain, decode=True)
    for length in range(1, 61):
        short = counted.recall(strain[:3, :length])
        np.testing.assert_allclose(short.stress, whole.stress[:3, :length], rtol=1e-12, atol=1e-13)
    for paths in range(1, 31):
        recall = counted.recall(strain[:paths, :5], decode=True)
        np.testing.assert_allclose(recall.force, whole.force[:paths, :5], rtol=1e-12, atol=1e-12)
    assert 1 <= len(traces) <= 4


def test_long_paths_are_followed_in_pieces_without_a_seam() -> None:
    tann = random_tann(9)
    strain = walk(10, paths=2, steps=150)
    duration = np.linspace(0.5, 2.0, 150)
    recall = tann.recall(strain, dt=duration)
    state, before = tann.initial_state(2), np.zeros((2, 6))
    for step in range(150):
        stress, _, state = tann.update_by_differentiation(strain[:, step] - before, state, duration[step], False)
        before = strain[:, step]
        np.testing.assert_allclose(recall.stress[:, step], stress, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(recall.energy[:, step], state["energy"], rtol=1e-9)


def test_a_subclass_of_a_part_is_not_updated_by_the_compiled_update() -> None:
    """The compiled update of play mechanisms was written for their very classes."""

    class Twice(DecoupledQuadraticEnergy):
        def __call__(self, driving: jnp.ndarray, state: jnp.ndarray) -> jnp.ndarray:
            return 2.0 * super().__call__(driving, state)

    tann = random_tann(10)
    energy = Twice(tann.energy.elastic, tann.energy.coupling, tann.energy.extra)
    twice = dataclasses.replace(tann, point=dataclasses.replace(tann.point, energy=energy))
    strain = walk(2, paths=3, steps=1)
    stress, _, _ = twice.update(strain[:, 0], twice.initial_state(3))
    np.testing.assert_allclose(
        stress, twice.recall(strain).stress[:, 0], rtol=1e-10, atol=1e-12 * np.abs(stress).max()
    )
