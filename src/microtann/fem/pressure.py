"""Pressure on faces of a mesh, as forces on their nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.steps import Nodes, select_nodes
from microtann.errors import InputError
from microtann.fem.elements import ElementKind
from microtann.fem.mesh import Mesh
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pressure:
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

    faces: Nodes
    value: float | Callable[[Array], ArrayLike]

    def nodal_forces(self, mesh: Any, where: str) -> Float[Array, "N d"]:
        """Return the equivalent forces on the nodes; see `microtann.equilibrium.steps.DistributedLoad`.

        Raises
        ------
        InputError
            If there is no mesh, no face, or the pressure is not a finite number at every point.
        """
        if not isinstance(mesh, Mesh):
            raise InputError(
                f"{where}: a pressure acts on faces of a mesh, and a lattice has none: use NodalForce"
            )
        chosen, force, first = self._chosen(mesh, where), np.zeros(mesh.points.shape), 0
        for part in mesh.boundary_parts:
            own = chosen[(chosen >= first) & (chosen < first + len(part.nodes))] - first
            first += len(part.nodes)
            if len(own):
                np.add.at(force, part.nodes[own], self._on_faces(mesh, part.nodes[own], part.kind, where))
        return force

    def _on_faces(
        self, mesh: Mesh, faces: Int[NDArray[np.int64], "k m"], kind: ElementKind, where: str
    ) -> Float[Array, "k m d"]:
        """Return the forces on the nodes of faces of one kind."""
        places = mesh.points[faces]
        tangents = np.einsum("gma,kmi->kgai", kind.gradients, places)
        if mesh.dimension == 3:
            normal = np.cross(tangents[:, :, 0], tangents[:, :, 1])
        else:
            normal = tangents[:, :, 0, ::-1] * (1.0, -1.0)
        pressure = self._at(np.einsum("gm,kmi->kgi", kind.values, places), where)
        return -np.einsum("g,gm,kg,kgi->kmi", kind.weights, kind.values, pressure, normal, optimize=True)

    def _chosen(self, mesh: Mesh, where: str) -> Int[NDArray[np.int64], "_"]:
        """Return the faces of the boundary on which the pressure acts."""
        if isinstance(self.faces, str) and self.faces in mesh.sides:
            return mesh.sides[self.faces]
        inside = np.zeros(len(mesh.points) + 1, dtype=bool)
        inside[select_nodes(self.faces, mesh.points, where, sets=mesh.sets)] = True
        inside[-1] = True  # what fills the rows of smaller faces
        chosen = np.flatnonzero(inside[mesh.boundary].all(axis=1))
        if not len(chosen):
            raise InputError(f"{where}: no face of the boundary has all its nodes among those of the pressure")
        return chosen

    def _at(self, points: Float[Array, "K G d"], where: str) -> Float[Array, "K G"]:
        """Return the pressure at points on the faces."""
        flat = points.reshape(-1, points.shape[2])
        given = as_floats(f"{where}: the pressure", self.value(flat) if callable(self.value) else self.value)
        if given.shape not in ((), (len(flat),)):
            raise InputError(f"{where}: the pressure must be one number, or a function that returns one per point")
        if not np.isfinite(given).all():
            raise InputError(f"{where}: the pressure is not finite")
        return np.broadcast_to(given, (len(flat),)).reshape(points.shape[:2])
