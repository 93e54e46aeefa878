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

    Where the mesh has several kinds of cells, the axes (R, G) are one, of all Gauss points of the region.

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
    weights: Float[Array, "*RG"]
    strain: Float[Array, "*RG v"]
    stress: Float[Array, "*RG v"]
    dissipated: Float[Array, "*RG"]
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

    def average(self, values: Float[Array, "*RGk"]) -> Float[Array, "*k"]:
        """Return the volume average of strain, stress or a state variable over the region."""
        flat = values.reshape(self.weights.size, *values.shape[self.weights.ndim :])
        return np.einsum("p,p...->...", self.weights.ravel(), flat) / self.volume
