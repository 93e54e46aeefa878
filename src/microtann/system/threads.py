"""One thread for dense linear algebra, while systems are solved and data are generated.

The matrices here are small: further threads of the BLAS wait for work in a loop and double the CPU time at the
same wall time. With one thread, results do not depend on the number of cores to the last bit either, for sums are
then cut in the same pieces everywhere. Several processes use the cores better than several threads in one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit every BLAS of the process to one thread for a while; also a decorator.

    Threads of Python may be inside at the same time, and calls may be nested: the first one in sets the limit, the
    last one out restores what was set before.
    """
    limit = _limit()
    before = limit.enter()
    try:
        yield
    finally:
        limit.leave(before)


def blas_threads() -> int:
    """Return the threads that the BLAS may use now: the largest number of any of them, 1 if there is none."""
    limit = _limit()
    return max((library.get_num_threads() or 1 for library in limit.shared + limit.own), default=1)


@dataclass
class _Limit:
    """How many callers hold the limit, and what each BLAS had before.

    Parameters
    ----------
    shared, own : list
        Controllers of the libraries whose number of threads holds for the whole process, and of those where every
        thread has its own (MKL, and OpenBLAS on OpenMP).
    """

    shared: list[Any]
    own: list[Any]
    inside: int = 0
    before: list[int] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def enter(self) -> list[int]:
        """Set the limit; return what this thread had of its own."""
        with self.lock:
            self.inside += 1
            if self.inside == 1:
                self.before = _replace(self.shared, [1] * len(self.shared))
        return _replace(self.own, [1] * len(self.own))

    def leave(self, before: list[int]) -> None:
        """Restore the number of this thread; the last caller that leaves restores those of all libraries."""
        _replace(self.own, before)
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                _replace(self.shared, self.before)


@cache
def _limit() -> _Limit:
    """Return the libraries of the process, searched for once: that takes milliseconds."""
    import scipy.linalg  # noqa: F401 - brings a BLAS of its own, which is then found

    blas = [library for library in ThreadpoolController().lib_controllers if library.user_api == "blas"]
    own = [b for b in blas if b.internal_api == "mkl" or getattr(b, "threading_layer", "") == "openmp"]
    return _Limit([b for b in blas if b not in own], own)


def _replace(libraries: list[Any], threads: list[int]) -> list[int]:
    """Set the threads of libraries; return those they had."""
    before = [library.get_num_threads() or 1 for library in libraries]
    for library, count in zip(libraries, threads, strict=True):
        _release(library)
        library.set_num_threads(count)
        _release(library)
    return before


def _release(library: Any) -> None:
    """Allow any thread to set the number again.

    Newer versions of threadpoolctl ignore all threads but the one that set it first; here the last one out,
    whichever it is, has to restore it.
    """
    clear = getattr(library, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)
