"""Structured meshes of VTK, whose cells follow from their numbers of points along every axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.mesh_files.vtk_contents import VtkCells, offsets_of

Array = NDArray[np.float64]
LINE, QUAD, HEXAHEDRON = 3, 9, 12
"""VTK's numbers of types of cells."""


def structured_points(
    given: Mapping[str, Sequence[float]], points: Float[Array, "N 3"] | None
) -> tuple[tuple[int, int, int], Float[Array, "N 3"]]:
    """Return the numbers of points along the axes, and the points, of which the first coordinate varies fastest.

    Parameters
    ----------
    given : mapping
        "DIMENSIONS" with "ORIGIN" and "SPACING", or "X_COORDINATES" and so on.
    points : array, shape (N, 3), optional
        Points that the file lists.

    Raises
    ------
    InputError
        If the numbers of points do not fit.
    """
    axes = [np.array(given[f"{axis}_COORDINATES"]) for axis in "XYZ" if f"{axis}_COORDINATES" in given]
    counts = [len(axis) for axis in axes] if axes else [int(count) for count in given.get("DIMENSIONS", [])]
    if len(counts) != 3 or min(counts) < 1:
        raise InputError("a structured mesh has a number of points along each of three axes")
    if points is None:
        if not axes:
            origin, spacing = given.get("ORIGIN", (0.0,) * 3), given.get("SPACING", (1.0,) * 3)
            axes = [o + s * np.arange(n) for o, s, n in zip(origin, spacing, counts, strict=True)]
        grid = np.meshgrid(*axes[::-1], indexing="ij")
        points = np.stack([grid[2], grid[1], grid[0]], axis=-1).reshape(-1, 3).astype(np.float64)
    if len(points) != np.prod(counts):
        raise InputError(f"a structured mesh of {' x '.join(map(str, counts))} points has {len(points)}")
    return (counts[0], counts[1], counts[2]), points


def structured_cells(counts: tuple[int, int, int]) -> VtkCells:
    """Return the cells between so many points along every axis: hexahedra, quadrilaterals or lines."""
    number = np.arange(np.prod(counts)).reshape(counts[::-1])
    corners = [number]
    for axis in (2, 1, 0):  # of the array; the first coordinate varies fastest
        if number.shape[axis] > 1:
            low = [np.take(part, range(number.shape[axis] - 1), axis) for part in corners]
            high = [np.take(part, range(1, number.shape[axis]), axis) for part in corners]
            half = len(high)
            if half == 2:  # around the quadrilateral
                high = high[::-1]
            corners = [*low, *high]
    table = np.stack([part.ravel() for part in corners], axis=1).astype(np.int64)
    kind = {1: 1, 2: LINE, 4: QUAD, 8: HEXAHEDRON}[table.shape[1]]
    types = np.full(len(table), kind, dtype=np.int64)
    return VtkCells(types, offsets_of(np.full(len(table), table.shape[1])), table.ravel())
