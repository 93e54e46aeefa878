"""How a microstructure shows itself: lines between points, or elements, coloured by a number on each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Picture:
    """Lines or elements of a microstructure in a chosen state.

    Parameters
    ----------
    points, displacement : array, shape (N, d)
        In the unit of length of the microstructure.
    lines : integer array, shape (M, 2)
        Points at the ends of every line; none where elements are drawn.
    values : array, shape (M,)
        What colours every line, or every element.
    label : str
        What the values are, with their unit.
    signed : bool
        Whether zero is in the middle of the colours.
    cells : tuple of integer arrays, shape (e, n)
        Points of the elements in VTK's order, an array for each kind.
    """

    points: Float[Array, "N d"]
    displacement: Float[Array, "N d"]
    lines: Int[NDArray[np.int64], "_ 2"]
    values: Float[Array, "M"]
    label: str
    signed: bool = False
    cells: tuple[Int[NDArray[np.int64], "_ _"], ...] = ()
