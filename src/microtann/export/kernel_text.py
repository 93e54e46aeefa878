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
    template : tuple of str
        Files of this folder, of which the last defines ``NAME_point`` (see `points.c`).
    counts : mapping
        Whole numbers, by the names of their macros without the prefix.
    numbers : mapping
        Numbers, likewise.
    arrays : mapping of arrays, shape (...) or (..., ...)
        Constant arrays, likewise.
    tables : mapping of tuples of int
        Constant arrays of whole numbers, likewise.
    timed : bool
        Whether the response depends on Δt.
    """

    template: tuple[str, ...]
    counts: Mapping[str, int]
    numbers: Mapping[str, float]
    arrays: Mapping[str, Float[Array, "..."]]
    tables: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    timed: bool = False


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


def template(*names: str) -> str:
    """Return the text of C files of this folder."""
    folder = resources.files("microtann.export")
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
