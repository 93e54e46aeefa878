"""What others computed becomes a data file: tables, arrays by their paths in HDF5, DADF5, arrays of Python."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

import microtann as mt
from damask_writer import write_damask
from microtann.cli.main import app
from microtann.data.imported.component_order import ComponentOrder
from microtann.data.imported.path_writer import Split
from microtann.errors import ConfigurationError, DataFileError, InputError
from parallel_fibres import ParallelFibres

FIBRES = ParallelFibres()
UNITS = {"stress": "MPa", "plastic": "1"}


def strains(seed: int, steps: int = 12) -> np.ndarray:
    return np.cumsum(0.15 * np.random.default_rng(seed).standard_normal((steps, 3)), axis=0)


@pytest.fixture(scope="module")
def paths() -> list[mt.AveragedPath]:
    found = []
    for seed in range(8):
        strain = strains(seed)
        exact = FIBRES.solve(strain)
        found.append(
            mt.AveragedPath(
                strain,
                exact.stress,
                energy=exact.energy,
                dissipation=exact.dissipation.cumsum(),
                coordinates={"plastic": exact.coordinates["plastic"]},
                name=f"run-{seed}",
            )
        )
    return found


@pytest.fixture(scope="module")
def dataset(paths: list[mt.AveragedPath]) -> mt.Dataset:
    return mt.dataset_of_paths(paths, UNITS)


def same(one: mt.Dataset, other: mt.Dataset, tolerance: float = 1e-12) -> None:
    for name in ("training", "validation", "test"):
        for quantity in ("path", "step", "dt", "strain", "stress", "stress_next", "energy_next", "dissipation"):
            values = [getattr(getattr(data, name), quantity) for data in (one, other)]
            np.testing.assert_allclose(*values, atol=tolerance, err_msg=f"{name} {quantity}")


def test_arrays_make_a_dataset_with_its_states(dataset: mt.Dataset, tmp_path: Path) -> None:
    assert (len(dataset.training), len(dataset.validation), len(dataset.test)) == (6 * 12, 12, 12)
    assert dataset.units["energy"] == "MPa"
    mt.write_dataset(tmp_path / "data.h5", dataset)
    report = mt.check_file(tmp_path / "data.h5")
    assert report, report.errors


def test_a_data_set_is_written_with_each_state_once(dataset: mt.Dataset, tmp_path: Path) -> None:
    gaps = dataset.training.coordinates.copy()
    gaps[5] = np.nan
    for training in (dataset.training, replace(dataset.training, coordinates=gaps)):
        given = replace(dataset, training=training)
        mt.write_dataset(tmp_path / "data.h5", given, once=True)
        read = mt.read_dataset(tmp_path / "data.h5")
        same(read, given, 0.0)
        for at in ("coordinates", "coordinates_next"):
            np.testing.assert_array_equal(getattr(read.training, at), getattr(training, at))
        with h5py.File(tmp_path / "data.h5") as file:
            assert file["training/states/plastic"].shape == (6 * 13, 4)  # the gap is the end of the one before


def test_a_file_keeps_each_state_once(paths: list[mt.AveragedPath], dataset: mt.Dataset, tmp_path: Path) -> None:
    for single, tolerance in ((False, 0.0), (True, 1e-6)):
        mt.write_paths(tmp_path / "data.h5", paths, UNITS, single=single)
        report = mt.check_file(tmp_path / "data.h5")
        assert report or single, report.errors  # rounded states are continuous all the same
        read = mt.read_dataset(tmp_path / "data.h5")
        same(read, dataset, 0.0)
        for at in ("coordinates", "coordinates_next"):
            np.testing.assert_allclose(
                getattr(read.training, at), getattr(dataset.training, at), atol=tolerance, rtol=0
            )
        with h5py.File(tmp_path / "data.h5") as file:
            states = file["training/states/plastic"]
            assert states.shape == (6 * 13, 4)
            assert states.dtype == ("<f4" if single else "<f8")
    bare = mt.read_dataset(tmp_path / "data.h5", coordinates=False)
    assert bare.training.coordinates.shape[1] == 0


def test_fields_of_some_states_are_enough(paths: list[mt.AveragedPath], tmp_path: Path) -> None:
    """A model learns from all stresses, and to decode from the fields that are kept."""
    some = []
    for number, path in enumerate(paths):
        values = path.coordinates["plastic"].copy()
        values[10 if number % 2 else 4 :] = np.nan
        some.append(replace(path, coordinates={"plastic": values}))
    mt.write_paths(tmp_path / "data.h5", some, UNITS)
    assert mt.check_file(tmp_path / "data.h5")
    read = mt.read_dataset(tmp_path / "data.h5")
    kept = read.training.with_coordinates
    assert 0 < np.count_nonzero(kept) < len(kept)
    tann = mt.train(read, mt.forms.Variational(states=4, slips=6, updates=2))
    assert tann.decode(tann.initial_state(1))["plastic"].shape == (1, 4)
    with pytest.raises(InputError, match="in some of its increments only"):
        mt.train(read, "residual")


def write_tables(folder: Path, paths: list[mt.AveragedPath], header: str, shear: float = 1.0) -> list[Path]:
    files = []
    for number, path in enumerate(paths):
        table = np.column_stack(
            [np.arange(len(path)), path.strain * [1, 1, shear], path.stress, path.energy, path.dissipation]
        )
        file = folder / f"run-{number}.csv"
        lines = [header, *(",".join(map(repr, row)) for row in table.tolist())]
        file.write_text("\n".join(lines) + "\n")
        files.append(file)
    return files


HEADER = "frame,E11,E22,E12,S11 [MPa],S22 [MPa],S12 [MPa],psi,d"
TABLE = mt.ImportChoice(
    strain=("E11", "E22", "E12"),
    stress=("S11", "S22", "S12"),
    shear="tensor",
    increment="frame",
    energy="psi",
    dissipation="d",
    dissipation_is="accumulated",
)


def test_tables_are_read(paths: list[mt.AveragedPath], dataset: mt.Dataset, tmp_path: Path) -> None:
    files = write_tables(tmp_path, paths, HEADER, shear=0.5)
    mt.import_data(files, tmp_path / "data.h5", TABLE)
    read = mt.read_dataset(tmp_path / "data.h5")
    same(read, dataset)
    assert read.units["stress"] == "MPa"
    assert mt.check_file(tmp_path / "data.h5")


def test_a_table_of_many_paths(paths: list[mt.AveragedPath], dataset: mt.Dataset, tmp_path: Path) -> None:
    lines = ["load case; E11; E22; G12; S11; S22; S12"]
    for path in paths:
        rows = zip(path.strain.tolist(), path.stress.tolist(), strict=True)
        lines += [";".join([path.name, *(repr(v).replace(".", ",") for v in (*E, *S))]) for E, S in rows]
    (tmp_path / "all.csv").write_text("\n".join(lines))
    choice = mt.ImportChoice(
        strain=("E11", "E22", "G12"),
        stress=("S11", "S22", "S12"),
        components=("11", "22", "12"),
        shear="engineering",
        stress_unit="GPa",
        stress_factor=1e-3,
        path="load case",
        test=("*run-3",),
    )
    mt.import_data([tmp_path / "all.csv"], tmp_path / "data.h5", choice)
    read = mt.read_dataset(tmp_path / "data.h5")
    assert read.training.unknown == ("energy", "dissipation")
    np.testing.assert_array_equal(np.unique(read.test.path), [3])
    np.testing.assert_allclose(read.test.stress_next, 1e-3 * paths[3].stress[1:], atol=1e-15)


def test_arrays_of_hdf5_by_their_paths(paths: list[mt.AveragedPath], dataset: mt.Dataset, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "all.h5", "w") as file:
        for number, path in enumerate(paths):
            group = file.create_group(f"runs/{number:02}")
            tensors = np.zeros((2, len(path), 2, 2))
            for place, (values, shear) in enumerate(((path.strain, 0.5), (path.stress, 1.0))):
                tensors[place, :, 0, 0], tensors[place, :, 1, 1] = values[:, 0], values[:, 1]
                tensors[place, :, 0, 1] = tensors[place, :, 1, 0] = shear * values[:, 2]
            group["mean/strain"], group["mean/stress"] = tensors
            group["mean/stress"].attrs["unit"] = "MPa"
            group["clock"] = np.arange(len(path), dtype=float)
            group["psi"] = 2.0 * path.energy
            group["lost"] = 2.0 * np.diff(path.dissipation, prepend=0.0)
            group["inelastic"] = path.coordinates["plastic"]
    choice = mt.ImportChoice(
        strain=("mean/strain",),
        stress=("mean/stress",),
        shear="tensor",
        stress_unit="MPa",
        time="clock",
        time_unit="s",
        energy="psi",
        dissipation="lost",
        dissipation_is="increment",
        energy_factor=0.5,
        path="runs/*",
        coordinates=("plastic=inelastic",),
        units=("plastic=1",),
    )
    mt.import_data([tmp_path / "all.h5"], tmp_path / "data.h5", choice)
    read = mt.read_dataset(tmp_path / "data.h5")
    same(read, dataset)
    np.testing.assert_array_equal(read.training.coordinates_next, dataset.training.coordinates_next)
    for wrong, sentence in (
        ({"stress": ("mean/sress",)}, r"has no array 'mean/sress'.*did you mean 'mean/stress'"),
        ({"path": "rums/*"}, r"no group like 'rums/\*': did you mean 'runs/0"),
        ({"stress_unit": "Pa"}, "is in MPa, but import.stress_unit says Pa"),
        ({"strain": ("clock",)}, "has 4 components, but 1 are named"),
        ({"units": ()}, r"unit of plastic: import.units, as in plastic=1"),
    ):
        with pytest.raises((DataFileError, ConfigurationError), match=sentence):
            mt.import_data([tmp_path / "all.h5"], tmp_path / "other.h5", replace(choice, **wrong))
        assert not (tmp_path / "other.h5").exists()


def test_results_of_damask(tmp_path: Path) -> None:
    """Two phases on a grid, in the layout of DADF5: averages, times and a field in the order of the cells."""
    rng, files, exact = np.random.default_rng(0), [], []
    phase = np.array([0, 1, 1, 0, 1, 0])
    for run in range(3):
        gradient = np.concatenate([np.zeros((1, 6, 3, 3)), 0.001 * rng.standard_normal((4, 6, 3, 3)).cumsum(0)])
        stress = np.concatenate([np.zeros((1, 6, 3, 3)), 1e6 * rng.standard_normal((4, 6, 3, 3))])
        write_damask(tmp_path / f"{run}.hdf5", np.arange(5.0) * 0.5, gradient, stress, phase)
        files.append(tmp_path / f"{run}.hdf5")
        exact.append((gradient.mean(1), stress.mean(1), gradient))
    choice = mt.ImportChoice(
        stress_factor=1e-6, stress_unit="MPa", coordinates=("deformation=F",), units=("deformation=1",)
    )
    mt.import_data(files, tmp_path / "data.h5", choice)
    read = mt.read_dataset(tmp_path / "data.h5")
    for name in ("training", "validation", "test"):
        rows = getattr(read, name)
        gradient, stress, field = exact[rows.path[0]]
        np.testing.assert_allclose(rows.strain + rows.strain_increment, _voigt(gradient, 2.0)[1:], atol=1e-15)
        np.testing.assert_allclose(rows.stress_next, 1e-6 * _voigt(stress, 1.0)[1:], atol=1e-12)
        np.testing.assert_allclose(rows.coordinates_next, (field + np.eye(3)).reshape(5, -1)[1:], atol=1e-15)
        np.testing.assert_allclose(rows.dt, 0.5)
    assert (read.units["time"], read.units["stress"]) == ("s", "MPa")
    with pytest.raises(DataFileError, match=r"no field 'F_q' of the phase .*did you mean 'F"):
        mt.import_data(files, tmp_path / "other.h5", replace(choice, coordinates=("deformation=F_q",)))


def _voigt(tensor: np.ndarray, shear: float) -> np.ndarray:
    whole = 0.5 * (tensor + tensor.transpose(0, 2, 1))
    factor = [1, 1, 1, shear, shear, shear]
    return np.stack([whole[:, i, j] for i, j in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))], 1) * factor


@pytest.mark.parametrize(
    ("order", "shear", "values", "expected"),
    [
        (("abaqus",), "engineering", [[1, 2, 3, 4, 5, 6]], [[1, 2, 3, 6, 5, 4]]),
        (("vtk",), "tensor", [[1, 2, 3, 4, 5, 6]], [[1, 2, 3, 10, 12, 8]]),
        (("abaqus",), "engineering", [[1, 2, 0, 4]], [[1, 2, 4]]),
        (("22", "12", "11"), "tensor", [[1, 2, 3]], [[3, 1, 4]]),
        (("tensor",), "", [[1, 2, 3, 2, 4, 5, 3, 5, 6]], [[1, 4, 6, 10, 6, 4]]),
        (("microtann",), "mandel", [[1, 2, 2]], [[1, 2, 2 * np.sqrt(2)]]),
        (("n", "t"), "", [[1, 2]], [[1, 2]]),
    ],
)
def test_orders_of_components(order: tuple[str, ...], shear: str, values: list, expected: list) -> None:
    np.testing.assert_allclose(ComponentOrder(order, shear).converted(np.array(values), "strain"), expected)


@pytest.mark.parametrize(
    ("order", "shear", "values", "sentence"),
    [
        (("abaqus",), "engineering", [[1, 2]], "has 2 components, but the order 'abaqus' has 1 or 3 or 4 or 6"),
        (("11", "22"), "engineering", [[1, 2, 3]], "has 3 components, but 2 are named"),
        (("11", "22", "22"), "engineering", [[1, 2, 3]], "component 22 is named twice"),
        (("11", "22", "12"), "", [[1, 2, 3]], "say what the shear components of the strain are"),
        (("tensor",), "", [[1, 2, 3, 4]], "the strain is not symmetric"),
    ],
)
def test_orders_that_are_none(order: tuple[str, ...], shear: str, values: list, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        ComponentOrder(order, shear).converted(np.array(values, dtype=float), "strain")


@pytest.mark.parametrize(
    ("change", "choice", "sentence"),
    [
        (lambda lines: [], {}, r"run-1.csv is empty"),
        (lambda lines: lines[:1], {}, "has a header, but no state"),
        (lambda lines: [*lines[:3], "", *lines[3:]], {}, "line 4 is empty: the path has a gap"),
        (lambda lines: [*lines[:3], lines[3].replace("0.", "nan", 1), *lines[4:]], {}, r"line 4: .* not a number"),
        (lambda lines: [*lines[:3], lines[3] + ",1"], {}, "line 4 has 10 values, but the header names 9 columns"),
        (lambda lines: [*lines[:3], *lines[4:]], {}, "line 4: frame is 3 after 1, where 2 should follow"),
        (lambda lines: [*lines[:2], lines[3], lines[2]], {}, "line 3: frame is 2 after 0, where 1 should follow"),
        (
            lambda lines: lines,
            {"stress": ("S11", "S2", "S12")},
            r"line 1: there is no column 'S2': did you mean 'S22'",
        ),
        (lambda lines: lines, {"stress": ("S11", "S22")}, "2 components, but 3 are named|order"),
        (lambda lines: lines, {"stress_unit": "GPa"}, "S11 is in MPa, but import.stress_unit says GPa"),
        (lambda lines: [lines[0].replace("S22 [MPa]", "S22 [Pa]"), *lines[1:]], {}, "S11 is in MPa and S22 in Pa"),
        (lambda lines: lines, {"shear": ""}, "say what the shear components of the strain of run-0.csv are"),
        (lambda lines: lines, {"dissipation_is": ""}, "say what the dissipation of a state is"),
        (lambda lines: [line.replace("S11", "E11") for line in lines], {}, "the column 'E11' is given twice"),
        (lambda lines: lines, {"test": ("cyclic*",)}, r"no path has a name like 'cyclic\*' for the test set"),
        (lambda lines: lines, {"increment": "", "time": "frame", "time_unit": ""}, "say the unit of the time"),
    ],
)
def test_tables_that_cannot_be_used(paths, tmp_path: Path, change, choice: dict, sentence: str) -> None:
    files = write_tables(tmp_path, paths[:3], HEADER)
    files[1].write_text("\n".join(change(files[1].read_text().splitlines())))
    with pytest.raises((DataFileError, ConfigurationError, InputError), match=sentence) as caught:
        mt.import_data(files, tmp_path / "data.h5", replace(TABLE, **choice))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "data.h5").exists()


def test_arrays_that_are_no_path() -> None:
    strain, stress = np.ones((3, 3)).cumsum(0), np.ones((3, 3))
    for arguments, sentence in (
        ({"stress": stress[:2]}, "stress has shape"),
        ({"time": np.array([1.0, 1.0, 2.0])}, "time is 1 after 1, in state 2"),
        ({"energy": np.ones(2)}, "energy has shape"),
        ({"strain": strain * np.nan}, "strain is nan in state 0"),
        ({"strain": strain - 1.0}, "begins with the stress"),
        ({"strain": 0 * strain[:1], "stress": 0 * stress[:1]}, "the virgin state alone"),
    ):
        with pytest.raises(InputError, match=sentence):
            mt.AveragedPath(**({"strain": strain, "stress": stress} | arguments))
    path = mt.AveragedPath(strain, stress)
    assert len(path) == 4
    with pytest.raises(InputError, match="unit of stress is missing"):
        mt.dataset_of_paths([path] * 3, {})
    with pytest.raises(InputError, match="1 path is too few"):
        mt.dataset_of_paths([path], {"stress": "1"})
    with pytest.raises(InputError, match="has a energy, unlike the paths before"):
        mt.dataset_of_paths([path, replace(path, energy=np.ones(4))], {"stress": "1"})


def test_paths_are_spread_over_the_sets() -> None:
    names = [f"{number}" for number in range(40)]
    sets = Split().of(names)
    assert [sets.count(name) for name in ("training", "validation", "test")] == [28, 6, 6]
    apart = np.flatnonzero(np.array(sets) == "test")
    assert np.diff(apart).min() >= 3
    assert Split().of(["a", "b"]).count("validation") == 1


def test_the_command_imports_and_says_what_is_missing(paths, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = [str(file) for file in write_tables(tmp_path, paths[:4], HEADER, shear=0.5)]
    (tmp_path / "import.toml").write_text(
        '[import]\nstrain = ["E11", "E22", "E12"]\nstress = ["S11", "S22", "S12"]\nincrement = "frame"\n'
    )
    command = ["data", "import", *files, "-c", "import.toml", "-o", "data"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "say what the shear components" in result.stderr
    result = CliRunner().invoke(app, [*command, "--set", "import.shear=tensor"])
    assert result.exit_code == 0, result.output + result.stderr
    assert "Increments" in result.output
    assert mt.check_file("data/data.h5")
    assert mt.read_dataset("data/data.h5").training.unknown == ("energy", "dissipation")
