"""HDF5 files that are whole or absent, with a checksum on every block of data."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from microtann.atomic import atomic_path
from microtann.errors import DataFileError, MicrotannError, StorageError

CHECKSUM = "sha256"
ROWS = 4096
"""Rows of a block that are copied at a time."""


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

    def readinto(self, buffer: memoryview) -> int:
        return self._raw.readinto(buffer)

    def write(self, data: memoryview) -> int:
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


class Block:
    """A dataset that is written part by part, in the order of its rows.

    Parameters
    ----------
    group : h5py.Group
    name : str
        May hold slashes; groups on the way are created.
    shape : tuple of int
    dtype : str
        Little-endian type, ``"<i8"`` or ``"<f8"``.
    compress : bool
        Numbers that repeat are worth compressing; computed floats are not: gzip saves a third of the space and
        takes ten times as long as writing.
    """

    def __init__(
        self, group: h5py.Group, name: str, shape: tuple[int, ...], dtype: str, compress: bool = False
    ) -> None:
        filters = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if compress and shape else {}
        chunks = (min(shape[0], ROWS), *shape[1:]) if filters and np.prod(shape) else None
        self._data = group.create_dataset(name, shape, dtype, chunks=chunks, **(filters if chunks else {}))
        self._sum = hashlib.sha256()
        self._filled = 0

    def append(self, values: NDArray[np.generic]) -> None:
        """Write the next rows."""
        values = np.ascontiguousarray(values, dtype=self._data.dtype)
        if self._data.shape:
            self._data[self._filled : self._filled + len(values)] = values
            self._filled += len(values)
        else:
            self._data[()] = values
        self._sum.update(values.data if values.size else b"")

    def close(self) -> None:
        """Write the checksum: SHA-256 of the values, row by row, little-endian."""
        write_text(self._data, CHECKSUM, self._sum.hexdigest())


def write_block(group: h5py.Group, name: str, values: NDArray[np.generic], compress: bool = False) -> None:
    """Write a whole dataset with its checksum."""
    dtype = "<i8" if np.issubdtype(values.dtype, np.integer) else "<f8"
    block = Block(group, name, values.shape, dtype, compress)
    block.append(values)
    block.close()


def checksum_error(data: h5py.Dataset, values: NDArray[np.generic]) -> str:
    """Compare values that were read with the checksum of their dataset; "" if they agree or there is none."""
    expected = data.attrs.get(CHECKSUM)
    if expected is None:
        return ""
    values = np.ascontiguousarray(values, dtype=data.dtype.newbyteorder("<"))
    found = hashlib.sha256(values.data if values.size else b"").hexdigest()
    if found == text(expected):
        return ""
    return f"{data.name.lstrip('/')} does not match its checksum: the values have changed since they were written"


def write_text(item: h5py.Group | h5py.Dataset, name: str, value: str | tuple[str, ...]) -> None:
    """Write text as an attribute of fixed length, which the checksums of HDF5 protect; its heap has none."""
    encoded = np.char.encode(np.asarray(value, dtype=np.str_), "utf-8")
    length = max(encoded.dtype.itemsize, 1)
    item.attrs.create(name, encoded.astype(f"S{length}"), dtype=h5py.string_dtype("utf-8", length))


def holds(group: h5py.Group, name: str) -> bool:
    """Whether a group has a member of this name; ``name in group`` is false for one that is damaged."""
    return name in set(group.keys())


def find_dataset(group: h5py.Group, name: str) -> tuple[h5py.Dataset | None, str]:
    """Return a dataset, or None and why there is none: "missing" or "damaged"."""
    data = group.get(name)
    if isinstance(data, h5py.Dataset):
        return data, ""
    try:
        there = group.get(name, getlink=True) is not None
    except (KeyError, RuntimeError, OSError):
        there = False
    return None, "damaged: HDF5 cannot read it" if there and data is None else "missing"


def text(value: object) -> str:
    """Return an attribute as text, whichever kind of string another language wrote."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
