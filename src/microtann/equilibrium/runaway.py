"""Displacements that run away at constant load: how the limit load of a body without hardening shows.

Beyond its limit load such a body has no equilibrium, or one far away, where what the discretisation locks resists
a little. Both show in the stiffness that is left against the motion, the Rayleigh quotient Δu · K Δu / Δu · K₀ Δu
with the elastic stiffness K₀. In a body that hardens it is never smaller than the least ratio ρ of the plastic to
the elastic modulus, wherever Newton's method looks for equilibrium and whatever the load: there the work
(f(u + Δu) − f(u)) · Δu is at least ρ Δu · K₀ Δu.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.nodal_vectors import NodalVectors
from microtann.equilibrium.system import Response, Tangent
from microtann.errors import ConvergenceError

Array = NDArray[np.float64]
LEVER = 100.0
"""Motions up to so many times the prescribed ones are theirs, not the load's: a mechanism may be a lever."""
PATIENCE = 10
"""Iterations that may run away one after the other; those that come back do so sooner."""


class RunawayError(ConvergenceError):
    """An attempt at an increment whose displacements ran away."""


@dataclass
class RunawayWatch:
    """Tells whether the displacements of an increment run away.

    Parameters
    ----------
    elastic : Tangent
    change : array, shape (n,)
        Prescribed change of the displacements over the increment.
    external, before : array, shape (n,)
        Nodal forces at the end of the increment, and internal ones at its start.
    smallest : float
        Stiffness over the elastic one at which they do; none is too small for 0.
    vectors : NodalVectors, optional
        Those of one process if left out.
    times : int
        Iterations, one after the other, that ran away.
    """

    elastic: Tangent
    change: Float[Array, "n"]
    external: Float[Array, "n"]
    before: Float[Array, "n"]
    smallest: float
    vectors: NodalVectors = field(default_factory=NodalVectors)
    times: int = 0

    def sees(self, moved: Float[Array, "n"], response: Response, balanced: bool) -> bool:
        """Return whether a change of the displacements runs away, and count.

        It does if it is larger than the forces at its end would cause in an elastic body, no prescribed motion
        leads to it, and hardly any stiffness is left against it: that of the tangent there or, where forces are
        not in balance, that between start and end (which is zero of a body that creeps in equilibrium).

        Parameters
        ----------
        moved : array, shape (n,)
        response : Response
            With the tangent.
        balanced : bool
            Whether it is equilibrium.
        """
        self.times = self.times + 1 if self._runs_away(moved, response, balanced) else 0
        return self.times > 0

    def _runs_away(self, moved: Float[Array, "n"], response: Response, balanced: bool) -> bool:
        dot, largest = self.vectors.dot, self.vectors.largest
        if self.smallest == 0.0 or response.tangent is None or largest(self.external) == 0.0:
            return False
        if largest(moved) <= LEVER * largest(self.change):
            return False
        size = dot(moved, self.elastic @ moved)
        if not abs(dot(response.force, moved)) <= size < np.inf:
            return False
        left = dot(moved, response.tangent @ moved)
        if not balanced:
            left = min(left, dot(response.force - self.before, moved))
        return left <= self.smallest * size
