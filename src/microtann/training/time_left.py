"""How long a phase of training will still take, between what it needs at least and at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TimeLeft:
    """Seconds to the end of a phase that may end early.

    Parameters
    ----------
    least : float
        If it ends as early as it can: at once where it may settle, when its patience is out where it has some.
    most : float
        If it goes on to its last update.
    """

    least: float
    most: float

    def __str__(self) -> str:
        least, most = duration(self.least), duration(self.most)
        if least == most:
            return most
        return f"at most {most}" if self.least == 0.0 else f"between {least} and {most}"


def time_left(pace: float, updates: int, least: int) -> TimeLeft:
    """Return the time that updates take.

    Parameters
    ----------
    pace : float
        Seconds of one update.
    updates, least : int
        Updates up to the end of the phase, and those without which it cannot end.
    """
    return TimeLeft(pace * min(least, updates), pace * updates)


def blocks_of_patience(losses: Sequence[float], patience: int) -> int:
    """Return how many blocks of updates must at least follow before a patience is out.

    Parameters
    ----------
    losses : sequence of float
        Validation losses after the blocks so far, one or more.
    patience : int
        Blocks without a lower loss after which the phase ends.
    """
    since = len(losses) - 1 - int(np.argmin(losses))
    return max(patience - since, 0)


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes > 9 else f"{minutes}:{rest:02} min"
