from dataclasses import replace

import h5py
import numpy as np
import pytest

import microtann as mt
from microtann.data.check import check_file
from microtann.data.consistency import energy_defect
from microtann.data.file import write_dataset
from microtann.data.generate import generate
from microtann.data.increments import Dataset, Increments
from microtann.data.walks import WalkPlan


@pytest.fixture
def path(lattice_data, tmp_path):
    path = tmp_path / "data.h5"
    write_dataset(path, lattice_data)
    return path


def change(path, name, function, seal=True):
    """Change a field; without its seal the checksum no longer holds."""
    with h5py.File(path, "r+") as file:
        values = file[name][()]
        function(values)
        file[name][...] = values
        if seal:
            del file[name].attrs["sha256"]


def only_error(path):
    report = check_file(path)
    assert not report
    assert len(report.errors) == 1, report.errors
    return report.errors[0]


@pytest.mark.parametrize(
    "cell", [mt.square_cell(units=(3, 3), perturbation=0.2), mt.cube_cell()], ids=["2D perturbed", "3D regular"]
)
def test_the_exact_data_of_a_lattice_have_nothing_to_find(cell, tmp_path):
    plan = WalkPlan(paths=30, steps=40, restart=0.05, increment=0.5)
    write_dataset(tmp_path / "data.h5", generate(mt.Lattice(cell), plan))
    report = check_file(tmp_path / "data.h5")
    assert report
    assert [finding.level for finding in report.findings] == ["note"]
    assert "880 of 22 paths for training" in report.findings[0].sentence


def test_negative_dissipation_is_an_error_with_count_and_rows(path):
    change(path, "training/dissipation", lambda d: d.__setitem__([3, 8], [-1e-3, -2e-3]))
    errors = check_file(path).errors
    assert any("training/dissipation is negative in 2 rows (3, 8), -0.002 at worst" in error for error in errors)


def test_work_that_does_not_balance_is_an_error(path):
    change(path, "test/energy_next", lambda energy: np.multiply(energy, 1000.0, out=energy))
    errors = check_file(path).errors
    assert any(error.startswith("test: work, energy and dissipation do not balance in") for error in errors)


@pytest.mark.parametrize("mistake", ["tensor shear", "Abaqus order", "stress in other units"])
def test_usual_mistakes_of_other_programs_break_the_balance(lattice_data, tmp_path, mistake):
    cell = mt.cube_cell(units=(2, 2, 2), perturbation=0.2)
    data = generate(mt.Lattice(cell), WalkPlan(paths=10, steps=30))

    def wrong(part: Increments) -> Increments:
        if mistake == "tensor shear":
            factor = np.array([1, 1, 1, 0.5, 0.5, 0.5])
            return replace(part, strain=part.strain * factor, strain_increment=part.strain_increment * factor)
        if mistake == "Abaqus order":
            order = [0, 1, 2, 5, 4, 3]
            return replace(part, stress=part.stress[:, order], stress_next=part.stress_next[:, order])
        return replace(part, stress=1e3 * part.stress, stress_next=1e3 * part.stress_next)

    sets = {name: wrong(getattr(data, name)) for name in ("training", "validation", "test")}
    for lattice in (True, False):
        known = {} if lattice else {"microstructure": None}
        write_dataset(tmp_path / "data.h5", replace(data, **sets, **known))
        report = check_file(tmp_path / "data.h5")
        found = report.errors if lattice or mistake == "stress in other units" else report.warnings + report.errors
        assert any("balance" in sentence or "Voigt order" in sentence for sentence in found), report


def test_more_work_than_is_stored_and_dissipated_is_an_error_for_a_lattice(lattice_data, tmp_path):
    training = lattice_data.training
    flows = np.flatnonzero(training.dissipation > 1e-4)
    assert (energy_defect(training)[0] <= 1e-14).all()
    dissipation = training.dissipation.copy()
    dissipation[flows[0]] = 0.9 * dissipation[flows[0]] + 1.1 * energy_defect(training)[0][flows[0]] - 1e-6
    dissipation = np.maximum(dissipation, 0.0)
    data = replace(lattice_data, training=replace(training, dissipation=dissipation))
    write_dataset(tmp_path / "data.h5", data)
    error = only_error(tmp_path / "data.h5")
    assert f"the stress does more work than is stored and dissipated in row {flows[0]}" in error


def test_a_state_that_moves_at_rest_is_an_error_for_a_lattice_and_a_warning_otherwise(lattice_data, tmp_path):
    training = lattice_data.training
    rest = np.flatnonzero((training.strain_increment == 0).all(axis=1))
    force = training.coordinates_next.copy()
    force[rest[2], -1] += 0.01
    data = replace(lattice_data, training=replace(training, coordinates_next=force, step=0 * training.step - 1))
    write_dataset(tmp_path / "data.h5", data)
    error = only_error(tmp_path / "data.h5")
    assert f"training/coordinates_next/force differs from coordinates/force in row {rest[2]}" in error
    assert "the state of a lattice does not move at rest" in error
    write_dataset(tmp_path / "data.h5", replace(data, microstructure=None))
    report = check_file(tmp_path / "data.h5")
    assert report
    assert any("only the state of a rate-dependent material may move at rest" in text for text in report.warnings)


