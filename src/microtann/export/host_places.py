"""Where the components of a host are among those of a model, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]

SPACE = {"abaqus": (0, 1, 2, 5, 4, 3), "kratos": (0, 1, 2, 5, 3, 4)}
"""Where the components in space are in the order 11, 22, 33, 23, 13, 12; MFront has the order of Abaqus."""
PLANE_STRAIN = (0, 1, -1, 2)
"""Where the components 11, 22, 33, 12 are in the order 11, 22, 12; a model of the plane has no 33."""
THIN = (0, 1, 2)


@dataclass(frozen=True)
class HostPlaces:
    """Components of a host.

    Parameters
    ----------
    places : tuple of int
        For each, where it is among those of the model, or -1.
    shear : float
        By which shears of the model are multiplied to be stresses of the host: 1 for Voigt's notation, √2 for that
        of Mandel, whose shear strains are as much smaller than engineering ones.
    """

    places: tuple[int, ...]
    shear: float = 1.0

    @property
    def direct(self) -> int:
        """Number of direct components."""
        return 2 if len(self.places) == 3 else 3

    def to_host(self, strain: Float[Array, "*n v"]) -> Float[Array, "*n c"]:
        """Return strains as the host has them."""
        known = np.array(self.places) >= 0
        return np.where(known, strain[..., list(self.places)], 0.0) / self._factors

    def from_host(self, stress: Float[Array, "*n c"]) -> Float[Array, "*n v"]:
        """Return stresses as the model has them."""
        return (stress / self._factors)[..., self._back]

    def tangent_from_host(self, tangent: Float[Array, "*n c c"]) -> Float[Array, "*n v v"]:
        """Return tangents as the model has them."""
        scaled = tangent / (self._factors[:, None] * self._factors)
        return scaled[..., self._back, :][..., self._back]

    @property
    def _factors(self) -> Array:
        return np.where(np.arange(len(self.places)) < self.direct, 1.0, self.shear)

    @property
    def _back(self) -> list[int]:
        """Where the components of the model are among those of the host."""
        return [self.places.index(i) for i in range(max(self.places) + 1)]
