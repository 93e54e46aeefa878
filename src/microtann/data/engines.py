"""Where shards are made: in this process, in others on this machine, or on a dask cluster."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from microtann.data.worker import begin_worker, interrupts_blocked
from microtann.errors import InputError, MicrotannError, MissingExtraError
from microtann.system.memory import require_memory

TaskResult = TypeVar("TaskResult")
WORKER_BYTES = 250e6
"""Memory of a worker that has loaded everything and solves nothing yet."""
TASKS_PER_WORKER = 2
"""Tasks in flight for every worker: enough to keep it busy, few enough to keep memory flat."""


def run_tasks(
    function: Callable[..., TaskResult],
    tasks: Iterable[tuple[Any, ...]],
    *,
    processes: int = 1,
    engine: str = "processes",
    address: str | None = None,
) -> Generator[tuple[tuple[Any, ...], TaskResult], None, None]:
    """Yield every task with its result, in the order in which they end.

    Parameters
    ----------
    function : callable
        Called as ``function(*task)``; it must be importable by a worker.
    tasks : iterable of tuple
    processes : int
        Number of workers; 1 with the engine "processes" computes in this process.
    engine : {"processes", "dask"}
    address : str, optional
        Scheduler of a dask cluster; by default a cluster of ``processes`` workers on this machine.

    Raises
    ------
    InputError
        If the engine is unknown or the number of processes is not positive.
    MissingExtraError
        If dask is asked for and not installed.
    MicrotannError
        If a worker ends unexpectedly.
    """
    check_engine(processes, engine, address)
    if engine == "processes" and processes == 1:
        for task in tasks:
            yield task, function(*task)
        return
    with _dask_workers(processes, address) if engine == "dask" else _process_workers(processes) as (pool, workers):
        yield from _in_flight(pool, function, tasks, TASKS_PER_WORKER * workers)


def check_engine(processes: int, engine: str, address: str | None) -> None:
    """Refuse a choice of workers that cannot be had, before anything is done.

    Parameters
    ----------
    processes : int
        Number of workers.
    engine : {"processes", "dask"}
    address : str or None
        Scheduler of a dask cluster; None for workers on this machine.

    Raises
    ------
    InputError
        If the engine is unknown, the number of processes is not positive or beyond the memory of the machine, or
        an address is given without dask.
    MissingExtraError
        If dask is asked for and not installed.
    """
    if not isinstance(processes, int) or processes < 1:
        raise InputError(f"processes must be a whole number of at least 1, got {processes!r}")
    if address is None:
        require_memory(f"{processes} processes", WORKER_BYTES * processes, "use fewer processes")
    if engine not in ("processes", "dask"):
        raise InputError(f"engine must be 'processes' or 'dask', got {engine!r}")
    if engine == "processes" and address is not None:
        raise InputError("an address needs the engine 'dask'")
    if engine == "dask":
        _import_distributed()


def _in_flight(
    pool: Executor, function: Callable[..., TaskResult], tasks: Iterable[tuple[Any, ...]], most: int
) -> Generator[tuple[tuple[Any, ...], TaskResult], None, None]:
    remaining = iter(tasks)
    flying: dict[Future[TaskResult], tuple[Any, ...]] = {}
    while True:
        for task in remaining:
            with interrupts_blocked():  # a task may start a worker
                future = pool.submit(function, *task)
            flying[future] = task
            if len(flying) >= most:
                break
        if not flying:
            return
        done, _ = wait(flying, return_when=FIRST_COMPLETED)
        for future in done:
            yield flying.pop(future), future.result()


@contextmanager
def _process_workers(processes: int) -> Iterator[tuple[Executor, int]]:
    # Spawned, because a forked copy of a process with the threads of JAX and BLAS may hang.
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=begin_worker, initargs=(theirs,))
    try:
        yield pool, processes
    except BrokenProcessPool:
        raise MicrotannError(
            "a worker process ended unexpectedly: out of memory, killed, or started from a script without "
            '`if __name__ == "__main__":`; finished shards are kept, run the same command again to continue, '
            "with fewer processes if memory is short"
        ) from None
    except BaseException:
        ours.close()  # nobody waits for the tasks in flight
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        ours.close()
        theirs.close()


@contextmanager
def _dask_workers(processes: int, address: str | None) -> Iterator[tuple[Executor, int]]:
    distributed = _import_distributed()
    if address is None:
        with interrupts_blocked():  # dask's workers end with their parent, but do not ignore Ctrl-C
            made = distributed.LocalCluster(
                n_workers=processes, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR
            )
        with made as cluster, distributed.Client(cluster) as client:
            yield _executor(client), processes
    else:
        try:
            client = distributed.Client(address)
        except (OSError, ValueError) as error:
            raise InputError(f"no dask scheduler answers at {address!r}: {error}") from None
        with client:
            yield _executor(client), max(len(client.scheduler_info()["workers"]), 1)


def _import_distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise MissingExtraError('the dask engine needs dask: pip install "microtann[dask]"') from None
    return distributed


def _executor(client: Any) -> Executor:
    pool: Executor = client.get_executor(pure=False)
    return pool
