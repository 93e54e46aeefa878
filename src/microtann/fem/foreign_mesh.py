"""What files of other programmes say of a mesh, before it is one: cells of any kinds, and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError

IntArray = NDArray[np.int64]
ENTITIES = ("point", "curve", "surface", "volume")
"""What gmsh calls its entities, by dimension."""
MOST_VALUES = 100
"""Distinct whole numbers in the cell data of a VTK file beyond which they are no regions, but a numbering."""


@dataclass(eq=False)
class ForeignMesh:
    """Contents of a mesh file.

    Parameters
    ----------
    points : array, shape (N, d)
    blocks : list of (str, integer array)
        Kinds, in meshio's words, and nodes of cells; cells are counted over all blocks.
    node_sets, cell_sets : dict of integer arrays
        Nodes and cells by name.
    surfaces : dict of lists
        Faces by name, each by its corners.
    """

    points: Float[NDArray[np.float64], "N d"]
    blocks: list[tuple[str, Int[IntArray, "_ _"]]]
    node_sets: dict[str, IntArray] = field(default_factory=dict)
    cell_sets: dict[str, IntArray] = field(default_factory=dict)
    surfaces: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)


def read_gmsh(path: Path) -> ForeignMesh:
    """Read a file of gmsh; its physical groups are the sets of cells, "volume 3" where the group has no name."""
    from meshio import gmsh  # slow to import

    mesh = gmsh.read(path)
    found = _plain(mesh)
    tags = mesh.cell_data.get("gmsh:physical", [])
    starts = _starts(mesh)
    named = {(int(tag), int(dimension)): name for name, (tag, dimension) in mesh.field_data.items()}
    found.cell_sets = {name: np.zeros(0, dtype=np.int64) for name in mesh.field_data}
    for block, start, of_cells in zip(mesh.cells, starts, tags, strict=False):
        for tag in np.unique(of_cells):
            name = named.get((int(tag), block.dim), f"{ENTITIES[block.dim]} {tag}")
            cells = start + np.flatnonzero(of_cells == tag)
            found.cell_sets[name] = np.append(found.cell_sets.get(name, cells[:0]), cells)
    for name in mesh.field_data:  # a later version of the format lets a cell be in several groups
        parts = mesh.cell_sets.get(name)
        if parts is not None:
            of_blocks = [
                start + np.asarray(part, dtype=np.int64) for start, part in zip(starts, parts, strict=True)
            ]
            found.cell_sets[name] = np.concatenate(of_blocks)
    return found


def read_vtk(path: Path) -> ForeignMesh:
    """Read a VTK file, in which data stand for names.

    Point data of zeros and ones are a set of points, such cell data a set of cells. Other whole numbers as cell
    data make a set of cells for every value, as in "material=3".
    """
    from meshio import vtk, vtu  # slow to import

    mesh = (vtu if path.suffix.lower() == ".vtu" else vtk).read(path)
    found = _plain(mesh)
    for name, values in mesh.point_data.items():
        if _is_indicator(values):
            found.node_sets[name] = np.flatnonzero(values)
    for name, parts in mesh.cell_data.items():
        of_cells = np.concatenate([np.asarray(part) for part in parts])
        if _is_indicator(of_cells):
            found.cell_sets[name] = np.flatnonzero(of_cells)
        elif _is_whole(of_cells) and len(values := np.unique(of_cells)) <= MOST_VALUES:
            found.cell_sets |= {f"{name}={value}": np.flatnonzero(of_cells == value) for value in values}
    return found


def _plain(mesh: Any) -> ForeignMesh:
    """Return points and cells of what meshio has read.

    Raises
    ------
    InputError
        If a cell names a node that does not exist.
    """
    blocks = [(block.type, np.asarray(block.data, dtype=np.int64)) for block in mesh.cells if len(block.data)]
    for kind, cells in blocks:
        if cells.min() < 0 or cells.max() >= len(mesh.points):
            raise InputError(f"a {kind} cell names a node that does not exist")
    return ForeignMesh(np.asarray(mesh.points, dtype=np.float64), blocks)


def _starts(mesh: Any) -> list[int]:
    """Return the number of the first cell of every block."""
    counts = [len(block.data) for block in mesh.cells]
    return np.cumsum([0, *counts[:-1]]).tolist()


def _is_whole(values: NDArray[Any]) -> bool:
    return values.ndim == 1 and values.dtype.kind in "iub"


def _is_indicator(values: NDArray[Any]) -> bool:
    """Return whether data are zeros and ones, not all of them zeros."""
    return bool(_is_whole(values) and values.any() and np.isin(values, (0, 1)).all())


def require_not_empty(kind: str, sets: Mapping[str, Any]) -> None:
    """Refuse named sets without members.

    Raises
    ------
    InputError
    """
    for name, members in sets.items():
        if len(members) == 0:
            raise InputError(f"the {kind} {name!r} is empty: fill it, or leave it out")
