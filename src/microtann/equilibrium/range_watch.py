"""How far material points leave the range of their model's training data, increment by increment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reach:
    """How far the material points reached in one increment.

    Parameters
    ----------
    farthest : float
        How far the farthest point reached in the range: 1 on its border.
    outside, points : int
        Points outside of it, and all points.
    """

    farthest: float
    outside: int
    points: int

    @staticmethod
    def of(reach: Float[Array, "P"]) -> Reach:
        """Return the summary of how far each point reached in an increment."""
        return Reach(float(reach.max()), int(np.count_nonzero(reach > 1.0)), len(reach))


def farther(reach: Float[Array, "P"] | None, part: Float[Array, "P"] | None) -> Float[Array, "P"] | None:
    """Return the farthest of what an increment has reached so far and in a further part; None if not known."""
    if part is None or reach is None:
        return reach if part is None else part
    return np.maximum(part, reach)


def sentence(reached: Sequence[Reach]) -> str:
    """Return how many points left the range, when and how far; empty if none did."""
    first = next((k for k, reach in enumerate(reached) if reach.outside), None)
    if first is None:
        return ""
    worst = max(range(len(reached)), key=lambda k: reached[k].farthest)
    return (
        f"material points leave the range of the model's training data, from increment {first} on: up to "
        f"{max(reach.outside for reach in reached)} of {reached[0].points}, the farthest (in increment {worst}) "
        f"reaching {reached[worst].farthest:.3g} times as far; the model's errors are not known there"
    )


def reach_arrays(
    reached: Sequence[Reach],
) -> tuple[Float[Array, "I"], Int[NDArray[np.int64], "I"]] | tuple[None, None]:
    """Return how far the farthest point reached and how many were outside, per increment; None if not known."""
    if not reached:
        return None, None
    return np.array([r.farthest for r in reached]), np.array([r.outside for r in reached], dtype=np.int64)
