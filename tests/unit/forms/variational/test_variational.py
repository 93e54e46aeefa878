"""The variational form: exact where it can be, lawful for any weights, and the same in every way of calling it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan
from microtann.evaluation.laws import examine_laws
from microtann.evaluation.measures import relative_rms
from microtann.evaluation.protocol_paths import path
from microtann.forms import Variational
from microtann.tann.trained_model import TANN
from microtann.training import train
from random_slips import random_slip_tann


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Return increments of a perturbed square cell with 16 distinct bars."""
    cell = mt.square_cell((2, 2), perturbation=0.2)
    return generate(mt.Lattice(cell), WalkPlan(paths=60, steps=50))


def stress_error(tann: TANN, name: str = "a") -> float:
    """Return the relative error of the stress on a path of the protocol."""
    assert tann.microstructure is not None
    strain = path(name, tann.components).strain
    return relative_rms(
        tann.recall(strain, outside_training="none").stress, tann.microstructure.solve(strain).stress
    )


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), shape=st.sampled_from([(3, 3), (4, 9), (9, 6), (12, 30)]))
def test_the_laws_hold_for_any_weights(seed: int, shape: tuple[int, int]) -> None:
    report = examine_laws(random_slip_tann(seed, *shape), increments=2000, strain_scale=1.0, seed=seed)
    assert report.not_finite == 0
    assert report.negative_dissipation == 0
    assert report.drift < 1e-12
    assert report.energy_gain < 1e-12
    assert report.remainder < 1e-12
    assert report.remainder_square < 6 / 8
    assert report.certificate < 1.01e-10  # a force may exceed its resistance by 1e-10 without flow
    assert report.undivided > 0.5
    assert report.asymmetry == 0.0
    assert report.least_stiffness > -1e-12
    assert report.tangent_error < 1e-3


@pytest.mark.parametrize("extra", [0, 2])
@pytest.mark.parametrize("size", [1e-2, 1.0, 30.0])
def test_the_compiled_update_is_the_differentiated_one(size: float, extra: int) -> None:
    tann = random_slip_tann(3, 7, 12, extra=extra)
    draw = np.random.default_rng(0)
    state = tann.initial_state(8)
    state["strain"] = draw.normal(size=(8, 6))
    if extra:
        state["extra"] = draw.normal(size=(8, extra))
    _, _, state = tann.update(draw.normal(size=(8, 6)), state)
    increment = size * draw.normal(size=(8, 6))
    stress, tangent, new = tann.update(increment, state)
    expected, derivative, reference = tann.update_by_differentiation(increment, state)
    np.testing.assert_allclose(stress, expected, rtol=0, atol=1e-11 * np.abs(expected).max())
    np.testing.assert_allclose(tangent, derivative, rtol=0, atol=1e-10 * np.abs(derivative).max())
    for name in reference:
        scale = max(1.0, np.abs(reference[name]).max())
        np.testing.assert_allclose(new[name], reference[name], rtol=0, atol=1e-10 * scale)


def test_divided_increments_differ_only_where_mechanisms_stop_or_reverse() -> None:
    tann = random_slip_tann(1, 6, 9)
    end = 3.0 * np.random.default_rng(1).standard_normal((50, 1, 6))

    def stress_in(parts: int) -> np.ndarray:
        return tann.recall(end * (np.arange(1, parts + 1) / parts)[:, None]).stress[:, -1]

    once, limit = stress_in(1), stress_in(1024)
    size = np.abs(once).max()
    unchanged = np.abs(stress_in(2) - once).max(axis=1) < 1e-11 * size
    assert 0.1 < unchanged.mean() < 1.0  # where no mechanism stopped on the way
    coarser, finer = (np.abs(stress_in(parts) - limit).max() for parts in (8, 128))
    assert finer < 0.2 * coarser


def test_a_lattice_with_all_its_bars_is_exact(dataset: Dataset) -> None:
    tann = train(dataset, Variational(states=16, slips=16, updates=0))
    assert tann.states == 16
    strain = path("a", 3).strain
    exact, found = tann.microstructure.solve(strain), tann.recall(strain, decode=True, outside_training="none")  # type: ignore[union-attr]
    assert relative_rms(found.stress, exact.stress) < 1e-12
    assert relative_rms(found.energy, exact.energy) < 1e-12
    assert relative_rms(found.dissipation, exact.dissipation) < 1e-11
    for name in ("displacement", "force"):
        assert relative_rms(found.coordinates[name], exact.coordinates[name]) < 1e-9


def test_a_lattice_without_hardening_is_exact_too() -> None:
    bar = mt.ElastoplasticBar(hardening=0.0)
    cell = mt.square_cell((2, 2), perturbation=0.2)
    data = generate(mt.Lattice(cell, bar), WalkPlan(paths=40, steps=30, limit=0.6, increment=0.05))
    tann = train(data, Variational(states=16, slips=16, updates=0))
    assert stress_error(tann, "b") < 1e-10


def test_the_elastic_response_of_a_reduced_lattice_is_exact(dataset: Dataset) -> None:
    tann = train(dataset, Variational(states=3, slips=4, updates=0))
    strain = 1e-3 * np.eye(3)[:, None]
    exact = tann.microstructure.solve(strain)  # type: ignore[union-attr]
    np.testing.assert_allclose(tann.recall(strain).stress, exact.stress, rtol=0, atol=1e-15)


def test_training_improves_a_reduced_lattice(dataset: Dataset) -> None:
    before = train(dataset, Variational(states=8, updates=0))
    after = train(dataset, Variational(states=8, updates=400))
    assert stress_error(after) < 0.6 * stress_error(before) < 0.05


def test_training_from_a_random_start_learns(dataset: Dataset) -> None:
    before = train(dataset, Variational(states=6, from_lattice=False, from_coordinates=False, updates=0))
    after = train(dataset, Variational(states=6, from_lattice=False, from_coordinates=False, updates=500))
    assert stress_error(after) < 0.3 * stress_error(before)


@pytest.mark.verify
def test_a_regular_cell_is_found_from_a_random_start() -> None:
    data = generate(mt.Lattice(mt.square_cell()))
    tann = train(data, Variational(states=4, slips=4, from_lattice=False, from_coordinates=False, updates=6000))
    assert stress_error(tann) < 1e-12


def test_a_trained_model_is_kept_and_works_in_a_structure(tmp_path: Path) -> None:
    data = generate(mt.Lattice(mt.cube_cell()), WalkPlan(paths=40, steps=30))
    tann = train(data, Variational(states=13, updates=0))
    tann.save(tmp_path / "model.safetensors")
    read = mt.load(tmp_path / "model.safetensors")
    strain = path("b", 6).strain
    found, expected = (model.recall(strain, outside_training="none").stress for model in (read, tann))
    np.testing.assert_array_equal(found, expected)
    mesh = mt.fem.box((1.0, 1.0, 2.0), divisions=(2, 2, 4))
    height = mesh.points[:, 2]
    held = [mt.fem.Prescribed(np.flatnonzero(height == 0.0), axis) for axis in "xyz"]
    steps = [mt.fem.Step([*held, mt.fem.Prescribed(np.flatnonzero(height == 2.0), "z", -0.8)])]
    options = mt.fem.SolverOptions(outside_training="none")
    materials = read, mt.Lattice(mt.cube_cell())
    found, exact = (mt.fem.Model(mesh, material).solve(steps, options) for material in materials)
    np.testing.assert_allclose(found.displacement, exact.displacement, rtol=0, atol=1e-9)
