"""What a command says while it works: one message is one line on standard error, with the time in a log file."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from microtann.errors import ReadingNote, TrainingRangeWarning

LOGGER = logging.getLogger("microtann")
"""Ancestor of the loggers of all rooms of the package."""


def log_line(message: str) -> None:
    """Write a message as one line to standard error, after the date and time where that is no terminal."""
    line = " ".join(message.split())
    stamp = "" if sys.stderr.isatty() else time.strftime("%Y-%m-%d %H:%M:%S ")
    sys.stderr.write(f"{stamp}{line}\n")
    sys.stderr.flush()


@contextmanager
def messages_as_lines() -> Iterator[None]:
    """Show warnings of Python and of the package's loggers as sentences, without the places in the source.

    A note on what was read and a warning on the range of training are shown whenever they are given; which other
    warnings are shown is left to Python.
    """
    handler = _Lines(logging.WARNING)
    LOGGER.addHandler(handler)
    try:
        with warnings.catch_warnings():
            for category in (ReadingNote, TrainingRangeWarning):
                warnings.simplefilter("always", category)
            warnings.showwarning = _show_warning
            yield
    finally:
        LOGGER.removeHandler(handler)


class _Lines(logging.Handler):
    """Writes what is logged as lines."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            log_line(f"microtann: {record.getMessage()}")
        except Exception:  # as every handler of the standard library does
            self.handleError(record)


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **rest: Any) -> None:
    kind = "note" if issubclass(category, ReadingNote) else "warning"
    log_line(f"microtann: {kind}: {message}")
