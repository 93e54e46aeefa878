"""Data whose names or units are not those of the model, of a checkpoint or of their own arrays are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

import microtann as mt
from microtann.data.file import write_dataset
from microtann.data.increments import Dataset
from microtann.errors import ConfigurationError, DataFileError, InputError
from microtann.numbers.voigt import component_names
from microtann.studies.latent_spaces import compare_latent_spaces
from microtann.tann.agreement import Quantities, disagreement, quantities_of
from microtann.training import dataset_errors, train
from microtann.training.preparation import information_of

FORM = mt.forms.Variational(states=4, updates=0)
Change = Callable[[Dataset], Dataset]


def with_units(dataset: Dataset, **units: str) -> Dataset:
    return replace(dataset, units={**dataset.units, **units})


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return mt.generate_data(mt.Lattice(mt.square_cell((1, 1))), plan=mt.WalkPlan(paths=20, steps=20))


def in_space() -> Dataset:
    return mt.generate_data(mt.Lattice(mt.cube_cell()), plan=mt.WalkPlan(paths=5, steps=5))


@pytest.fixture(scope="module")
def steel(dataset: Dataset) -> Dataset:
    """The same numbers, in units."""
    return with_units(dataset, stress="MPa", energy="MJ/m3", dissipation="MJ/m3", force="kN", displacement="mm")


@pytest.fixture(scope="module")
def model(steel: Dataset) -> mt.TANN:
    return train(steel, FORM)


def test_data_of_the_same_quantities_are_judged(model: mt.TANN, steel: Dataset) -> None:
    errors = dataset_errors(model, steel, "validation")
    assert max(errors.stress, *errors.coordinates.values()) < 1e-12
    assert errors == dataset_errors(model, replace(steel, strain_names=("11", "22", "12")), "validation")
    assert errors == dataset_errors(model, replace(steel, units={}), "validation")  # nothing is known of them


def test_a_model_of_one_group_is_judged_on_data_with_more(dataset: Dataset) -> None:
    """The columns of the forces are found behind those of the displacements, which the model does not know."""
    form = mt.forms.Residual(coordinates=("force",), widths=(8,), descent_updates=1, polish_updates=0, batch=50)
    tann = train(dataset, form)
    found = dataset_errors(tann, dataset)
    assert list(found.coordinates) == ["force"]
    only = form.prepare(dataset)
    assert found == dataset_errors(tann, only)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: with_units(d, stress="kPa"), "the unit of stress is 'MPa' in the model and 'kPa' in the data"),
        (lambda d: with_units(d, strain="%"), "the unit of strain is '1' in the model and '%' in the data"),
        (lambda d: with_units(d, time="s"), "the unit of time is '1' in the model and 's' in the data"),
        (lambda d: with_units(d, force="N"), "the unit of force is 'kN' in the model and 'N' in the data"),
        (
            lambda d: replace(d, strain_names=("22", "11", "12")),
            "are 11, 22, 12, those of the data 22, 11, 12: bring them into one order",
        ),
        (
            lambda d: replace(d, strain_names=("n", "t", "s")),
            "are 11, 22, 12, those of the data n, t, s: rename or convert them",
        ),
        (
            lambda d: replace(d, coordinate_shapes={"displacement": (4, 2), "force": (3, 2)}),
            "'force' of an increment has the shape (6,) in the model and (3, 2) in the data",
        ),
    ],
)
def test_data_of_other_quantities_are_refused(
    model: mt.TANN, steel: Dataset, change: Change, sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        dataset_errors(model, change(steel))
    assert sentence in str(caught.value)


def test_data_of_another_dimension_are_refused(dataset: Dataset) -> None:
    with pytest.raises(InputError, match="the model has 6 strain components and 0 extra state variables"):
        dataset_errors(mt.load("cube"), dataset)


def test_an_empty_set_is_refused(model: mt.TANN, steel: Dataset) -> None:
    with pytest.raises(InputError, match="the test set of the data is empty"):
        dataset_errors(model, replace(steel, test=steel.test.take(slice(0))))


def test_extra_state_variables_are_compared_by_name_and_order() -> None:
    def about(*extra: str, **units: str) -> Quantities:
        return Quantities(1, (), extra, units, {})

    one = about("temperature", "moisture")
    assert disagreement(one, one) == ""
    assert "bring them into one order" in disagreement(one, about("moisture", "temperature"))
    assert "1 extra state variables" in disagreement(one, about("temperature"))
    kelvin, celsius = about("temperature", temperature="K"), about("temperature", temperature="°C")
    assert "the unit of temperature is 'K'" in disagreement(kelvin, celsius)


def test_models_in_other_units_of_strain_are_not_followed_along_the_same_strains(
    model: mt.TANN, dataset: Dataset
) -> None:
    strain = np.random.default_rng(0).normal(0.0, 0.2, (20, 3)).cumsum(axis=0)

    def in_units(units: dict[str, str]) -> mt.TANN:
        return mt.TANN(model.point, replace(model.information, units=units))

    # other stresses do no harm
    assert compare_latent_spaces(model, in_units(dict(dataset.units)), strain).shared == 4
    percent = in_units({**dataset.units, "strain": "%"})
    with pytest.raises(InputError, match="the unit of strain is '1' in the first model and '%' in the second"):
        compare_latent_spaces(model, percent, strain)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: replace(d, strain_names=("11", "12", "22")), "must be in the order 11,22,12"),
        (lambda d: replace(d, strain_names=("11", "22")), "names 2 components"),
        (lambda d: replace(d, extra_names=("temperature",)), "extra_names describes 1 columns"),
        (lambda d: replace(d, coordinate_shapes={"force": (6,)}), "describes 6 columns, but the increments have"),
        (
            lambda d: replace(d, test=in_space().test),
            "strain has 6 columns in one set and 3 in the training set",
        ),
    ],
)
def test_data_whose_names_do_not_fit_are_neither_trained_on_nor_written(
    dataset: Dataset, change: Change, sentence: str, tmp_path: Path
) -> None:
    wrong = change(dataset)
    with pytest.raises(InputError) as caught:
        train(wrong, FORM)
    assert sentence in str(caught.value)
    with pytest.raises(DataFileError) as written:
        write_dataset(tmp_path / "data.h5", wrong)
    assert sentence in str(written.value)
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_data_in_other_units_is_refused(steel: Dataset, tmp_path: Path) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    form = mt.forms.Play(states=4, descent_updates=1000, batch=50, polish_updates=10)
    file = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KeyboardInterrupt):
        train(steel, form, interrupt, file)
    with pytest.raises(ConfigurationError) as caught:
        train(with_units(steel, stress="GPa"), form, None, file)
    assert "belongs to other data (the unit of stress is 'MPa' in its data and 'GPa' in those at hand)" in str(
        caught.value
    )
    assert file.exists()


def test_a_model_keeps_the_names_of_its_strain_components(model: mt.TANN, steel: Dataset, tmp_path: Path) -> None:
    named = replace(steel, strain_names=("normal", "lateral", "shear"), microstructure=None)
    information = information_of(named, "variational")
    mt.TANN(model.point, information).save(tmp_path / "model.safetensors")
    read = mt.load(tmp_path / "model.safetensors")
    assert read.information.strain_names == ("normal", "lateral", "shear")
    assert dataset_errors(read, named).stress < 1e-12
    with pytest.raises(InputError, match="are normal, lateral, shear, those of the data 11, 22, 12"):
        dataset_errors(read, steel)


@pytest.mark.parametrize(("count", "names"), [(1, "11"), (2, "1 2"), (3, "11 22 12"), (4, "1 2 3 4")])
def test_components_have_names(count: int, names: str) -> None:
    assert component_names(count) == tuple(names.split())


def test_quantities_survive_json(model: mt.TANN, steel: Dataset) -> None:
    table = quantities_of(steel)
    assert TypeAdapter(Quantities).validate_json(json.dumps(asdict(table))) == table
    assert disagreement(model.information, table) == ""
