"""The preconditioner of every tangent: elastic, and renewed where flow without hardening has left it behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.equilibrium.factorisation import AFFORDABLE, CHEAP, Factorisation
from microtann.equilibrium.multigrid import multigrid
from microtann.equilibrium.system import Tangent
from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import InputError
from microtann.system.crew import Crew

Array = NDArray[np.float64]
ITERATIONS_BEFORE_RENEWAL = 40
"""Linear iterations after which a hierarchy of the present tangent pays: building it costs about as much."""


class Preconditioner:
    """Multigrid on the elastic stiffness, and on a later tangent where the linear solver asks for it.

    With hardening the plastic tangent is bounded by the elastic one, whose hierarchy then serves all iterations.
    Without, it is not, and one built on a tangent serves those that follow as well: its factors where they cost
    little, or where even the hierarchy of the tangent itself is too slow.

    Parameters
    ----------
    tangent : Tangent
        Elastic stiffness.
    points : array, shape (N, d)
    held : array, shape (N, u)
    unknowns : NodalUnknowns, optional
        Of every node; its displacement if left out.
    crew : Crew, optional
        Threads that share the work.

    Raises
    ------
    InputError
        If a node has no stiffness in some direction: it can move without any force.
    """

    def __init__(
        self,
        tangent: Tangent,
        points: Float[Array, "N d"],
        held: Bool[NDArray[np.bool_], "N u"],
        unknowns: NodalUnknowns | None = None,
        crew: Crew | None = None,
    ) -> None:
        self._points, self._held, self._unknowns, self._crew = points, held, unknowns, crew
        self.elastic = multigrid(tangent, points, held, unknowns, crew)
        self.present: Callable[[Array], Array] = self.elastic

    def renew(self, tangent: Tangent) -> None:
        """Make the present one of a tangent: its factors where they cost little, else a hierarchy.

        That of the elastic stiffness stays, and is taken again where the tangent leaves a node without stiffness.
        """
        if self._held.size <= CHEAP[self._points.shape[1]] and self.factorise(tangent):
            return
        self.present = self.elastic  # frees the last one before the new one is built
        with suppress(InputError):
            self.present = multigrid(tangent, self._points, self._held, self._unknowns, self._crew)

    def factorise(self, tangent: Tangent) -> bool:
        """Make the factors of a tangent the present one; return whether they are affordable and exist."""
        if self._held.size > AFFORDABLE[self._points.shape[1]]:
            return False
        with suppress(FloatingPointError, RuntimeError):
            self.present = Factorisation(tangent, ~self._held.ravel())
            return True
        return False
