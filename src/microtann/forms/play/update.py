"""The compiled update of play-mechanism TANNs, for many material points at once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.forms.play.update_kernel import update_points
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.evolution import PlayMechanisms
from microtann.tann.form import PointUpdate
from microtann.tann.point import MaterialPoint

Array = NDArray[np.float64]


def update_play(
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
        Of play mechanisms, which depend on nothing but the driving variables at the end of the increment.
    driving : array, shape (n, y)
        Strain and extra state variables at the beginning of the increment.
    state : array, shape (n, z)
        Internal state variables there.
    increment : array, shape (n, y)
    dt : float
        Duration of the increment, on which the response does not depend.
    tangent : bool
    """
    energy, evolution = point.energy, point.evolution
    assert isinstance(energy, DecoupledQuadraticEnergy)
    assert isinstance(evolution, PlayMechanisms)
    n, v, scale = len(driving), point.components, np.asarray(point.scaling.driving)
    elastic = np.asarray(energy.elastic) / scale
    extra = np.asarray(energy.extra) / np.outer(scale[v:], scale[v:])
    result = PointUpdate(np.empty((n, v)), np.empty_like(state), np.empty(n), np.empty(n), None)
    stiffness = np.empty((n if tangent else 0, v, v))
    update_points(
        elastic.T @ elastic,
        np.asarray(energy.coupling) / scale,
        np.exp(np.asarray(evolution.log_resistance)),
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
    return result._replace(tangent=stiffness if tangent else None)
