"""Groups of internal coordinates: each has a name and a shape, and all are kept side by side in one flat row.

A mapping such as ``{"displacement": (N, d), "force": (M,)}`` gives name and shape of every group in the order of
its columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Shapes = Mapping[str, tuple[int, ...]]
Array = NDArray[np.float64]


def width(shapes: Shapes) -> int:
    """Return the number of internal coordinates, c."""
    return sum(_sizes(shapes))


def columns(shapes: Shapes) -> dict[str, slice]:
    """Return the columns of every group in the flat row."""
    ends = list(accumulate(_sizes(shapes), initial=0))
    return {name: slice(*ends[i : i + 2]) for i, name in enumerate(shapes)}


def split(flat: Float[Array, "*batch c"], shapes: Shapes) -> dict[str, Array]:
    """Return every group by name, with the leading axes of ``flat`` before its own."""
    lead = flat.shape[:-1]
    return {name: flat[..., part].reshape(*lead, *shapes[name]) for name, part in columns(shapes).items()}


def _sizes(shapes: Shapes) -> list[int]:
    return [int(np.prod(shape, dtype=np.int64)) for shape in shapes.values()]
