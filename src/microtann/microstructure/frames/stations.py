"""Sections along a beam at which its fibres are integrated, and the strains there that equilibrium leaves open.

With the displacements of a beam its curvature varies linearly along it, as the moment does while it is elastic.
Where fibres flow the curvature concentrates, and beams of such displacements are too stiff. The section strains
that do no work on a constant force and a linear moment are unknowns of the element, so that its forces are in
equilibrium everywhere and its strains follow from them: the element is force-based (Spacone, Filippou and Taucer,
Earthquake Engineering & Structural Dynamics 25 (1996), 711-725), while it is still one minimisation of energy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.linalg import null_space

from microtann.errors import CellError

Array = NDArray[np.float64]
StationRule = Literal["lobatto", "gauss"]


@dataclass(frozen=True, eq=False)
class Stations:
    """Places of sections along a beam.

    Parameters
    ----------
    place, weight : array, shape (s,)
        From 0 to 1, and their parts of the length.
    stretch : array, shape (s, s − 1)
        Axial strains that do no work on a constant force, in columns.
    curvature : array, shape (s, s − 2)
        Curvatures that do no work on a linear moment.
    """

    place: Float[Array, "s"]
    weight: Float[Array, "s"]
    stretch: Float[Array, "s _"]
    curvature: Float[Array, "s _"]

    @property
    def count(self) -> int:
        """Number of sections, s."""
        return len(self.place)


def stations(count: int, rule: StationRule = "lobatto") -> Stations:
    """Return sections along a beam.

    Parameters
    ----------
    count : int
        At least 3 with ends ("lobatto"), 2 without ("gauss").
    rule : {"lobatto", "gauss"}
        Lobatto's has sections at both ends, where hinges form: limit loads are right. Gauss's integrates more
        exactly with as many sections, and misses the ends.

    Raises
    ------
    CellError
        If there are too few.
    """
    least = {"lobatto": 3, "gauss": 2}.get(rule)
    if least is None:
        raise CellError(f"sections along a beam are those of 'lobatto' or 'gauss', got {rule!r}")
    if count < least:
        raise CellError(f"a beam has at least {least} sections by the rule {rule!r}, got {count}")
    if rule == "gauss":
        nodes, weights = np.polynomial.legendre.leggauss(count)
    else:
        last = np.polynomial.legendre.Legendre.basis(count - 1)
        nodes = np.concatenate([[-1.0], np.sort(last.deriv().roots().real), [1.0]])
        weights = 2.0 / (count * (count - 1) * last(nodes) ** 2)
    place, weight = 0.5 * (nodes + 1.0), 0.5 * weights
    return Stations(place, weight, null_space(weight[None]), null_space(np.array([weight, weight * nodes])))
