import subprocess
import sys
import textwrap
from dataclasses import replace

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from same_data import assert_same

import microtann as mt
from microtann.data.file import read_dataset, write_dataset
from microtann.data.increments import Dataset, Increments
from microtann.errors import DataFileError, StorageError

FILES = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def written(lattice_data, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.h5"
    write_dataset(path, lattice_data)
    return path.read_bytes()


def random_increments(rng, paths, v, e, c):
    n = len(paths)
    return Increments(
        path=np.asarray(paths, dtype=np.int64),
        step=rng.integers(0, 9, n),
        dt=rng.uniform(0.1, 1.0, n),
        **{
            name: rng.standard_normal(shape)
            for name, shape in {
                "strain": (n, v),
                "strain_increment": (n, v),
                "extra": (n, e),
                "extra_increment": (n, e),
                "stress": (n, v),
                "stress_next": (n, v),
                "energy": (n,),
                "energy_next": (n,),
                "dissipation": (n,),
                "coordinates": (n, c),
                "coordinates_next": (n, c),
            }.items()
        },
    )


def test_a_lattice_s_data_come_back_bit_for_bit(lattice_data, tmp_path):
    write_dataset(tmp_path / "data.h5", lattice_data)
    assert_same(read_dataset(tmp_path / "data.h5"), lattice_data)
    assert [file.name for file in tmp_path.iterdir()] == ["data.h5"]


@FILES
@given(
    v=st.integers(1, 9),
    extra=st.lists(st.sampled_from(["temperature", "moisture", "damage"]), unique=True),
    shapes=st.dictionaries(
        st.sampled_from(["displacement", "slip", "θ"]), st.lists(st.integers(1, 3), max_size=3).map(tuple)
    ),
    counts=st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(0, 9)),
    seed=st.integers(0, 9),
)
def test_any_number_of_components_variables_and_coordinates_comes_back(tmp_path, v, extra, shapes, counts, seed):
    rng = np.random.default_rng(seed)
    width = sum(int(np.prod(shape)) for shape in shapes.values())
    sets = [random_increments(rng, [i] * count, v, len(extra), width) for i, count in enumerate(counts)]
    quantities = ("strain", "stress", "energy", "dissipation", "time", *extra, *shapes)
    dataset = Dataset(
        *sets,
        coordinate_shapes=shapes,
        extra_names=tuple(extra),
        units={name: f"unit of {name}" for name in quantities},
        provenance={"simulator": "numpy ½"},
    )
    write_dataset(tmp_path / "data.h5", dataset)
    assert_same(read_dataset(tmp_path / "data.h5"), dataset)


def test_bars_with_properties_of_their_own_come_back(lattice_data, tmp_path):
    bars = len(lattice_data.microstructure.cell.bars)
    bar = mt.ElastoplasticBar(young=np.linspace(1.0, 2.0, bars), yield_stress=0.5, hardening=0.0)
    lattice = mt.Lattice(lattice_data.microstructure.cell, bar)
    write_dataset(tmp_path / "data.h5", replace(lattice_data, microstructure=lattice))
    assert read_dataset(tmp_path / "data.h5").microstructure.bar == bar


def test_the_header_says_order_shear_and_units(written, tmp_path):
    path = tmp_path / "data.h5"
    path.write_bytes(written)
    with h5py.File(path) as file:
        assert list(file.attrs["voigt_order"]) == [b"11", b"22", b"12"]
        assert file.attrs["shear"] == b"engineering"
        assert file.attrs["schema"] == b"microtann-increments"
        assert file.attrs["schema_version"] == 1
        assert set(file["units"].attrs) == {
            "strain",
            "stress",
            "energy",
            "dissipation",
            "time",
            "displacement",
            "force",
        }
        assert file["training/coordinates/displacement"].shape[1:] == (9, 2)
        assert len(file["training/stress"].attrs["sha256"]) == 64


def rename(file, name):
    file.move(name, name + "_away")


def put(file, name, row, value):
    file[name][row] = value
    del file[name].attrs["sha256"]


def reshape(file, name, shape):
    del file[name]
    file[name] = np.zeros(shape)


def set_attribute(file, name, value):
    file.attrs[name] = value


