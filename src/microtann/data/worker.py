"""Worker processes leave Ctrl-C to their parent, and end when it says so, or with it, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.synchronize import Event
from typing import Any

from microtann.errors import ReadingNote
from microtann.system.threads import one_blas_thread
from microtann.system.worker_threads import single_threaded


def begin_worker(line: Connection, begun: Event) -> None:
    """Prepare a worker: it ignores Ctrl-C, and ends when its parent does or closes the other end of the line.

    A parent that is killed can tell nobody, and its workers would wait for work for ever; one that is interrupted
    does not want to wait for what they are doing. So each worker listens in a thread.

    Parameters
    ----------
    line : Connection
        Nothing is ever sent along it.
    begun : Event
        Set, to tell the parent that a worker could begin.
    """
    begun.set()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore", ReadingNote)  # the parent has told it
    threading.Thread(target=_end_in_time, args=(line,), name="end in time", daemon=True).start()


def on_one_thread(function: Callable[..., Any], *task: Any) -> Any:
    """Do a task in a worker with one thread, of the BLAS too: its neighbours have the other cores.

    Parameters
    ----------
    function : callable
    *task
        What it is given.
    """
    single_threaded()
    with one_blas_thread():
        return function(*task)


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Let processes that are started in the block never see Ctrl-C, not even before they are prepared.

    They inherit that the signal is blocked in this thread. Other threads of this process still receive it, and
    Python handles it here afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # whose start would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_in_time(line: Connection) -> None:
    parent = multiprocessing.parent_process()
    wait([line] if parent is None else [line, parent.sentinel])
    os._exit(1)
