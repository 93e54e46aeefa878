"""The unknowns of a node: its displacement and, where beams meet, its rotation.

A rotation counts as the displacement that it causes at a length which the system chooses, and a moment as the
force there: unknowns and forces of a node then have one unit each, so that norms and determinants mean something.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NodalUnknowns:
    """The unknowns of every node of a system.

    Parameters
    ----------
    dimension : int
        Components of the displacement, first among the unknowns.
    rotations : int
        Components of the rotation: none, one in the plane or three in space.
    length : float
        Displacement that a rotation of 1 counts as.
    """

    dimension: int
    rotations: int = 0
    length: float = 1.0

    @property
    def count(self) -> int:
        """Number of unknowns of a node, u."""
        return self.dimension + self.rotations

    @property
    def names(self) -> tuple[str, ...]:
        """Their names: "x", "y" and "z", then "rz" in the plane, "rx", "ry" and "rz" in space."""
        turning = {0: (), 1: ("rz",), 3: ("rx", "ry", "rz")}[self.rotations]
        return (*"xyz"[: self.dimension], *turning)

    def moved(self, motion: Float[Array, "*batch u"]) -> Float[Array, "*batch d"]:
        """Return the displacements of a motion, or the forces among generalised ones."""
        return motion[..., : self.dimension] if self.rotations else motion

    def turned(self, motion: Float[Array, "*batch u"]) -> Float[Array, "*batch r"] | None:
        """Return the rotations of a motion; None where nodes have none."""
        return motion[..., self.dimension :] / self.length if self.rotations else None

    def moments(self, forces: Float[Array, "*batch u"]) -> Float[Array, "*batch r"] | None:
        """Return the moments of generalised forces; None where nodes have none."""
        return forces[..., self.dimension :] * self.length if self.rotations else None


def unknowns_of(system: Any) -> NodalUnknowns:
    """Return the unknowns of a node of a system; those that say nothing of them have displacements alone."""
    told = getattr(system, "unknowns", None)
    return told if told is not None else NodalUnknowns(system.points.shape[1])
