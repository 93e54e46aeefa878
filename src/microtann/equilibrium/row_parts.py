"""Rows of a matrix in parts, every other one of which may be treated side by side: they are far from each other.

A row adds to those that it is joined with. In a matrix whose entries are near the diagonal, parts that are thick
enough reach no farther than into the middle of their neighbours: then the first, third, … part do not meet, and
neither do the second, fourth, …. The parts do not depend on the number of threads, and neither does any result.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

Bounds = NDArray[np.int64]
"""First and last rows of parts, shape (parts, 2)."""
FEWEST_ROWS = 2000
"""Rows of a matrix below which there is one part: to share it costs more than it gains."""
MOST_PARTS = 32


def row_turns(indptr: Int[NDArray[np.int32], "_"], indices: Int[NDArray[np.int32], "_"]) -> tuple[Bounds, ...]:
    """Return the bounds of the parts, in turns of parts that do not meet: two turns, or one of a single part.

    Parameters
    ----------
    indptr, indices : integer arrays
        Of the rows of a symmetric matrix, or of a half of it.
    """
    rows = len(indptr) - 1
    whole = np.array([[0, rows]])
    if rows < FEWEST_ROWS:
        return (whole,)
    reach = int(np.abs(np.repeat(np.arange(rows), np.diff(indptr)) - indices).max(initial=1))
    count = min(MOST_PARTS, rows // (2 * reach)) // 2 * 2
    if count < 4:
        return (whole,)
    ends = rows * np.arange(count + 1) // count
    bounds = np.column_stack([ends[:-1], ends[1:]])
    return bounds[::2].copy(), bounds[1::2].copy()
