"""A lattice becomes a TANN without training: exact with all states, better with more, small in its file."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset, Increments
from microtann.data.whole_walks import strain_paths
from microtann.errors import InputError
from microtann.evaluation.measures import relative_rms
from microtann.evaluation.protocol_paths import path
from microtann.forms.variational.known_coordinates import KnownCoordinates
from microtann.forms.variational.slip_start import slips_in_data
from microtann.tann.reduction import ResidualReduction

PLAN = mt.WalkPlan(paths=30, steps=40, validation=0.2, test=0.0)
BAR = mt.ElastoplasticBar()


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Return increments of a perturbed square cell with 16 distinct bars."""
    return generate(mt.Lattice(mt.square_cell((2, 2), perturbation=0.2), BAR), PLAN)


def test_more_states_are_better_and_all_are_exact(dataset: Dataset) -> None:
    strain = strain_paths(dataset.validation)
    errors = []
    for states in (6, 12, 16):
        tann = mt.reduce(dataset, states=states)
        assert tann.states == states
        errors.append(mt.evaluate(tann, strain=strain).paths["own"].stress)
    assert 0.1 > errors[0] > errors[1] > 1e-6
    assert errors[2] < 1e-10


def test_without_training_one_slip_a_state_is_best(dataset: Dataset) -> None:
    """States that are the principal components of the data hinder the slips: 2.3e-2 in place of 5e-3 here."""
    strain = strain_paths(dataset.validation)
    free, hindered = (
        mt.evaluate(mt.reduce(dataset, states=12, slips=slips), strain=strain).paths["own"].stress
        for slips in (0, 16)
    )
    assert free < 0.5 * hindered


def test_cell_and_data_give_the_same_model(dataset: Dataset) -> None:
    here, there = (
        mt.reduce(dataset, states=8),
        mt.reduce(mt.Lattice(dataset.microstructure.cell, BAR), 8, plan=PLAN),
    )
    strain = strain_paths(dataset.validation)
    stress = [tann.recall(strain, outside_training="none").stress for tann in (here, there)]
    assert np.array_equal(*stress)


@pytest.fixture(scope="module")
def few_walks() -> Dataset:
    """Return increments in which half of the bars never flow."""
    plan = mt.WalkPlan(paths=6, steps=12, limit=0.5, increment=0.2, smallest_increment=0.05, test=0.0)
    return generate(mt.Lattice(mt.square_cell((2, 2), perturbation=0.2), BAR), plan)


def test_bars_that_never_flowed_on_the_walks_are_decoded_exactly(few_walks: Dataset) -> None:
    assert np.count_nonzero(np.abs(slips_in_data(few_walks)).max(axis=0) < 1e-12) == 8
    tann, strain = mt.reduce(few_walks, states=16), path("a", 3).strain[0]
    exact, found = tann.microstructure.solve(strain), tann.recall(strain, decode=True, outside_training="none")
    driving = jax.numpy.asarray(strain[-1] / np.asarray(tann.scaling.driving))
    flat = jax.numpy.asarray(
        np.concatenate([found.coordinates[name][-1].ravel() for name in ("displacement", "force")])
    )
    assert relative_rms(np.asarray(tann.reduction.encode(flat, driving)), found.state[-1]) < 1e-12
    for name in ("displacement", "force"):
        assert relative_rms(found.coordinates[name], exact.coordinates[name]) < 1e-13


def test_coordinates_that_the_lattice_does_not_decode_are_those_of_the_data(few_walks: Dataset) -> None:
    """Another simulator holds another node: its displacements are those of the lattice but for a translation."""
    assert KnownCoordinates.of(few_walks) is not None
    shift = np.concatenate([np.tile([0.3, 0.0], 9), np.zeros(20)])

    def translated(data: Increments) -> Increments:
        before, after = data.strain[:, :1] * shift, (data.strain + data.strain_increment)[:, :1] * shift
        return replace(data, coordinates=data.coordinates + before, coordinates_next=data.coordinates_next + after)

    moved = replace(
        few_walks, training=translated(few_walks.training), validation=translated(few_walks.validation)
    )
    assert KnownCoordinates.of(moved) is None
    strain = 1e-3 * np.eye(3)[:, None]
    one, other = (mt.reduce(data).recall(strain, decode=True).displacement for data in (few_walks, moved))
    expected = one + strain[:, :, None, :1] * np.array([0.3, 0.0])
    np.testing.assert_allclose(other, expected, rtol=0, atol=1e-12)


def test_what_cannot_be_reduced_is_refused(dataset: Dataset) -> None:
    with pytest.raises(InputError, match="give no plan"):
        mt.reduce(dataset, plan=PLAN)
    with pytest.raises(InputError, match="not the data of a microstructure of slips"):
        mt.reduce(replace(dataset, microstructure=None))
    small = mt.WalkPlan(paths=10, steps=10, increment=1e-3, smallest_increment=1e-3)
    with pytest.raises(InputError, match="nothing irreversible"):
        mt.reduce(mt.Lattice(mt.square_cell((1, 1))), plan=small)


def test_strain_paths_are_those_of_the_walks(dataset: Dataset) -> None:
    rows = dataset.validation
    paths = strain_paths(rows)
    assert paths.shape == (6, 40, 3)
    assert np.array_equal(paths.reshape(-1, 3), rows.strain + rows.strain_increment)
    mixed = rows.take(np.random.default_rng(0).permutation(len(rows)))
    assert np.array_equal(strain_paths(mixed), paths)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [(slice(0, 0), "no increment of the data starts in the virgin state"), (slice(1, None), "equal")],
)
def test_parts_of_walks_make_no_paths(dataset: Dataset, rows: slice, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        strain_paths(dataset.validation.take(rows))


def test_walks_that_start_again_make_no_paths() -> None:
    plan = replace(PLAN, paths=5, restart=0.2)
    with pytest.raises(InputError, match="starts again"):
        strain_paths(generate(mt.Lattice(mt.square_cell((1, 1)), BAR), plan).training)


def test_directions_that_are_not_used_can_be_left_out() -> None:
    draw = np.random.default_rng(0)
    vectors, _ = np.linalg.qr(draw.normal(size=(30, 20)))
    arrays = (draw.normal(size=(30, 3)), draw.uniform(0.5, 2.0, 30), vectors, 10.0 ** -np.linspace(0, 6, 20))
    full = ResidualReduction(
        *(jax.numpy.asarray(a) for a in (*arrays, draw.normal(size=(4, 20)), draw.normal(size=(20, 4))))
    )
    small = full.without_unused()
    assert small.vectors.shape == (30, 8)
    assert np.abs(small.vectors.T @ small.vectors - np.eye(8)).max() < 1e-13
    coordinates, driving, state = (jax.numpy.asarray(draw.normal(size=n)) for n in (30, 3, 4))
    for found, known in (
        (small.encode(coordinates, driving), full.encode(coordinates, driving)),
        (small.decode(state, driving), full.decode(state, driving)),
    ):
        assert np.abs(found - known).max() < 1e-9 * np.abs(known).max()
