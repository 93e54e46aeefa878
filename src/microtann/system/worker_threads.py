"""How many threads work side by side in one process: one, unless more are asked for."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from microtann.errors import InputError
from microtann.system.threads import one_blas_thread

THREADS_VARIABLE = "MICROTANN_THREADS"
"""Environment variable that names the threads where a call does not."""

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def worker_threads(asked: object = None) -> int:
    """Return the number of threads: that asked for, else that of the environment, else one.

    Parameters
    ----------
    asked : int, optional

    Raises
    ------
    InputError
        If it is no whole number of at least 1.
    """
    given: Any = os.environ.get(THREADS_VARIABLE) if asked is None else asked
    if given is None or given == "":
        return 1
    try:
        threads = int(given)
    except (TypeError, ValueError):
        threads = 0
    if threads < 1 or isinstance(given, bool | float):
        name = THREADS_VARIABLE if asked is None else "threads"
        raise InputError(f"{name} must be a whole number of at least 1, got {given!r}")
    return threads


def single_threaded() -> None:
    """Leave one thread to this process whatever the environment says, as to one of many workers."""
    os.environ[THREADS_VARIABLE] = "1"


def side_by_side(function: Callable[[Task], Answer], tasks: Iterable[Task], threads: int) -> Iterator[Answer]:
    """Yield what a function returns for every task, in their order, done by some threads.

    The function must release the interpreter's lock where its time goes. The first of the tasks that raises an
    error, in their order, raises it here.

    Parameters
    ----------
    function : callable
    tasks : iterable
    threads : int
        One works in the thread that calls.
    """
    if threads == 1:
        yield from map(function, tasks)
        return
    given = list(tasks)
    answers: list[Any] = [None] * len(given)
    failures: dict[int, Exception] = {}
    waiting = iter(range(len(given)))

    def work() -> None:
        with one_blas_thread():
            for number in waiting:
                try:
                    answers[number] = function(given[number])
                except Exception as error:
                    failures[number] = error
                if failures:
                    return

    # Nobody waits for single answers: to wake a thread takes as long as a small task.
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(work) for _ in range(min(threads, len(given)) - 1)]
        try:
            work()
        finally:
            deque(waiting, maxlen=0)  # interrupted, the others begin nothing more
    for other in others:
        other.result()
    if failures:
        raise failures[min(failures)]
    yield from answers