DAMAGES = {
    "field": (lambda f: rename(f, "validation/stress_next"), "the field validation/stress_next is missing"),
    "coordinates": (lambda f: rename(f, "test/coordinates/force"), "the field test/coordinates/force is missing"),
    "group": (lambda f: rename(f, "training"), "the group training is missing"),
    "units": (lambda f: rename(f, "units"), "the group units is missing"),
    "unit": (lambda f: f["units"].attrs.pop("energy"), "the unit of energy is missing"),
    "empty unit": (lambda f: f["units"].attrs.modify("stress", " "), "the unit of stress is missing"),
    "schema": (
        lambda f: set_attribute(f, "schema", "other"),
        "the attribute schema is 'other', not",
    ),
    "no schema": (lambda f: f.attrs.pop("schema"), "no file of increments"),
    "version": (lambda f: set_attribute(f, "schema_version", 2), "schema_version is 2, but this microtann reads"),
    "order": (
        lambda f: set_attribute(f, "voigt_order", ["11", "12", "22"]),
        "the components must be in the order 11,22,12",
    ),
    "shear": (lambda f: set_attribute(f, "shear", "tensor"), "the attribute shear is 'tensor'"),
    "shape": (
        lambda f: reshape(f, "test/strain", (12, 6)),
        r"strain must have shape \(n, 3\), got \(12, 6\)",
    ),
    "rows": (lambda f: reshape(f, "test/energy", (5,)), "test/energy has 5 rows, but the fields before it have"),
    "kind": (lambda f: reshape(f, "test/path", (24,)), "test/path holds float64, not whole numbers"),
    "nan": (
        lambda f: put(f, "test/stress", (3, 2), np.nan),
        r"test/stress is nan in row 3, component 2 \(1 such rows\)",
    ),
    "infinite coordinate": (
        lambda f: put(f, "training/coordinates/displacement", (4, 5, 1), np.inf),
        "training/coordinates/displacement is inf in row 4, component 5, 1",
    ),
    "dt": (lambda f: put(f, "training/dt", 2, 0.0), "training/dt is 0 in row 2: time increments must be positive"),
    "split": (
        lambda f: put(f, "test/path", slice(None), f["training/path"][0]),
        "is in the training and in the test set",
    ),
    "tampered": (
        lambda f: f["training/energy"].write_direct(np.array([7.0]), dest_sel=np.s_[5:6]),
        "training/energy does not match its checksum",
    ),
    "cell": (lambda f: rename(f, "cell/areas"), "the field cell/areas is missing"),
    "bar": (lambda f: put(f, "bar/young", (), -1.0), "holds a lattice that cannot be used: bar young"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_one_sentence(written, tmp_path, name):
    damage, message = DAMAGES[name]
    path = tmp_path / "data.h5"
    path.write_bytes(written)
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(DataFileError, match=message) as raised:
        read_dataset(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_ours_is_refused(tmp_path):
    with pytest.raises(DataFileError, match="is not a file"):
        read_dataset(tmp_path / "none.h5")
    with pytest.raises(DataFileError, match="is not a file"):
        read_dataset(tmp_path)
    (tmp_path / "text.h5").write_text("strain,stress\n")
    with pytest.raises(DataFileError, match="is not an HDF5 file"):
        read_dataset(tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1.0
    with pytest.raises(DataFileError, match="no file of increments"):
        read_dataset(tmp_path / "other.h5")


@FILES
@given(share=st.floats(0.0, 1.0, exclude_max=True))
def test_a_file_cut_short_anywhere_is_refused(written, tmp_path, share):
    path = tmp_path / "data.h5"
    path.write_bytes(written[: int(share * len(written))])
    with pytest.raises(DataFileError):
        read_dataset(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.0, 1.0, exclude_max=True), bits=st.integers(1, 255))
def test_a_changed_byte_is_noticed_or_without_effect(written, lattice_data, tmp_path, share, bits):
    content = bytearray(written)
    content[int(share * len(content))] ^= bits
    path = tmp_path / "data.h5"
    path.write_bytes(content)
    try:
        found = read_dataset(path)
    except DataFileError:
        return
    assert_same(found, lattice_data)


@pytest.mark.parametrize("name", ["strain", "energy", "coordinates_next"])
def test_values_that_are_not_finite_are_not_written(lattice_data, tmp_path, name):
    values = getattr(lattice_data.training, name).copy()
    values[3] = np.nan
    bad = replace(lattice_data, training=replace(lattice_data.training, **{name: values}))
    with pytest.raises(DataFileError, match=f"was not written: training/{name}.* is nan in row 3"):
        write_dataset(tmp_path / "data.h5", bad)
    assert list(tmp_path.iterdir()) == []


def test_a_path_in_two_sets_is_not_written(lattice_data, tmp_path):
    with pytest.raises(DataFileError, match="in the training and in the test set"):
        write_dataset(tmp_path / "data.h5", replace(lattice_data, test=lattice_data.training))
    with pytest.raises(DataFileError, match="the unit of force is missing"):
        write_dataset(tmp_path / "data.h5", replace(lattice_data, units={**lattice_data.units, "force": ""}))


def test_a_failed_write_leaves_the_old_file_and_nothing_else(lattice_data, tmp_path, monkeypatch):
    path = tmp_path / "data.h5"
    write_dataset(path, lattice_data)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("microtann.system.hdf5.os.fsync", full)
    with pytest.raises(StorageError, match=r"data.h5 could not be written: No space left on device") as raised:
        write_dataset(path, lattice_data)
    assert raised.value.errno == 28
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["data.h5"]
    with pytest.raises(StorageError, match="No such file"):
        write_dataset(tmp_path / "nowhere" / "data.h5", lattice_data)


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_a_write_that_really_fails_in_the_middle_leaves_nothing(tmp_path):
    program = """
        import resource, signal, sys
        import microtann as mt
        from microtann.data.file import write_dataset
        from microtann.data.generate import generate
        from microtann.data.walks import WalkPlan
        from microtann.errors import StorageError
        data = generate(mt.Lattice(mt.square_cell()), WalkPlan(paths=10, steps=40))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        for kilobytes in (1, 20, 60):
            resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes << 10, hard))
            try:
                write_dataset(sys.argv[1], data)
            except StorageError as error:
                print(error)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "data.h5")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.count("data.h5 could not be written: File too large") == 3
    assert result.stderr == ""
    assert list(tmp_path.iterdir()) == []
