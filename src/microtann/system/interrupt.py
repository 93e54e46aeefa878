"""Ctrl-C at the command line: it takes effect at any moment, is never lost, and given twice ends at once.

Python raises `KeyboardInterrupt` wherever the program happens to be. Where that is a callback of a library in C,
the exception may be dropped or turned into another one; here the wish is remembered and brought up again.
"""

from __future__ import annotations

import _thread
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

INTERRUPTED = 130
RESUME = (
    "interrupted; nothing half-written was left. Run the same command again: finished stages are kept, data "
    "generation, training and simulations go on where they stopped"
)
AGAIN = 0.02
"""Seconds after which an interrupt that was dropped is brought up again."""
_SHOW_CURSOR = "\x1b[?25h"


@dataclass
class _Interrupts:
    """What is known of the interrupts of the command that is running.

    Parameters
    ----------
    asked : bool
        Whether there was one.
    raise_again, uncounted : bool
        Whether the next one is no other, but one brought up again: for the handler, and for the count.
    running : bool
    """

    asked: bool = False
    raise_again: bool = False
    uncounted: bool = False
    running: bool = True


_current = _Interrupts(running=False)
_leaving = threading.Lock()


def leave_on_interrupt(is_command: bool = False) -> None:
    """Let Ctrl-C end the command ``microtann`` with a sentence where it does no work yet, such as loading modules.

    Parameters
    ----------
    is_command : bool
        Whether the process is known to be the command; else its name tells.
    """
    if (is_command or _is_command()) and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: leave())


@contextmanager
def interruptible() -> Iterator[None]:
    """Let the first Ctrl-C raise `KeyboardInterrupt` until it gets through, and the second end the process."""
    global _current
    ignored = signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None)
    if ignored or threading.current_thread() is not threading.main_thread():
        yield
        return
    state, outer, hook = _Interrupts(), _current, sys.unraisablehook
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)

    def interrupt(_: int, frame: FrameType | None) -> NoReturn:
        if (state.asked and not state.raise_again) or _is_importing(frame):
            leave()  # a library in C that is just being loaded may crash under an exception
        state.asked, state.raise_again = True, False
        raise KeyboardInterrupt

    def dropped(what: Any) -> None:
        if state.asked and issubclass(what.exc_type, KeyboardInterrupt):
            threading.Timer(AGAIN, _repeat, (state,)).start()
        else:
            hook(what)

    _current = state
    handler = signal.signal(signal.SIGINT, interrupt)
    wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    sys.unraisablehook = dropped
    threading.Thread(target=_count, args=(ours, state), name="interrupts", daemon=True).start()
    try:
        yield
    finally:
        state.running = False
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGINT, handler)
        sys.unraisablehook = hook
        theirs.close()
        _current = outer


def asked() -> bool:
    """Return whether the running command was asked to stop."""
    return _current.asked


def stop_if_asked() -> None:
    """Stop here if the running command was asked to stop and went on all the same.

    Raises
    ------
    KeyboardInterrupt
    """
    if _current.asked:
        raise KeyboardInterrupt


def leave() -> NoReturn:
    """End the process at once with a sentence; files are whole or not there at any moment.

    The handler and the thread that counts may both come here: one of them says it.
    """
    if _leaving.acquire(blocking=False):
        cursor = _SHOW_CURSOR if sys.stderr is not None and sys.stderr.isatty() else ""
        with suppress(OSError):
            os.write(2, f"{cursor}microtann: {RESUME}\n".encode())
    else:
        time.sleep(AGAIN)
    os._exit(INTERRUPTED)


def _is_command() -> bool:
    """Return whether this process is the command itself, not a program that imports the package."""
    module = sys.orig_argv[1:] and "-m" in sys.orig_argv and sys.argv[:1] == ["-m"]
    script = bool(sys.argv) and Path(sys.argv[0]).name.removesuffix(".exe") == "microtann"
    worker = "multiprocessing" in sys.modules and sys.modules["multiprocessing"].parent_process() is not None
    main = threading.current_thread() is threading.main_thread()
    return main and not worker and bool(script or (module and "microtann" in sys.orig_argv))


def _is_importing(frame: FrameType | None) -> bool:
    """Return whether a module is being imported."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _count(line: socket.socket, state: _Interrupts) -> None:
    """Leave at the second interrupt, though the main thread may be deep in compiled code."""
    count = 0
    with line:
        while byte := line.recv(1):
            if byte[0] != signal.SIGINT:
                continue
            if state.uncounted:
                state.uncounted = False
                continue
            count += 1
            if count > 1:
                leave()


def _repeat(state: _Interrupts) -> None:
    if state.running:
        state.raise_again = state.uncounted = True
        _thread.interrupt_main()
