"""The compiled update of variational TANNs, for many material points at once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.update_kernel import Parts, update_slip_points
from microtann.slips.product_kernel import padded
from microtann.slips.slip_equations_kernel import slips_of
from microtann.slips.tangent_kernel import rates_on_slips
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.form import PointUpdate
from microtann.tann.point import MaterialPoint

Array = NDArray[np.float64]
REMEMBERED = 8
"""Points whose products of arrays are kept: they cost as much as some hundred increments."""
_remembered: dict[int, tuple[MaterialPoint, Parts]] = {}


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
    n, v = len(driving), point.components
    result = PointUpdate(np.empty((n, v)), np.empty_like(state), np.empty(n), np.empty(n), None)
    stiffness = np.empty((n if tangent else 0, v, v))
    failed = update_slip_points(
        _parts(point),
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


def _parts(point: MaterialPoint) -> Parts:
    """Return the arrays of a point for the kernel; a point never changes."""
    known = _remembered.get(id(point))
    if known is None:
        while len(_remembered) >= REMEMBERED:
            _remembered.pop(next(iter(_remembered)))
        known = _remembered[id(point)] = point, _new_parts(point)
    return known[1]


def _new_parts(point: MaterialPoint) -> Parts:
    energy, evolution = point.energy, point.evolution
    assert isinstance(energy, DecoupledQuadraticEnergy)
    assert isinstance(evolution, MultisurfaceFlow)
    v, scale = point.components, np.asarray(point.scaling.driving)
    elastic = np.asarray(energy.elastic) / scale
    coupling = np.ascontiguousarray((np.asarray(energy.coupling) / scale).T)
    extra = np.asarray(energy.extra) / np.outer(scale[v:], scale[v:])
    normals = padded(np.asarray(evolution.normals, dtype=np.float64))
    slips = slips_of(normals)
    return Parts(
        elastic=elastic.T @ elastic,
        coupling=coupling,
        slips=slips,
        normals=normals,
        normals_by_slip=np.ascontiguousarray(normals.T),
        on_slips=rates_on_slips(slips, (coupling @ normals)[:v]),
        extra=0.5 * (extra + extra.T),
        scale=float(point.scaling.energy),
    )
