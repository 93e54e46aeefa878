"""Proper orthogonal decomposition of internal coordinates, a reduction that is not trained."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from jaxtyping import Array, Float

from microtann.tann.reduction import Reduction


class PODReduction(Reduction):
    """Amplitudes of the leading modes of the data as internal state variables.

    With orthonormal modes V, weights w of the coordinates and deviations s of the amplitudes::

        Z = diag(1/s) Vᵀ diag(w) (ξ − A y)        ξ = A y + diag(1/w) V diag(s) Z

    With the elastic response A the states vanish until something irreversible happens; with A = 0 the raw
    coordinates are reduced.

    Parameters
    ----------
    elastic : array, shape (c, y)
        A.
    weight : array, shape (c,)
        w: inverse sizes of the groups of coordinates, which have different units.
    modes : array, shape (c, z)
        V: orthonormal.
    deviation : array, shape (z,)
        s: root mean squares of the amplitudes in the data.
    """

    fixed: ClassVar[tuple[str, ...]] = ("elastic", "weight", "modes", "deviation")

    elastic: Float[Array, "c y"]
    weight: Float[Array, "c"]
    modes: Float[Array, "c z"]
    deviation: Float[Array, "z"]

    @property
    def coordinates(self) -> int:
        """Number of internal coordinates, c."""
        return self.weight.shape[0]

    def encode(self, coordinates: Float[Array, "c"], driving: Float[Array, "y"]) -> Float[Array, "z"]:
        """Return the amplitudes of internal coordinates."""
        return self.modes.T @ (self.weight * (coordinates - self.elastic @ driving)) / self.deviation

    def decode(self, state: Float[Array, "z"], driving: Float[Array, "y"]) -> Float[Array, "c"]:
        """Return the internal coordinates of amplitudes."""
        return self.elastic @ driving + self.modes @ (self.deviation * state) / self.weight

    def multiplied(self, factors: Float[Array, "c"]) -> PODReduction:
        """Return the same reduction of coordinates that are multiplied by factors."""
        return replace(self, elastic=self.elastic * factors[:, None], weight=self.weight / factors)
