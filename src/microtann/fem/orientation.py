"""Cells whose nodes run the wrong way round, clockwise in the plane or mirrored in space, and how to turn them."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.fem.elements import element_kind, shape_functions

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


def inverted(points: Float[Array, "N d"], cells: Int[IntArray, "E n"], kind: str) -> Bool[NDArray[np.bool_], "E"]:
    """Return which cells have a negative volume, by the determinant of their Jacobian in their middle.

    Parameters
    ----------
    points : array, shape (N, d)
    cells : integer array, shape (E, n)
        Nodes of every cell in VTK's order.
    kind : str
        Kind of the cells.
    """
    middle = element_kind(kind).reference.mean(axis=0, keepdims=True)
    gradients = shape_functions(kind, middle)[1][0]
    jacobian = np.einsum("ai,eaj->eij", gradients, points[cells], optimize=True)
    return np.asarray(np.linalg.det(jacobian) < 0.0)


@cache
def mirrored_order(kind: str) -> tuple[int, ...]:
    """Return the order of the nodes of a kind of cells seen in a mirror.

    The first two reference coordinates are exchanged, which maps every reference domain onto itself; nodes
    amid edges and faces go along.

    Examples
    --------
    >>> from microtann.fem.orientation import mirrored_order
    >>> mirrored_order("quad"), mirrored_order("triangle6")
    ((0, 3, 2, 1), (0, 2, 1, 5, 4, 3))
    """
    places = element_kind(kind).reference
    mirror = places.copy()
    mirror[:, :2] = places[:, 1::-1]
    distance = np.abs(mirror[:, None] - places[None]).max(axis=2)
    return tuple(np.argmin(distance, axis=1).tolist())


def turned(
    points: Float[Array, "N d"], cells: Int[IntArray, "E n"], kind: str
) -> tuple[Int[IntArray, "E n"], IntArray]:
    """Return cells with the same nodes, of which none has a negative volume in its middle, and which were turned.

    Parameters
    ----------
    points, cells, kind
        As of `inverted`.
    """
    wrong = np.flatnonzero(inverted(points, cells, kind))
    right = cells.copy()
    right[wrong] = cells[wrong][:, mirrored_order(kind)]
    return right, wrong
