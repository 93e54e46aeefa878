"""The zero of a rising function by the Illinois method, one evaluation at a time.

A secant keeps the zero in its bracket, and the value at an end that stays twice in a row is halved, so that the
bracket closes from both sides. The functions are compiled and may be called from Python or from compiled code;
the caller evaluates its function between them.

References
----------
- M. Dowell and P. Jarratt, A modified regula falsi method for computing the root of an equation, BIT 11, 1971.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import njit


class Bracket(NamedTuple):
    """An interval on which a function changes from negative to positive.

    Parameters
    ----------
    low, high : float
        Its ends.
    at_low, at_high : float
        Values of the function there, halved where the end is stale.
    moved : int
        The end that moved last: −1 the lower, 1 the upper, 0 none yet.
    """

    low: float
    high: float
    at_low: float
    at_high: float
    moved: int


@njit(cache=True, error_model="numpy")
def estimate(bracket, margin=0.0):
    """Return the zero of the secant, no closer to an end than a margin, a fraction of the bracket."""
    low, high, at_low, at_high, _ = bracket
    place = (low * at_high - high * at_low) / (at_high - at_low)
    inside = margin * (high - low)
    return min(max(place, low + inside), high - inside)


@njit(cache=True, error_model="numpy")
def narrow(bracket, place, value):
    """Return the bracket with a new end, at which the function has a value."""
    low, high, at_low, at_high, moved = bracket
    if value > 0.0:
        return Bracket(low, place, at_low * (0.5 if moved == 1 else 1.0), value, 1)
    return Bracket(place, high, value, at_high * (0.5 if moved == -1 else 1.0), -1)
