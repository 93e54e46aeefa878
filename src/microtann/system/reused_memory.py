"""Memory of large arrays that come and go, used again instead of given back to the system.

What the system gives is empty pages: to touch a page for the first time costs more than to write it, on virtual
machines many times as much. An iteration that makes arrays of the same sizes again and again pays that every time.
"""

from __future__ import annotations

import math
import weakref
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LARGE = 1_000_000
"""Bytes from which memory is kept; smaller pieces are kept by the allocator itself."""
SPARE = 8
"""Pieces of one size that are kept at most: what many results held goes back to the system with them."""


class ReusedMemory:
    """Gives arrays, whose memory comes back here when nothing refers to them or to a part of them any more.

    Threads may share it. All memory that came back goes with this object; copies and pickles of it begin without.
    """

    def __init__(self) -> None:
        self._spare: dict[int, list[NDArray[np.uint8]]] = {}

    def __reduce__(self) -> tuple[type[ReusedMemory], tuple[()]]:
        return ReusedMemory, ()

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """Return an array whose values are not set.

        Parameters
        ----------
        shape : tuple of int
        dtype : numpy type
        """
        kind = np.dtype(dtype)
        size = math.prod(shape) * kind.itemsize
        if size < LARGE or kind.hasobject:
            return np.empty(shape, dtype=kind)
        try:
            memory = self._spare.setdefault(size, []).pop()
        except IndexError:
            memory = np.empty(size, dtype=np.uint8)
        return np.asarray(_Lease(memory, self)).view(kind).reshape(shape)

    def take_back(self, memory: NDArray[np.uint8]) -> None:
        """Keep memory for the next array of its size, unless enough of it is kept."""
        kept = self._spare.setdefault(memory.nbytes, [])
        if len(kept) < SPARE:
            kept.append(memory)


class _Lease:
    """What arrays on one piece of memory refer to: the memory goes back with the last of them."""

    def __init__(self, memory: NDArray[np.uint8], owner: ReusedMemory) -> None:
        self._memory, self._owner = memory, weakref.ref(owner)
        self.__array_interface__ = memory.__array_interface__

    def __del__(self) -> None:
        owner = self._owner()
        if owner is not None:
            owner.take_back(self._memory)
