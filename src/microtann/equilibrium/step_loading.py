"""Displacements, forces and reactions at any fraction of a loading step, all of them linear in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.equilibrium.checkpoint import StepStart
from microtann.equilibrium.newton import Equilibrium
from microtann.equilibrium.steps import Loading

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StepLoading:
    """Loading that changes linearly over a step; flattened vectors.

    Parameters
    ----------
    held : array of bool, shape (n,)
        Prescribed displacement components.
    start_displacement, end_displacement : array, shape (n,)
        Displacements at the start of the step, and prescribed ones at its end.
    start_force, end_force : array, shape (n,)
        Nodal forces.
    released : array, shape (n,)
        Reactions at the start of the supports that the step releases; they fade to zero over it.
    """

    held: Bool[NDArray[np.bool_], "n"]
    start_displacement: Float[Array, "n"]
    end_displacement: Float[Array, "n"]
    start_force: Float[Array, "n"]
    end_force: Float[Array, "n"]
    released: Float[Array, "n"]

    @staticmethod
    def between(previous: Loading, following: Loading, start: StepStart) -> StepLoading:
        """Return how the loading of the previous step becomes that of the following one.

        Parameters
        ----------
        previous, following : Loading
            At the end of the step before and of this one.
        start : StepStart
            Displacements and forces at which this one begins.
        """
        held, applied = following.held.ravel(), previous.force.ravel()
        released = np.where(previous.held.ravel() & ~held, start.force - applied, 0.0)
        return StepLoading(
            held, start.displacement, following.target.ravel(), applied, following.force.ravel(), released
        )

    def displacement(self, fraction: float) -> Array:
        """Return the prescribed displacements, exact at the end of the step."""
        if fraction == 1.0:
            return self.end_displacement
        return self.start_displacement + fraction * (self.end_displacement - self.start_displacement)

    def external(self, fraction: float) -> Array:
        """Return nodal forces, the fading reactions of released supports included."""
        return (1.0 - fraction) * (self.start_force + self.released) + fraction * self.end_force

    def reactions(self, current: Equilibrium, fraction: float) -> Array:
        """Return the forces of held and of fading supports."""
        return np.where(self.held, current.force - self.external(fraction), (1.0 - fraction) * self.released)
