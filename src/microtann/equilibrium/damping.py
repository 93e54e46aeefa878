"""Damping of Newton's method: where it makes little headway, the tangent is made stiffer.

Bars that flow without hardening have no stiffness, and a Newton step then goes far beyond the range in which the
tangent holds. Where a system knows its secant stiffness, a part of the difference between secant and tangent is
added: a full step with the secant never overshoots, and it stiffens those bars most that have just begun to flow.
Elsewhere a part of the elastic tangent is added. Both parts fall with the residual, so that the end of the
iteration is Newton's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import sparse

from microtann.equilibrium.system import Tangent

HEADWAY = 0.5
"""A residual that fell to less than this fraction of the last one needs no damping."""
WEIGHT = 0.03
"""Weight of the elastic tangent over the relative residual."""
LARGEST_WEIGHT = 0.1
MUCH_HEADWAY = 0.1
"""A residual that fell to less than this fraction of the last one needs hardly any secant stiffness any more."""
NEGLIGIBLE_SECANT = 1e-12


@runtime_checkable
class WithSecant(Tangent, Protocol):
    """A tangent whose system knows the secant stiffness too, of which the potential is nowhere steeper."""

    def towards_secant(self, weight: float) -> Tangent:
        """Return (1 − weight) tangent + weight secant."""
        ...


@dataclass(frozen=True)
class Damping:
    """How much stiffness is added to the next tangent.

    Parameters
    ----------
    secant : float
        Weight of the secant stiffness, from 0 to 1, before it is bounded by the residual.
    residual : float
        Relative residual, which bounds both weights.
    headway : bool
        Whether the last step was taken whole and brought the residual down.
    """

    secant: float = 0.0
    residual: float = 0.0
    headway: bool = True

    def after(self, residual: float, previous: float, full: bool) -> Damping:
        """Return the damping after a step.

        It begins with the whole secant at the first step that makes little headway, is halved with every step that
        brings the residual down and raised by steps that do not, twice as much where the line search cut them.

        Parameters
        ----------
        residual, previous : float
            Relative residuals after and before the step.
        full : bool
            Whether the line search took the step whole.
        """
        headway = full and residual <= HEADWAY * previous
        if self.secant == 0.0:
            weight = 0.0 if headway else 1.0
        elif full and residual <= MUCH_HEADWAY * previous:
            weight = 0.05 * self.secant
        elif full and residual < previous:
            weight = 0.5 * self.secant
        else:
            weight = (2.0 if full else 4.0) * self.secant
        weight = min(weight, 1.0, max(residual, 0.0))
        return Damping(weight if weight > NEGLIGIBLE_SECANT else 0.0, residual, headway)

    def of(self, tangent: Tangent, elastic: Tangent) -> Tangent:
        """Return the operator of the next Newton step.

        References
        ----------
        J. Fan and Y. Yuan, Computing 74, 2005: a Levenberg–Marquardt parameter that falls with the residual keeps
        the quadratic convergence of Newton's method.
        """
        if isinstance(tangent, WithSecant):
            return tangent.towards_secant(self.secant) if self.secant > 0.0 else tangent
        return tangent if self.headway else Damped(tangent, elastic, min(WEIGHT * self.residual, LARGEST_WEIGHT))


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
