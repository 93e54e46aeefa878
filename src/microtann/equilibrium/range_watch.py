"""Watches whether material points leave the range of their model's training data, increment by increment."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.system import System
from microtann.outside import tell

Array = NDArray[np.float64]


class RangeWatch:
    """What accepted increments reach in the range of the training data; attempts rolled back do not count.

    Parameters
    ----------
    system : System
    policy : {"none", "warn", "error"}
    count : int
        Number of increments.
    """

    def __init__(self, system: System, policy: str, count: int) -> None:
        self._system, self._policy = system, policy
        self._present: Array | None = None
        self._points = 0
        self.reach, self.outside = np.zeros(count), np.zeros(count, dtype=np.int64)

    @property
    def known(self) -> bool:
        """Whether the material says how far it is from its data."""
        return self._points > 0

    def part(self, before: Any, after: Any) -> None:
        """Take note of an increment, or of a part of one that was cut: the farthest part counts."""
        found = self._system.training_reach(before, after)
        if found is not None:
            self._present = found if self._present is None else np.maximum(found, self._present)

    def close(self, increment: int) -> Float[Array, "P"] | None:
        """End an increment; return how far each point reached in it, or None if that is not known.

        Raises
        ------
        TrainingRangeError
            If a point is outside and that is an error.
        """
        reach, self._present = self._present, None
        if reach is None:
            return None
        self._points = len(reach)
        self.reach[increment], self.outside[increment] = reach.max(), np.count_nonzero(reach > 1.0)
        if self._policy == "error" and self.outside[increment]:
            tell("error", self.sentence(), 1)
        return reach

    def warn(self, level: int) -> None:
        """Say once what all increments came to; ``level`` is the stack level of the user's line."""
        if self._policy == "warn" and self.outside.any():
            tell("warn", self.sentence(), level + 1)

    def sentence(self) -> str:
        """Return how many points left the range, when and how far; empty if none did."""
        if not self.outside.any():
            return ""
        first, worst, most = int(np.flatnonzero(self.outside)[0]), int(self.reach.argmax()), self.outside.max()
        return (
            f"material points leave the range of the model's training data, from increment {first} on: up to "
            f"{most} of {self._points}, the farthest (in increment {worst}) reaching {self.reach[worst]:.3g} "
            "times as far; the model's errors are not known there"
        )
