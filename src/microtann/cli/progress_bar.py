"""Progress on standard error: a bar in a terminal, an occasional line with the time elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from microtann.cli.log_lines import log_line
from microtann.system.interrupt import stop_if_asked
from microtann.system.progress import ProgressReport, progress_line

LINE_EVERY = 15.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def progress(title: str) -> Iterator[ProgressReport]:
    """Show the progress of one stage and, at its end, the time it took.

    Parameters
    ----------
    title : str
        What is being done.

    Yields
    ------
    callable
        ``report(done, total, note)``.
    """
    console = Console(stderr=True, highlight=False)
    start = time.perf_counter()
    shown = _terminal(console, title) if console.is_terminal else _lines(title)
    with shown as show:

        def report(done: float, total: float | None = None, note: str = "") -> None:
            stop_if_asked()
            show(done, total, note)

        yield report
    done = f"{title}: done in {time.perf_counter() - start:.1f} s"
    if console.is_terminal:
        console.print(done, style="dim", markup=False)
    else:
        log_line(done)


@contextmanager
def _terminal(console: Console, title: str) -> Iterator[ProgressReport]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False, style="dim"),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(title, total=None, note="")

        def report(done: float, total: float | None = None, note: str = "") -> None:
            bars.update(task, completed=done, total=total, note=note)

        yield report


@contextmanager
def _lines(title: str) -> Iterator[ProgressReport]:
    log_line(f"{title} ...")
    last = time.perf_counter()

    def report(done: float, total: float | None = None, note: str = "") -> None:
        nonlocal last
        now = time.perf_counter()
        if now - last >= LINE_EVERY:
            last = now
            log_line(progress_line(title, done, total, note))

    yield report
