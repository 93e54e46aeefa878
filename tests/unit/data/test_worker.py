"""Workers of data generation end with their parent, however it ends, and are replaced where they are lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from pathlib import Path
from typing import ClassVar

import pytest

from microtann.data import engines
from microtann.data.dask_workers import DaskWorkers
from microtann.data.engines import run_tasks
from microtann.data.local_workers import LocalWorkers
from microtann.errors import MicrotannError

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


def test_a_task_that_ends_its_worker_even_alone_is_named(caplog: pytest.LogCaptureFixture) -> None:
    theirs, ours = multiprocessing.Pipe(duplex=False)
    workers = LocalWorkers(2, theirs)
    suspects = ["the shard of walks 0 to 63", "the shard of walks 64 to 127"]
    with pytest.raises(MicrotannError, match="could begin: started from a script without `if __name__"):
        workers.replace(BrokenProcessPool(), suspects)
    workers._begun.set()
    for _ in range(2):
        assert not workers.alone
        workers.replace(BrokenProcessPool(), suspects)
    assert "walks 0 to 63, the shard of walks 64 to 127 are done again" in caplog.text
    assert workers.alone
    with pytest.raises(
        MicrotannError, match=r"^the shard of walks 64 to 127 ended its worker process 3 times, .*kept"
    ):
        workers.replace(BrokenProcessPool(), suspects[1:])
    workers.ended()
    assert not workers.alone
    workers.close()
    theirs.close()
    ours.close()


class Cluster:
    """What `DaskWorkers` asks of a client."""

    workers: ClassVar[dict[str, int]] = {}
    answers = True

    def get_executor(self, pure: bool) -> None:
        assert not pure

    def ncores(self) -> dict[str, int]:
        if not self.answers:
            raise OSError("Timed out")
        return self.workers


def test_what_dask_gives_up_is_one_sentence(caplog: pytest.LogCaptureFixture) -> None:
    scheduler = pytest.importorskip("distributed.scheduler")
    cluster = Cluster()
    workers = DaskWorkers(cluster, "the dask scheduler at tcp://there:1")
    killed = scheduler.KilledWorker("key", None, 3)
    named = "the shard of walks 0 to 63, or one that waited on the same workers, ended the 4 workers that had it, "
    with pytest.raises(MicrotannError, match=f"^{named}.*kept"):
        workers.replace(killed, ["the shard of walks 0 to 63", "the shard of walks 64 to 127"])
    for _ in range(2):
        workers.idle()
    assert caplog.text.count("tcp://there:1 has no worker: waiting for one; Ctrl-C stops, and finished") == 1
    assert workers.at_once == 1
    cluster.workers = {"a": 1, "b": 2}
    workers.ended()
    workers.idle()
    assert caplog.text.count("has no worker") == 1
    assert workers.at_once == 3
    cluster.answers = False
    for failing in (
        lambda: workers.at_once,
        lambda: workers.replace(CancelledError(), ["the shard of walks 0 to 63"]),
    ):
        with pytest.raises(MicrotannError, match=r"^the dask scheduler at tcp://there:1 was lost, .*kept"):
            failing()


def test_tasks_of_lost_workers_are_done_again_and_each_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are threads here lose every task once, some of them while they are given."""

    class Forgetful:
        lost, at_once, alone = BrokenProcessPool, 2, False
        seen: ClassVar[set[tuple[int, str]]] = set()
        replaced = 0

        def submit(self, function: Callable[..., int], task: tuple[int]) -> Future[int]:
            future: Future[int] = Future()
            if (*task, "given") not in self.seen and task[0] % 3 == 0:
                self.seen.add((*task, "given"))
                raise BrokenProcessPool
            if (*task, "done") not in self.seen:
                self.seen.add((*task, "done"))
                future.set_exception(BrokenProcessPool())
            else:
                future.set_result(function(*task))
            return future

        def ended(self) -> None: ...

        def idle(self) -> None: ...

        def replace(self, error: BaseException, suspects: Sequence[str]) -> None:
            assert suspects
            self.replaced += 1

    workers = Forgetful()
    monkeypatch.setattr(engines, "local_workers", lambda processes: nullcontext(workers))
    given = list(run_tasks(lambda n: 10 * n, ((n,) for n in range(9)), processes=2))
    assert sorted(given) == [((n,), 10 * n) for n in range(9)]
    assert workers.replaced >= 3
