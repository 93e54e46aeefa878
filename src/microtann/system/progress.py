"""How long work says how far it is: nothing, unless its caller shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from microtann.system.interrupt import stop_if_asked

ProgressReport = Callable[[float, float | None, str], None]
"""Called with what is done, the total (None if it is not known) and a few words on the state."""
ShowProgress = Callable[[str], AbstractContextManager[ProgressReport]]
"""Begins to show the progress of a piece of work, by its title, and gives what the work reports to."""


@contextmanager
def silent(title: str) -> Iterator[ProgressReport]:
    """Show nothing; an interrupt that was asked for is still heard when the work reports.

    Parameters
    ----------
    title : str
        What is being done.

    Yields
    ------
    callable
        A `ProgressReport`.
    """

    def report(done: float, total: float | None, note: str) -> None:
        stop_if_asked()

    yield report
