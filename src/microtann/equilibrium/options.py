"""Settings of the equilibrium solver, and what it reports while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from microtann.errors import InputError
from microtann.outside import check_policy


@dataclass(frozen=True)
class SolverOptions:
    """Settings of Newton's method.

    Parameters
    ----------
    tolerance : float
        Norm of the residual forces over the largest force seen so far at which an increment is in equilibrium.
    linear_tolerance : float
        Relative residual at which the conjugate gradients stop; the iteration tightens it where Newton's method
        converges faster than that.
    max_iterations : int
        Newton iterations of one increment before it is cut in two.
    max_linear_iterations : int
        Iterations of the linear solver in one Newton iteration.
    max_cuts : int
        How often an increment may be halved.
    line_search : bool
        Whether a step that overshoots is shortened.
    outside_training : {"warn", "none", "error"}
        What is done where a material leaves the range of its training data, where nothing is known of its errors:
        one warning at the end, nothing, or an error after the increment. The result counts the points in any case.
    """

    tolerance: float = 1e-10
    linear_tolerance: float = 1e-3
    max_iterations: int = 100
    max_linear_iterations: int = 500
    max_cuts: int = 8
    line_search: bool = True
    outside_training: str = "warn"

    def __post_init__(self) -> None:
        for name in ("tolerance", "linear_tolerance"):
            if not 0.0 < getattr(self, name) < 1.0:
                raise InputError(f"{name} must lie between 0 and 1, got {getattr(self, name)!r}")
        for name, least in (("max_iterations", 1), ("max_linear_iterations", 1), ("max_cuts", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}, got {getattr(self, name)!r}")
        check_policy(self.outside_training)


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
