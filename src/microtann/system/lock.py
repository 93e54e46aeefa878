"""One command at a time in a folder: a lock that the operating system takes back from a process that dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from microtann.errors import InputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold the lock of a folder of results while the block runs.

    The lock is a hidden file beside the folder; it is gone afterwards.

    Parameters
    ----------
    output : Path
        The folder, which need not exist; the one that it lies in must.

    Raises
    ------
    InputError
        If another process holds the lock, which the sentence names, or nothing can be written there.
    """
    file = output.parent / f".{output.name}.lock"
    handle = _acquire(file, output)
    try:
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        _release(handle, file)


def _acquire(file: Path, output: Path) -> int:
    while True:
        try:
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise InputError(f"{output} cannot be made: {file.parent}: {error.strerror}") from None
        if not _take(handle):
            holder = os.read(handle, 20).decode(errors="replace") if sys.platform != "win32" else ""
            os.close(handle)
            process = f"process {holder}" if holder.isdigit() else "another process"
            raise InputError(f"{process} is writing to {output}: wait until it is done, or name another folder")
        # whoever held the lock before may have removed the file between our opening and our locking it
        if file.exists() and os.path.samestat(file.stat(), os.fstat(handle)):
            return handle
        os.close(handle)


def _take(handle: int) -> bool:
    """Lock an open file; return whether nobody else holds it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system without locks
    return True


def _release(handle: int, file: Path) -> None:
    if sys.platform == "win32":  # an open file cannot be removed there
        os.close(handle)
        file.unlink(missing_ok=True)
    else:
        file.unlink(missing_ok=True)
        os.close(handle)
