"""Kinds of finite elements: shape functions and quadrature, one entry per kind.

A new kind is one more `ElementKind` in `KINDS`; nothing else depends on the number of nodes or Gauss points.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ElementKind:
    """A kind of element.

    Parameters
    ----------
    name : str
        Name, as in meshio and VTK.
    gradients : array, shape (G, n, 3)
        Derivatives of the n shape functions with respect to the reference coordinates at the G Gauss points.
    weights : array, shape (G,)
        Weights of the Gauss points.
    """

    name: str
    gradients: Float[Array, "G n 3"]
    weights: Float[Array, "G"]

    @property
    def nodes(self) -> int:
        """Nodes of an element."""
        return self.gradients.shape[1]

    @property
    def gauss_points(self) -> int:
        """Gauss points of an element."""
        return len(self.weights)


HEXAHEDRON_CORNERS = np.array(
    [(-1, -1, -1), (1, -1, -1), (1, 1, -1), (-1, 1, -1), (-1, -1, 1), (1, -1, 1), (1, 1, 1), (-1, 1, 1)],
    dtype=np.float64,
)
"""Reference coordinates of the corners in the order of VTK: bottom face anticlockwise, then the top face."""


def trilinear_gradients(at: Float[Array, "G 3"]) -> Float[Array, "G 8 3"]:
    """Return the derivatives of N = Π (1 + ξᵢ cᵢ) / 8 over the corners c at reference points ξ."""
    factors = 1.0 + at[:, None, :] * HEXAHEDRON_CORNERS
    gradients = np.empty((len(at), 8, 3))
    for i in range(3):
        others = [j for j in range(3) if j != i]
        gradients[:, :, i] = HEXAHEDRON_CORNERS[:, i] * factors[:, :, others].prod(axis=2) / 8.0
    return gradients


def _hexahedron() -> ElementKind:
    gauss = np.array(list(product((-1.0, 1.0), repeat=3)))[:, ::-1] / np.sqrt(3.0)
    return ElementKind("hexahedron", trilinear_gradients(gauss), np.ones(8))


KINDS: dict[str, ElementKind] = {"hexahedron": _hexahedron()}
"""Kinds of elements by name."""
