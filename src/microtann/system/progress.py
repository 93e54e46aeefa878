"""How long work says how far it is: to the logger of its room, unless its caller shows it in another way."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from microtann.system.interrupt import stop_if_asked
from microtann.system.notebook import in_notebook, notebook_bar

ProgressReport = Callable[[float, float | None, str], None]
"""Called with what is done, the total (None if it is not known) and a few words on the state."""
ShowProgress = Callable[[str], AbstractContextManager[ProgressReport]]
"""Begins to show the progress of a piece of work, by its title, and gives what the work reports to."""


def logged(room: str) -> ShowProgress:
    """Return what tells the logger ``microtann.ROOM``: beginnings and ends as INFO, the way between as DEBUG.

    In a notebook there is a bar too.

    Python's loggers pass on neither unless they are asked to, as by ``logging.basicConfig(level="INFO")``. An
    interrupt that was asked for is heard whenever the work reports.

    Parameters
    ----------
    room : str
        Folder of the package that does the work.
    """
    logger = logging.getLogger(f"microtann.{room}")

    @contextmanager
    def show(title: str) -> Iterator[ProgressReport]:
        def report(done: float, total: float | None, note: str) -> None:
            stop_if_asked()
            if logger.isEnabledFor(logging.DEBUG):
                logger.debug("%s", progress_line(title, done, total, note))

        start = time.perf_counter()
        logger.info("%s ...", title)
        if in_notebook():
            with notebook_bar(title) as bar:

                def both(done: float, total: float | None, note: str) -> None:
                    report(done, total, note)
                    bar(done, total, note)

                yield both
        else:
            yield report
        logger.info("%s: done in %.1f s", title, time.perf_counter() - start)

    return show


def progress_line(title: str, done: float, total: float | None, note: str) -> str:
    """Return one line that says how far a piece of work is.

    Parameters
    ----------
    title : str
        What is being done.
    done : float
    total : float or None
        None if it is not known.
    note : str
        A few words on the state; may be empty.
    """
    share = f"{100.0 * done / total:.0f} %" if total else ""
    return f"{title}: " + ", ".join(part for part in (share, note) if part)
