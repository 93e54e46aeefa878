"""Workers of data generation end with their parent, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import sys
from microtann.data.engines import run_tasks
from slow_task import nap

if __name__ == "__main__":
    tasks = [("short",), ("long",), ("long",), ("long",)]
    for task, pid in run_tasks(nap, tasks, processes=2, engine=sys.argv[1]):
        print(pid, flush=True)
"""
SLOW_TASK = """
import os
import time

def nap(length):
    if length == "short":
        return os.getpid()
    print("long", os.getpid(), file=open(f"asleep-{os.getpid()}", "w"))
    time.sleep(120)
"""


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: object, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("engine", ["processes", "dask"])
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path, engine: str, blow: signal.Signals) -> None:
    if engine == "dask":
        pytest.importorskip("distributed")
    (tmp_path / "slow_task.py").write_text(SLOW_TASK)
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    command = [sys.executable, "program.py", engine]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        busy = (
            2 if engine == "processes" else 1
        )  # dask gives all tasks to a worker that is there before the others
        assert wait_for(lambda: len(list(tmp_path.glob("asleep-*"))) >= busy)
        workers = [int(file.name.partition("-")[2]) for file in tmp_path.glob("asleep-*")]
        assert all(alive(pid) for pid in workers)
        os.kill(parent.pid, blow)
        parent.wait(timeout=60)
    assert wait_for(lambda: not any(alive(pid) for pid in workers), 30)
