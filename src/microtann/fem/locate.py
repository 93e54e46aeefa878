"""Where points lie in a mesh: the cell that holds each, and the shape functions there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from microtann.errors import InputError
from microtann.fem.elements import RULES, ElementKind, shape_functions
from microtann.fem.mesh import Mesh
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
TOLERANCE = 1e-7
"""Distance outside of a cell, in its reference coordinates, up to which a point belongs to it."""
NEIGHBOURS = 32
"""Cells with the nearest centres that are tried for a point."""
FAR = 9.0
"""Bound on reference coordinates while they are sought."""
ITERATIONS = 20
"""Newton iterations for reference coordinates; cells with straight parallel edges need one."""


@dataclass(frozen=True, eq=False)
class Located:
    """Points in a mesh.

    Parameters
    ----------
    nodes : integer array, shape (p, n)
        Nodes of the cell that holds every point; the first of them again where other cells have more.
    values : array, shape (p, n)
        Their shape functions at the point; zero for what is given again.
    """

    nodes: Int[IntArray, "p n"]
    values: Float[Array, "p n"]

    def interpolate(self, nodal: Float[Array, "N *k"]) -> Float[Array, "p *k"]:
        """Return what values at the nodes of the mesh are at the points."""
        return np.einsum("pn,pn...->p...", self.values, nodal[self.nodes])


def locate(mesh: Mesh, points: ArrayLike, slack: float = 0.0) -> Located:
    """Find the cell that holds each point.

    Parameters
    ----------
    mesh : Mesh
    points : array, shape (p, d)
    slack : float
        Distance up to which a point outside of the mesh is taken for one of the nearest cell, whose shape
        functions are continued.

    Returns
    -------
    Located

    Raises
    ------
    InputError
        If the points have the wrong shape, or one lies in no cell.

    Examples
    --------
    >>> import microtann as mt
    >>> from microtann.fem.locate import locate
    >>> mesh = mt.fem.box((1, 1, 1), (2, 2, 2))
    >>> locate(mesh, [[0.1, 0.6, 0.9]]).interpolate(mesh.points).round(12).tolist()
    [[0.1, 0.6, 0.9]]
    """
    where = as_floats("points", points)
    if where.ndim != 2 or where.shape[1] != mesh.dimension:
        raise InputError(f"points must have shape (p, {mesh.dimension}), got {where.shape}")
    count = min(NEIGHBOURS, mesh.cell_count)
    _, near = cKDTree(mesh.centres).query(where, k=count)
    near = near.reshape(len(where), count)
    most = max(block.element.nodes for block in mesh.blocks)
    nodes, values = np.zeros((len(where), most), dtype=np.int64), np.zeros((len(where), most))
    least, size = np.full(len(where), np.inf), np.ones(len(where))
    left = np.arange(len(where))
    for candidate in range(count):
        for block in mesh.blocks:
            tried = near[left, candidate] - block.first
            own = (tried >= 0) & (tried < len(block.cells))
            asked, cells = left[own], block.cells[tried[own]]
            corners = mesh.points[cells]
            excess, shape = _excess(block.element, corners, where[asked])
            better = excess < least[asked]
            chosen, n = asked[better], block.element.nodes
            nodes[chosen, :n], values[chosen, :n] = cells[better], shape[better]
            nodes[chosen, n:], values[chosen, n:] = cells[better, :1], 0.0
            least[chosen], size[chosen] = excess[better], np.ptp(corners[better], axis=1).max(axis=1)
        left = left[least[left] > TOLERANCE]
        if not len(left):
            break
    lost = left[least[left] * size[left] > slack]
    if len(lost):
        place = ", ".join(f"{x:g}" for x in where[lost[0]])
        raise InputError(f"{len(lost)} points lie in no cell of the mesh, the first of them at ({place})")
    return Located(nodes, values)


def _excess(
    element: ElementKind, corners: Float[Array, "p n d"], points: Float[Array, "p d"]
) -> tuple[Float[Array, "p"], Float[Array, "p n"]]:
    """Return how far each point is outside of a cell, in reference coordinates, and the shape functions there."""
    at = np.tile(element.reference.mean(axis=0), (len(points), 1))
    for _ in range(ITERATIONS):
        values, gradients = shape_functions(element.name, at)
        jacobian = np.einsum("pni,pnj->pij", corners, gradients)
        singular = np.abs(np.linalg.det(jacobian)) < 1e-300  # far outside of a curved cell
        jacobian[singular] = np.eye(element.dimension)
        gap = points - np.einsum("pn,pni->pi", values, corners)
        step = np.linalg.solve(jacobian, gap[..., None])[..., 0]
        at = np.clip(at + step, -FAR, FAR)
        if np.abs(step).max(initial=0.0) <= 1e-12:
            break
    values, _ = shape_functions(element.name, at)
    excess = np.maximum(-at.min(axis=1), at.max(axis=1) - 1.0)
    bounded = RULES[element.name].bounded_sum
    if bounded:
        excess = np.maximum(excess, at[:, :bounded].sum(axis=1) - 1.0)
    miss = np.abs(points - np.einsum("pn,pni->pi", values, corners)).max(axis=1)
    size = np.ptp(corners, axis=1).max(axis=1)
    return np.where(miss <= TOLERANCE * size, excess, np.inf), values
