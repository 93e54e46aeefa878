"""From which size on the check of a data file speaks: what is just above a threshold is told, not what is below.

The increments are those of springs, S = E, so that every quantity is known in closed form.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.data.check import Report, check_file
from microtann.data.file import write_dataset
from microtann.data.increments import Dataset, Increments

UNITS = dict.fromkeys(("strain", "stress", "energy", "dissipation", "time"), "1")


def springs(count: int = 40) -> Increments:
    """Return a path of a spring of stiffness 1 that starts in the virgin state, every fifth increment at rest."""
    increment = np.random.default_rng(0).normal(0.0, 0.1, count)
    increment[4::5] = 0.0
    end = increment.cumsum()
    start = np.append(0.0, end[:-1])
    return Increments(
        path=np.zeros(count, dtype=np.int64),
        step=np.arange(count),
        dt=np.ones(count),
        strain=start[:, None],
        strain_increment=increment[:, None],
        extra=np.empty((count, 0)),
        extra_increment=np.empty((count, 0)),
        stress=start[:, None],
        stress_next=end[:, None],
        energy=0.5 * start**2,
        energy_next=0.5 * end**2,
        dissipation=np.zeros(count),
        coordinates=np.empty((count, 0)),
        coordinates_next=np.empty((count, 0)),
    )


def checked(folder: Path, part: Increments) -> Report:
    nothing = part.take(slice(0))
    write_dataset(folder / "data.h5", Dataset(part, nothing, nothing, coordinate_shapes={}, units=UNITS))
    return check_file(folder / "data.h5")


def test_springs_have_nothing_to_find(tmp_path: Path) -> None:
    report = checked(tmp_path, springs())
    assert not report.errors + report.warnings


@pytest.mark.parametrize(("share", "told"), [(0.045, False), (0.055, True)])
def test_a_balance_that_misses_a_twentieth_of_the_work_is_a_warning(
    tmp_path: Path, share: float, told: bool
) -> None:
    """Of springs that are pulled once each, a known share of whose work is dissipated and stored as well."""
    strain = np.linspace(0.1, 1.0, 30)
    none, part = np.zeros((30, 1)), springs(30)
    part = replace(
        part,
        step=np.full(30, -1),
        strain=none,
        stress=none,
        energy=none[:, 0],
        strain_increment=strain[:, None],
        stress_next=strain[:, None],
        energy_next=0.5 * strain**2,
        dissipation=share * 0.5 * strain**2,
    )
    report = checked(tmp_path, part)
    assert not report.errors
    assert any(f"{100 * share:.2g} % of the work (RMS)" in text for text in report.warnings) is told


@pytest.mark.parametrize(("size", "told"), [(0.3e-9, False), (3e-9, True)])
@pytest.mark.parametrize("field", ["strain", "stress", "energy"])
def test_a_path_continues_up_to_a_billionth(tmp_path: Path, field: str, size: float, told: bool) -> None:
    part = springs()
    values = getattr(part, field).copy()
    values[3] += size * np.abs(values).max()
    errors = checked(tmp_path, replace(part, **{field: values})).errors
    assert any(re.match(rf"training/{field} in (row 3|2 rows \(3, 4\)) is not where", e) for e in errors) is told


@pytest.mark.parametrize(("size", "told"), [(0.3e-9, False), (3e-9, True)])
def test_a_state_rests_up_to_a_billionth(tmp_path: Path, size: float, told: bool) -> None:
    part = springs()
    after = part.stress_next.copy()
    after[4] += size * np.abs(after).max()
    report = checked(tmp_path, replace(part, stress_next=after, step=np.full(len(after), -1)))
    found = report.errors + report.warnings
    assert (
        any("training/stress_next differs from stress in row 4, whose increment is zero" in f for f in found)
        is told
    )


@pytest.mark.parametrize(("size", "told"), [(0.3e-12, False), (3e-12, True)])
def test_dissipation_is_negative_beyond_round_off(tmp_path: Path, size: float, told: bool) -> None:
    part = springs()
    dissipation = np.zeros(len(part))
    dissipation[7] = -size * part.energy_next.max()
    errors = checked(tmp_path, replace(part, dissipation=dissipation)).errors
    assert any("training/dissipation is negative in row 7" in e for e in errors) is told


@pytest.fixture(scope="module")
def walks() -> Dataset:
    """Return four walks of a cell, which are checked against its bars."""
    plan = mt.WalkPlan(paths=4, steps=45, zero_fraction=0.0, validation=0.0, test=0.0)
    return mt.generate_data(mt.Lattice(mt.square_cell((2, 2), perturbation=0.2), mt.ElastoplasticBar()), plan)


def written(folder: Path, data: Dataset) -> Report:
    write_dataset(folder / "data.h5", data)
    return check_file(folder / "data.h5")


@pytest.mark.parametrize(
    ("size", "level"), [(0.5e-6, "nothing"), (2e-6, "warning"), (0.9e-2, "warning"), (1.1e-2, "error")]
)
def test_the_energy_of_bars_is_checked_to_a_millionth_and_wrong_from_a_hundredth_on(
    tmp_path: Path, walks: Dataset, size: float, level: str
) -> None:
    training = walks.training
    energy = training.energy_next.copy()
    row = np.flatnonzero(training.strain_increment.any(axis=1))[17]
    energy[row] += size * max(energy.max(), training.dissipation.max())
    part = replace(training, energy_next=energy, step=np.full(len(energy), -1))
    report = written(tmp_path, replace(walks, training=part))
    wanted = f"the energy is not that of the bars, Σ A L ½(σ²/E + H α²) / V with α = ε − σ/E, in row {row}"
    found = {
        name: any(wanted in sentence for sentence in sentences)
        for name, sentences in (("error", report.errors), ("warning", report.warnings))
    }
    assert found == {"error": level == "error", "warning": level == "warning"}


def test_without_coordinates_four_walks_are_solved_again_to_their_end(tmp_path: Path, walks: Dataset) -> None:
    """A stress that is wrong at the end of any of them is seen."""
    nothing = np.empty((len(walks.training), 0))
    training = replace(walks.training, coordinates=nothing, coordinates_next=nothing)
    for path in range(4):
        stress = training.stress_next.copy()
        end = (training.path == path) & (training.step == 44)  # does too little work there, as a lattice may
        stress[end] -= 0.02 * np.abs(stress).max() * np.sign(training.strain_increment[end])
        part, none = replace(training, stress_next=stress), training.take(slice(0))
        changed = replace(walks, training=part, validation=none, test=none, coordinate_shapes={})
        errors = written(tmp_path, changed).errors
        assert any("180 increments were solved again" in error for error in errors), errors
