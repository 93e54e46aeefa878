"""Pressure on faces of a mesh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.fem.face_load import FaceLoad, at_points

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pressure(FaceLoad):
    """Pressure on faces of the boundary; in the plane on edges, per unit thickness.

    It is a dead load: it keeps the direction and the area of the undeformed faces. As all forces of a `Step`, it
    ramps from its value at the end of the step before, and fades where the next step does not list it.

    Parameters
    ----------
    faces : str, integer array, mask, or callable
        Name of a side of the mesh, or nodes as for `Prescribed`: then it acts on the faces of the boundary all of
        whose nodes are among them.
    value : float or callable
        Pressure at the end of the step; positive pushes against the body. A function gets points on the faces,
        shape (n, d), and returns one number for each.

    Examples
    --------
    >>> from microtann import fem
    >>> mesh = fem.box((1, 1, 2), (2, 2, 4))
    >>> base, top = (lambda x: x[:, 2] == 0), (lambda x: x[:, 2] == 2)
    >>> held = [fem.Prescribed(base, axis) for axis in "xyz"]
    >>> model = fem.Model(mesh, fem.LinearElastic.isotropic(1.0, 0.3))
    >>> result = model.solve([fem.Step(held, [fem.Pressure(top, 0.1)])])
    >>> round(float(result.axial_force(base)[0]), 12)
    0.1
    """

    value: float | Callable[[Array], ArrayLike]
    name: ClassVar[str] = "pressure"

    def _on_points(
        self, points: Float[Array, "K G d"], normals: Float[Array, "K G d"], where: str
    ) -> Float[Array, "K G d"]:
        return -at_points(self.value, points, (), self.name, where)[..., None] * normals
