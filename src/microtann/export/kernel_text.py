"""What a form gives to its C source: constants, arrays and the file with the increment of one point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.point import MaterialPoint

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KernelText:
    """The increment of one point in C, and the numbers that it needs.

    Parameters
    ----------
    template : str
        File of this folder that defines ``NAME_point`` (see `points.c`).
    counts : mapping
        Whole numbers, by the names of their macros without the prefix.
    numbers : mapping
        Numbers, likewise.
    arrays : mapping of arrays, shape (...) or (..., ...)
        Constant arrays, likewise.
    timed : bool
        Whether the response depends on Δt.
    """

    template: str
    counts: Mapping[str, int]
    numbers: Mapping[str, float]
    arrays: Mapping[str, Float[Array, "..."]]
    timed: bool = field(default=False)


@dataclass(frozen=True)
class KernelWriter:
    """How points of given parts are written in C.

    Parameters
    ----------
    energy, evolution : classes
        A subclass may compute something else, so only these themselves are written.
    write : callable
        From a material point of these parts, its text.
    """

    energy: type[Energy]
    evolution: type[Evolution]
    write: Callable[[MaterialPoint], KernelText]

    def fits(self, point: MaterialPoint) -> bool:
        """Return whether the point is of these parts."""
        return type(point.energy) is self.energy and type(point.evolution) is self.evolution


def template(name: str) -> str:
    """Return the text of a C file of this folder."""
    return (resources.files("microtann.export") / name).read_text(encoding="utf-8")
