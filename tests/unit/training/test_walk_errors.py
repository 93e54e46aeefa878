"""Errors on whole walks vanish for an exact model, and are those of a model that is off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import microtann as mt
from microtann.data.increments import Dataset
from microtann.data.whole_walks import whole_walks
from microtann.errors import InputError
from microtann.training.train import train
from microtann.training.walk_errors import runaway_sentence, squares_of_walks, walk_errors


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return mt.generate_data(mt.Lattice(mt.square_cell((1, 1))), plan=mt.WalkPlan(paths=20, steps=20))


@pytest.fixture(scope="module")
def exact(dataset: Dataset) -> mt.TANN:
    return mt.train(dataset, mt.forms.Variational(states=4, updates=0))


def test_the_reduced_regular_lattice_is_exact_on_walks(dataset: Dataset, exact: mt.TANN) -> None:
    errors = walk_errors(exact, whole_walks(dataset.validation))
    assert max(errors.stress, errors.energy, errors.dissipation, *errors.coordinates.values()) < 1e-12
    assert set(errors.coordinates) == {"displacement", "force"}
    assert errors.violations == 0


def test_errors_are_relative_to_the_reference(dataset: Dataset, exact: mt.TANN) -> None:
    walks = whole_walks(dataset.validation)
    wrong = replace(walks, stress=walks.stress / 1.25, energy=walks.energy / 2.0)
    errors = walk_errors(exact, wrong)
    assert errors.stress == pytest.approx(0.25)
    assert errors.energy == pytest.approx(1.0)


def test_a_model_that_runs_away_is_told(dataset: Dataset, exact: mt.TANN) -> None:
    rows = dataset.validation
    assert runaway_sentence(squares_of_walks(exact, rows)) == ""
    last = rows.path == rows.path.max()
    small = replace(rows, stress_next=np.where(last[:, None], rows.stress_next, 1e-3 * rows.stress_next))
    assert runaway_sentence(squares_of_walks(exact, small)) == ""  # wrong by the usual stress is no runaway
    walks = len(np.unique(rows.path))
    none = replace(rows, stress_next=1e-3 * rows.stress_next)
    assert runaway_sentence(squares_of_walks(exact, none)).startswith(
        f"the model runs away on {walks} of {walks} validation walks"
    )
    size = np.bincount(np.unique(rows.path, return_inverse=True)[1], (rows.stress_next**2).sum(axis=1))
    for share in (0.99, 1.01):  # the worst walk is wrong by so much of ten times the usual stress
        factor = 1.0 + share * 10.0 / np.sqrt(size.max() / size.mean())
        off = replace(rows, stress=rows.stress / factor, stress_next=rows.stress_next / factor)
        assert (runaway_sentence(squares_of_walks(exact, off)) != "") == (share > 1.0)
    lost = replace(exact.point, scaling=replace(exact.scaling, energy=exact.scaling.energy * np.nan))
    assert f"on {walks} of {walks}" in runaway_sentence(squares_of_walks(mt.TANN(lost, exact.information), rows))


@pytest.mark.verify
def test_training_tells_of_a_runaway(dataset: Dataset, caplog: pytest.LogCaptureFixture) -> None:
    form = mt.forms.Residual(widths=(8,), descent_updates=1, polish_updates=0, batch=50)
    lost = replace(
        dataset, validation=replace(dataset.validation, stress_next=1e-6 * dataset.validation.stress_next)
    )
    with caplog.at_level("WARNING", logger="microtann"):
        tann = train(lost, form)
    assert tann.information.provenance["runaway"].startswith("the model runs away on")
    assert "runs away" in caplog.text


def test_the_end_of_shorter_walks_does_not_count(dataset: Dataset, exact: mt.TANN) -> None:
    walks = whole_walks(dataset.validation)
    there = walks.there.copy()
    there[:, 10:] = False
    wrong = replace(walks, stress=np.where(there[..., None], walks.stress, 9.0), there=there)
    assert walk_errors(exact, wrong).stress < 1e-12


def test_another_dimension_is_refused(dataset: Dataset) -> None:
    with pytest.raises(InputError, match="the model has 6 strain components"):
        walk_errors(mt.load("cube"), whole_walks(dataset.validation))


def test_a_model_that_runs_away_has_no_error(dataset: Dataset, exact: mt.TANN) -> None:
    """How far it ran says nothing: it is told as a training that failed is."""
    walks = whole_walks(dataset.validation)
    assert np.isfinite(walk_errors(exact, replace(walks, stress=walks.stress / 10.9)).stress)
    errors = walk_errors(exact, replace(walks, stress=walks.stress / 1e3))
    assert errors.stress == np.inf
    assert errors.to_dict()["stress"] is None
