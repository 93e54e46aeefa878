"""Isotropic elasticity in space and in the plane."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError

Array = NDArray[np.float64]
PLANE_COMPONENTS = (0, 1, 5)
"""Components of a tensor of space, in the order 11, 22, 33, 23, 13, 12, that one of the plane keeps."""
TRACE = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
"""The unit tensor: its product with a strain is the change of volume."""
DEVIATOR = np.diag([1.0, 1.0, 1.0, 0.5, 0.5, 0.5]) - np.outer(TRACE, TRACE) / 3.0
"""Takes a strain, with engineering shear, to the components of its deviator as a tensor."""


def bulk_and_shear(young: float, poisson: float) -> tuple[float, float]:
    """Return the bulk modulus and the shear modulus.

    Raises
    ------
    InputError
        If Young's modulus is not positive or Poisson's ratio does not lie between −1 and 1/2.
    """
    require_positive("Young's modulus", young)
    if not -1.0 < poisson < 0.5:
        raise InputError(f"Poisson's ratio must lie between -1 and 0.5, got {poisson!r}")
    return young / (3.0 * (1.0 - 2.0 * poisson)), young / (2.0 * (1.0 + poisson))


def stiffness(young: float, poisson: float) -> Float[Array, "6 6"]:
    """Return the elastic stiffness in space."""
    bulk, shear = bulk_and_shear(young, poisson)
    moduli: Array = bulk * np.outer(TRACE, TRACE) + 2.0 * shear * DEVIATOR
    return moduli


def require_positive(what: str, value: float) -> None:
    """Refuse a number that is not positive and finite.

    Raises
    ------
    InputError
    """
    if not (np.isfinite(value) and value > 0.0):
        raise InputError(f"{what} must be positive and finite, got {value!r}")
