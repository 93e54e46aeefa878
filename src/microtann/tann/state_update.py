"""The state of material points, as finite elements keep it, advanced by the update of a model."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.materials.protocol import State
from microtann.tann.form import PreparedUpdate

Array = NDArray[np.float64]


def advance_state(
    update: PreparedUpdate, strain_increment: Float[Array, "n v"], state: State, dt: float, tangent: bool
) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
    """Return stress, tangent and state of n points whose extra state variables stay as they are.

    Parameters
    ----------
    update : callable
    strain_increment : array, shape (n, v)
    state : dict of arrays
        As of `microtann.tann.trained_model.TANN.update`.
    dt : float
    tangent : bool
    """
    extra = state.get("extra", np.zeros((len(strain_increment), 0)))
    driving = np.concatenate([state["strain"], extra], axis=1)
    increment = np.concatenate([strain_increment, np.zeros_like(extra)], axis=1)
    result = update(driving, state["isv"], increment, float(dt), tangent)
    changed = {
        "strain": state["strain"] + strain_increment,
        "isv": result.state,
        "energy": result.energy,
        "dissipation": result.dissipation,
    }
    return result.stress, result.tangent, state | changed
