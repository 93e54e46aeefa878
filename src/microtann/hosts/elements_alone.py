"""Elements that share no node: each is a material point of a programme in a code that takes meshes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.fem.mesh import Mesh
from microtann.numbers import voigt

Array = NDArray[np.float64]
CORNERS = {
    2: ("quad", [[0, 0], [1, 0], [1, 1], [0, 1]]),
    3: (
        "hexahedron",
        [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]],
    ),
}
"""Element and its corners, by the dimension of space."""


def elements_alone(points: int, dimension: int) -> Mesh:
    """Return so many elements beside each other that share no node.

    Parameters
    ----------
    points : int
    dimension : int
        Of space.
    """
    kind, corners = CORNERS[dimension]
    own = np.asarray(corners, dtype=np.float64)
    places = own[None] + 2.0 * np.arange(points)[:, None, None] * np.eye(dimension)[0]
    return Mesh(places.reshape(-1, dimension), np.arange(points * len(own)).reshape(points, -1), kind)


def moved_nodes(mesh: Mesh, walk: Float[Array, "T n v"]) -> Float[Array, "T m d"]:
    """Return displacements of the nodes that give every element its strains.

    Parameters
    ----------
    mesh : Mesh
        Of `elements_alone`.
    walk : array, shape (T, n, v)
        Increments of the strains.
    """
    d, per_cell = mesh.dimension, mesh.element.nodes
    local = mesh.points.reshape(-1, per_cell, d) - mesh.points.reshape(-1, per_cell, d)[:, :1]
    strain = np.cumsum(walk, axis=0)
    tensor = np.zeros((*strain.shape[:2], d, d))
    for column, (i, j) in enumerate(voigt.PAIRS[d]):
        tensor[..., i, j] = tensor[..., j, i] = strain[..., column] * (1.0 if i == j else 0.5)
    return np.einsum("tnij,npj->tnpi", tensor, local).reshape(len(walk), -1, d)
