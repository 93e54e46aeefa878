"""Data from real worker processes: any number of them, one killed, all killed, or the run interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.data.file import read_dataset
from microtann.data.increments import Dataset
from microtann.data.shards import generate_to
from microtann.data.walks import WalkPlan

pytestmark = pytest.mark.verify

OPTIONS = ["--cell", "square", "--units", "6", "--perturbation", "0.2", "--paths", "1000", "--seed", "3"]
"""Sixteen shards of some tenths of a second."""
MORTAL = """
from microtann.cli.main import run
from microtann.data import shards
import mortal_shard

if __name__ == "__main__":
    shards.make_shard = mortal_shard.make
    run()
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("alone") / "data.h5"
    lattice = mt.Lattice(mt.square_cell((6, 6), perturbation=0.2), mt.ElastoplasticBar())
    generate_to(path, lattice, WalkPlan(paths=1000, seed=3))
    return read_dataset(path)


def assert_same_bits(folder: Path, alone: Dataset) -> None:
    data = read_dataset(folder / "data.h5")
    for name in ("training", "validation", "test"):
        for field, value in vars(getattr(alone, name)).items():
            np.testing.assert_array_equal(getattr(getattr(data, name), field), value, err_msg=f"{name} {field}")


@contextmanager
def started(command: list[str], **options: object) -> Iterator[subprocess.Popen[str]]:
    """Run a program for a while; kill it at the end if it is still there."""
    process = subprocess.Popen([sys.executable, *command], text=True, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_shards(folder: Path, count: int) -> None:
    end = time.monotonic() + 180
    while len(list(folder.rglob("walks-*.h5"))) < count:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Path]:
    pytest.importorskip("distributed")
    file = tmp_path / "scheduler.json"
    command = [
        "-m",
        "distributed.cli.dask_scheduler",
        "--port",
        "0",
        "--no-dashboard",
        "--scheduler-file",
        str(file),
    ]
    with started(command, stderr=subprocess.DEVNULL):
        end = time.monotonic() + 60
        while not file.exists() or not file.read_text().endswith("}"):
            assert time.monotonic() < end
            time.sleep(0.05)
        yield file


@pytest.mark.parametrize("count", [1, 2, 4])
def test_dask_workers_give_the_same_bits_after_one_was_killed(
    tmp_path: Path, scheduler: Path, alone: Dataset, count: int
) -> None:
    address = json.loads(scheduler.read_text())["address"]
    worker = ["-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    run = ["-m", "microtann", "data", *OPTIONS, "-o", str(tmp_path / "run"), "--engine", "dask"]
    with ExitStack() as stack:
        workers = [stack.enter_context(started(worker, stderr=subprocess.DEVNULL)) for _ in range(count)]
        run += ["--scheduler", address]
        process = stack.enter_context(started(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        wait_for_shards(tmp_path, 2)
        workers[0].kill()
        if count == 1:
            stack.enter_context(started(worker, stderr=subprocess.DEVNULL))
        _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert_same_bits(tmp_path / "run", alone)


@pytest.mark.parametrize("engine", ["processes", "dask"])
def test_a_run_with_workers_that_is_interrupted_goes_on(tmp_path: Path, alone: Dataset, engine: str) -> None:
    if engine == "dask":
        pytest.importorskip("distributed")
    run = [
        "-m",
        "microtann",
        "data",
        *OPTIONS,
        "-o",
        str(tmp_path / "run"),
        "--engine",
        engine,
        "--processes",
        "2",
    ]
    with started(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for_shards(tmp_path, 2)
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("walks-*.h5")}
    assert 2 <= len(kept) < 16
    with started(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for_shards(tmp_path, len(kept) + 1)
        assert all(file.stat().st_mtime_ns == before for file, before in kept.items())
        _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert_same_bits(tmp_path / "run", alone)


@pytest.mark.parametrize("engine", ["processes", "dask"])
def test_a_shard_that_ends_every_worker_is_named(tmp_path: Path, engine: str) -> None:
    if engine == "dask":
        pytest.importorskip("distributed")
    (tmp_path / "program.py").write_text(MORTAL)
    helper = Path(__file__).parents[1] / "unit" / "data"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(helper), *sys.path]),
        "MORTAL_SHARD_FOLDER": str(tmp_path),
        "MORTAL_SHARD_TIMES": "99",
    }
    run = [str(tmp_path / "program.py"), "data", *OPTIONS, "-o", str(tmp_path / "run"), "--engine", engine]
    with started([*run, "--processes", "2"], stderr=subprocess.PIPE, env=environment) as process:
        _, said = process.communicate(timeout=300)
    assert process.returncode == 2
    if engine == "dask":  # which gives a worker a second task to wait, and takes that for a cause as well
        assert "or one that waited on the same workers, ended the 4 workers that had it" in said
    else:
        assert "microtann: the shard of walks 64 to 127 ended its worker process" in said
    assert "finished shards are kept" in said
    assert "Traceback" not in said
    assert list(tmp_path.rglob("walks-*.h5"))
