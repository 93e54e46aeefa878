"""Dissipation and defect of a TANN's update, computed from its energy instead of taken from the update itself."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from microtann.materials.protocol import State
from microtann.tann.batches import padded, rounded
from microtann.tann.point import MaterialPoint
from microtann.tann.trained_model import TANN

Numbers = NDArray[np.float64]


class Certificate(NamedTuple):
    """Dissipation and defect at n points.

    Parameters
    ----------
    dissipation : array, shape (n,)
        −T · ΔZ with T = ∂Ψ/∂Z at the end of the increment, in physical units.
    defect : array, shape (n,)
        See `microtann.tann.evolution.Evolution.defect`; not a number for evolutions that solve no problem.
    """

    dissipation: Float[Numbers, "n"]
    defect: Float[Numbers, "n"]

    @classmethod
    def unknown(cls, after: State) -> Certificate:
        """Return what is known of a material that is no TANN: the dissipation as it says it."""
        return cls(after["dissipation"], np.full(len(after["dissipation"]), np.nan))


def certify(tann: TANN, before: State, after: State, dt: float = 1.0) -> Certificate:
    """Return the dissipation and the defect of the states that an update has returned.

    Parameters
    ----------
    tann : TANN
    before, after : dict of arrays
        States of n points before and after `TANN.update`.
    dt : float
        Duration of the increment.
    """
    n = len(after["isv"])
    driving = np.concatenate([after["strain"], after.get("extra", np.zeros((n, 0)))], axis=1)
    strains, first, last = (jnp.asarray(padded(a, rounded(n))) for a in (driving, before["isv"], after["isv"]))
    dissipation, defect = _certify(tann.point, strains, first, last, jnp.asarray(dt))
    return Certificate(np.asarray(dissipation)[:n], np.asarray(defect)[:n])


@eqx.filter_jit
def _certify(
    point: MaterialPoint,
    driving: Float[Array, "n y"],
    before: Float[Array, "n z"],
    after: Float[Array, "n z"],
    dt: Float[Array, ""],
) -> tuple[Float[Array, "n"], Float[Array, "n"]]:
    def one(
        driving: Float[Array, "y"], before: Float[Array, "z"], after: Float[Array, "z"]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        scaled = driving / point.scaling.driving
        force = point.energy.force(scaled, after)
        defect = point.evolution.defect(point.energy, scaled, before, after, dt)
        distance = jnp.asarray(jnp.nan) if defect is None else defect
        return point.scaling.energy * (force @ (after - before)), distance

    return jax.vmap(one)(driving, before, after)
