"""Says what is being compiled where that takes long, and how long, so that a first call is not silent.

numba tells when it compiles a function, and not where it finds compiled code in its cache. The line goes to the
logger "microtann.system": ``logging.getLogger("microtann").setLevel("ERROR")`` silences all of the package.
"""

from __future__ import annotations

import logging
import time
from threading import Timer
from typing import Any

from numba.core.event import Event, Listener, register

DELAY = 0.8
"""Seconds of compilation after which it is worth a line."""
KERNEL_NAMES = {
    "slips": "the slip solver",
    "microstructure": "the cell solver",
    "equilibrium": "the equilibrium solver",
    "fem": "the finite elements",
    "materials": "the material",
    "forms": "the update of the model",
}
"""What the kernels of a folder are to a reader."""
_LOGGER = logging.getLogger("microtann.system")


class CompilationNotice(Listener):  # type: ignore[misc]
    """Logs what the kernels of a folder take to compile, once that is longer than `DELAY` together.

    A first line says that it has begun, since how long it takes is known at the end alone; lines with the seconds,
    those since the last such line, follow.
    """

    def __init__(self) -> None:
        self._depth, self._begin = 0, 0.0
        self._timer: Timer | None = None
        self._announced: set[str] = set()
        self._untold: dict[str, float] = {}

    def on_start(self, event: Event) -> None:
        """Start the clock of a compilation, which includes those of the functions that it calls."""
        self._depth += 1
        if self._depth > 1:
            return
        self._begin = time.perf_counter()
        what = _name(event.data["dispatcher"])
        if what is not None and what not in self._announced:
            left = max(DELAY - self._untold.get(what, 0.0), 0.0)
            self._timer = Timer(left, self._announce, (what,))
            self._timer.daemon = True
            self._timer.start()

    def on_end(self, event: Event) -> None:
        """Say what was announced; cancel the message of a compilation that ended before it was due."""
        self._depth -= 1
        if self._depth > 0:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        what = _name(event.data["dispatcher"])
        if what is None:
            return
        seconds = self._untold.get(what, 0.0) + time.perf_counter() - self._begin
        if what in self._announced and seconds >= DELAY:
            _LOGGER.warning("compiled %s: %.1f s, kept for later runs", what, seconds)
            seconds = 0.0
        self._untold[what] = seconds

    def _announce(self, what: str) -> None:
        self._announced.add(what)
        _LOGGER.warning("compiling %s, once per machine and version of microtann ...", what)


def _name(dispatcher: Any) -> str | None:
    """Return what a function of this package belongs to; None for those of others."""
    package, _, rest = str(dispatcher.py_func.__module__).partition(".")
    return KERNEL_NAMES.get(rest.partition(".")[0], "its kernels") if package == "microtann" else None


def announce_compilation() -> None:
    """Log what takes long to compile from now on."""
    register("numba:compile", CompilationNotice())
