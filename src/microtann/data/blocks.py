"""Blocks of data in HDF5 files, each with a checksum."""

from __future__ import annotations

import hashlib

import h5py
import numpy as np
from numpy.typing import NDArray

from microtann.system.hdf5 import text, write_text

CHECKSUM = "sha256"
ROWS = 4096
"""Rows of a block that are copied at a time."""
GROWING_CHUNK = 262_144
"""Bytes of a chunk of a dataset that grows."""


class Block:
    """A dataset that is written part by part, in the order of its rows.

    Parameters
    ----------
    group : h5py.Group
    name : str
        May hold slashes; groups on the way are created.
    shape : tuple of int
    dtype : str
        Little-endian type, ``"<i8"``, ``"<f8"`` or ``"<f4"``.
    compress : bool
        Numbers that repeat are worth compressing; computed floats are not: gzip saves a third of the space and
        takes ten times as long as writing.
    growing : bool
        Whether the number of rows is not known yet: it grows from 0 with what is appended.
    """

    def __init__(
        self,
        group: h5py.Group,
        name: str,
        shape: tuple[int, ...],
        dtype: str,
        compress: bool = False,
        growing: bool = False,
    ) -> None:
        filters = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if compress and shape else {}
        chunks = (min(shape[0], ROWS), *shape[1:]) if filters and np.prod(shape) else None
        self._growing = growing
        if growing:
            row = int(np.prod(shape[1:])) * np.dtype(dtype).itemsize
            rows = max(1, GROWING_CHUNK // max(row, 1))
            self._data = group.create_dataset(
                name, (0, *shape[1:]), dtype, maxshape=(None, *shape[1:]), chunks=(rows, *shape[1:])
            )
        else:
            self._data = group.create_dataset(name, shape, dtype, chunks=chunks, **(filters if chunks else {}))
        self._sum = hashlib.sha256()
        self._filled = 0

    def append(self, values: NDArray[np.generic]) -> None:
        """Write the next rows."""
        values = np.ascontiguousarray(values, dtype=self._data.dtype)
        if self._growing:
            self._data.resize(self._filled + len(values), axis=0)
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
    """Write a whole dataset with its checksum.

    Parameters
    ----------
    group : h5py.Group
    name : str
        May hold slashes; groups on the way are created.
    values : array
        Integers are stored with 64 bits, all else as 64-bit floats.
    compress : bool
        Whether the values repeat so much that compression pays.
    """
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
    computed = hashlib.sha256(values.data if values.size else b"").hexdigest()
    if computed == text(expected):
        return ""
    return f"{data.name.lstrip('/')} does not match its checksum: the values have changed since they were written"


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
