"""How many internal state variables: a proposal from errors against their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microtann.errors import InputError

Array = NDArray[np.float64]
SMALLEST_ERROR = 1e-12
"""Errors below are round-off, and alike."""


@dataclass(frozen=True)
class Proposal:
    """A number of internal state variables, and the sentence that says why."""

    states: int
    error: float
    reason: str


def propose_states(states: Sequence[int], errors: Sequence[float], within: float | None = None) -> Proposal:
    """Return the smallest number of states whose error is small enough, or else the one at the knee.

    The knee is the point farthest below the chord from the first to the last point, in the logarithm of the error
    against the number; where the curve nowhere bends that way, it is the number with the smallest error.

    Parameters
    ----------
    states : sequence of int
        Numbers that were tried.
    errors : sequence of float
        Error with each; what is not finite is left out.
    within : float, optional
        Error that is small enough.

    Raises
    ------
    InputError
        If nothing was tried, or no error is finite.
    """
    pairs = sorted((n, e) for n, e in zip(states, errors, strict=True) if np.isfinite(e))
    if not pairs:
        raise InputError("no number of internal state variables gave a finite error: train longer, or otherwise")
    missed = ""
    if within is not None:
        for n, error in pairs:
            if error <= within:
                return Proposal(n, error, f"the smallest number within the error {within:g}")
        missed = f"no number reaches the error {within:g}; "
    n, error, knee = _knee(pairs)
    return Proposal(n, error, missed + ("the knee of the curve" if knee else "the smallest error"))


def _knee(pairs: Sequence[tuple[int, float]]) -> tuple[int, float, bool]:
    number, error = (
        np.array([n for n, _ in pairs], dtype=np.float64),
        np.log([max(e, SMALLEST_ERROR) for _, e in pairs]),
    )
    best = int(np.argmin(error))
    if best >= 2:  # what comes after the smallest error is no gain
        x = (number[: best + 1] - number[0]) / (number[best] - number[0])
        below = error[0] + x * (error[best] - error[0]) - error[: best + 1]
        place = int(np.argmax(below))
        if below[place] > 1e-9:
            return *pairs[place], True
    return *pairs[best], False
