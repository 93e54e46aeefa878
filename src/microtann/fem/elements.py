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

from microtann.fem.pyramid_element import ElementPyramid1

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
    face_order : int
        As ``order``, where it is a face of another element: so that a linear pressure on a flat one is exact.
    corners : str
        Kind of element that its corners make, as which it is drawn; itself if left out.
    edges : tuple of pairs of int
        Ends of the edges that have a node amid them, in the order of these nodes, which follow the corners.
    curved_order : int
        As ``order``, where edges are curved and the usual one does not pass the patch test; 0 where it does.
    mean_dilatation : bool
        Whether it locks where the volume must not change, and does not if every cell has its mean change alone.
    """

    element: str
    dimension: int
    order: int
    nodes: tuple[int, ...]
    faces: Corners = ()
    face_order: int = 0
    corners: str = ""
    edges: tuple[tuple[int, int], ...] = ()
    curved_order: int = 0
    mean_dilatation: bool = False

    @property
    def corner_count(self) -> int:
        """How many of the nodes are corners; they come first."""
        return 1 + max(map(max, self.faces))

    @property
    def simplex(self) -> bool:
        """Whether it is a triangle or a tetrahedron."""
        return self.corner_count == self.dimension + 1

    @property
    def bounded_sum(self) -> int:
        """How many reference coordinates, the first of them, have a sum of at most 1; all lie between 0 and 1."""
        return self.dimension if self.simplex else 2 * (self.element == "ElementWedge1")

    def face_kind(self, face: tuple[int, ...]) -> str:
        """Return the kind of a face with given corners."""
        name = {2: "line", 3: "triangle", 4: "quad"}[len(face)]
        return {"line": "line3", "triangle": "triangle6", "quad": "quad8"}[name] if self.edges else name


_TRIANGLE: tuple[tuple[int, int], ...] = ((0, 1), (1, 2), (2, 0))
_QUAD: tuple[tuple[int, int], ...] = ((0, 1), (1, 2), (2, 3), (3, 0))
_TETRA: Corners = ((0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2))
_HEXAHEDRON: Corners = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
_WEDGE: Corners = ((0, 2, 1), (3, 4, 5), (0, 1, 4, 3), (1, 2, 5, 4), (2, 0, 3, 5))
_PYRAMID: Corners = ((0, 3, 2, 1), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4))
# VTK: bottom face anticlockwise, then the top face. scikit-fem: from the corner (1, 1, 1) to the origin.
_HEXAHEDRON_NODES = (7, 4, 1, 5, 6, 2, 0, 3)

RULES: dict[str, Rule] = {
    "quad": Rule("ElementQuad1", 2, order=3, nodes=(0, 1, 2, 3), faces=_QUAD, face_order=3, mean_dilatation=True),
    "quad8": Rule(
        "ElementQuadS2",
        2,
        order=5,
        nodes=(0, 1, 2, 3, 4, 5, 6, 7),
        faces=_QUAD,
        face_order=5,
        corners="quad",
        edges=_QUAD,
    ),
    "triangle": Rule("ElementTriP1", 2, order=1, nodes=(0, 1, 2), faces=_TRIANGLE, face_order=2),
    "triangle6": Rule(
        "ElementTriP2",
        2,
        order=2,
        nodes=(0, 1, 2, 3, 4, 5),
        faces=_TRIANGLE,
        face_order=4,
        corners="triangle",
        edges=_TRIANGLE,
    ),
    "hexahedron": Rule(
        "ElementHex1", 3, order=3, nodes=_HEXAHEDRON_NODES, faces=_HEXAHEDRON, mean_dilatation=True
    ),
    "hexahedron20": Rule(
        "ElementHexS2",
        3,
        order=5,
        nodes=(*_HEXAHEDRON_NODES, 17, 11, 12, 18, 14, 9, 10, 16, 19, 13, 8, 15),
        faces=_HEXAHEDRON,
        corners="hexahedron",
        edges=(  # of the bottom, of the top, upright
            *((0, 1), (1, 2), (2, 3), (3, 0)),
            *((4, 5), (5, 6), (6, 7), (7, 4)),
            *((0, 4), (1, 5), (2, 6), (3, 7)),
        ),
    ),
    "tetra": Rule("ElementTetP1", 3, order=1, nodes=(0, 1, 2, 3), faces=_TETRA),
    "tetra10": Rule(
        "ElementTetP2",
        3,
        order=2,
        nodes=(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
        faces=_TETRA,
        corners="tetra",
        edges=((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)),
        curved_order=3,
    ),
    "wedge": Rule("ElementWedge1", 3, order=3, nodes=(0, 1, 2, 3, 4, 5), faces=_WEDGE, mean_dilatation=True),
    "pyramid": Rule("ElementPyramid1", 3, order=3, nodes=(0, 1, 2, 3, 4), faces=_PYRAMID, mean_dilatation=True),
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


def element_kind(name: str, curved: bool = False) -> ElementKind:
    """Return a kind of `RULES`, with the quadrature for cells with curved edges or for straight ones."""
    rule = RULES[name]
    return _element_kind(name, (curved and rule.curved_order) or rule.order)


@cache
def _element_kind(name: str, order: int) -> ElementKind:
    return _build(name, RULES[name], order)


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
    if rule.element == ElementPyramid1.__name__:
        return ElementPyramid1()
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
    element = _library_element(rule)
    at, weights = _quadrature(rule, order)
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


def _quadrature(rule: Rule, order: int) -> tuple[Float[Array, "d p"], Float[Array, "p"]]:
    """Return points and positive weights that integrate polynomials of some degree."""
    from skfem.quadrature import get_quadrature  # type: ignore[import-untyped]

    if rule.element == "ElementWedge1":  # two layers of three points each, where scikit-fem has 32
        (flat, shares), (along, parts) = _quadrature(RULES["triangle"], 2), _quadrature(LINES["line"], order)
        layers = [np.vstack([flat, np.full(len(shares), z)]) for z in along[0]]
        return np.hstack(layers), np.concatenate([part * shares for part in parts])
    d = rule.dimension
    if order == 1 and rule.simplex:  # where scikit-fem takes three points for a triangle
        return np.full((d, 1), 1 / (d + 1)), np.array([1 / math.factorial(d)])
    like = RULES["hexahedron"] if rule.element == ElementPyramid1.__name__ else rule
    at, weights = get_quadrature(_library_element(like), order)
    return (at, weights) if weights.min() > 0.0 else _conical(d, order // 2 + 1)


def _conical(d: int, count: int) -> tuple[Float[Array, "d p"], Float[Array, "p"]]:
    """Return a rule of a simplex with count^d points: products of Gauss-Jacobi rules, exact up to 2 count − 1.

    References
    ----------
    A. H. Stroud, Approximate Calculation of Multiple Integrals, Prentice-Hall, 1971: conical products.
    """
    from scipy.special import roots_jacobi

    at, weights, left = np.zeros((0, 1)), np.array([1.0]), np.array([1.0])
    for exponent in range(d - 1, -1, -1):
        roots, shares = roots_jacobi(count, exponent, 0)
        roots, shares = 0.5 * (1.0 + roots), shares / 2.0 ** (exponent + 1)
        at = np.vstack([np.repeat(at, count, axis=1), np.kron(left, roots)])
        weights, left = np.kron(weights, shares), np.kron(left, 1.0 - roots)
    return at, weights
