"""Files of VTK, in which data stand for names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.mesh_files.foreign_mesh import ForeignMesh, plain_mesh

MOST_VALUES = 100
"""Distinct whole numbers in the cell data of a VTK file beyond which they are no regions, but a numbering."""


def read_vtk(path: Path) -> ForeignMesh:
    """Read a VTK file, in which data stand for names.

    Point data of zeros and ones are a set of points, such cell data a set of cells. Other whole numbers as cell
    data make a set of cells for every value, as in "material=3".
    """
    from meshio import vtk, vtu  # slow to import

    mesh = (vtu if path.suffix.lower() == ".vtu" else vtk).read(path)
    found = plain_mesh(mesh)
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


def _is_whole(values: NDArray[Any]) -> bool:
    return values.ndim == 1 and values.dtype.kind in "iub"


def _is_indicator(values: NDArray[Any]) -> bool:
    """Return whether data are zeros and ones, not all of them zeros."""
    return bool(_is_whole(values) and values.any() and np.isin(values, (0, 1)).all())
