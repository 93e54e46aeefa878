"""Files of gmsh, whose physical groups are sets of cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microtann.mesh_files.foreign_mesh import ForeignMesh, block_starts, plain_mesh

ENTITIES = ("point", "curve", "surface", "volume")
"""What gmsh calls its entities, by dimension."""


def read_gmsh(path: Path) -> ForeignMesh:
    """Read a file of gmsh; its physical groups are the sets of cells, "volume 3" where the group has no name."""
    from meshio import gmsh  # slow to import

    mesh = gmsh.read(path)
    found = plain_mesh(mesh)
    tags = mesh.cell_data.get("gmsh:physical", [])
    starts = block_starts(mesh)
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
