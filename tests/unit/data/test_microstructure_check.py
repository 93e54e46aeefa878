"""The check of a data file holds the increments against the cell and the bars that the file names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

import microtann as mt
from microtann.data.check import Report, check_file
from microtann.data.file import write_dataset
from microtann.data.generate import generate
from microtann.data.increments import Dataset, Increments
from microtann.data.walks import WalkPlan
from microtann.numbers import voigt

SETS = ("training", "validation", "test")
BAR = mt.ElastoplasticBar()


@pytest.fixture(scope="module")
def data() -> Dataset:
    cell = mt.cube_cell(units=(2, 2, 2), perturbation=0.2)
    return generate(mt.Lattice(cell, BAR), WalkPlan(paths=8, steps=20, seed=3))


def checked(folder: Path, data: Dataset) -> Report:
    write_dataset(folder / "data.h5", data)
    return check_file(folder / "data.h5")


def everywhere(data: Dataset, change: Callable[[Increments], Increments]) -> Dataset:
    return replace(data, **{name: change(getattr(data, name)) for name in SETS})


def in_order(order: voigt.Order) -> Callable[[Increments], Increments]:
    """Return what puts all components in the order of another code, the shear strains still engineering ones."""
    places = voigt.to_order(np.arange(6.0), order, "stress").astype(int)
    names = ("strain", "strain_increment", "stress", "stress_next")
    return lambda part: replace(part, **{name: getattr(part, name)[:, places] for name in names})


def without_coordinates(data: Dataset) -> Dataset:
    nothing = everywhere(
        data,
        lambda part: replace(part, coordinates=part.coordinates[:, :0], coordinates_next=part.coordinates[:, :0]),
    )
    return replace(nothing, coordinate_shapes={})


def declared(data: Dataset, cell: mt.UnitCell | None = None, bar: mt.ElastoplasticBar | None = BAR) -> Dataset:
    return replace(data, microstructure=mt.Lattice(cell or data.microstructure.cell, bar))


@pytest.mark.parametrize("order", ["abaqus", "vtk"])
def test_all_fields_in_the_order_of_another_code_are_an_error_that_names_it(
    data: Dataset, tmp_path: Path, order: voigt.Order
) -> None:
    report = checked(tmp_path, everywhere(data, in_order(order)))
    assert not report
    assert f"({'Abaqus' if order == 'abaqus' else 'VTK'})" in report.errors[0]
    report = checked(tmp_path, without_coordinates(everywhere(data, in_order(order))))
    assert any("are not those of the lattice in the file" in error for error in report.errors)


@pytest.mark.parametrize(
    ("bar", "sentence"),
    [
        (mt.ElastoplasticBar(young=2.0), "the energy is not that of the bars"),
        (mt.ElastoplasticBar(yield_stress=0.3), "bars are beyond their yield stress"),
        (mt.ElastoplasticBar(yield_stress=0.4), "the dissipation is less than that of the flow"),
        (mt.ElastoplasticBar(hardening=0.2), "the energy is not that of the bars"),
    ],
    ids=["twice as stiff", "weaker", "stronger", "harder"],
)
@pytest.mark.parametrize("coordinates", [True, False], ids=["coordinates", "no coordinates"])
def test_other_bars_than_those_of_the_increments_are_an_error(
    data: Dataset, tmp_path: Path, bar: mt.ElastoplasticBar, sentence: str, coordinates: bool
) -> None:
    false = declared(data if coordinates else without_coordinates(data), bar=bar)
    report = checked(tmp_path, false)
    assert not report
    wanted = sentence if coordinates else "are not those of the lattice in the file"
    assert any(wanted in error for error in report.errors), report.errors


def test_another_cell_than_that_of_the_increments_is_an_error(data: Dataset, tmp_path: Path) -> None:
    cell = mt.cube_cell(units=(2, 2, 2), perturbation=0.2, seed=1)
    errors = checked(tmp_path, declared(data, cell)).errors
    assert any("the bar forces are not in equilibrium" in error for error in errors)
    errors = checked(tmp_path, declared(data, mt.cube_cell())).errors
    assert any(
        "coordinates/displacement has shape (27, 3), but the lattice of the file asks for (8, 3)" in e
        for e in errors
    )
    errors = checked(tmp_path, declared(data, mt.square_cell())).errors
    assert any(
        "the lattice of the file has 3 strain components, but voigt_order names 6" in error for error in errors
    )


def test_one_bar_force_that_is_wrong_is_told_with_its_row(data: Dataset, tmp_path: Path) -> None:
    training = data.training
    after, step = training.coordinates_next.copy(), training.step * 0 - 1
    moving = np.flatnonzero(training.strain_increment.any(axis=1))[7]
    after[moving, -1] += 0.1 * np.abs(after[moving]).max()
    report = checked(tmp_path, replace(data, training=replace(training, coordinates_next=after, step=step)))
    assert any(f"in row {moving}, by" in error and "in equilibrium" in error for error in report.errors), report


@pytest.mark.parametrize("size", [1e-5, 1e-3])
def test_inaccurate_forces_are_a_warning(data: Dataset, tmp_path: Path, size: float) -> None:
    training = data.training
    noise = 1.0 + size * np.random.default_rng(0).standard_normal(training.coordinates.shape)
    noise[:, : 27 * 3] = 1.0
    alone = training.strain_increment.any(axis=1)  # a state at rest must not move
    part = replace(training, coordinates_next=training.coordinates_next * noise, step=training.step * 0 - 1).take(
        alone
    )
    report = checked(tmp_path, replace(data, training=part))
    assert report, report.errors
    assert any("training: the bar forces are not in equilibrium" in warning for warning in report.warnings)


@pytest.mark.parametrize("scale", [1e-9, 1e11])
def test_exact_data_in_any_unit_have_nothing_to_find(tmp_path: Path, scale: float) -> None:
    bar = mt.ElastoplasticBar(scale, 1e-3 * scale, 0.01 * scale)
    cell = mt.square_cell(units=(2, 2), size=1e-3, perturbation=0.2)
    report = checked(tmp_path, generate(mt.Lattice(cell, bar), WalkPlan(paths=10, steps=20, restart=0.1)))
    assert [finding.level for finding in report.findings] == ["note"], report.findings


def test_bars_without_hardening_have_nothing_to_find(tmp_path: Path) -> None:
    bar = mt.ElastoplasticBar(hardening=0.0)
    report = checked(tmp_path, generate(mt.Lattice(mt.square_cell(), bar), WalkPlan(paths=10, steps=20)))
    assert [finding.level for finding in report.findings] == ["note"], report.findings


def test_what_cannot_be_checked_is_told(data: Dataset, tmp_path: Path) -> None:
    def notes(data: Dataset) -> str:
        report = checked(tmp_path, data)
        assert report, report.errors
        return "\n".join(finding.sentence for finding in report.findings if finding.level == "note")

    assert "the file holds no microstructure" in notes(replace(data, microstructure=None))
    assert "says too little of its lattice to solve it" in notes(declared(data, bar=None))
    assert "the coordinates displacement and force are missing" in notes(without_coordinates(data))
    empty = replace(data, validation=data.validation.take(slice(0)), test=data.test.take(slice(0)))
    assert "the validation set is empty" in notes(empty)
    assert "the test set is empty" in notes(empty)


@pytest.mark.parametrize(
    ("attribute", "value", "sentence"),
    [
        ("coordinate_names", [b"force", b"force"], "coordinate_names names a coordinate twice: force,force"),
        ("extra_names", [b"heat", b"heat"], "extra_names names a state variable twice: heat,heat"),
        ("extra_names", [b"stress"], "extra_names holds 'stress', which names something else already"),
        ("coordinate_names", [b"energy"], "coordinate_names holds 'energy', which names something else already"),
    ],
)
def test_names_given_twice_are_an_error(
    data: Dataset, tmp_path: Path, attribute: str, value: list[bytes], sentence: str
) -> None:
    write_dataset(tmp_path / "data.h5", data)
    with h5py.File(tmp_path / "data.h5", "r+") as file:
        file.attrs[attribute] = value
    assert any(sentence in error for error in check_file(tmp_path / "data.h5").errors)


def test_a_number_that_overflows_is_a_miss_like_any_other(tmp_path: Path, data: Dataset) -> None:
    def damaged(part: Increments) -> Increments:
        coordinates = part.coordinates_next.copy()
        coordinates[3, -1] = 1e300
        return replace(part, coordinates_next=coordinates)

    assert any("in row 3" in sentence for sentence in checked(tmp_path, everywhere(data, damaged)).errors)