@pytest.mark.parametrize("name", ["strain", "stress", "energy", "coordinates/displacement"])
def test_a_step_that_does_not_start_where_the_last_one_ended_is_an_error(path, lattice_data, name):
    training = lattice_data.training
    follows = np.flatnonzero((np.diff(training.path) == 0) & (np.diff(training.step) == 1)) + 1
    moved = follows[np.any(training.strain_increment[follows] != 0, axis=1)][4]
    change(path, f"training/{name}", lambda values: values.__setitem__(moved, values[moved] + 0.01))
    errors = check_file(path).errors
    assert any(
        error.startswith(f"training/{name} in ")
        and f"{moved}" in error.split(" is not where the step before ended ")[0]
        and f"(step {training.step[moved]} of path {training.path[moved]})" in error
        for error in errors
    ), errors


def test_restarts_are_told_by_a_gap_in_the_numbers(path, lattice_data):
    assert (np.diff(lattice_data.training.step) > 1).any()
    change(path, "training/step", lambda step: np.copyto(step, np.tile(np.arange(12), len(step) // 12)))
    assert "is not where the step before ended" in check_file(path).errors[0]


def test_numbers_given_twice_are_an_error(path):
    change(path, "training/step", lambda step: np.copyto(step, 0))
    assert "step 0 of path" in only_error(path)


def test_a_changed_value_breaks_its_checksum(path):
    change(
        path,
        "validation/stress",
        lambda stress: stress.__setitem__((2, 1), stress[2, 1] * (1 + 1e-15)),
        seal=False,
    )
    assert only_error(path).startswith("validation/stress does not match its checksum")


def test_all_structural_problems_are_listed_at_once(path):
    with h5py.File(path, "r+") as file:
        del file["training/stress"]
        del file["test/dt"]
        del file["units"].attrs["time"]
    assert check_file(path).errors == (
        "the unit of time is missing: write it as an attribute of the group units ('1' for none)",
        "the field training/stress is missing",
        "the field test/dt is missing",
    )


def test_values_that_are_not_finite_and_split_paths_are_errors(path):
    change(path, "test/stress", lambda stress: stress.__setitem__((0, 0), np.inf))
    change(path, "validation/path", lambda number: number.__setitem__(0, 10**6))
    with h5py.File(path, "r+") as file:
        file["test/path"][0] = 10**6
        del file["test/path"].attrs["sha256"]
    errors = check_file(path).errors
    assert "path 1000000 is in the validation and in the test set: data are split by whole paths" in errors
    assert any(error.startswith("test/stress is inf in row 0, component 0 (1 such rows)") for error in errors)


def test_a_file_that_cannot_be_read_is_one_error(tmp_path):
    (tmp_path / "data.h5").write_bytes(b"no")
    assert only_error(tmp_path / "data.h5").endswith("is not an HDF5 file")
    assert only_error(tmp_path / "none.h5").endswith("is not a file")


def dashpot(count: int, dt: float) -> Increments:
    """Increments of a Maxwell element (a rate-dependent material) under random strains, integrated exactly."""
    rng = np.random.default_rng(0)
    young, relaxation = 2.0, 1.0
    stress, strain, rows = 0.0, 0.0, []
    for step in range(count):
        increment = 0.0 if step % 5 == 4 else 0.01 * rng.standard_normal()
        rate, decay = increment / dt, np.exp(-dt / relaxation)
        steady = young * rate * relaxation
        after = steady + (stress - steady) * decay
        energy, energy_after = stress**2 / (2 * young), after**2 / (2 * young)
        gap = stress - steady  # ∫ S² dt / (young · relaxation), S = steady + gap exp(−t / relaxation)
        square = (
            steady**2 * dt + 2 * steady * gap * relaxation * (1 - decay) + gap**2 * relaxation * (1 - decay**2) / 2
        )
        rows.append((strain, increment, stress, after, energy, energy_after, square / (young * relaxation)))
        strain, stress = strain + increment, after
    table = np.array(rows)
    column = table.T[:, :, None]
    return Increments(
        path=np.zeros(count, dtype=np.int64),
        step=np.arange(count),
        dt=np.full(count, dt),
        strain=column[0],
        strain_increment=column[1],
        extra=np.empty((count, 0)),
        extra_increment=np.empty((count, 0)),
        stress=column[2],
        stress_next=column[3],
        energy=table[:, 4],
        energy_next=table[:, 5],
        dissipation=table[:, 6],
        coordinates=np.empty((count, 0)),
        coordinates_next=np.empty((count, 0)),
    )


def test_a_viscous_material_of_another_simulator_passes_with_warnings_at_most(tmp_path):
    units = dict.fromkeys(("strain", "stress", "energy", "dissipation", "time"), "1")
    for dt in (0.01, 0.1, 1.0):
        part = dashpot(200, dt)
        data = Dataset(part, part.take(slice(0)), part.take(slice(0)), coordinate_shapes={}, units=units)
        write_dataset(tmp_path / "data.h5", data)
        report = check_file(tmp_path / "data.h5")
        assert report, report.errors
        assert any("rate-dependent" in text for text in report.warnings)


def test_two_units_of_energy_are_a_warning(path):
    with h5py.File(path, "r+") as file:
        file["units"].attrs["dissipation"] = "kJ/m3"
    report = check_file(path)
    assert report
    assert report.warnings[0].startswith("the unit of energy is '1' and that of dissipation 'kJ/m3'")
