"""A microstructure whose inelasticity are slips: a quadratic energy, and the resistance of every slip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SlipProblem:
    """Energy Ψ = ½ E · C E − α · B E + ½ α · K α per unit volume, and dissipation Σ k |Δα|.

    An increment to the strain E is the minimisation of Ψ(E, α) + Σ k |Δα| over the slips α.

    Parameters
    ----------
    elasticity : array, shape (v, v)
        C, in units of stress.
    coupling : array, shape (m, v)
        B = −∂²Ψ/∂α∂E: forces on the slips due to a unit strain.
    hessian : array, shape (m, m)
        K, positive semi-definite.
    resistance : array, shape (m,)
        k > 0: dissipation per unit slip and unit volume.
    variable : str
        Under which name the slips stand in the state of the microstructure.
    """

    elasticity: Float[Array, "v v"]
    coupling: Float[Array, "m v"]
    hessian: Float[Array, "m m"]
    resistance: Float[Array, "m"]
    variable: str

    @property
    def count(self) -> int:
        """Number of slips, m."""
        return len(self.resistance)

    def stress(
        self, strain: Float[Array, "*batch v"], slips: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch v"]:
        """Return the stress ∂Ψ/∂E at given strains and slips."""
        return strain @ self.elasticity - slips @ self.coupling
