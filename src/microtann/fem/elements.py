"""Kinds of finite elements: shape functions and quadrature of scikit-fem, one entry per kind.

A new kind is one more `Rule` in `RULES`; nothing else depends on the number of nodes or Gauss points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """Where a kind of element comes from in scikit-fem.

    Parameters
    ----------
    element : str
        Its name in `skfem.element`.
    order : int
        Degree of the polynomials that the quadrature integrates exactly on the reference element.
    nodes : tuple of int
        The number that each node has in scikit-fem, in the order of VTK.
    """

    element: str
    order: int
    nodes: tuple[int, ...]


RULES: dict[str, Rule] = {
    "triangle": Rule("ElementTriP1", order=1, nodes=(0, 1, 2)),
    "triangle6": Rule("ElementTriP2", order=2, nodes=(0, 1, 2, 3, 4, 5)),
    "quad": Rule("ElementQuad1", order=3, nodes=(0, 1, 2, 3)),
    "quad8": Rule("ElementQuadS2", order=5, nodes=(0, 1, 2, 3, 4, 5, 6, 7)),
    "tetra": Rule("ElementTetP1", order=1, nodes=(0, 1, 2, 3)),
    "tetra10": Rule("ElementTetP2", order=2, nodes=(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)),
    # VTK: bottom face anticlockwise, then the top face. scikit-fem: from the corner (1, 1, 1) to the origin.
    "hexahedron": Rule("ElementHex1", order=3, nodes=(7, 4, 1, 5, 6, 2, 0, 3)),
    # then the edges: of the bottom, of the top, upright.
    "hexahedron20": Rule(
        "ElementHexS2", order=5, nodes=(7, 4, 1, 5, 6, 2, 0, 3, 17, 11, 12, 18, 14, 9, 10, 16, 19, 13, 8, 15)
    ),
}
"""Kinds of elements by their names in meshio and VTK."""

EDGES: dict[str, tuple[str, tuple[tuple[int, int], ...]]] = {
    "triangle6": ("triangle", ((0, 1), (1, 2), (2, 0))),
    "quad8": ("quad", ((0, 1), (1, 2), (2, 3), (3, 0))),
    "hexahedron20": (
        "hexahedron",
        (
            *((0, 1), (1, 2), (2, 3), (3, 0)),
            *((4, 5), (5, 6), (6, 7), (7, 4)),
            *((0, 4), (1, 5), (2, 6), (3, 7)),
        ),
    ),
    "tetra10": ("tetra", ((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3))),
}
"""Kinds with nodes amid their edges, after the corners: the kind of the corners, and the edges in VTK's order."""


@dataclass(frozen=True, eq=False)
class ElementKind:
    """A kind of element on its reference domain, whose coordinates run from 0 to 1.

    Parameters
    ----------
    name : str
        Name, as in meshio and VTK.
    reference : array, shape (n, d)
        Reference coordinates of the nodes in VTK's order.
    points : array, shape (G, d)
        Gauss points; the first coordinate varies fastest.
    weights : array, shape (G,)
        Weights of the Gauss points; their sum is the volume of the reference domain.
    values : array, shape (G, n)
        Shape functions at the Gauss points.
    gradients : array, shape (G, n, d)
        Their derivatives with respect to the reference coordinates.
    """

    name: str
    reference: Float[Array, "n d"]
    points: Float[Array, "G d"]
    weights: Float[Array, "G"]
    values: Float[Array, "G n"]
    gradients: Float[Array, "G n d"]

    @property
    def nodes(self) -> int:
        """Nodes of an element."""
        return self.gradients.shape[1]

    @property
    def dimension(self) -> int:
        """Dimension of space, 2 or 3."""
        return self.reference.shape[1]

    @property
    def gauss_points(self) -> int:
        """Gauss points of an element."""
        return len(self.weights)


@cache
def element_kind(name: str) -> ElementKind:
    """Return a kind of `RULES`."""
    return build(name, RULES[name])


def build(name: str, rule: Rule) -> ElementKind:
    """Tabulate shape functions at Gauss points.

    References
    ----------
    T. Gustafsson and G. D. McBain, scikit-fem: A Python package for finite element assembly, Journal of Open
    Source Software 5, 2020.
    """
    # slow to import, and not needed for lattices
    from skfem import element as library  # type: ignore[import-untyped]
    from skfem.quadrature import get_quadrature  # type: ignore[import-untyped]

    element = getattr(library, rule.element)()
    if rule.order == 1:  # linear triangles and tetrahedra, where scikit-fem takes three points for a triangle
        d = len(element.doflocs[0])
        at, weights = np.full((d, 1), 1 / (d + 1)), np.array([1 / math.factorial(d)])
    else:
        at, weights = get_quadrature(element, rule.order)
    order = np.lexsort(np.round(at, 9))
    at, weights = at[:, order], weights[order]
    values, gradients = zip(*(element.lbasis(at, node) for node in rule.nodes), strict=True)
    return ElementKind(
        name=name,
        reference=np.array(element.doflocs[list(rule.nodes)], dtype=np.float64),
        points=np.ascontiguousarray(at.T),
        weights=weights,
        values=np.stack([np.broadcast_to(v, weights.shape) for v in values], axis=1),
        gradients=np.stack([np.broadcast_to(g, at.shape).T for g in gradients], axis=1),
    )
