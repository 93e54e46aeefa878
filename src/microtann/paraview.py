"""Fields of a simulation as files that ParaView opens: one VTU per increment and a PVD with the true times."""

from __future__ import annotations

import os
from pathlib import Path
from xml.sax.saxutils import quoteattr

import meshio
import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.atomic import atomic_path, write_atomically
from microtann.equilibrium.history import History

Array = NDArray[np.float64]


def write_series(
    folder: str | os.PathLike[str],
    name: str,
    history: History,
    kind: str,
    cells: Int[NDArray[np.integer], "E n"],
) -> Path:
    """Write all increments that have fields; every file is replaced whole or not at all.

    Parameters
    ----------
    folder : path
        Created if needed.
    name : str
        The files are ``name.pvd`` and ``name-0000.vtu``, ...
    history : History
        Displacements and reactions become point data, ``fields`` cell data; 2D vectors get a zero third component.
    kind : str
        Cell type in meshio's words: "hexahedron", "line", ...
    cells : array, shape (E, n)

    Returns
    -------
    Path
        The PVD file.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    count, kept = len(history.time), len(history.fields)
    points = _three(history.points)
    entries = []
    for row, index in enumerate(range(count - kept, count)):
        point_data = {
            "displacement": _three(history.displacement[index]),
            "reaction": _three(history.reactions[index]),
        }
        cell_data = {label: [np.ascontiguousarray(value)] for label, value in history.fields[row].items()}
        mesh = meshio.Mesh(points, [(kind, np.asarray(cells))], point_data=point_data, cell_data=cell_data)
        file = f"{name}-{index:04d}.vtu"
        with atomic_path(folder / file) as temporary:
            meshio.write(temporary, mesh, file_format="vtu")
        time = float(history.time[index])
        entries.append(f'    <DataSet timestep="{time!r}" group="" part="0" file={quoteattr(file)}/>')
    collection = "\n".join(
        [
            '<?xml version="1.0"?>',
            '<VTKFile type="Collection" version="0.1" byte_order="LittleEndian">',
            "  <Collection>",
            *entries,
            "  </Collection>",
            "</VTKFile>",
            "",
        ]
    )
    target = folder / f"{name}.pvd"
    write_atomically(target, collection)
    return target


def _three(vectors: Float[Array, "N d"]) -> Float[Array, "N 3"]:
    """Return vectors with three components."""
    return np.pad(vectors, ((0, 0), (0, 3 - vectors.shape[1])))
