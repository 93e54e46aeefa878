"""Where a march stands: an equilibrium, and all that the next one depends on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.increment_table import IncrementRow
from microtann.equilibrium.newton import Equilibrium
from microtann.equilibrium.running_cost import Cost
from microtann.equilibrium.system import System
from microtann.equilibrium.unknowns import unknowns_of

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StepStart:
    """What a step begins from; its loading is linear between this and its end.

    Parameters
    ----------
    displacement, force : array, shape (n,)
        Displacements and internal forces of the nodes.
    """

    displacement: Float[Array, "n"]
    force: Float[Array, "n"]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """An equilibrium from which a march goes on as if it had never stopped.

    Parameters
    ----------
    increment : int
        Index of the increment that is under way; of the next one where none is.
    passed : float
        Fraction of it that was solved, below 1.
    dissipated : float
        Energy dissipated since the start.
    equilibrium : Equilibrium
    step_start : StepStart
    part : float
        Part of an increment to be tried next.
    cuts : int
        Failures that the increment has not yet made up for.
    equilibria : int
        Those of the step so far.
    row : IncrementRow
        Of the increment that is under way.
    guess : array, shape (n,), or None
        Motion of the last increment, with which the next one begins.
    reach : array, shape (P,), or None
        How far material points reached in the range of training data in the increment under way.
    cost : Cost
    """

    increment: int
    passed: float
    dissipated: float
    equilibrium: Equilibrium
    step_start: StepStart
    part: float
    cuts: int
    equilibria: int
    row: IncrementRow
    guess: Float[Array, "n"] | None = None
    reach: Float[Array, "P"] | None = None
    cost: Cost = field(default_factory=Cost)

    @staticmethod
    def virgin(system: System) -> Checkpoint:
        """Return the state before any loading."""
        zeros = np.zeros(len(system.points) * unknowns_of(system).count)
        equilibrium = Equilibrium(zeros, zeros, 0.0, 0.0, system.virgin(), 0.0)
        return Checkpoint(0, 0.0, 0.0, equilibrium, StepStart(zeros, zeros), 1.0, 0, 0, IncrementRow(0))


@dataclass(frozen=True, eq=False)
class Accepted:
    """An equilibrium that a march has reached.

    Parameters
    ----------
    increment : int
        Index of its increment.
    fraction : float
        Of the increment: 1 at its end, less inside of one that was solved in parts.
    time : float
    reactions : array, shape (N, u)
        For all unknowns of the nodes.
    last : bool
        Whether the loading ends here.
    loading : str
        Digest of the loading of its step.
    checkpoint : Checkpoint
        From which the march goes on.
    row : IncrementRow or None
        How the increment went, at its end.
    reach : array, shape (P,), or None
        How far each material point reached in the range of training data in the increment, at its end.
    """

    increment: int
    fraction: float
    time: float
    reactions: Float[Array, "N u"]
    last: bool
    loading: str
    checkpoint: Checkpoint
    row: IncrementRow | None = None
    reach: Float[Array, "P"] | None = None

    @property
    def equilibrium(self) -> Equilibrium:
        """The equilibrium itself."""
        return self.checkpoint.equilibrium

    @property
    def displacement(self) -> Float[Array, "N u"]:
        """Displacements of the nodes, and rotations where they have some."""
        return self.equilibrium.displacement.reshape(self.reactions.shape)

    @property
    def ends_increment(self) -> bool:
        """Whether this is the end of an increment."""
        return self.fraction == 1.0
