"""What a simulation says of one region of a mesh with several materials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.fem.mesh import Mesh
from microtann.fem.regions import SEPARATOR
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
    state : dict of arrays
        State variables of its material by their own names, leading axes (R, G).
    """

    name: str
    cells: Int[NDArray[np.int64], "R"]
    weights: Float[Array, "R G"]
    strain: Float[Array, "R G v"]
    stress: Float[Array, "R G v"]
    state: State

    @staticmethod
    def of(
        name: str,
        known: Sequence[str],
        mesh: Mesh,
        strain: Float[Array, "E G v"],
        stress: Float[Array, "E G v"],
        state: State,
    ) -> RegionResult:
        """Take a region out of what is known of the whole mesh.

        Raises
        ------
        InputError
            If the name is not among the ``known`` ones.
        """
        if name not in known:
            names = ", ".join(map(repr, known)) or "none: one material fills the mesh"
            raise InputError(f"there is no region {name!r} with its own material; there are: {names}")
        cells, prefix = mesh.regions[name], f"{name}{SEPARATOR}"
        own = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
        return RegionResult(name, cells, mesh.weights[cells], strain[cells], stress[cells], own)

    def __repr__(self) -> str:
        return (
            f"RegionResult({self.name!r}, {len(self.cells)} cells, volume {self.volume:.5g}, "
            f"energy {self.energy:.5g})"
        )

    @property
    def volume(self) -> float:
        """Volume of the region; in the plane its area."""
        return float(self.weights.sum())

    @property
    def energy(self) -> float:
        """Free energy of the region."""
        return float((self.weights * self.state["energy"]).sum())

    def average(self, values: Float[Array, "R G *k"]) -> Float[Array, "*k"]:
        """Return the volume average of strain, stress or a state variable over the region."""
        return np.einsum("rg,rg...->...", self.weights, values) / self.volume
