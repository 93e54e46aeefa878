"""What a microstructure answers along strain paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]


@runtime_checkable
class MicroResponse(Protocol):
    """Response of a microstructure along strain paths; "..." is (T,) or (B, T), as in the strain given."""

    @property
    def stress(self) -> Float[Array, "*batch v"]:
        """Average stress."""
        ...

    @property
    def energy(self) -> Float[Array, "*batch"]:
        """Free energy per unit volume."""
        ...

    @property
    def dissipation(self) -> Float[Array, "*batch"]:
        """Dissipation of every increment, per unit volume."""
        ...

    @property
    def coordinates(self) -> Mapping[str, Array]:
        """Internal coordinates by the name of their group, shape (..., *group)."""
        ...


@dataclass(frozen=True, eq=False)
class PathResponse:
    """Response of a microstructure along strain paths; "..." is (T,) or (B, T), as in the strain given.

    Parameters
    ----------
    strain, stress : array, shape (..., v)
    energy, dissipation : array, shape (...)
        Per unit volume; the dissipation is that of the increment.
    coordinates : dict of arrays, shape (..., *group)
        Internal coordinates by the name of their group.
    """

    strain: Float[Array, "*batch v"]
    stress: Float[Array, "*batch v"]
    energy: Float[Array, "*batch"]
    dissipation: Float[Array, "*batch"]
    coordinates: Mapping[str, Array]
