"""What points and cells of a mesh must be before there is any geometry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.fem.elements import RULES, element_kind
from microtann.fem.faces import Faces

Array = NDArray[np.float64]


def check_cells(points: Array, given: Sequence[tuple[str, NDArray[Any]]]) -> None:
    """Refuse points and cells that make no mesh.

    Raises
    ------
    InputError
        If a kind is not known or those given do not fit one another, an array has the wrong shape, or a cell names
        a point that does not exist or one twice, or a point is in no cell.
    """
    for kind, _ in given:
        if kind not in RULES:
            raise InputError(f"unknown kind of cells {kind!r}; there are: {', '.join(sorted(RULES))}")
    if not given:
        raise InputError("the mesh has no cells")
    _check_together([kind for kind, _ in given])
    d = RULES[given[0][0]].dimension
    if points.ndim != 2 or points.shape[1] != d:
        raise InputError(f"the mesh's points must have shape (N, {d}), got {points.shape}")
    if not np.isfinite(points).all():
        raise InputError(f"point {int(np.argwhere(~np.isfinite(points))[0][0])} of the mesh is not finite")
    first = 0
    for kind, cells in given:
        _check_kind(kind, cells, len(points), first)
        first += len(cells)
    unused = unused_nodes(len(points), [cells for _, cells in given])
    if unused.size:
        others = f" (nor are {unused.size - 1} others)" if unused.size > 1 else ""
        raise InputError(f"point {unused[0]} of the mesh is in no cell{others}")


def unused_nodes(count: int, cells: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """Return which of so many nodes are in none of the cells."""
    free = np.ones(count, dtype=bool)
    for nodes in cells:
        free[nodes] = False
    return np.flatnonzero(free)


def _check_together(kinds: Sequence[str]) -> None:
    """Refuse kinds of different dimensions, and those with nodes amid their edges beside those without."""
    for kind in kinds[1:]:
        if RULES[kind].dimension != RULES[kinds[0]].dimension:
            raise InputError(
                f"cells of a mesh are all in the plane or all in space, got {kinds[0]!r} and {kind!r}"
            )
        if bool(RULES[kind].edges) != bool(RULES[kinds[0]].edges):
            raise InputError(
                f"{kinds[0]!r} and {kind!r} do not fit together, for one of them has nodes amid its edges: give "
                "cells that are all linear, or all quadratic"
            )


def _check_kind(kind: str, cells: NDArray[Any], points: int, first: int) -> None:
    """Refuse cells of one kind, the first of which has a number in the mesh."""
    nodes = element_kind(kind).nodes
    if cells.ndim != 2 or cells.shape[1:] != (nodes,) or not np.issubdtype(cells.dtype, np.integer):
        raise InputError(
            f"cells of kind {kind!r} are an integer array of shape (E, {nodes}), "
            f"got shape {cells.shape} of {cells.dtype}"
        )
    if len(cells) == 0:
        raise InputError("the mesh has no cells" + (f" of kind {kind!r}" if first else ""))
    missing = ((cells < 0) | (cells >= points)).any(axis=1)
    if missing.any():
        bad = first + int(np.flatnonzero(missing)[0])
        raise InputError(f"cell {bad} names a point that does not exist; there are points 0 to {points - 1}")
    twice = np.flatnonzero((np.diff(np.sort(cells, axis=1), axis=1) == 0).any(axis=1))
    if twice.size:
        raise InputError(f"cell {first + twice[0]} names a point twice: {cells[twice[0]].tolist()}")


def check_faces(boundary: Sequence[Faces]) -> None:
    """Refuse triangular faces that lie on a quadrilateral one: there the displacement would be torn.

    Parameters
    ----------
    boundary : sequence of Faces
        Faces that one cell only has.

    Raises
    ------
    InputError
    """
    by_corners = {faces.corners: faces.nodes[:, : faces.corners] for faces in boundary}
    if not {3, 4} <= set(by_corners):
        return
    halves = np.sort(by_corners[4][:, [[0, 1, 2], [1, 2, 3], [2, 3, 0], [3, 0, 1]]].reshape(-1, 3), axis=1)
    triangles = np.unique(np.sort(by_corners[3], axis=1), axis=0)
    torn = len(triangles) + len(np.unique(halves, axis=0)) - len(np.unique(np.vstack([triangles, halves]), axis=0))
    if torn:
        which = "a triangular face lies" if torn == 1 else f"{torn} triangular faces lie"
        raise InputError(
            f"{which} on quadrilateral faces of other cells, where the mesh would be torn: put pyramids between"
        )
