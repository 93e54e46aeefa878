"""Threads that stand by, for work that is cut in pieces again and again: products and sweeps of a solver."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class Crew:
    """Threads that share work. They start with the first piece that is shared, and end with this object.

    Parameters
    ----------
    threads : int
        The one that calls is one of them.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._others: ThreadPoolExecutor | None = None

    def __reduce__(self) -> tuple[type[Crew], tuple[int]]:
        return Crew, (self.threads,)

    def share(self, function: Callable[[int, int], Any], pieces: int) -> None:
        """Call a function for all pieces, each thread for those from a first to a last.

        Parameters
        ----------
        function : callable
            Of two numbers: does the pieces from the first on, up to the last without it. Compiled code, which
            releases the interpreter's lock.
        pieces : int
        """
        shares = min(self.threads, pieces)
        if shares < 2:
            function(0, pieces)
            return
        if self._others is None:
            self._others = ThreadPoolExecutor(self.threads - 1)
        ends = [pieces * (i + 1) // shares for i in range(shares)]
        waiting = [self._others.submit(function, *ends[i : i + 2]) for i in range(shares - 1)]
        function(0, ends[0])
        for other in waiting:
            other.result()
