"""Settings of the equilibrium solver, and what it reports while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from microtann.equilibrium.newton_policy import NewtonPolicy
from microtann.equilibrium.step_control import StepControl
from microtann.numbers.configuration import configuration


@configuration
class SolverOptions(StepControl, NewtonPolicy):
    """Settings of the equilibrium solver: those of Newton's method, of the step control, and what is watched.

    Keys are those of `NewtonPolicy` and `StepControl`, with the following one.
    """

    outside_training: Annotated[
        Literal["warn", "none", "error"],
        Field(
            description="What is done where a material leaves the range of its training data, where nothing is"
            " known of its errors: one warning at the end, nothing, or an error after the "
            "increment. The result counts the points in any case."
        ),
    ] = "warn"


@dataclass(frozen=True)
class Progress:
    """What the solver tells a progress callback after every Newton iteration.

    Parameters
    ----------
    step : str
        Name of the loading step.
    increment, increments : int
        Index of the increment, from 0, and their number over all steps.
    iteration : int
        Newton iteration of the increment, from 1.
    residual : float
        Relative residual.
    fraction : float
        Part of the increment that this iteration aims at; below 1 where the increment was cut.
    converged : bool
    """

    step: str
    increment: int
    increments: int
    iteration: int
    residual: float
    fraction: float
    converged: bool


ProgressCallback = Callable[[Progress], None]
