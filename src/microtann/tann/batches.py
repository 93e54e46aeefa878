"""Batches of points are filled up to few sizes, so that few are ever compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEAST_POINTS = 16
"""Smallest number of points that is computed; fewer are filled up to it."""


def rounded(n: int) -> int:
    """Return the number of points that are computed for n: a power of two, so that few sizes are compiled."""
    return max(LEAST_POINTS, 1 << (n - 1).bit_length())


def padded(array: Array, size: int) -> Array:
    """Return an array (n, k) filled up with rows of zeros."""
    return np.concatenate([array, np.zeros((size - len(array), array.shape[1]))])
