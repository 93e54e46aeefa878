"""Worker processes on this machine: one that is lost is replaced, and what it was doing is done again."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from microtann.data.worker import begin_worker, interrupts_blocked, on_one_thread
from microtann.errors import MicrotannError

LOGGER = logging.getLogger("microtann.data")
LOSSES_TOGETHER = 2
"""Losses of workers, none of whose tasks ended in between, after which tasks are tried one by one."""


class LocalWorkers:
    """Processes that are spawned here; see `microtann.data.engines.TaskForce`.

    Where one is lost the others end too, and it is not known which task it was. All are then started again with
    the tasks that were in flight; after a second time in a row they are tried one by one, until one ends.

    Parameters
    ----------
    processes : int
    line : Connection
        That each worker listens to (`begin_worker`).
    """

    lost = BrokenProcessPool

    def __init__(self, processes: int, line: Connection) -> None:
        self._processes, self._line = processes, line
        # Spawned, because a forked copy of a process with the threads of JAX and BLAS may hang.
        self._context = multiprocessing.get_context("spawn")
        self._begun = self._context.Event()
        self._losses = 0
        self._pool = self._start()

    @property
    def at_once(self) -> int:
        """Tasks that are worked on at a time."""
        return self._processes

    @property
    def alone(self) -> bool:
        """Whether a task must be the only one in flight."""
        return self._losses >= LOSSES_TOGETHER

    def submit(self, function: Callable[..., Any], task: tuple[Any, ...]) -> Future[Any]:
        """Begin a task, on one thread."""
        with interrupts_blocked():  # a task may start a worker
            return self._pool.submit(on_one_thread, function, *task)

    def ended(self) -> None:
        """Hear that a task ended well."""
        self._losses = 0

    def idle(self) -> None:
        """Hear that no task has ended for a while: nothing is wrong with that."""

    def replace(self, error: BaseException, suspects: Sequence[str]) -> None:
        """Start again after a loss.

        Parameters
        ----------
        error : exception
            Of a task whose worker was lost.
        suspects : sequence of str
            The tasks that were in flight, in words.

        Raises
        ------
        MicrotannError
            If no worker could begin, or a task ends its worker when it is tried alone too.
        """
        if not self._begun.is_set():
            raise MicrotannError(
                "a worker process ended before it could begin: started from a script without "
                '`if __name__ == "__main__":`, out of memory, or killed'
            ) from None
        if self.alone:
            raise MicrotannError(
                f"{suspects[0]} ended its worker process {self._losses + 1} times, at last with nothing else at "
                "work: out of memory, or killed; finished shards are kept, run the same command again to continue "
                "when more memory is free"
            ) from None
        self._losses += 1
        LOGGER.warning("a worker process was lost: %s are done again", ", ".join(suspects))
        self.close()
        self._pool = self._start()

    def close(self) -> None:
        """Let go of all workers; wait until they have ended what they do."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        given = (self._line, self._begun)
        return ProcessPoolExecutor(
            self._processes, mp_context=self._context, initializer=begin_worker, initargs=given
        )


@contextmanager
def local_workers(processes: int) -> Iterator[LocalWorkers]:
    """Have worker processes, which end with the block, however it ends.

    Parameters
    ----------
    processes : int
    """
    theirs, ours = multiprocessing.get_context("spawn").Pipe(duplex=False)
    workers = LocalWorkers(processes, theirs)
    try:
        yield workers
    except BaseException:
        ours.close()  # nobody waits for the tasks in flight
        raise
    finally:
        workers.close()
        ours.close()
        theirs.close()
