"""HDF5 files that are whole or absent; damage becomes one sentence."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from microtann.errors import DataFileError, MicrotannError, StorageError
from microtann.system.atomic import atomic_path


@contextmanager
def created(path: Path) -> Iterator[h5py.File]:
    """Create an HDF5 file that appears under its name only when it is complete.

    With the format of HDF5 1.10 or later the library protects its own structures by checksums.

    Raises
    ------
    StorageError
        If the disk is full or the file cannot be written; nothing half-written is left.
    """
    try:
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))
        with atomic_path(path) as partial, partial.open("w+b", buffering=0) as raw:
            patient = _PatientFile(raw)
            try:
                with h5py.File(patient, "w", libver=("v110", "v110")) as file:
                    yield file
            finally:
                if patient.failure is not None:
                    raise patient.failure
            os.fsync(raw.fileno())
    except OSError as error:
        if isinstance(error, MicrotannError):
            raise
        raise StorageError(
            error.errno or 0,
            f"{path} could not be written: {error.strerror or error}; nothing half-written was left",
        ) from error


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading; damage that HDF5 notices, now or later, becomes one sentence.

    Raises
    ------
    DataFileError
    """
    if not path.is_file():
        raise DataFileError(f"{path} is not a file")
    try:
        if not h5py.is_hdf5(path):
            raise DataFileError(f"{path} is not an HDF5 file")
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError, UnicodeDecodeError) as error:
        if isinstance(error, MicrotannError):
            raise
        reason = "it is truncated" if "truncated file" in str(error) else f"HDF5 cannot read it ({error})"
        raise DataFileError(f"{path} is damaged: {reason}; write or copy it again") from error


class _PatientFile:
    """A Python file under HDF5 that keeps an error to itself until HDF5 has closed.

    HDF5 cannot close a file that it cannot write: the error would return at the end of the program, at worst as a
    crash. Here writing goes on without effect, and `created` raises the error afterwards. Every write is complete:
    a disk that fills up may take a part of one and only refuse the next.
    """

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw
        self.failure: OSError | None = None

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def read(self, size: int = -1) -> bytes:
        return self._raw.read(size)

    def readinto(self, buffer: Any) -> int:
        return self._raw.readinto(buffer)

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        count = len(view)
        try:
            while view and self.failure is None:
                view = view[self._raw.write(view) :]
        except OSError as error:
            self.failure = error
        return count

    def truncate(self, size: int) -> int:
        try:
            if self.failure is None:
                self._raw.truncate(size)
        except OSError as error:
            self.failure = error
        return size

    def flush(self) -> None:
        """Nothing is buffered."""


def write_text(item: h5py.Group | h5py.Dataset, name: str, value: str | tuple[str, ...]) -> None:
    """Write text as an attribute of fixed length, which the checksums of HDF5 protect; its heap has none.

    Parameters
    ----------
    item : group or data set
    name : str
        Of the attribute.
    value : str or tuple of str
    """
    encoded = np.char.encode(np.asarray(value, dtype=np.str_), "utf-8")
    length = max(encoded.dtype.itemsize, 1)
    item.attrs.create(name, encoded.astype(f"S{length}"), dtype=h5py.string_dtype("utf-8", length))


def text(value: object) -> str:
    """Return an attribute as text, whichever kind of string another language wrote."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
