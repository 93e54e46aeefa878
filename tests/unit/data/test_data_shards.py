import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time

import h5py
import mortal_shard
import numpy as np
import pytest
from same_data import assert_same

import microtann as mt
from microtann.data import shards
from microtann.data.file import read_dataset
from microtann.data.generate import generate
from microtann.data.shards import generate_to
from microtann.data.walks import WalkPlan
from microtann.errors import CellError, DataFileError, InputError, MissingExtraError, StorageError

CELL = mt.square_cell(units=(2, 2), perturbation=0.2)
BAR = mt.ElastoplasticBar()
PLAN = WalkPlan(paths=150, steps=6, restart=0.05, seed=4)  # three blocks

PROGRAM = """
import sys
import microtann as mt
from microtann.data.shards import generate_to
from microtann.data.walks import WalkPlan

if __name__ == "__main__":
    cell = mt.square_cell(units=(2, 2), perturbation=0.2)
    plan = WalkPlan(paths=3000, steps=20, restart=0.05, seed=4)
    generate_to(sys.argv[1], mt.Lattice(cell), plan, shard_paths=64)
"""


@pytest.fixture(scope="module")
def expected():
    return generate(mt.Lattice(CELL, BAR), PLAN)


def folder_of(path):
    return path.with_name(path.name + ".shards")


class StopHere(Exception):  # noqa: N818
    """What a test raises in the middle of a run."""


def stop_after(count):
    def progress(done, total):
        if done >= count:
            raise StopHere

    return progress


@pytest.mark.parametrize("shard_paths", [None, 1, 100, 1000])
def test_the_file_holds_what_generate_gives_whatever_the_size_of_shards(expected, tmp_path, shard_paths):
    told = []
    path = tmp_path / "data.h5"
    generate_to(
        path, mt.Lattice(CELL, BAR), PLAN, shard_paths=shard_paths, progress=lambda *done: told.append(done)
    )
    assert_same(read_dataset(path), expected)
    assert [file.name for file in tmp_path.iterdir()] == ["data.h5"]
    assert told[0] == (0, 900)
    assert told[-1] == (900, 900)
    assert len(told) == {None: 2, 1: 4, 100: 3, 1000: 2}[shard_paths]


def test_a_stopped_run_goes_on_and_keeps_what_is_done(expected, tmp_path, monkeypatch):
    path = tmp_path / "data.h5"
    with pytest.raises(StopHere):
        generate_to(path, mt.Lattice(CELL, BAR), PLAN, shard_paths=1, progress=stop_after(384))
    assert not path.exists()
    kept = {file.name: file.stat().st_mtime_ns for file in folder_of(path).iterdir()}
    assert set(kept) == {"manifest.json", "walks-00000000.h5"}
    made = []
    monkeypatch.setattr(
        shards, "write_shard", lambda place, image: (made.append(place.name), place.write_bytes(image))
    )
    generate_to(path, mt.Lattice(CELL, BAR), PLAN)
    assert made == ["walks-00000064.h5", "walks-00000128.h5"]
    assert_same(read_dataset(path), expected)


def test_a_run_killed_at_any_moment_ends_with_the_same_bits(tmp_path):
    path = tmp_path / "data.h5"
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    random = np.random.default_rng()  # another moment every time: the result must not depend on it
    kills, partial = 0, 0
    for _ in range(3):
        process = subprocess.Popen([sys.executable, str(program), str(path)], env=environment)
        while process.poll() is None and not any(folder_of(path).glob("walks-*.h5")):
            time.sleep(0.01)
        time.sleep(random.uniform(0.0, 0.4))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
        partial += not path.exists()
    assert kills >= 1
    assert partial >= 1
    plan = WalkPlan(paths=3000, steps=20, restart=0.05, seed=4)
    generate_to(path, mt.Lattice(CELL, BAR), plan, shard_paths=64)
    assert_same(read_dataset(path), generate(mt.Lattice(CELL, BAR), plan))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data.h5", "program.py"]


def test_leftovers_of_a_kill_while_merging_are_swept(expected, tmp_path):
    path = tmp_path / "data.h5"
    with pytest.raises(StopHere):
        generate_to(path, mt.Lattice(CELL, BAR), PLAN, shard_paths=1, progress=stop_after(900))
    (tmp_path / ".data.h5.123.partial").write_bytes(b"half a file")
    (folder_of(path) / ".walks-00000000.h5.123.partial").write_bytes(b"half a shard")
    generate_to(path, mt.Lattice(CELL, BAR), PLAN)
    assert_same(read_dataset(path), expected)
    assert [file.name for file in tmp_path.iterdir()] == ["data.h5"]


