"""The mesh of a cell as arrays that files keep, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.fem.elements import RULES
from microtann.fem.mesh import Mesh

VTK_TYPES = {
    "triangle": 5,
    "quad": 9,
    "tetra": 10,
    "hexahedron": 12,
    "wedge": 13,
    "pyramid": 14,
    "triangle6": 22,
    "quad8": 23,
    "tetra10": 24,
    "hexahedron20": 25,
}
"""Numbers that VTK gives to kinds of cells."""


def mesh_arrays(mesh: Mesh) -> dict[str, NDArray[Any]]:
    """Return points, nodes of the cells (rows filled by −1) and their types as VTK numbers them."""
    most = max(block.cells.shape[1] for block in mesh.blocks)
    rows = [
        np.pad(block.cells, ((0, 0), (0, most - block.cells.shape[1])), constant_values=-1)
        for block in mesh.blocks
    ]
    types = [np.full(len(block.cells), VTK_TYPES[block.kind]) for block in mesh.blocks]
    return {"points": mesh.points, "cells": np.concatenate(rows), "types": np.concatenate(types)}


def mesh_of_arrays(arrays: Mapping[str, NDArray[Any]]) -> Mesh:
    """Return the mesh that arrays from a file make up.

    Raises
    ------
    InputError
        If they are no mesh.
    """
    cells, types = np.asarray(arrays["cells"]), np.asarray(arrays["types"])
    names = {number: kind for kind, number in VTK_TYPES.items()}
    unknown = sorted(set(types.tolist()) - set(names))
    if unknown or cells.ndim != 2 or len(types) != len(cells):
        raise CellError(
            f"the cells of a solid have a type of VTK each that is known, got {unknown or types.shape}"
        )
    order = list(dict.fromkeys(types.tolist()))  # kind after kind, as the mesh numbers its cells
    blocks = {names[one]: cells[types == one][:, : len(RULES[names[one]].nodes)] for one in order}
    return Mesh(arrays["points"], blocks)
