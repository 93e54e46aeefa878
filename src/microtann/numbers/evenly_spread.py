"""A few of many, evenly spread: samples that are the same on every machine."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray


def evenly_spread(count: int, most: int) -> Int[NDArray[np.int64], "k"]:
    """Return at most ``most`` of the numbers below ``count``, evenly spread, the first among them.

    Parameters
    ----------
    count, most : int
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
