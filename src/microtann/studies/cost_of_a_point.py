"""What an increment of a material costs at a Gauss point, along walks, as in a structure of many of them."""

from __future__ import annotations

import time

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.materials.protocol import Material

Array = NDArray[np.float64]
FEWEST, MOST = 16, 512
"""Points of a call: so many that the call itself costs little."""
SECONDS = 2.0
"""What a measurement may take where points cost more than calls."""
INCREMENTS = 40


def microseconds_a_point(material: Material, strain: Float[Array, "B T v"]) -> float | None:
    """Return the CPU time of an increment with its tangent, at a point of a batch that follows walks.

    Parameters
    ----------
    material : Material
    strain : array, shape (B, T, v)
        Total strain at the end of every increment; walks are repeated or left out to fill the batch.

    Returns
    -------
    float or None
        Microseconds; None if the material does not come to the end of the walks.
    """
    increments = np.diff(strain[:, :INCREMENTS], axis=1, prepend=0.0)
    try:
        _walk(material, increments, FEWEST, 1)  # compiled before the clock starts
        once = _walk(material, increments, FEWEST, 1)
        points = int(np.clip(SECONDS / (once * increments.shape[1]), FEWEST, MOST))
        return 1e6 * _walk(material, increments, points, increments.shape[1])
    except ConvergenceError:
        return None


def _walk(material: Material, increments: Float[Array, "B T v"], points: int, steps: int) -> float:
    """Return the CPU seconds of a point and increment along the first steps."""
    chosen = increments[np.resize(np.arange(len(increments)), points), :steps]
    begin, state = time.process_time(), material.initial_state(points)
    for step in range(steps):
        _, _, state = material.update(chosen[:, step], state)
    return (time.process_time() - begin) / (points * steps)
