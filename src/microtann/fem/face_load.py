"""Loads on faces of a mesh as forces on their nodes: what pressure and traction have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.steps import Nodes, select_nodes
from microtann.errors import InputError
from microtann.fem.elements import ElementKind
from microtann.fem.mesh import Mesh
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]
FaceValue = ArrayLike | Callable[[Array], ArrayLike]
"""What acts on faces, or a function of points on them, shape (n, d), that returns it for each."""


@dataclass(frozen=True, eq=False)
class FaceLoad(ABC):
    """A load per area on faces of the boundary; in the plane on edges, per length and unit thickness.

    It is a dead load: it keeps the direction and the area of the undeformed faces. As all forces of a `Step`, it
    ramps from its value at the end of the step before, and fades where the next step does not list it.

    Parameters
    ----------
    faces : str, integer array, mask, or callable
        Name of a side of the mesh, or nodes as for `Prescribed`: then it acts on the faces of the boundary all of
        whose nodes are among them.
    """

    faces: Nodes

    name: ClassVar[str]
    """What messages call it."""

    @abstractmethod
    def _on_points(
        self, points: Float[Array, "K G d"], normals: Float[Array, "K G d"], where: str
    ) -> Float[Array, "K G d"]:
        """Return the force at points on faces, times the area that belongs to the reference face there.

        Parameters
        ----------
        points : array, shape (K, G, d)
        normals : array, shape (K, G, d)
            Outward normals, as long as the area of the face over that of its reference.
        where : str
            What messages begin with.
        """

    def nodal_forces(self, mesh: Any, where: str) -> Float[Array, "N d"]:
        """Return the equivalent forces on the nodes; see `microtann.equilibrium.steps.DistributedLoad`.

        Raises
        ------
        InputError
            If there is no mesh, no face, or what acts is not finite and of the right shape at every point.
        """
        if not isinstance(mesh, Mesh):
            raise InputError(
                f"{where}: a {self.name} acts on faces of a mesh, and a lattice has none: use NodalForce"
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
            normals = np.cross(tangents[:, :, 0], tangents[:, :, 1])
        else:
            normals = tangents[:, :, 0, ::-1] * (1.0, -1.0)
        acting = self._on_points(np.einsum("gm,kmi->kgi", kind.values, places), normals, where)
        return np.einsum("g,gm,kgi->kmi", kind.weights, kind.values, acting, optimize=True)

    def _chosen(self, mesh: Mesh, where: str) -> Int[NDArray[np.int64], "_"]:
        """Return the faces of the boundary on which the load acts."""
        if isinstance(self.faces, str) and self.faces in mesh.sides:
            return mesh.sides[self.faces]
        inside = np.zeros(len(mesh.points) + 1, dtype=bool)
        inside[select_nodes(self.faces, mesh.points, where, sets=mesh.sets)] = True
        inside[-1] = True  # what fills the rows of smaller faces
        chosen = np.flatnonzero(inside[mesh.boundary].all(axis=1))
        if not len(chosen):
            raise InputError(f"{where}: no face of the boundary has all its nodes among those of the {self.name}")
        return chosen


def at_points(
    value: FaceValue, points: Float[Array, "K G d"], shape: tuple[int, ...], name: str, where: str
) -> Float[Array, "K G *s"]:
    """Return what acts at points on faces.

    Parameters
    ----------
    value : number, array or callable
    points : array, shape (K, G, d)
    shape : tuple of int
        Of what acts at one point: () or (d,).
    name, where : str
        What messages call it, and what they begin with.

    Raises
    ------
    InputError
        If it has another shape, or is not finite.
    """
    flat = points.reshape(-1, points.shape[2])
    given = as_floats(f"{where}: the {name}", value(flat) if callable(value) else value)
    if given.shape not in (shape, (len(flat), *shape)):
        one, each = (f"a vector of {shape[0]} components", "vector") if shape else ("one number", "number")
        returns = "one per point" if not shape else f"a {each} per point"
        raise InputError(f"{where}: the {name} must be {one}, or a function that returns {returns}")
    if not np.isfinite(given).all():
        raise InputError(f"{where}: the {name} is not finite")
    return np.broadcast_to(given, (len(flat), *shape)).reshape(*points.shape[:2], *shape)