@pytest.mark.parametrize("damage", ["changed", "cut", "other walks", "empty", "no checksum"])
def test_a_damaged_shard_is_made_again(expected, tmp_path, damage):
    path = tmp_path / "data.h5"
    with pytest.raises(StopHere):
        generate_to(path, mt.Lattice(CELL, BAR), PLAN, shard_paths=1, progress=stop_after(900))
    shard = folder_of(path) / "walks-00000064.h5"
    content = shard.read_bytes()
    if damage == "changed":
        with h5py.File(shard, "r+") as file:
            file["energy"].write_direct(np.array([7.0]), dest_sel=np.s_[5:6])
    elif damage == "no checksum":
        with h5py.File(shard, "r+") as file:
            del file["energy"].attrs["sha256"]
    else:
        other = (folder_of(path) / "walks-00000000.h5").read_bytes()
        shard.write_bytes({"cut": content[: len(content) // 2], "other walks": other, "empty": b""}[damage])
    generate_to(path, mt.Lattice(CELL, BAR), PLAN)
    assert_same(read_dataset(path), expected)


@pytest.mark.parametrize("engine", ["processes", "dask"])
def test_workers_give_the_same_bits_after_one_was_killed(expected, tmp_path, monkeypatch, engine):
    if engine == "dask":
        pytest.importorskip("distributed")
    monkeypatch.setattr(shards, "make_shard", mortal_shard.make)
    monkeypatch.setenv(mortal_shard.FOLDER, str(tmp_path))
    path = tmp_path / "data.h5"
    with socket.socket() as another:  # of dask, as another generation on this machine would have it
        with contextlib.suppress(OSError):  # there may be one indeed
            another.bind(("0.0.0.0", 8787))
            another.listen()
        generate_to(path, mt.Lattice(CELL, BAR), PLAN, shard_paths=1, processes=2, engine=engine)
    assert_same(read_dataset(path), expected)
    killed, (threads,) = mortal_shard.killed(tmp_path), set(mortal_shard.threads(tmp_path))
    assert killed == 1
    assert threads == "1 of the BLAS, 1 of ours"


def test_without_dask_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r'pip install "microtann\[dask\]"'):
        generate_to(tmp_path / "data.h5", mt.Lattice(CELL, BAR), PLAN, engine="dask")
    assert not (tmp_path / "data.h5").exists()


def test_a_complete_file_is_kept_and_another_configuration_refused(tmp_path):
    path = tmp_path / "data.h5"
    generate_to(path, mt.Lattice(CELL, BAR), PLAN)
    before = path.stat().st_mtime_ns
    generate_to(path, mt.Lattice(CELL, BAR), PLAN)
    assert path.stat().st_mtime_ns == before
    for cell, bar, plan in (
        (CELL, BAR, WalkPlan(paths=150, steps=6, restart=0.05, seed=5)),
        (mt.square_cell(units=(2, 2)), BAR, PLAN),
        (CELL, mt.ElastoplasticBar(hardening=0.2), PLAN),
    ):
        with pytest.raises(DataFileError, match="exists and was made with another configuration"):
            generate_to(path, mt.Lattice(cell, bar), plan)
    with pytest.raises(DataFileError, match="exists and was made with another configuration"):
        generate_to(path, mt.Lattice(CELL, BAR), PLAN, units={"stress": "MPa"})


def test_shards_of_another_configuration_are_refused(tmp_path):
    path = tmp_path / "data.h5"
    with pytest.raises(StopHere):
        generate_to(path, mt.Lattice(CELL, BAR), PLAN, shard_paths=1, progress=stop_after(384))
    with pytest.raises(
        DataFileError, match=r'shards of another configuration or of other code of microtann \(plan .*"paths": 150'
    ):
        generate_to(path, mt.Lattice(CELL, BAR), WalkPlan(paths=20))
    manifest = folder_of(path) / "manifest.json"
    for content in ("", "{}", json.dumps({"schema": "other"}), "\x00"):
        manifest.write_text(content)
        with pytest.raises(DataFileError, match=r"is not the manifest of a run: delete the folder"):
            generate_to(path, mt.Lattice(CELL, BAR), PLAN)


def test_a_full_disk_keeps_the_finished_shards(expected, tmp_path, monkeypatch):
    path = tmp_path / "data.h5"
    real, calls = os.fsync, []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 3:  # the manifest, the first shard, the second
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"No space left on device; finished shards are kept"):
        generate_to(path, mt.Lattice(CELL, BAR), PLAN, shard_paths=1)
    assert sorted(file.name for file in folder_of(path).iterdir()) == ["manifest.json", "walks-00000000.h5"]
    generate_to(path, mt.Lattice(CELL, BAR), PLAN)
    assert_same(read_dataset(path), expected)


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_a_disk_that_fills_up_while_merging_keeps_the_shards(expected, tmp_path):
    path = tmp_path / "data.h5"
    program = textwrap.dedent("""
        import resource, signal, sys
        import microtann as mt
        from microtann.data.shards import generate_to
        from microtann.data.walks import WalkPlan
        from microtann.errors import StorageError
        cell = mt.square_cell(units=(2, 2), perturbation=0.2)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limit = 450_000  # a shard is smaller, the file is not
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        plan = WalkPlan(paths=150, steps=6, restart=0.05, seed=4)
        try:
            generate_to(sys.argv[1], mt.Lattice(cell), plan, shard_paths=1)
        except StorageError as error:
            print(error)
    """)
    result = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert "data.h5 could not be written: File too large" in result.stdout
    assert result.stderr == ""
    assert [file.name for file in tmp_path.iterdir()] == ["data.h5.shards"]
    assert len(list(folder_of(path).glob("walks-*.h5"))) == 3
    generate_to(path, mt.Lattice(CELL, BAR), PLAN)
    assert_same(read_dataset(path), expected)


def test_bad_arguments_are_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "data.h5"
    for arguments, message in (
        ({"processes": 0}, "processes must be a whole number of at least 1, got 0"),
        ({"engine": "threads"}, "engine must be 'processes' or 'dask'"),
        ({"address": "tcp://host:1"}, "an address needs the engine 'dask'"),
        ({"shard_paths": 0}, "shard_paths must be a whole number of at least 1"),
        ({"plan": WalkPlan(limit=(1.0, 1.0))}, "limit bounds 2 strain components"),
    ):
        with pytest.raises(InputError, match=message):
            generate_to(path, mt.Lattice(CELL, BAR), **arguments)
    chain = mt.UnitCell([[0, 0], [0.5, 0.2], [1, 0]], [[0, 1], [1, 2]], [1.0, 1.0], np.eye(2))
    with pytest.raises(CellError, match="mechanism"):
        generate_to(path, mt.Lattice(chain, BAR))
    assert list(tmp_path.iterdir()) == []
