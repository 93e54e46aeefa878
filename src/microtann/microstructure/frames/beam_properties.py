"""What the distinct beams of a cell are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.microstructure.frames.cross_section import CrossSection

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BeamProperties:
    """What the distinct beams of a cell are made of.

    Parameters
    ----------
    young, yield_stress, hardening : array, shape (b,)
    poisson : float
        Of the material; gives the shear modulus.
    sections : tuple of b Sections
    pinned : array of bool, shape (b, 2)
    """

    young: Float[Array, "b"]
    yield_stress: Float[Array, "b"]
    hardening: Float[Array, "b"]
    poisson: float
    sections: tuple[CrossSection, ...]
    pinned: Bool[NDArray[np.bool_], "b 2"]
