"""Data of others: average strains and stresses alone, without internal coordinates, energy or dissipation."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

import microtann as mt
from microtann import fem
from microtann.data.format_errors import stiffness_errors
from microtann.data.increments import Increments
from microtann.errors import DataFileError, InputError
from microtann.evaluation.audit_on_data import audit_on_data
from microtann.training import dataset_errors
from microtann.training.elastic_rows import elastic_by_stress, elastic_increments
from parallel_fibres import ParallelFibres


def averages(data: Increments, *unknown: str) -> Increments:
    nothing = np.full(len(data), np.nan)
    fields = dict.fromkeys(unknown, nothing)
    fields |= {"energy_next": nothing} if "energy" in unknown else {}
    none = np.empty((len(data), 0))
    return replace(data, **fields, coordinates=none, coordinates_next=none)


def without(dataset: mt.Dataset, *unknown: str) -> mt.Dataset:
    units = {name: unit for name, unit in dataset.units.items() if name in ("strain", "stress", "time")}
    sets = {name: averages(getattr(dataset, name), *unknown) for name in ("training", "validation", "test")}
    return replace(dataset, **sets, coordinate_shapes={}, microstructure=None, units=units)


@pytest.fixture(scope="module")
def whole() -> mt.Dataset:
    return mt.generate_data(ParallelFibres(), mt.WalkPlan(paths=40, steps=30, limit=1.5, increment=0.2))


@pytest.fixture(scope="module")
def stress_alone(whole: mt.Dataset) -> mt.Dataset:
    return without(whole, "energy", "dissipation")


def test_a_file_of_stress_alone_is_written_checked_and_read(stress_alone: mt.Dataset, tmp_path: Path) -> None:
    stiffness = ParallelFibres().elastic_stiffness()
    given = replace(stress_alone, elastic_stiffness=stiffness)
    mt.write_dataset(tmp_path / "data.h5", given)
    report = mt.check_file(tmp_path / "data.h5")
    assert report, report.errors
    assert not report.warnings
    assert any("without energy and dissipation" in finding.sentence for finding in report.findings)
    read = mt.read_dataset(tmp_path / "data.h5")
    assert read.training.unknown == ("energy", "dissipation")
    np.testing.assert_array_equal(read.elastic_stiffness, stiffness)
    np.testing.assert_array_equal(read.training.stress_next, stress_alone.training.stress_next)


def test_the_energy_alone_may_be_missing(whole: mt.Dataset, tmp_path: Path) -> None:
    partly = replace(without(whole, "energy"), units=whole.units)
    mt.write_dataset(tmp_path / "data.h5", partly)
    assert mt.check_file(tmp_path / "data.h5")
    assert mt.read_dataset(tmp_path / "data.h5").training.unknown == ("energy",)


def test_elastic_increments_are_found_by_the_stress(whole: mt.Dataset, stress_alone: mt.Dataset) -> None:
    known, found = elastic_increments(whole.training), elastic_increments(stress_alone.training)
    assert np.count_nonzero(found) > 20
    np.testing.assert_array_equal(found, known)
    slow = replace(stress_alone.training, stress_next=np.sqrt(np.abs(stress_alone.training.stress_next)))
    assert not elastic_by_stress(slow).any()


@pytest.fixture(scope="module")
def tann(stress_alone: mt.Dataset) -> mt.TANN:
    return mt.train(stress_alone, mt.forms.Variational(states=6, slips=9, updates=150, learning_rate=3e-2))


def test_a_model_of_stress_alone_stands_in_finite_elements(stress_alone: mt.Dataset, tann: mt.TANN) -> None:
    """It is solved, dissipates, and is audited against walks that were held out."""
    reach = float(np.abs(stress_alone.training.strain).max())
    held = [
        fem.Prescribed(lambda x: x[:, 0] == 0, 0, 0.0),
        fem.Prescribed(lambda x: x[:, 1] == 0, 1, 0.0),
        fem.Prescribed(lambda x: x[:, 0] == 1, 0, 0.5 * reach),
    ]
    result = fem.Model(fem.box((1.0, 1.0), (2, 1)), tann).solve([fem.Step(held, increments=2)])
    assert result.dissipation[-1] > 0.0
    found = audit_on_data(result, tann, stress_alone, judged="validation", count=4)
    assert found.errors["stress"].shape == (4,)
    assert np.isfinite(found.errors["stress"]).all()
    assert set(found.errors) == {"stress"}


def test_a_model_is_learnt_from_stress_alone(
    whole: mt.Dataset, stress_alone: mt.Dataset, tann: mt.TANN, tmp_path: Path
) -> None:
    errors = dataset_errors(tann, stress_alone)
    assert errors.stress < 0.2
    assert np.isnan([errors.energy, errors.dissipation]).all()
    assert errors.to_dict()["energy"] is None
    whole_errors = dataset_errors(tann, replace(without(whole), units=whole.units))
    assert whole_errors.energy < 0.2
    assert whole_errors.violations == 0
    tann.save(tmp_path / "model.safetensors")
    read = mt.load(tmp_path / "model.safetensors")
    assert read.decode(read.initial_state(2)) == {}
    exact = ParallelFibres().elastic_stiffness()
    _, tangent, _ = read.update(np.zeros((1, 3)), read.initial_state(1))
    np.testing.assert_allclose(tangent[0], exact, atol=1e-9)


def test_a_given_stiffness_is_kept(stress_alone: mt.Dataset) -> None:
    stiffness = np.diag([1.0, 2.0, 0.5])
    tann = mt.train(replace(stress_alone, elastic_stiffness=stiffness), mt.forms.Variational(states=3, updates=1))
    _, tangent, _ = tann.update(np.zeros((1, 3)), tann.initial_state(1))
    np.testing.assert_allclose(tangent[0], stiffness, atol=1e-12)


@pytest.mark.parametrize("form", ["residual", "play", "published"])
def test_other_forms_say_in_one_sentence_what_they_need(stress_alone: mt.Dataset, form: str) -> None:
    with pytest.raises(InputError, match=r"no internal coordinates.*'variational', which does without"):
        mt.train(stress_alone, form)
    data = replace(stress_alone, coordinate_shapes={"s": (3,)})
    with_states = {
        name: replace(part := getattr(data, name), coordinates=part.stress, coordinates_next=part.stress_next)
        for name in ("training", "validation", "test")
    }
    with pytest.raises(InputError, match=r"no energy and no dissipation.*'variational', which does without"):
        mt.train(replace(data, **with_states), form)


def test_what_is_known_in_one_set_only_is_refused(whole: mt.Dataset, stress_alone: mt.Dataset) -> None:
    mixed = replace(stress_alone, validation=averages(whole.validation, "dissipation"))
    with pytest.raises(InputError, match="energy is known in one set and NaN in another"):
        mt.train(mixed)


def test_stiffnesses_that_none_may_have(stress_alone: mt.Dataset, tmp_path: Path) -> None:
    assert not list(stiffness_errors(np.eye(3)))
    assert "not symmetric" in next(stiffness_errors(np.eye(3) + np.eye(3, k=1)))
    assert "negative" in next(stiffness_errors(-np.eye(3)))
    mt.write_dataset(tmp_path / "data.h5", replace(stress_alone, elastic_stiffness=np.eye(3)))
    with h5py.File(tmp_path / "data.h5", "r+") as file:
        del file["elastic_stiffness"]
        file["elastic_stiffness"] = np.eye(2)
        file.attrs["without"] = ["strain"]
    with pytest.raises(DataFileError, match="without names 'strain'"):
        mt.read_dataset(tmp_path / "data.h5")
    with h5py.File(tmp_path / "data.h5", "r+") as file:
        file.attrs["without"] = ["energy", "dissipation"]
    with pytest.raises(DataFileError, match=r"elastic_stiffness must hold numbers of shape \(3, 3\)"):
        mt.read_dataset(tmp_path / "data.h5")
