"""Many material points at once, by automatic differentiation: for any energy, evolution and reduction.

Points are filled up to a power of two, so that few numbers of them are ever compiled.
"""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from microtann.tann.batches import padded, rounded
from microtann.tann.form import PointUpdate
from microtann.tann.point import Increment, MaterialPoint

Numbers = NDArray[np.float64]


def advance_by_differentiation(
    point: MaterialPoint,
    driving: Float[Numbers, "n y"],
    state: Float[Numbers, "n z"],
    increment: Float[Numbers, "n y"],
    dt: float,
    tangent: bool,
) -> PointUpdate:
    """Advance n points, with the exact derivative of the stress if it is wanted.

    Parameters
    ----------
    point : MaterialPoint
    driving : array, shape (n, y)
        Strain and extra state variables at the beginning of the increment.
    state : array, shape (n, z)
        Internal state variables there.
    increment : array, shape (n, y)
    dt : float
        Duration of the increment.
    tangent : bool
    """
    n = len(driving)
    before, start, moved = (jax.device_put(padded(a, rounded(n))) for a in (driving, state, increment))
    result, stiffness = _advance(point, before, start, moved, jax.device_put(np.float64(dt)), tangent)
    stress, after, energy, dissipation, _ = (np.asarray(a)[:n] for a in result)
    return PointUpdate(stress, after, energy, dissipation, np.asarray(stiffness)[:n] if tangent else None)


def decode_points(
    point: MaterialPoint, state: Float[Numbers, "n z"], driving: Float[Numbers, "n y"]
) -> Float[Numbers, "n c"]:
    """Return the internal coordinates of n points.

    Parameters
    ----------
    point : MaterialPoint
    state : array, shape (n, z)
    driving : array, shape (n, y)
        Scaled.
    """
    n = len(state)
    filled = (jax.device_put(padded(a, rounded(n))) for a in (state, driving))
    return np.asarray(_decode(point, *filled))[:n]


@eqx.filter_jit
def _advance(
    material: MaterialPoint,
    driving: Float[Array, "n y"],
    state: Float[Array, "n z"],
    increment: Float[Array, "n y"],
    dt: Float[Array, ""],
    tangent: bool,
) -> tuple[Increment, Float[Array, "n v v"] | None]:
    def point(
        driving: Float[Array, "y"], state: Float[Array, "z"], increment: Float[Array, "y"]
    ) -> tuple[Increment, Float[Array, "v v"] | None]:
        def stress(increment: Float[Array, "y"]) -> tuple[Float[Array, "v"], Increment]:
            result = material.increment(driving, state, increment, dt)
            return result.stress, result

        if not tangent:
            return stress(increment)[1], None
        stiffness, result = jax.jacfwd(stress, has_aux=True)(increment)
        return result, stiffness[:, : material.components]

    return jax.vmap(point)(driving, state, increment)


@eqx.filter_jit
def _decode(
    material: MaterialPoint, state: Float[Array, "n z"], driving: Float[Array, "n y"]
) -> Float[Array, "n c"]:
    return jax.vmap(material.reduction.decode)(state, driving)
