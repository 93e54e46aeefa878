"""Files are replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from microtann.errors import StorageError


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that replaces it on success and vanishes on any failure.

    The temporary file keeps the suffix of ``path``, for libraries that choose the format by it. Its permissions
    are those that the umask leaves to any new file. A symbolic link is followed: what it points to is replaced.

    Raises
    ------
    StorageError
        If ``path`` is there and is no regular file, such as a folder or a device.
    """
    final = Path(os.path.realpath(path))
    if final.exists() and not final.is_file():
        raise StorageError(0, f"{path} is no regular file and cannot be replaced by one: choose another name")
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{final.name}.{secrets.token_hex(6)}.partial{final.suffix}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield temporary
        os.replace(temporary, final)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: str | os.PathLike[str], content: bytes | bytearray | memoryview | str) -> None:
    """Write a whole file, atomically, and wait until it is on disk; text is encoded as UTF-8."""
    with atomic_path(path) as temporary, temporary.open("wb", buffering=0) as raw:
        view = memoryview(content.encode() if isinstance(content, str) else content)
        while view:  # a disk that fills up may take a part
            view = view[raw.write(view) :]
        os.fsync(raw.fileno())


def remove_leftovers(folder: Path, name: str = "*") -> None:
    """Remove the temporary files that killed processes left for files of this name (a glob pattern)."""
    for leftover in folder.glob(f".{name}.*.partial*"):
        leftover.unlink(missing_ok=True)
