"""The error of an increment that failed although it was cut: its message, and from where it can be tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.increment_table import FailedAttempt, as_fraction
from microtann.equilibrium.newton import Equilibrium
from microtann.errors import ConvergenceError, LimitLoadError

Array = NDArray[np.float64]
RESIDUALS_SHOWN = 8
"""Residuals of an attempt that a message lists."""


@dataclass(frozen=True, eq=False)
class Attempt:
    """The last attempt at an increment that failed.

    Parameters
    ----------
    increment : int
    step : str
    start : Equilibrium
        Where it began.
    moved : array, shape (n,), or None
        Change of the displacements at which the system was asked last.
    dt : float
    failures : tuple of FailedAttempt
        All attempts at this increment that failed, in order.
    """

    increment: int
    step: str
    start: Equilibrium
    moved: Float[Array, "n"] | None
    dt: float
    failures: tuple[FailedAttempt, ...]


class EquilibriumError(ConvergenceError):
    """An increment of a structure that found no equilibrium.

    Parameters
    ----------
    message : str
    attempt : Attempt
    worst : sequence of int, optional
        Nodes with the largest residual.
    point : `microtann.fem.failed_point.FailedPoint`, optional
        The Gauss point that failed.

    Attributes
    ----------
    result : Result or None
        The response up to the last equilibrium, which is its last entry though it may lie inside an increment; of
        a recorded simulation up to the last increment that was finished. None where there was none.
    """

    def __init__(self, message: str, attempt: Attempt, worst: tuple[int, ...] = (), point: Any = None) -> None:
        residuals = attempt.failures[-1].residuals if attempt.failures else ()
        ConvergenceError.__init__(self, message, increment=attempt.increment, residuals=residuals, worst=worst)
        self.attempt = attempt
        self.point = point
        self.result: Any = None


class BodyLimitError(EquilibriumError, LimitLoadError):
    """A load beyond what a structure can carry: its displacements run away.

    Parameters
    ----------
    message : str
    attempt : Attempt
    worst : sequence of int
        Nodes with the largest residual.
    load_factor : float
        Part of the loading of the step at the last equilibrium.
    step : int
        Number of the step, from 0.
    """

    def __init__(
        self, message: str, attempt: Attempt, worst: tuple[int, ...], *, load_factor: float, step: int
    ) -> None:
        EquilibriumError.__init__(self, message, attempt, worst)
        self.load_factor = load_factor
        self.step = step


def explain(error: ConvergenceError, attempt: Attempt, part: float, remark: str) -> EquilibriumError:
    """Return the error of an increment whose last attempt, over a part of it, failed.

    Parameters
    ----------
    error : ConvergenceError
        Of the last attempt.
    attempt : Attempt
    part : float
        Part of the increment that was tried last.
    remark : str
        What else is to be said; empty for nothing.
    """
    name = f" (step {attempt.step!r})" if attempt.step else ""
    failed = attempt.failures[-1]
    history = ", ".join(f"{r:.1e}" for r in failed.residuals[-RESIDUALS_SHOWN:])
    text = f"increment {attempt.increment}{name} found no equilibrium"
    text += f" even when cut to {as_fraction(part)} of its size" if part < 1.0 else ""
    text += f": {error}"
    text += f"; relative residuals: {history}" if history else ""
    text += f"; worst nodes: {', '.join(map(str, error.worst))}" if error.worst else ""
    text += ". Use more increments, or check supports and material parameters"
    text += f" ({remark})" if remark else ""
    return EquilibriumError(text, attempt, error.worst)


def beyond_limit_load(error: EquilibriumError, step: int, carried: float, beyond: float) -> BodyLimitError:
    """Return the error of an increment whose displacements ran away when it was tried.

    Parameters
    ----------
    error : EquilibriumError
        Of its last attempt.
    step : int
        Number of the step.
    carried, beyond : float
        Part of the loading of the step at the last equilibrium, and the least at which displacements ran away.
    """
    attempt, name = error.attempt, f" (step {error.attempt.step!r})" if error.attempt.step else ""
    text = (
        f"increment {attempt.increment}{name} found no equilibrium: its load is beyond the limit load. "
        f"At {carried:.6g} of the loading of the step there is equilibrium, at {beyond:.6g} the displacements "
        "run away, since hardly any stiffness is left against them. error.result holds what was reached. "
        "Prescribe displacements in place of forces to go beyond, or follow the motion with smallest_stiffness=0"
    )
    return BodyLimitError(text, attempt, error.worst, load_factor=carried, step=step)
