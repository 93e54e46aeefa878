"""Files of VTK, in which data stand for names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.mesh_files.foreign_mesh import ForeignMesh
from microtann.mesh_files.section_areas import AREAS, UNREAD, section_areas
from microtann.mesh_files.vtk_cells import cell_blocks
from microtann.mesh_files.vtk_legacy_file import read_vtk_legacy
from microtann.mesh_files.vtk_xml_file import read_vtk_xml
from microtann.system.text_file import without_mark

MOST_VALUES = 100
"""Distinct whole numbers in the cell data of a VTK file beyond which they are no regions, but a numbering."""


def read_vtk(path: Path) -> ForeignMesh:
    """Read a VTK file, in which data stand for names.

    Point data of zeros and ones are a set of points. Whole numbers as cell data make a set of cells for every
    value, as in "material=3"; where they are zeros and ones, the name alone is that of the ones. Lines of several
    segments are split. Cell data "area" or "radius" give the areas of line cells.

    Raises
    ------
    InputError
        If the file is cut short, has a part that is not known, or has ghosts among its cells.
    """
    given = path.read_bytes()
    content = without_mark(given)
    if content is not given:  # an encoding that is declared is that of the mark
        content = re.sub(rb"^\s*<\?xml[^>]*\?>", b"", content)
    contents = (read_vtk_xml if content.lstrip()[:1] == b"<" else read_vtk_legacy)(content)
    ghosts = np.count_nonzero(contents.cell_data.get("vtkGhostType", np.zeros(0)))
    if ghosts:
        raise InputError(
            f"{ghosts} of its cells are ghosts, copies of cells of another piece or hidden ones (vtkGhostType): "
            "take them out before the mesh is saved"
        )
    blocks, origin = cell_blocks(contents.cells)
    found = ForeignMesh(contents.points, blocks)
    for kind, cells in blocks:
        if cells.size and (cells.min() < 0 or cells.max() >= len(contents.points)):
            raise InputError(f"a {kind} cell names a node that does not exist")
    for name, values in _flat(contents.point_data).items():
        if _is_indicator(_whole(values)):
            found.node_sets[name] = np.flatnonzero(values)
    of_cells = {name: values[origin] for name, values in _flat(contents.cell_data).items()}
    for name, values in of_cells.items():
        if name.lower() not in (*AREAS, *UNREAD):
            _give_regions(found, name, _whole(values))
    lines = np.concatenate([np.zeros(0, dtype=bool), *(np.full(len(c), kind == "line") for kind, c in blocks)])
    numbers = {name: values.astype(np.float64) for name, values in of_cells.items()}
    section_areas(numbers, contents.point_data, lines).give_to(found)
    return found


def _give_regions(found: ForeignMesh, name: str, values: NDArray[Any]) -> None:
    """Add a set of cells for every value, and one for the ones among zeros, unless the values are too many.

    Parameters
    ----------
    found : ForeignMesh
    name : str
    values : integer array, shape (E,)
    """
    present = np.unique(values)
    if _is_indicator(values):
        found.cell_sets[name] = np.flatnonzero(values)
    if len(present) <= MOST_VALUES:
        found.cell_sets |= {f"{name}={value}": np.flatnonzero(values == value) for value in present}
    elif len(present) < len(values):
        found.notes.append(
            f"the data {name!r} of cells have {len(present)} values, more than {MOST_VALUES}, and are no regions"
        )


def _whole(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return whole numbers as integers, and nothing if there are others.

    Some programmes write them as floats; a field that is zero everywhere, as many are, is not meant then.
    """
    if values.dtype.kind in "iub":
        return values.astype(np.int64)
    none = np.zeros(0, dtype=np.int64)
    if values.dtype.kind != "f" or not values.any() or not (np.abs(values) < 2.0**53).all():
        return none
    return values.astype(np.int64) if (values == np.rint(values)).all() else none


def _flat(data: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return data of one component, but for those that VTK itself adds."""
    return {
        name: values.reshape(-1)
        for name, values in data.items()
        if values[:1].size == 1 and not name.startswith("vtk")
    }


def _is_indicator(values: NDArray[np.int64]) -> bool:
    """Return whether data are zeros and ones, not all of them zeros."""
    return bool(values.any() and np.isin(values, (0, 1)).all())
