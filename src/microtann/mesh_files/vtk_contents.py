"""What a VTK file holds, whatever its format: points, cells by VTK's numbers of their types, and data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError

IntArray = NDArray[np.int64]
POLYDATA = ("VERTICES", "LINES", "POLYGONS", "TRIANGLE_STRIPS")
"""Parts of polygonal data in the order in which their cells are counted."""
_SINGLE, _SEVERAL = {"VERTICES": 1, "LINES": 3}, {"VERTICES": 2, "LINES": 4, "POLYGONS": 7, "TRIANGLE_STRIPS": 6}


@dataclass(eq=False)
class VtkCells:
    """Cells of any types.

    Parameters
    ----------
    types : integer array, shape (E,)
        VTK's number of the type of every cell.
    offsets : integer array, shape (E + 1,)
        Where the nodes of a cell begin, and end, in the next.
    nodes : integer array, shape (C,)
    """

    types: Int[IntArray, "E"]
    offsets: Int[IntArray, "_"]
    nodes: Int[IntArray, "C"]

    def __post_init__(self) -> None:
        """Refuse what is not one list of nodes for every cell.

        Raises
        ------
        InputError
        """
        if len(self.offsets) != len(self.types) + 1:
            raise InputError(f"it has {len(self.types)} types of cells for {len(self.offsets) - 1} cells")
        if (np.diff(self.offsets) < 0).any() or self.offsets[0] != 0 or self.offsets[-1] != len(self.nodes):
            raise InputError("the lists of the nodes of its cells do not fit together")


@dataclass(eq=False)
class VtkContents:
    """Contents of a VTK file.

    Parameters
    ----------
    points : array, shape (N, 3)
    cells : VtkCells
    point_data, cell_data : dict of arrays
        Data by name, with a first axis of points or cells. Those that the file calls a numbering are left out.
    """

    points: Float[NDArray[np.float64], "N 3"]
    cells: VtkCells
    point_data: dict[str, NDArray[Any]] = field(default_factory=dict)
    cell_data: dict[str, NDArray[Any]] = field(default_factory=dict)


def offsets_of(counts: Int[IntArray, "E"]) -> Int[IntArray, "_"]:
    """Return where the nodes of each cell begin, from how many they are."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def polydata_cells(part: str, offsets: Int[IntArray, "_"], nodes: Int[IntArray, "C"]) -> VtkCells:
    """Return a part of polygonal data as cells.

    Parameters
    ----------
    part : str
        One of `POLYDATA`.
    offsets, nodes : integer arrays
        As of `VtkCells`.
    """
    least = {"VERTICES": 1, "LINES": 2}.get(part, 0)
    several = _SEVERAL[part]
    types = np.where(np.diff(offsets) == least, _SINGLE.get(part, several), several)
    return VtkCells(types.astype(np.int64), offsets, nodes)


def joined_cells(parts: Sequence[VtkCells], shifts: Sequence[int]) -> VtkCells:
    """Return several lists of cells as one, the nodes of each counted from its shift."""
    types = [part.types for part in parts]
    counts = [np.diff(part.offsets) for part in parts]
    nodes = [part.nodes + shift for part, shift in zip(parts, shifts, strict=True)]
    none = np.zeros(0, dtype=np.int64)
    return VtkCells(
        np.concatenate([none, *types]), offsets_of(np.concatenate([none, *counts])), np.concatenate([none, *nodes])
    )
