"""What an increment of a material costs at a Gauss point, along walks, as in a structure of many of them."""

from __future__ import annotations

import time

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.materials.protocol import Material

Array = NDArray[np.float64]
BATCH = 512
"""Points of a call: so many that the call itself costs little."""
EXACT_BATCH = 16
"""Likewise of a microstructure, whose points cost more than the call."""
INCREMENTS = 40


def microseconds_a_point(material: Material, strain: Float[Array, "B T v"], batch: int = BATCH) -> float | None:
    """Return the CPU time of an increment with its tangent, at a point of a batch that follows walks.

    Parameters
    ----------
    material : Material
    strain : array, shape (B, T, v)
        Total strain at the end of every increment; walks are repeated or left out to fill the batch.
    batch : int
        Points of a call.

    Returns
    -------
    float or None
        Microseconds; None if the material does not come to the end of the walks.
    """
    chosen = np.resize(np.arange(len(strain)), batch)
    increments = np.diff(strain[chosen, :INCREMENTS], axis=1, prepend=0.0)
    try:
        material.update(increments[:, 0], material.initial_state(batch))  # compiled before the clock starts
        begin, state = time.process_time(), material.initial_state(batch)
        for step in range(increments.shape[1]):
            _, _, state = material.update(increments[:, step], state)
    except ConvergenceError:
        return None
    return 1e6 * (time.process_time() - begin) / (batch * increments.shape[1])
