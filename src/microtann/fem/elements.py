"""Kinds of finite elements, one entry per kind: all that the package knows of it.

A new kind is one more `Rule` in `RULES`, with shape functions and quadrature of scikit-fem: meshes, files, boxes,
faces under pressure, pictures and the command line ask for what they need.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]
Corners = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Rule:
    """What there is to know of a kind of element.

    Parameters
    ----------
    element : str
        Its name in `skfem.element`.
    dimension : int
        Dimension of space that it fills: 1, 2 or 3.
    order : int
        Degree of the polynomials that the quadrature integrates exactly on the reference element.
    nodes : tuple of int
        The number that each node has in scikit-fem, in the order of VTK: corners first.
    faces : tuple of tuples of int
        Corners of its faces, or its edges in the plane, anticlockwise seen from outside and in the order of Abaqus
        (S1, S2, ...); in the plane the inside is on the left.
    face : str
        Kind of its faces.
    face_order : int
        As ``order``, where it is a face of another element: so that a linear pressure on a flat one is exact.
    corners : str
        Kind of element that its corners make, as which it is drawn; itself if left out.
    edges : tuple of pairs of int
        Ends of the edges that have a node amid them, in the order of these nodes, which follow the corners.
    """

    element: str
    dimension: int
    order: int
    nodes: tuple[int, ...]
    faces: Corners = ()
    face: str = ""
    face_order: int = 0
    corners: str = ""
    edges: tuple[tuple[int, int], ...] = ()

    @property
    def corner_count(self) -> int:
        """How many of the nodes are corners; they come first."""
        return 1 + max(map(max, self.faces))

    @property
    def simplex(self) -> bool:
        """Whether it is a triangle or a tetrahedron: its reference coordinates have a sum of at most 1."""
        return self.corner_count == self.dimension + 1


_TRIANGLE: tuple[tuple[int, int], ...] = ((0, 1), (1, 2), (2, 0))
_QUAD: tuple[tuple[int, int], ...] = ((0, 1), (1, 2), (2, 3), (3, 0))
_TETRA: Corners = ((0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2))
_HEXAHEDRON: Corners = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
# VTK: bottom face anticlockwise, then the top face. scikit-fem: from the corner (1, 1, 1) to the origin.
_HEXAHEDRON_NODES = (7, 4, 1, 5, 6, 2, 0, 3)

RULES: dict[str, Rule] = {
    "quad": Rule("ElementQuad1", 2, order=3, nodes=(0, 1, 2, 3), faces=_QUAD, face="line", face_order=3),
    "quad8": Rule(
        "ElementQuadS2",
        2,
        order=5,
        nodes=(0, 1, 2, 3, 4, 5, 6, 7),
        faces=_QUAD,
        face="line3",
        face_order=5,
        corners="quad",
        edges=_QUAD,
    ),
    "triangle": Rule("ElementTriP1", 2, order=1, nodes=(0, 1, 2), faces=_TRIANGLE, face="line", face_order=2),
    "triangle6": Rule(
        "ElementTriP2",
        2,
        order=2,
        nodes=(0, 1, 2, 3, 4, 5),
        faces=_TRIANGLE,
        face="line3",
        face_order=4,
        corners="triangle",
        edges=_TRIANGLE,
    ),
    "hexahedron": Rule("ElementHex1", 3, order=3, nodes=_HEXAHEDRON_NODES, faces=_HEXAHEDRON, face="quad"),
    "hexahedron20": Rule(
        "ElementHexS2",
        3,
        order=5,
        nodes=(*_HEXAHEDRON_NODES, 17, 11, 12, 18, 14, 9, 10, 16, 19, 13, 8, 15),
        faces=_HEXAHEDRON,
        face="quad8",
        corners="hexahedron",
        edges=(  # of the bottom, of the top, upright
            *((0, 1), (1, 2), (2, 3), (3, 0)),
            *((4, 5), (5, 6), (6, 7), (7, 4)),
            *((0, 4), (1, 5), (2, 6), (3, 7)),
        ),
    ),
    "tetra": Rule("ElementTetP1", 3, order=1, nodes=(0, 1, 2, 3), faces=_TETRA, face="triangle"),
    "tetra10": Rule(
        "ElementTetP2",
        3,
        order=2,
        nodes=(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
        faces=_TETRA,
        face="triangle6",
        corners="tetra",
        edges=((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)),
    ),
}
"""Kinds of elements that fill a mesh, by their names in meshio and VTK; box takes the first."""
LINES: dict[str, Rule] = {
    "line": Rule("ElementLineP1", 1, order=2, nodes=(0, 1), face_order=2),
    "line3": Rule("ElementLineP2", 1, order=3, nodes=(0, 1, 2), face_order=3, corners="line", edges=((0, 1),)),
}
"""Kinds of the edges of plane elements."""


def kinds_in(dimension: int) -> tuple[str, ...]:
    """Return the kinds of elements in the plane (2) or in space (3); the first is the usual one."""
    return tuple(name for name, rule in RULES.items() if rule.dimension == dimension)


def kind_with(nodes: int, dimension: int) -> str:
    """Return the kind of element of a dimension that has so many nodes."""
    return next(name for name in kinds_in(dimension) if len(RULES[name].nodes) == nodes)


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
    return _build(name, RULES[name], RULES[name].order)


@cache
def face_kind(name: str) -> ElementKind:
    """Return a kind of element as a face of others, with the quadrature for loads on it."""
    rule = RULES.get(name) or LINES[name]
    return _build(name, rule, rule.face_order)


def shape_functions(name: str, at: Float[Array, "p d"]) -> tuple[Float[Array, "p n"], Float[Array, "p n d"]]:
    """Return shape functions and their derivatives at reference coordinates, in the order of VTK."""
    return _shape_functions(RULES[name], at)


def _shape_functions(rule: Rule, at: Float[Array, "p d"]) -> tuple[Float[Array, "p n"], Float[Array, "p n d"]]:
    pairs = [_library_element(rule).lbasis(at.T, node) for node in rule.nodes]
    values = np.stack([np.broadcast_to(v, len(at)) for v, _ in pairs], axis=1)
    gradients = np.stack([np.broadcast_to(g, at.T.shape).T for _, g in pairs], axis=1)
    return values, gradients


def _library_element(rule: Rule) -> Any:
    from skfem import element as library  # type: ignore[import-untyped]  # slow to import, lattices do without

    return getattr(library, rule.element)()


def _build(name: str, rule: Rule, order: int) -> ElementKind:
    """Tabulate shape functions at Gauss points.

    Parameters
    ----------
    name : str
    rule : Rule
    order : int
        Degree of the polynomials that are integrated exactly.

    References
    ----------
    T. Gustafsson and G. D. McBain, scikit-fem: A Python package for finite element assembly, Journal of Open
    Source Software 5, 2020.
    """
    from skfem.quadrature import get_quadrature  # type: ignore[import-untyped]

    element = _library_element(rule)
    if order == 1:  # linear triangles and tetrahedra, where scikit-fem takes three points for a triangle
        d = len(element.doflocs[0])
        at, weights = np.full((d, 1), 1 / (d + 1)), np.array([1 / math.factorial(d)])
    else:
        at, weights = get_quadrature(element, order)
    sequence = np.lexsort(np.round(at, 9))
    points, weights = np.ascontiguousarray(at[:, sequence].T), weights[sequence]
    values, gradients = _shape_functions(rule, points)
    return ElementKind(
        name=name,
        reference=np.array(element.doflocs[list(rule.nodes)], dtype=np.float64),
        points=points,
        weights=weights,
        values=values,
        gradients=gradients,
    )
