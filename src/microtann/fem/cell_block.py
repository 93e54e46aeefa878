"""The cells of one kind in a mesh, and the geometry at their Gauss points."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.fem.elements import RULES, ElementKind, element_kind

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
FLAT, SHORT = 1e-12, 1e-4
"""Volume over that of the box on its edges below which a cell is flat; least edge of that box over its largest."""
STRAIGHT = 1e-6
"""Distance of a node from the middle of its edge, over the length of that, up to which the edge is straight."""


@dataclass(frozen=True, eq=False)
class CellBlock:
    """Cells of one kind, numbered one after another, as are their Gauss points.

    Parameters
    ----------
    cells : integer array, shape (e, n)
        Nodes of every cell in VTK's order.
    element : ElementKind
        Shape functions and quadrature.
    first, first_point : int
        Numbers, in the mesh, of the first cell and of its first Gauss point.
    gradients : array, shape (e, G, n, d)
        Derivatives of the shape functions with respect to position at the Gauss points.
    weights : array, shape (e, G)
        Volume (area in the plane) that belongs to every Gauss point.
    """

    cells: Int[IntArray, "e n"]
    element: ElementKind
    first: int
    first_point: int
    gradients: Float[Array, "e G n d"]
    weights: Float[Array, "e G"]

    @property
    def kind(self) -> str:
        """Kind of the cells, in VTK's words."""
        return self.element.name

    @property
    def curved(self) -> bool:
        """Whether the quadrature is that of curved cells."""
        return self.element is not element_kind(self.kind)

    @property
    def numbers(self) -> slice:
        """Numbers of the cells in the mesh."""
        return slice(self.first, self.first + len(self.cells))

    @property
    def points(self) -> slice:
        """Numbers of the Gauss points in the mesh."""
        return slice(self.first_point, self.first_point + self.weights.size)

    @cached_property
    def mean_gradients(self) -> Float[Array, "e n d"]:
        """Averages of the gradients over every cell."""
        share = self.weights / self.weights.sum(axis=1, keepdims=True)
        return np.ascontiguousarray(np.einsum("eg,egai->eai", share, self.gradients))

    def by_cell(self, values: Float[Array, "P *k"]) -> Float[Array, "e G *k"]:
        """Return what belongs to these cells of values at all Gauss points of the mesh."""
        return values[self.points].reshape(*self.weights.shape, *values.shape[1:])


def mesh_blocks(
    points: Float[Array, "N d"], given: Sequence[tuple[str, Int[IntArray, "_ _"]]], curved: Collection[str] = ()
) -> tuple[CellBlock, ...]:
    """Return the blocks of a mesh.

    Parameters
    ----------
    points : array, shape (N, d)
    given : sequence of (str, integer array)
        Kinds and nodes of cells, in the order in which they are numbered.
    curved : collection of str
        Kinds with the quadrature of curved cells, whether or not one of these is curved.

    Raises
    ------
    InputError
        If a cell is flat or turned inside out.
    """
    blocks: list[CellBlock] = []
    first = first_point = 0
    ratios = []
    for kind, cells in given:
        element = element_kind(kind, curved=kind in curved or _is_curved(points, cells, kind))
        gradients, weights, ratio = _geometry(points, cells, element)
        cells.setflags(write=False)
        blocks.append(CellBlock(cells, element, first, first_point, gradients, weights))
        ratios.append(ratio)
        first, first_point = first + len(cells), first_point + weights.size
    _require_volume(np.concatenate(ratios))
    return tuple(blocks)


def _is_curved(points: Float[Array, "N d"], cells: Int[IntArray, "e n"], kind: str) -> bool:
    """Return whether a node amid an edge is not in its middle."""
    rule = RULES[kind]
    if not rule.edges:
        return False
    ends = points[cells[:, np.array(rule.edges)]]
    amid = points[cells[:, rule.corner_count : rule.corner_count + len(rule.edges)]]
    length = np.linalg.norm(ends[:, :, 1] - ends[:, :, 0], axis=2)
    return bool((np.linalg.norm(amid - ends.mean(axis=2), axis=2) > STRAIGHT * length).any())


def _geometry(
    points: Float[Array, "N d"], cells: Int[IntArray, "e n"], element: ElementKind
) -> tuple[Float[Array, "e G n d"], Float[Array, "e G"], Float[Array, "e"]]:
    """Return gradients and weights at the Gauss points, and the least volume over that of the box on the edges."""
    jacobian = np.einsum("gai,eaj->egij", element.gradients, points[cells], optimize=True)
    determinant = np.linalg.det(jacobian)
    safe = np.where((determinant == 0.0)[..., None, None], np.eye(element.dimension), jacobian)
    gradients = np.matmul(np.linalg.inv(safe), element.gradients.transpose(0, 2, 1)[None])
    edges = np.linalg.norm(jacobian, axis=3)
    least = SHORT * edges.max(axis=2, keepdims=True)  # that of a flat cell is round-off
    box = np.maximum(edges, np.where(least == 0.0, 1.0, least)).prod(axis=2)
    ratio = (determinant / box).min(axis=1)
    return np.ascontiguousarray(gradients.transpose(0, 1, 3, 2)), determinant * element.weights, ratio


def _require_volume(ratio: Float[Array, "E"]) -> None:
    """Refuse cells whose least volume at a Gauss point, over that of the box on its edges, is not positive."""
    for what, bad, hint in (
        ("turned inside out", ratio < -FLAT, "check the order of their nodes"),
        ("flat", np.abs(ratio) <= FLAT, "move or merge nodes, or leave such cells out"),
    ):
        if bad.any():
            names = ", ".join(map(str, np.flatnonzero(bad)[:8])) + (", ..." if bad.sum() > 8 else "")
            count = "a cell is" if bad.sum() == 1 else f"{bad.sum()} cells are"
            raise InputError(f"{count} {what}: {names}; {hint}")
