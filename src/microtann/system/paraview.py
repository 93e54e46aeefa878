"""Fields over time as files that ParaView opens: one VTU per frame and a PVD with the true times."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.system.atomic import atomic_path, write_atomically

Array = NDArray[np.float64]
MESHIO: dict[str, list[int]] = {"wedge": [0, 2, 1, 3, 5, 4]}
"""Order in which meshio must be given nodes so that it writes them in the order of VTK: it mirrors wedges."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Fields at one time.

    Parameters
    ----------
    number : int
        Of the file ``name-0000.vtu``, ...
    time : float
    point_data : mapping of arrays, shape (N, d)
        Vectors at the points; in the plane they get a zero third component.
    cell_data : mapping of arrays, shape (E, ...)
    """

    number: int
    time: float
    point_data: Mapping[str, Array]
    cell_data: Mapping[str, Array]


def write_series(
    folder: str | os.PathLike[str],
    name: str,
    points: Float[Array, "N d"],
    blocks: Sequence[tuple[str, Int[NDArray[np.integer], "_ _"]]],
    frames: Iterable[Snapshot],
) -> list[Path]:
    """Write fields at several times on one mesh; every file is replaced whole or not at all.

    Parameters
    ----------
    folder : path
        Created if needed.
    name : str
        The files are ``name.pvd`` and ``name-0000.vtu``, ...
    points : array, shape (N, d)
        A mesh in the plane lies in z = 0.
    blocks : sequence of (str, integer array)
        Kinds of cells in meshio's words ("hexahedron", "line", ...) and their nodes, in the order in which the
        rows of cell data count them.
    frames : iterable of Snapshot
        Written one by one, so that a generator keeps one of them in memory at a time.

    Returns
    -------
    list of Path
        The files, the PVD file first; it is written last.
    """
    import meshio  # slow to import

    folder = Path(folder)
    files, entries = [], []
    ends = np.cumsum([len(cells) for _, cells in blocks])[:-1]
    for frame in frames:
        mesh = meshio.Mesh(
            _in_space(points),
            [(kind, np.asarray(cells)[:, MESHIO.get(kind, slice(None))]) for kind, cells in blocks],
            point_data={label: _in_space(value) for label, value in frame.point_data.items()},
            cell_data={
                label: [np.ascontiguousarray(part) for part in np.split(value, ends)]
                for label, value in frame.cell_data.items()
            },
        )
        file = folder / f"{name}-{frame.number:04d}.vtu"
        with atomic_path(file) as temporary:
            meshio.write(temporary, mesh, file_format="vtu")
        files.append(file)
        entries.append(
            f'    <DataSet timestep="{float(frame.time)!r}" group="" part="0" file={quoteattr(file.name)}/>'
        )
    lines = [
        '<?xml version="1.0"?>',
        '<VTKFile type="Collection" version="0.1" byte_order="LittleEndian">',
        "  <Collection>",
        *entries,
        "  </Collection>",
        "</VTKFile>",
        "",
    ]
    collection = folder / f"{name}.pvd"
    write_atomically(collection, "\n".join(lines))
    return [collection, *files]


def _in_space(vectors: Float[Array, "N d"]) -> Float[Array, "N 3"]:
    """Return vectors with three components."""
    return np.pad(vectors, ((0, 0), (0, 3 - vectors.shape[1])))
