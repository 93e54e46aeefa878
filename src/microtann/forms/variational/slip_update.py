"""The compiled update of variational TANNs, for many material points at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.update_kernel import Parts, update_slip_points
from microtann.slips.product_kernel import padded_columns
from microtann.slips.slip_equations_kernel import slips_of
from microtann.slips.tangent_kernel import rates_on_slips
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.form import PointUpdate, PreparedUpdate
from microtann.tann.point import MaterialPoint

Array = NDArray[np.float64]


def prepare_flow(point: MaterialPoint) -> PreparedUpdate:
    """Return the compiled update of a point of coupled slips.

    They depend on nothing but the driving variables at the end of the increment.

    It gives what `MaterialPoint.increment` gives at n points, with the consistent tangent if wanted.
    """
    evolution, v = point.evolution, point.components
    assert isinstance(evolution, MultisurfaceFlow)
    elastic, driven, extra, scale = quadratic_parts(point)
    coupling = np.ascontiguousarray(driven.T)
    normals = padded_columns(np.asarray(evolution.normals, dtype=np.float64))
    slips = slips_of(normals)
    parts = Parts(
        elastic=elastic,
        coupling=coupling,
        slips=slips,
        normals=normals,
        normals_by_slip=np.ascontiguousarray(normals.T),
        on_slips=rates_on_slips(slips, (coupling @ normals)[:v]),
        extra=extra,
        scale=scale,
    )
    return partial(advance_points, update_slip_points, parts, "slips", v)


def quadratic_parts(
    point: MaterialPoint,
) -> tuple[Float[Array, "y y"], Float[Array, "z y"], Float[Array, "e e"], float]:
    """Return PᵀP, B and symmetric N of a quadratic energy, for unscaled driving variables, and its scale."""
    energy, v = point.energy, point.components
    assert isinstance(energy, DecoupledQuadraticEnergy)
    scale = np.asarray(point.scaling.driving)
    elastic, coupling = np.asarray(energy.elastic) / scale, np.asarray(energy.coupling) / scale
    extra = np.asarray(energy.extra) / np.outer(scale[v:], scale[v:])
    return elastic.T @ elastic, coupling, 0.5 * (extra + extra.T), float(point.scaling.energy)


def advance_points(
    kernel: Callable[..., NDArray[np.bool_]],
    parts: tuple[Any, ...],
    flowing: str,
    components: int,
    driving: Float[Array, "n y"],
    state: Float[Array, "n z"],
    increment: Float[Array, "n y"],
    dt: float,
    tangent: bool,
) -> PointUpdate:
    """Advance n points by a compiled update.

    Parameters
    ----------
    kernel : callable
        Takes ``parts``, fills the results of all points and returns which failed.
    parts : tuple
        The arrays of the model, as the kernel takes them.
    flowing : str
        What settles, for messages.
    components : int
        Number of strain components, v.
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
    n, v = len(driving), components
    result = PointUpdate(np.empty((n, v)), np.empty_like(state), np.empty(n), np.empty(n), None)
    stiffness = np.empty((n if tangent else 0, v, v))
    failed = kernel(
        parts,
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
            f"the {flowing} of {len(points)} of {n} material points do not settle, the first of them at point "
            f"{points[0]}; use smaller increments",
            worst=points,
        )
    return result._replace(tangent=stiffness if tangent else None)
