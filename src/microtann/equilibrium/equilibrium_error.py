"""The error of an increment that failed although it was cut: its message, and from where it can be tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.increment_table import FailedAttempt, as_fraction
from microtann.equilibrium.newton import Equilibrium
from microtann.errors import ConvergenceError

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
    """

    def __init__(self, message: str, attempt: Attempt, worst: tuple[int, ...] = (), point: Any = None) -> None:
        residuals = attempt.failures[-1].residuals if attempt.failures else ()
        super().__init__(message, increment=attempt.increment, residuals=residuals, worst=worst)
        self.attempt = attempt
        self.point = point


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
