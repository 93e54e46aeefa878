"""The compiled update of variational TANNs of groups, for many material points at once."""

from __future__ import annotations

from functools import partial

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.cones.cone_projection import group_arrays
from microtann.cones.resistance_kernel import constant_law
from microtann.errors import ConvergenceError
from microtann.forms.variational.cone_flow import ConeFlow
from microtann.forms.variational.cone_update_kernel import ConeParts, update_cone_points
from microtann.forms.variational.update import quadratic_parts
from microtann.tann.form import PointUpdate, PreparedUpdate
from microtann.tann.point import MaterialPoint

Array = NDArray[np.float64]


def prepare_cone_flow(point: MaterialPoint) -> PreparedUpdate:
    """Return the compiled update of a point of groups.

    It gives what `MaterialPoint.increment` gives at n points, with the consistent tangent if wanted.
    """
    evolution, v = point.evolution, point.components
    assert isinstance(evolution, ConeFlow)
    elastic, driven, extra, scale = quadratic_parts(point)
    gram, first, normals = group_arrays(evolution.sizes, np.asarray(evolution.normals, dtype=np.float64))
    by_group = np.ascontiguousarray(normals.T[: len(gram)])
    parts = ConeParts(
        elastic=elastic,
        coupling=np.ascontiguousarray(driven.T),
        gram=gram,
        first=first,
        law=constant_law(np.ones(len(evolution.sizes))),
        normals=normals,
        normals_by_group=by_group,
        on_groups=np.ascontiguousarray(by_group @ driven[:, :v]),
        extra=extra,
        scale=scale,
    )
    return partial(_update_cones, parts, v)


def _update_cones(
    parts: ConeParts,
    components: int,
    driving: Float[Array, "n y"],
    state: Float[Array, "n z"],
    increment: Float[Array, "n y"],
    dt: float,
    tangent: bool,
) -> PointUpdate:
    """Advance n points.

    Parameters
    ----------
    parts : ConeParts
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
    failed = update_cone_points(
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
            f"the groups of {len(points)} of {n} material points do not settle, the first of them at point "
            f"{points[0]}; use smaller increments",
            worst=points,
        )
    return result._replace(tangent=stiffness if tangent else None)
