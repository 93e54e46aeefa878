"""How a microstructure shows itself: lines between points, or elements, coloured by a number on each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.fem.elements import kind_with

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
    drawn : array of bool, shape (M,), optional
        Which elements a figure shows, where some stand in front of others; files have all.
    """

    points: Float[Array, "N d"]
    displacement: Float[Array, "N d"]
    lines: Int[NDArray[np.int64], "_ 2"]
    values: Float[Array, "M"]
    label: str
    signed: bool = False
    cells: tuple[Int[NDArray[np.int64], "_ _"], ...] = ()
    drawn: Bool[NDArray[np.bool_], "M"] | None = None

    @property
    def blocks(self) -> list[tuple[str, Int[NDArray[np.int64], "_ _"]]]:
        """What is shown as kinds of cells, in the words of meshio, and their points."""
        d = self.points.shape[1]
        return [(kind_with(part.shape[1], d), part) for part in self.cells] or [("line", self.lines)]
