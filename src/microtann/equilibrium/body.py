"""What is loaded through steps: a finite-element model or a lattice structure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from microtann.equilibrium.history import History
from microtann.equilibrium.load_stepping import solve_steps
from microtann.equilibrium.options import ProgressCallback, SolverOptions
from microtann.equilibrium.steps import Step
from microtann.equilibrium.system import System

R_co = TypeVar("R_co", bound=History, covariant=True)


class Body(ABC, Generic[R_co]):
    """A body that a discrete system describes; its results add fields of their own to a `History`."""

    _every_field: ClassVar[bool]
    """Whether fields of every increment are kept if the caller does not say."""

    def solve(
        self,
        steps: Sequence[Step],
        options: SolverOptions | None = None,
        progress: ProgressCallback | None = None,
        fields: bool | None = None,
    ) -> R_co:
        """Load the body from its virgin state.

        Parameters
        ----------
        steps : sequence of Step
        options : SolverOptions, optional
        progress : callable, optional
            Called with a `Progress` after every Newton iteration.
        fields : bool, optional
            Keep the fields of the elements or bars for every increment, not only for the last one. If left out,
            finite elements keep them for every increment and lattices, which have many bars, for the last one.

        Returns
        -------
        `microtann.fem.Result` or `microtann.StructureResult`

        Raises
        ------
        InputError
            If a step does not fit the body, or the material breaks its protocol.
        ConvergenceError
            If an increment fails although it was cut.
        """
        every_field = self._every_field if fields is None else fields
        return self._result(*solve_steps(self._system(), steps, options, progress, every_field))

    @abstractmethod
    def _system(self) -> System:
        """Return the discrete system."""

    @abstractmethod
    def _result(self, history: History, state: Any) -> R_co:
        """Return a history with what the state of the system adds to it."""
