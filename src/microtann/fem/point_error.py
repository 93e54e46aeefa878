"""A failure of a material at some Gauss points of a mesh."""

from __future__ import annotations

from collections.abc import Sequence

from microtann.errors import ConvergenceError


class PointError(ConvergenceError):
    """A material that failed, or returned what is not finite.

    Parameters
    ----------
    message : str
    points : sequence of int
        Numbers of the Gauss points: cell × Gauss points of a cell + Gauss point.
    nodes : sequence of int
        Of the cell of the first of them.
    """

    def __init__(self, message: str, points: Sequence[int], nodes: Sequence[int]) -> None:
        super().__init__(message, worst=nodes)
        self.points = tuple(int(point) for point in points)
