"""The mesh of a job, with the sets, sides and regions that the job names."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import ConfigurationError, InputError
from microtann.fem.box import box
from microtann.fem.mesh import Mesh
from microtann.fem.mesh_file import read_mesh
from microtann.job.job_tables import JobTables
from microtann.job.tables import PlaceChoice

ON_PLACE = 1e-8
"""Distance, relative to the size of the body, within which a node lies on a plane."""


def job_mesh(tables: JobTables) -> Mesh:
    """Return the mesh of a job.

    Raises
    ------
    ConfigurationError
        If it cannot be read or made, or nothing lies in a place that has a name.
    """
    choice, folder = tables.mesh, tables.path.parent
    try:
        if choice.file:
            mesh = read_mesh(folder / choice.file, choice.drop_unused, choice.merge_doubled)
        else:
            origin = choice.origin or None
            mesh = box(choice.lengths, choice.divisions, origin, choice.kind or None, choice.diagonals)
    except InputError as error:
        key = ("mesh", "file") if choice.file else ("mesh",)
        raise ConfigurationError(f"{tables.where(*key)}: {error}") from None
    size = ON_PLACE * float(np.ptp(mesh.points, axis=0).max())
    sets, sides, regions = (
        {name: _indices(place, points, size, tables.where(kind, name), what) for name, place in places.items()}
        for kind, places, points, what in (
            ("set", tables.sets, mesh.points, "node"),
            ("side", tables.sides, mesh.points, "node"),
            ("region", tables.regions, mesh.centres, "cell"),
        )
    )
    faces = {name: _faces(mesh, nodes, tables.where("side", name)) for name, nodes in sides.items()}
    return mesh.named(regions, sets, faces)


def _indices(
    place: PlaceChoice, points: Float[NDArray[np.float64], "N d"], near: float, where: str, what: str
) -> Int[NDArray[np.int64], "k"]:
    """Return the points that lie in a place.

    Parameters
    ----------
    place : PlaceChoice
    points : array, shape (N, d)
    near : float
        Distance that counts as none, in units of length.
    where, what : str
        What a message begins with, and what it calls a point.

    Raises
    ------
    ConfigurationError
        If none does, or an axis does not exist.
    """
    dimension = points.shape[1]
    if place.nearest:
        if len(place.nearest) != dimension:
            raise ConfigurationError(f"{where}: nearest has {dimension} coordinates, got {list(place.nearest)}")
        return np.linalg.norm(points - place.nearest, axis=1).argmin().reshape(1)
    inside = np.ones(len(points), dtype=bool)
    for axis, name in enumerate("xyz"):
        value = getattr(place, name)
        if value is None:
            continue
        if axis >= dimension:
            raise ConfigurationError(f"{where}: the mesh lies in the plane and has no axis {name}")
        low, high = value if isinstance(value, tuple) else (value, value)
        inside &= (points[:, axis] >= low - near) & (points[:, axis] <= high + near)
    if not inside.any():
        ends = ", ".join(f"{a:g} to {b:g}" for a, b in zip(points.min(axis=0), points.max(axis=0), strict=True))
        raise ConfigurationError(f"{where}: no {what} lies there; they lie in {ends}")
    return np.flatnonzero(inside)


def _faces(mesh: Mesh, nodes: Int[NDArray[np.int64], "k"], where: str) -> Int[NDArray[np.int64], "f"]:
    """Return the faces of the boundary all of whose nodes are chosen."""
    chosen = np.zeros(len(mesh.points) + 1, dtype=bool)
    chosen[nodes] = True
    chosen[-1] = True  # what fills the rows of smaller faces
    faces = np.flatnonzero(chosen[mesh.boundary].all(axis=1))
    if not faces.size:
        raise ConfigurationError(f"{where}: no face of the boundary lies there")
    return faces
