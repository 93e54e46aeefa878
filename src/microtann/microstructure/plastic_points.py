"""Points with plastic strains whose fluctuation can be eliminated, as far as a reduction to few of them asks.

With the plastic strains α (p, a) of the points, the energy per unit volume of the cell is quadratic in the average
strain and α once the fluctuation is in equilibrium, and an increment dissipates Σ c k |Δα| with the Euclidean norm
of every point. No matrix of all points is ever needed: only what few modes of them do.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]


class ModalEnergy(NamedTuple):
    """Energy ½ E·C E − E·bᵀ z + ½ z·K z per unit volume of the cell, of plastic strains α = Σ modes z.

    Parameters
    ----------
    elasticity : array, shape (v, v)
        C, in units of stress.
    coupling : array, shape (s, v)
        b: driving forces on the amplitudes due to a unit average strain.
    hessian : array, shape (s, s)
        K, symmetric and positive semi-definite.
    """

    elasticity: Float[Array, "v v"]
    coupling: Float[Array, "s v"]
    hessian: Float[Array, "s s"]


@runtime_checkable
class PlasticPoints(Protocol):
    """The points of a microstructure that may flow: bars, fibres, or the integration points of a solid."""

    @property
    def volume_fraction(self) -> Float[Array, "p"]:
        """Volume that every point stands for, over that of the cell (voids included): c."""
        ...

    @property
    def resistance(self) -> Float[Array, "p"]:
        """Dissipation per unit norm of plastic strain and volume of every point: k, infinite where none flows."""
        ...

    @property
    def components(self) -> int:
        """Plastic strains of a point, a.

        They are orthonormal components of the plastic strain tensor, so that its norm is Euclidean: 1 of a bar or
        a fibre, 3 of a deviator in plane strain, 5 in space.
        """
        ...

    @property
    def coordinate(self) -> str:
        """Name of the group of internal coordinates, shape (p, a) or (p,), that holds the plastic strains."""
        ...

    def project(self, modes: Float[Array, "p a s"]) -> ModalEnergy:
        """Return the energy of plastic strains α = Σ modes z with the fluctuation in equilibrium.

        Parameters
        ----------
        modes : array, shape (p, a, s)
        """
        ...
