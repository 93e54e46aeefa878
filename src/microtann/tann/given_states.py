"""Internal state variables that are given a priori (paper, Section III.A): nothing is reduced."""

from __future__ import annotations

from typing import ClassVar

from jaxtyping import Array, Float

from microtann.tann.reduction import Reduction


class GivenStates(Reduction):
    """The internal coordinates themselves, scaled, are the internal state variables.

    Parameters
    ----------
    scale : array, shape (z,)
        Largest size of every coordinate in the data.
    """

    fixed: ClassVar[tuple[str, ...]] = ("scale",)

    scale: Float[Array, "z"]

    @property
    def coordinates(self) -> int:
        """Number of internal coordinates, which is that of states."""
        return self.scale.shape[0]

    def encode(self, coordinates: Float[Array, "z"], driving: Float[Array, "y"]) -> Float[Array, "z"]:
        """Return the scaled coordinates."""
        return coordinates / self.scale

    def decode(self, state: Float[Array, "z"], driving: Float[Array, "y"]) -> Float[Array, "z"]:
        """Return the coordinates."""
        return self.scale * state

    def multiplied(self, factors: Float[Array, "z"]) -> GivenStates:
        """Return the same states of coordinates that are multiplied by factors."""
        return GivenStates(self.scale * factors)
