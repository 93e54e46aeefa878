"""Where shards are made: in this process, in others on this machine, or on a dask cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Protocol, TypeVar, runtime_checkable

from microtann.data.dask_workers import dask_workers, import_distributed
from microtann.data.local_workers import local_workers
from microtann.errors import InputError
from microtann.system.memory import require_memory

ShardTask = tuple[Any, ...]
TaskResult = TypeVar("TaskResult")
WORKER_BYTES = 250e6
"""Memory of a worker that has loaded everything and solves nothing yet."""
TASKS_PER_WORKER = 2
"""Tasks in flight for every worker: enough to keep it busy, few enough to keep memory flat."""
PATIENCE = 10.0
"""Seconds without any result after which it is looked whether there is a worker at all."""


@runtime_checkable
class TaskForce(Protocol):
    """Who does tasks, and what is done where one of them is lost.

    Parameters
    ----------
    lost : exception classes
        Of the results of tasks whose worker was lost for good.
    """

    lost: Any

    @property
    def at_once(self) -> int:
        """Tasks that are worked on at a time."""
        ...

    @property
    def alone(self) -> bool:
        """Whether a task must be the only one in flight."""
        ...

    def submit(self, function: Callable[..., Any], task: ShardTask) -> Future[Any]:
        """Begin a task."""
        ...

    def ended(self) -> None:
        """Hear that a task ended well."""
        ...

    def idle(self) -> None:
        """Hear that no task has ended for a while."""
        ...

    def replace(self, error: BaseException, suspects: Sequence[str]) -> None:
        """Get other workers, or raise an error that names the first of some tasks in flight."""
        ...


def run_tasks(
    function: Callable[..., TaskResult],
    tasks: Iterable[ShardTask],
    *,
    processes: int = 1,
    engine: str = "processes",
    address: str | None = None,
    name: Callable[[ShardTask], str] = str,
) -> Generator[tuple[ShardTask, TaskResult], None, None]:
    """Yield every task with its result, in the order in which they end; those of lost workers are done again.

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
    name : callable, optional
        Returns a task in words, for messages.

    Raises
    ------
    InputError
        If the engine is unknown or the number of processes is not positive.
    MissingExtraError
        If dask is asked for and not installed.
    MicrotannError
        If a task ends every worker that tries it, or no worker can begin.
    """
    check_engine(processes, engine, address)
    if engine == "processes" and processes == 1:
        for task in tasks:
            yield task, function(*task)
        return
    with dask_workers(processes, address) if engine == "dask" else local_workers(processes) as workers:
        yield from _in_flight(workers, function, tasks, name)


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
        import_distributed()


def _in_flight(
    workers: TaskForce,
    function: Callable[..., TaskResult],
    tasks: Iterable[ShardTask],
    name: Callable[[ShardTask], str],
) -> Generator[tuple[ShardTask, TaskResult], None, None]:
    remaining, again = iter(tasks), deque[ShardTask]()
    flying: dict[Future[TaskResult], ShardTask] = {}
    while True:
        failure: BaseException | None = None
        suspects: list[ShardTask] = []
        most = 1 if workers.alone else TASKS_PER_WORKER * workers.at_once
        while len(flying) < most and failure is None:
            task = again.popleft() if again else next(remaining, None)
            if task is None:
                break
            try:
                flying[workers.submit(function, task)] = task
            except workers.lost as error:
                failure = error
                suspects.append(task)
        if not flying and failure is None:
            return
        done, _ = wait(flying, timeout=PATIENCE, return_when=FIRST_COMPLETED)
        for future in done:
            try:
                result = future.result()
            except workers.lost as error:
                failure = error
                suspects.append(flying[future])
                continue
            workers.ended()
            yield flying.pop(future), result
        if failure is not None:
            suspects += [task for task in flying.values() if not any(task is known for known in suspects)]
            again.extend(suspects)
            flying.clear()
            workers.replace(failure, [name(task) for task in suspects])
        elif not done:
            workers.idle()
