"""Progress in a notebook: a bar below the cell that works, where nobody has asked for anything else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from microtann.system.interrupt import stop_if_asked

EVERY = 0.2
"""Seconds between two pictures of a bar."""


def in_notebook() -> bool:
    """Return whether a kernel of Jupyter runs this process, so that its cells show HTML."""
    ask = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return getattr(ask() if ask else None, "kernel", None) is not None


def bar_html(title: str, share: float | None, note: str, seconds: float) -> str:
    """Return a bar as HTML.

    Parameters
    ----------
    title : str
        What is being done.
    share : float or None
        Part that is done, 0 to 1; None if it is not known.
    note : str
        A few words on the state.
    seconds : float
        Since the work began.
    """
    reached = "" if share is None else f' value="{min(max(share, 0.0), 1.0):.4f}"'
    percent = "" if share is None else f"{100.0 * share:.0f} %, "
    words = f"{percent}{seconds:.0f} s" + (f", {note}" if note else "")
    return (
        f'<div><span>{escape(title)}</span> <progress max="1"{reached} style="width: 16em"></progress> '
        f"<span>{escape(words)}</span></div>"
    )


@contextmanager
def notebook_bar(title: str) -> Iterator[Callable[[float, float | None, str], None]]:
    """Show the progress of a piece of work below the cell of a notebook; call it only where there is one.

    Parameters
    ----------
    title : str
        What is being done.

    Yields
    ------
    callable
        ``report(done, total, note)``; an interrupt that was asked for is heard there.
    """
    from IPython.display import HTML, display

    start = last = time.perf_counter()
    state: tuple[float | None, str] = (None, "")
    handle: Any = display(HTML(bar_html(title, None, "", 0.0)), display_id=True)

    def show(share: float | None, note: str) -> None:
        handle.update(HTML(bar_html(title, share, note, time.perf_counter() - start)))

    def report(done: float, total: float | None, note: str) -> None:
        nonlocal last, state
        stop_if_asked()
        state = (done / total if total else None, note)
        if time.perf_counter() - last >= EVERY:
            last = time.perf_counter()
            show(*state)

    try:
        yield report
    except BaseException:
        show(state[0], "stopped")
        raise
    show(1.0, state[1])
