"""The section [solver]: how structures are brought into equilibrium."""

from __future__ import annotations

from microtann.equilibrium.newton_policy import NewtonPolicy
from microtann.equilibrium.solver_options import SolverOptions
from microtann.equilibrium.step_control import StepControl
from microtann.numbers.configuration import configuration, to_table


@configuration
class SolverChoice(StepControl, NewtonPolicy):
    """The keys of the step control and of Newton's method."""

    def options(self) -> SolverOptions:
        """Return them as settings of the solver."""
        return SolverOptions(**to_table(self))
