"""What a simulation says of one region of a mesh with several materials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.materials.protocol import State

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RegionResult:
    """A region at the end of a simulation.

    Parameters
    ----------
    name : str
    cells : integer array, shape (R,)
        Its cells in the mesh.
    weights : array, shape (R, G)
        Volume (area in the plane) that belongs to every Gauss point.
    strain, stress : array, shape (R, G, v)
    dissipated : array, shape (R, G)
        Since the start, per volume.
    state : dict of arrays
        State variables of its material by their own names, leading axes (R, G).
    """

    name: str
    cells: Int[NDArray[np.int64], "R"]
    weights: Float[Array, "R G"]
    strain: Float[Array, "R G v"]
    stress: Float[Array, "R G v"]
    dissipated: Float[Array, "R G"]
    state: State

    def __repr__(self) -> str:
        return (
            f"RegionResult({self.name!r}, {len(self.cells)} cells, volume {self.volume:.5g}, "
            f"energy {self.energy:.5g}, dissipated {self.dissipation:.5g})"
        )

    @property
    def volume(self) -> float:
        """Volume of the region; in the plane its area."""
        return float(self.weights.sum())

    @property
    def energy(self) -> float:
        """Free energy of the region."""
        return float((self.weights * self.state["energy"]).sum())

    @property
    def dissipation(self) -> float:
        """Energy that the region has dissipated since the start."""
        return float((self.weights * self.dissipated).sum())

    def average(self, values: Float[Array, "R G *k"]) -> Float[Array, "*k"]:
        """Return the volume average of strain, stress or a state variable over the region."""
        return np.einsum("rg,rg...->...", self.weights, values) / self.volume
