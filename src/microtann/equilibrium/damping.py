"""Damping of Newton's method: where it makes little headway, a part of the elastic tangent is added.

Bars that flow without hardening have no stiffness, and a Newton step then goes far beyond the range in which the
tangent holds. The part that is added falls with the residual, so that the end of the iteration is Newton's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import sparse

from microtann.equilibrium.system import Tangent

HEADWAY = 0.5
"""A residual that fell to less than this fraction of the last one needs no damping."""
WEIGHT = 0.03
"""Weight of the elastic tangent over the relative residual."""
LARGEST = 0.1


@dataclass(frozen=True, eq=False)
class Damped:
    """A tangent plus a part of the elastic one.

    Parameters
    ----------
    tangent, elastic : Tangent
    weight : float
    """

    tangent: Tangent
    elastic: Tangent
    weight: float

    @property
    def symmetric(self) -> bool:
        """Whether both are symmetric."""
        return self.tangent.symmetric and self.elastic.symmetric

    def __matmul__(self, vector: Float[NDArray[np.float64], "n"]) -> Float[NDArray[np.float64], "n"]:
        """Return the forces due to small displacements."""
        image = self.elastic @ vector
        image *= self.weight
        image += self.tangent @ vector
        return image

    def blocks(self) -> sparse.bsr_array[Any]:
        """Return the assembled matrix in d × d blocks."""
        matrix = self.tangent.blocks()
        return (matrix + self.weight * self.elastic.blocks()).tobsr(matrix.blocksize)


def damped(tangent: Tangent, elastic: Tangent, residual: float, previous: float, full: bool) -> Tangent:
    """Return the tangent of the next Newton step, damped where the last step made little headway.

    Parameters
    ----------
    tangent, elastic : Tangent
    residual, previous : float
        Relative residuals now and before the last step.
    full : bool
        Whether the line search took the last step whole.

    Returns
    -------
    Tangent

    References
    ----------
    J. Fan and Y. Yuan, Computing 74, 2005: a Levenberg–Marquardt parameter that falls with the residual keeps the
    quadratic convergence of Newton's method.
    """
    if full and residual <= HEADWAY * previous:
        return tangent
    return Damped(tangent, elastic, min(WEIGHT * residual, LARGEST))
