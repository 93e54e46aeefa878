"""How internal coordinates move and colour the lines that a microstructure consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DecodedLines:
    """Lines between points, such as bars or beams, as the coordinates of a state show them.

    The coordinates "displacement" move the points; another group colours the lines.

    Parameters
    ----------
    points : array, shape (N, d)
    lines : integer array, shape (M, 2)
        Points at the ends of every line.
    periods : array, shape (d, d)
        Lattice vectors as rows.
    area : array, shape (M,)
        Of every line within the cell, in which its decoded force acts.
    whole : array, shape (M,)
        Of the whole line, whose force is shown.
    group : str
        Coordinates that colour the lines: a force for each, or with ``places`` plastic strains.
    label : str
        What these are, such as "force of the bars".
    young : array, shape (M,), optional
        With the forces it tells the plastic strains.
    places : integer array, shape (M, p), optional
        Where the plastic strains of every line are in their group; None where they follow from the forces.
    """

    points: Float[Array, "N d"]
    lines: Int[NDArray[np.int64], "M 2"]
    periods: Float[Array, "d d"]
    area: Float[Array, "M"]
    whole: Float[Array, "M"]
    group: str
    label: str
    young: Float[Array, "M"] | None = None
    places: Int[NDArray[np.int64], "M p"] | None = None

    @property
    def groups(self) -> tuple[str, str]:
        """Groups of coordinates that show the lines: what moves them and what colours them."""
        return "displacement", self.group

    def typical_force(self, coordinates: Mapping[str, Array]) -> float | None:
        """Return the 98 % quantile of the forces of whole lines; None where plastic strains colour them.

        Parameters
        ----------
        coordinates : mapping of arrays, shape (..., *group)
            Of many states.
        """
        if self.places is not None:
            return None
        return float(np.quantile(np.abs(coordinates[self.group] * self.whole / self.area), 0.98))
