"""Sequences whose items are read from files one at a time, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
T = TypeVar("T")


class Lazy(Sequence[T], Generic[T]):
    """A sequence whose items are read when they are asked for, and not kept.

    Parameters
    ----------
    count : int
    read : callable
        Returns an item by its index, from 0.
    """

    def __init__(self, count: int, read: Callable[[int], T]) -> None:
        self._count, self._read = count, read

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, key: int) -> T: ...
    @overload
    def __getitem__(self, key: slice) -> Lazy[T]: ...
    def __getitem__(self, key: int | slice) -> T | Lazy[T]:
        chosen = range(self._count)[key]
        if isinstance(chosen, range):
            return Lazy(len(chosen), lambda index: self._read(chosen[index]))
        return self._read(chosen)


class LazyRows:
    """An array whose first axis is read from files, one entry at a time; NumPy takes it as an array.

    Indexing reads the chosen entries of the first axis and no others, so that ``rows[-1]`` or ``rows[:, node]``
    need the memory of one entry and of what they return.

    Parameters
    ----------
    shape : tuple of int
    read : callable
        Returns the entry of an index, an array of shape ``shape[1:]``.
    """

    def __init__(self, shape: tuple[int, ...], read: Callable[[int], Array]) -> None:
        self.shape = shape
        self.dtype = np.dtype(np.float64)
        self._read = read

    def __repr__(self) -> str:
        return f"LazyRows(shape={self.shape})"

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of all entries."""
        return int(np.prod(self.shape))

    def __iter__(self) -> Iterator[Array]:
        return (self._read(index) for index in range(len(self)))

    def __getitem__(self, key: Any) -> Array:
        first, rest = (key[0], key[1:]) if isinstance(key, tuple) and key else (key, ())
        if first is None or first is Ellipsis or isinstance(first, tuple):
            return np.asarray(self)[key]
        chosen = np.arange(len(self))[first]
        if np.ndim(chosen) == 0:
            return self._read(int(chosen))[rest]
        several = not isinstance(first, slice) and any(isinstance(part, np.ndarray | list) for part in rest)
        if np.ndim(chosen) > 1 or several:
            return np.asarray(self)[key]  # two index arrays go together in NumPy
        rows = [self._read(int(index))[rest].copy() for index in chosen]
        return np.stack(rows) if rows else np.empty((0, *self.shape[1:]))[(slice(None), *rest)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.empty(self.shape, dtype=dtype or self.dtype)
        for index, row in enumerate(self):
            whole[index] = row
        return whole
