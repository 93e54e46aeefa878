"""Pictures of bodies in space without a display: orthographic projection, shading and painter's order.

matplotlib draws the polygons, so the pictures need no OpenGL and look the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]
LIGHT = np.array([-0.45, 0.75, 0.9])
"""Direction to the light: from the upper left, behind the viewer (right, up, towards the viewer)."""
AMBIENT = 0.7
"""Brightness of a face turned away from the light, relative to one that faces it."""


@dataclass(frozen=True)
class Camera:
    """Direction of view: degrees around the vertical axis and above the horizon."""

    azimuth: float = -58.0
    elevation: float = 20.0

    @property
    def axes(self) -> Float[Array, "3 3"]:
        """Unit vectors right, up and towards the viewer, as rows."""
        a, e = np.radians([self.azimuth, self.elevation])
        return np.array(
            [
                [-np.sin(a), np.cos(a), 0.0],
                [-np.sin(e) * np.cos(a), -np.sin(e) * np.sin(a), np.cos(e)],
                [np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)],
            ]
        )

    def project(self, points: Float[Array, "*batch d"]) -> Float[Array, "*batch 3"]:
        """Return (right, up, towards the viewer) of points; in 2D the plane itself is seen."""
        if points.shape[-1] == 2:
            return np.concatenate([points, np.zeros((*points.shape[:-1], 1))], axis=-1)
        return points @ self.axes.T


@dataclass(frozen=True, eq=False)
class Polygons:
    """Visible polygons in the order in which they are painted.

    Parameters
    ----------
    outline : array, shape (n, k, 2)
        Corners on the picture.
    brightness : array, shape (n,)
        1 where the face looks into the light.
    source : integer array, shape (n,)
        Index of the face given.
    """

    outline: Float[Array, "n k 2"]
    brightness: Float[Array, "n"]
    source: Int[NDArray[np.int64], "n"]


def paint_faces(corners: Float[Array, "n k d"], camera: Camera) -> Polygons:
    """Project faces, drop those that look away, and order the rest from far to near.

    Parameters
    ----------
    corners : array, shape (n, k, d)
        Corners of every face, counter-clockwise seen from outside.
    camera : Camera

    Returns
    -------
    Polygons
    """
    seen = camera.project(corners)
    normal = np.cross(seen[:, 2] - seen[:, 0], seen[:, -1] - seen[:, 1])
    length = np.linalg.norm(normal, axis=1)
    normal /= np.where(length > 0, length, 1.0)[:, None]
    facing = np.flatnonzero(normal[:, 2] > 0) if corners.shape[-1] == 3 else np.arange(len(corners))
    order = facing[np.argsort(seen[facing, :, 2].mean(axis=1), kind="stable")]
    light = LIGHT / np.linalg.norm(LIGHT)
    towards = np.clip(normal[order] @ light, 0.0, 1.0) if corners.shape[-1] == 3 else np.ones(len(order))
    return Polygons(seen[order][..., :2], AMBIENT + (1.0 - AMBIENT) * towards, order.astype(np.int64))


@dataclass(frozen=True, eq=False)
class Segments:
    """Segments in the order in which they are painted.

    Parameters
    ----------
    ends : array, shape (n, 2, 2)
        Ends on the picture.
    nearness : array, shape (n,)
        0 for the farthest, 1 for the nearest.
    source : integer array, shape (n,)
        Index of the segment given.
    """

    ends: Float[Array, "n 2 2"]
    nearness: Float[Array, "n"]
    source: Int[NDArray[np.int64], "n"]


def paint_segments(ends: Float[Array, "n 2 d"], camera: Camera) -> Segments:
    """Project segments and order them from far to near.

    Parameters
    ----------
    ends : array, shape (n, 2, d)
    camera : Camera

    Returns
    -------
    Segments
    """
    seen = camera.project(ends)
    depth = seen[..., 2].mean(axis=1)
    order = np.argsort(depth, kind="stable")
    span = float(np.ptp(depth)) if len(depth) else 0.0
    nearness = (depth[order] - depth.min(initial=np.inf)) / span if span > 0 else np.ones(len(order))
    return Segments(seen[order][..., :2], nearness, order.astype(np.int64))


HEXAHEDRON_FACES = np.array(
    [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)], dtype=np.int64
)
TETRAHEDRON_FACES = np.array([(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)], dtype=np.int64)


def boundary_faces(
    cells: Int[NDArray[np.int64], "e k"],
) -> tuple[Int[NDArray[np.int64], "n f"], Int[NDArray[np.int64], "n"]]:
    """Return the faces that belong to one cell only, counter-clockwise seen from outside.

    Parameters
    ----------
    cells : integer array, shape (e, k)
        8-node hexahedra or 4-node tetrahedra in the VTK order.

    Returns
    -------
    faces : integer array, shape (n, 4) or (n, 3)
        Nodes of the boundary faces.
    owner : integer array, shape (n,)
        Cell of every face.
    """
    local = HEXAHEDRON_FACES if cells.shape[1] == 8 else TETRAHEDRON_FACES
    faces = cells[:, local].reshape(-1, local.shape[1])
    _, first, count = np.unique(np.sort(faces, axis=1), axis=0, return_index=True, return_counts=True)
    outer = np.sort(first[count == 1])
    return faces[outer].astype(np.int64), (outer // len(local)).astype(np.int64)
