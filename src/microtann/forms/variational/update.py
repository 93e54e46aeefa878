"""The compiled update of variational TANNs, for many material points at once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Array as JaxArray
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.product_kernel import padded
from microtann.forms.variational.slip_equations_kernel import Slips, slips_of
from microtann.forms.variational.update_kernel import update_points
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.form import PointUpdate
from microtann.tann.point import MaterialPoint

Array = NDArray[np.float64]
REMEMBERED = 8
"""Models whose products of normals are kept; they cost as much as some hundred points."""
_remembered: dict[int, tuple[JaxArray, Array, Slips]] = {}


def update_flow(
    point: MaterialPoint,
    driving: Float[Array, "n y"],
    state: Float[Array, "n z"],
    increment: Float[Array, "n y"],
    dt: float,
    tangent: bool,
) -> PointUpdate:
    """Return what `MaterialPoint.increment` gives at n points, with the consistent tangent if wanted.

    Parameters
    ----------
    point : MaterialPoint
        Of coupled slips, which depend on nothing but the driving variables at the end of the increment.
    driving : array, shape (n, y)
        Strain and extra state variables at the beginning of the increment.
    state : array, shape (n, z)
        Internal state variables there.
    increment : array, shape (n, y)
    dt : float
        Duration of the increment, on which the response does not depend.
    tangent : bool

    Raises
    ------
    ConvergenceError
        If the flow of some point was not found; it names the points.
    """
    energy, evolution = point.energy, point.evolution
    assert isinstance(energy, DecoupledQuadraticEnergy)
    assert isinstance(evolution, MultisurfaceFlow)
    n, v, scale = len(driving), point.components, np.asarray(point.scaling.driving)
    elastic = np.asarray(energy.elastic) / scale
    extra = np.asarray(energy.extra) / np.outer(scale[v:], scale[v:])
    normals, fixed = _fixed(evolution.normals)
    result = PointUpdate(np.empty((n, v)), np.empty_like(state), np.empty(n), np.empty(n), None)
    stiffness = np.empty((n if tangent else 0, v, v))
    failed = update_points(
        elastic.T @ elastic,
        np.ascontiguousarray((np.asarray(energy.coupling) / scale).T),
        fixed,
        normals,
        0.5 * (extra + extra.T),
        float(point.scaling.energy),
        np.ascontiguousarray(driving + increment),
        np.ascontiguousarray(state),
        result.state,
        result.stress,
        result.energy,
        result.dissipation,
        stiffness,
    )
    if failed.any():
        points = np.flatnonzero(failed).tolist()
        raise ConvergenceError(
            f"the slips of {len(points)} of {n} material points do not settle, the first of them at point "
            f"{points[0]}; use smaller increments",
            worst=points,
        )
    return result._replace(tangent=stiffness if tangent else None)


def _fixed(normals: Float[JaxArray, "z s"]) -> tuple[Array, Slips]:
    """Return the normals for the kernels, and their products; an array of JAX never changes."""
    known = _remembered.get(id(normals))
    if known is None:
        matrix = padded(np.asarray(normals, dtype=np.float64))
        while len(_remembered) >= REMEMBERED:
            _remembered.pop(next(iter(_remembered)))
        known = _remembered[id(normals)] = normals, matrix, slips_of(matrix)
    return known[1:]
