"""Whether the tangent of a material is the derivative of its stress, at some points."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.materials.protocol import Material, State

Array = NDArray[np.float64]
STEP = 1e-6
"""Strain of the finite differences, over the largest strain increment."""
STRESS_ROUND_OFF = 1e-13
"""Of a stress, relative to itself."""


def tangent_errors(
    material: Material, strain_increment: Float[Array, "n v"], state: State, dt: float
) -> tuple[Float[Array, "n"], Float[Array, "n"]]:
    """Return how far tangents are from finite differences of the stress, and from being symmetric.

    Where the material changes between rest and flow its stress has a kink: of the differences forwards and
    backwards the nearer one counts, component by component.

    Parameters
    ----------
    material : Material
    strain_increment : array, shape (n, v)
    state : dict of arrays
    dt : float

    Returns
    -------
    difference, skew : array, shape (n,)
        Relative to the largest entry of the tangent; not a number where it is not finite. What round-off of the
        stress explains does not count.
    """
    stress, tangent, _ = material.update(strain_increment, state, dt, True)
    if tangent is None:
        raise ValueError("the material returned no tangent")
    stress, tangent = np.asarray(stress), np.asarray(tangent)
    step = STEP * max(float(np.abs(strain_increment).max()), STEP)
    size = np.abs(tangent).max(axis=(1, 2))
    off = np.zeros(len(tangent))
    noise = 2.0 * STRESS_ROUND_OFF * np.abs(stress).max(axis=1) / step
    for component in range(tangent.shape[2]):
        apart = []
        for direction in (step, -step):
            moved = strain_increment.copy()
            moved[:, component] += direction
            slope = (np.asarray(material.update(moved, state, dt, False)[0]) - stress) / direction
            apart.append(np.abs(slope - tangent[:, :, component]).max(axis=1))
        off = np.maximum(off, np.minimum(*apart))
    skew = np.abs(tangent - tangent.transpose(0, 2, 1)).max(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.maximum(off - noise, 0.0) / size, skew / size
