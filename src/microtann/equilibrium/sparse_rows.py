"""Arrays most of whose rows are zero, in files: the other rows and their numbers."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
from jaxtyping import Int, Shaped
from numpy.typing import NDArray

INDEX, ROWS, COUNT = "index", "rows", "count"
MOST = 0.75
"""Share of the rows up to which the others are left out."""


def write_rows(place: h5py.Group, name: str, values: Shaped[NDArray[Any], "..."]) -> None:
    """Write an array; of one most of whose rows are zero only the others, with their numbers.

    Parameters
    ----------
    place : h5py.Group
    name : str
        Path below it.
    values : array
        Comes back to the last bit.
    """
    index = _other_rows(values)
    if index is None:
        place[name] = values
        return
    group = place.create_group(name)
    group.attrs[COUNT] = len(values)
    group[INDEX], group[ROWS] = index, values[index]


def read_rows(place: h5py.Group) -> dict[str, NDArray[Any]]:
    """Return all arrays of a group by path, whole, as `write_rows` was given them."""
    found: dict[str, NDArray[Any]] = {}

    def add(name: str, item: Any) -> None:
        if COUNT in item.attrs:
            rows = item[ROWS][()]
            whole = np.zeros((int(item.attrs[COUNT]), *rows.shape[1:]), dtype=rows.dtype)
            whole[item[INDEX][()]] = rows
            found[name] = whole
        elif isinstance(item, h5py.Dataset) and COUNT not in item.parent.attrs:
            found[name] = np.asarray(item[()])

    place.visititems(add)
    return found


def _other_rows(values: Shaped[NDArray[Any], "..."]) -> Int[NDArray[np.int64], "k"] | None:
    """Return the rows with a bit that is set; None where they are too many, or the array has no rows."""
    if values.ndim < 2 or not values.size or values.dtype != np.float64:
        return None
    bits = np.ascontiguousarray(values).reshape(len(values), -1).view(np.int64)  # −0.0 is not all zeros
    index = np.flatnonzero(bits.any(axis=1))
    return index if len(index) <= MOST * len(values) else None
