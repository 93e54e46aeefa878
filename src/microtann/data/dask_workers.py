"""Workers of a dask cluster, here or elsewhere: dask gives to others what lost ones were doing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from functools import partial
from typing import Any

from microtann.data.worker import interrupts_blocked, on_one_thread
from microtann.errors import InputError, MicrotannError, MissingExtraError

LOGGER = logging.getLogger("microtann.data")
KEPT = "finished shards are kept, run the same command again to continue"


class DaskWorkers:
    """The workers of a scheduler; see `microtann.data.engines.TaskForce`.

    Parameters
    ----------
    client : distributed.Client
    where : str
        The cluster in words.
    """

    alone = False

    def __init__(self, client: Any, where: str) -> None:
        from distributed.scheduler import KilledWorker

        self.lost = (KilledWorker, CancelledError)
        self._client, self._where, self._told = client, where, False

    @property
    def at_once(self) -> int:
        """Tasks that are worked on at a time, by the workers that are there now."""
        return max(self._cores(), 1)

    def submit(self, function: Callable[..., Any], task: tuple[Any, ...]) -> Future[Any]:
        """Begin a task, on one thread whatever the environment of its worker says."""
        promised: Future[Any] = Future()
        asked = self._client.submit(on_one_thread, function, *task, pure=False)
        asked.add_done_callback(partial(_pass_on, promised))
        return promised

    def ended(self) -> None:
        """Hear that a task ended well."""
        self._told = False

    def idle(self) -> None:
        """Hear that no task has ended for a while; say once if there is nobody to do one."""
        if not self._told and not self._cores():
            LOGGER.warning(
                "%s has no worker: waiting for one; Ctrl-C stops, and finished shards are kept", self._where
            )
            self._told = True

    def replace(self, error: BaseException, suspects: Sequence[str]) -> None:
        """Explain what dask has given up.

        Parameters
        ----------
        error : exception
            Of a task that was lost.
        suspects : sequence of str
            That task in words, and the others in flight.

        Raises
        ------
        MicrotannError
            In any case.
        """
        deaths = getattr(error, "allowed_failures", None)
        if deaths is None:
            raise self._gone() from None
        raise MicrotannError(
            f"{suspects[0]}, or one that waited on the same workers, ended the {deaths + 1} workers that had it, "
            f"one after the other: out of memory, or killed; {KEPT} when every worker has more memory"
        ) from None

    def _cores(self) -> int:
        try:
            return int(sum(self._client.ncores().values()))
        except (OSError, CancelledError):
            raise self._gone() from None

    def _gone(self) -> MicrotannError:
        return MicrotannError(
            f"{self._where} was lost, or its tasks were cancelled; {KEPT} when it is there again"
        )


def _pass_on(promised: Future[Any], asked: Any) -> None:
    """Give the result of a task of dask, or its error, to a future of Python.

    Dask's own executor takes a result for an error if the worker that holds it is lost meanwhile.
    """
    try:
        promised.set_result(asked.result())
    except BaseException as error:  # to be raised where the result is asked for
        promised.set_exception(error)


@contextmanager
def dask_workers(processes: int, address: str | None) -> Iterator[DaskWorkers]:
    """Have the workers of a scheduler, or of a cluster that is made here and ends with the block.

    Parameters
    ----------
    processes : int
        Workers of a cluster that is made here.
    address : str, optional
        Of a scheduler.

    Raises
    ------
    InputError
        If no scheduler answers there.
    """
    distributed = import_distributed()
    if address is None:
        with interrupts_blocked():  # dask's workers end with their parent, but do not ignore Ctrl-C
            made = distributed.LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",  # None would be port 8787, whoever has it
                silence_logs=logging.ERROR,
            )
        with made as cluster, distributed.Client(cluster) as client:
            yield DaskWorkers(client, "the dask cluster on this machine")
    else:
        try:
            client = distributed.Client(address)
        except (OSError, ValueError) as error:
            raise InputError(f"no dask scheduler answers at {address!r}: {error}") from None
        with client:
            yield DaskWorkers(client, f"the dask scheduler at {address}")


def import_distributed() -> Any:
    """Return the module of dask's scheduler.

    Raises
    ------
    MissingExtraError
        If dask is not installed.
    """
    try:
        import distributed
    except ImportError:
        raise MissingExtraError('the dask engine needs dask: pip install "microtann[dask]"') from None
    return distributed
