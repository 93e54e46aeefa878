"""What every host is given, strain increments of many points, and what it gives back."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials.protocol import Material
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
SHARE = 0.5
"""Standard deviation of the increments over that of the training data."""
UNKNOWN = 0.05
"""The same over the scale of the strains, where nothing is known of the data."""
SEED = 20
STATE_NAMES = ("isv", "energy", "dissipation")


@dataclass(frozen=True, eq=False)
class DrivenPoints:
    """What a host made of a programme.

    Parameters
    ----------
    stress : array, shape (T, n, v)
    state : array, shape (T, n, z)
        Internal state variables as the model itself counts them; S is 1 for a host that tells the last ones.
    energy, dissipation : array, shape (T, n)
        The dissipation is that of every increment.
    tangent : array, shape (S, n, v, v), or None
        Likewise; None of a host that does not tell it.
    seconds : float
        Of the material, for one point and increment.
    """

    stress: Float[Array, "T n v"]
    state: Float[Array, "S n z"]
    energy: Float[Array, "T n"]
    dissipation: Float[Array, "T n"]
    tangent: Float[Array, "S n v v"] | None
    seconds: float


def programme(model: TANN, points: int, increments: int) -> Float[Array, "T n v"]:
    """Return random walks of strain increments, small beside the range of the training data.

    Parameters
    ----------
    model : TANN
    points, increments : int

    Raises
    ------
    InputError
        If there are none.
    """
    if points < 1 or increments < 1:
        raise InputError(f"a comparison takes at least one point and one increment, got {points} and {increments}")
    known = model.information.training_range
    v = model.components
    if known is None:
        scale = UNKNOWN * np.asarray(model.point.scaling.driving)[:v]
    else:
        scale = SHARE * known.strain_increment
    return np.random.default_rng(SEED).normal(0.0, 1.0, (increments, points, v)) * scale


def drive_points(material: Material, walk: Float[Array, "T n v"], rounds: int = 3) -> DrivenPoints:
    """Return what a material makes of a programme; of its time the best of some rounds counts.

    Parameters
    ----------
    material : Material
    walk : array, shape (T, n, v)
        Strain increments.
    rounds : int
    """
    best = np.inf
    for _ in range(rounds):
        state, found, seconds = material.initial_state(walk.shape[1]), [], 0.0
        for increment in walk:
            begin = time.perf_counter()
            stress, tangent, state = material.update(increment, state)
            seconds += time.perf_counter() - begin
            found.append((stress, tangent, *(state[name] for name in STATE_NAMES)))
        best = min(best, seconds)
    stress, tangent, isv, energy, dissipation = (np.array(part) for part in zip(*found, strict=True))
    return DrivenPoints(stress, isv, energy, dissipation, tangent, best / walk[..., 0].size)
