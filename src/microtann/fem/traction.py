"""Traction on faces of a mesh: a force per area in any direction, and shear along a face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.fem.face_load import FaceLoad, FaceValue, at_points

Array = NDArray[np.float64]
ALONG = 1e-6
"""Part of a direction that lies in a face below which there is no direction along it."""


@dataclass(frozen=True, eq=False)
class Traction(FaceLoad):
    """A force per area on faces of the boundary, in a direction that does not depend on the face.

    A dead load, as `microtann.fem.Pressure`: per area of the undeformed faces.

    Parameters
    ----------
    faces : str, integer array, mask, or callable
        As for `microtann.fem.Pressure`.
    value : array, shape (d,), or callable
        Force per area at the end of the step. A function gets points on the faces, shape (n, d), and returns a
        vector for each, shape (n, d).

    Examples
    --------
    >>> from microtann import fem
    >>> mesh = fem.box((1, 1, 2), (2, 2, 4))
    >>> base, top = (lambda x: x[:, 2] == 0), (lambda x: x[:, 2] == 2)
    >>> held = [fem.Prescribed(base, axis) for axis in "xyz"]
    >>> model = fem.Model(mesh, fem.LinearElastic.isotropic(1.0, 0.3))
    >>> result = model.solve([fem.Step(held, [fem.Traction(top, (0.1, 0.0, -0.2))])])
    >>> [round(float(force), 12) + 0.0 for force in -result.reaction(base)[0]]
    [0.1, 0.0, -0.2]
    """

    value: FaceValue
    name: ClassVar[str] = "traction"

    def _on_points(
        self, points: Float[Array, "K G d"], normals: Float[Array, "K G d"], where: str
    ) -> Float[Array, "K G d"]:
        vector = at_points(self.value, points, (points.shape[2],), self.name, where)
        return vector * np.linalg.norm(normals, axis=2, keepdims=True)


@dataclass(frozen=True, eq=False)
class Shear(FaceLoad):
    """A force per area along faces of the boundary, as friction or glue exerts it.

    A dead load, as `microtann.fem.Pressure`: per area of the undeformed faces.

    Parameters
    ----------
    faces : str, integer array, mask, or callable
        As for `microtann.fem.Pressure`.
    value : float or callable
        Shear stress at the end of the step. A function gets points on the faces, shape (n, d), and returns one
        number for each.
    along : array, shape (d,), or callable
        Direction, of any length; at every point its part along the face counts. A function gets points on the
        faces and returns a direction for each: ``lambda x: np.cross((0, 0, 1), x)`` turns a shaft.

    Examples
    --------
    >>> from microtann import fem
    >>> mesh = fem.box((2, 1), (4, 2))
    >>> low, high = (lambda x: x[:, 1] == 0), (lambda x: x[:, 1] == 1)
    >>> held = [fem.Prescribed(low, axis) for axis in "xy"]
    >>> model = fem.Model(mesh, fem.LinearElastic.isotropic(1.0, 0.3, plane="stress"))
    >>> result = model.solve([fem.Step(held, [fem.Shear(high, 0.1, along=(1.0, 0.0))])])
    >>> round(float(result.reaction(low)[0, 0]), 12)
    -0.2
    """

    value: float | Callable[[Array], ArrayLike]
    along: FaceValue
    name: ClassVar[str] = "shear"

    def _on_points(
        self, points: Float[Array, "K G d"], normals: Float[Array, "K G d"], where: str
    ) -> Float[Array, "K G d"]:
        area = np.linalg.norm(normals, axis=2, keepdims=True)
        unit = normals / area
        wanted = at_points(self.along, points, (points.shape[2],), "direction of the shear", where)
        inside = wanted - np.einsum("kgi,kgi->kg", wanted, unit)[..., None] * unit
        length = np.linalg.norm(inside, axis=2, keepdims=True)
        if (length <= ALONG * np.linalg.norm(wanted, axis=2, keepdims=True)).any():
            raise InputError(
                f"{where}: the direction of the shear is normal to a face, or zero: name one along it"
            )
        amount = at_points(self.value, points, (), self.name, where)
        return amount[..., None] * area * inside / length
