"""What all beams of a structure are made of, as arrays that kernels take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.frames.cross_section import CrossSection
from microtann.microstructure.frames.stations import Stations

Array = NDArray[np.float64]


class BeamArrays(NamedTuple):
    """Beams without their places.

    Parameters
    ----------
    length : array, shape (M,)
    place, weight : array, shape (S,)
        Sections along a beam, from 0 to 1, and their parts of the length.
    fibres : array, shape (types, 3, F)
        Distances y and z, and area, of the fibres of every type of section.
    kind : array, shape (M,)
        Type of every beam.
    shear : array, shape (types, 2)
        One over the areas that carry shear.
    free : array of bool, shape (M, 5)
        Forces that a beam cannot carry: moments at pinned ends and, in the plane, all across z.
    young, yield_stress, hardening : array, shape (1,) or (M,)
    poisson : float
    flat : bool
        Whether the beams lie in the plane.
    """

    length: Array
    place: Array
    weight: Array
    fibres: Array
    kind: NDArray[np.int32]
    shear: Array
    free: NDArray[np.bool_]
    young: Array
    yield_stress: Array
    hardening: Array
    poisson: float
    flat: bool

    @staticmethod
    def of(
        vectors: Float[Array, "M d"],
        sections: Sequence[CrossSection],
        kind: Int[NDArray[np.int32], "M"],
        along: Stations,
        bar: ElastoplasticBar,
        poisson: float,
        pinned: Bool[NDArray[np.bool_], "M 2"],
    ) -> BeamArrays:
        """Return the arrays of beams.

        Parameters
        ----------
        vectors : array, shape (M, d)
            From the first to the second end.
        sections : sequence of CrossSection
            With one number of fibres.
        kind : array, shape (M,)
            Which of them every beam has.
        along : Stations
        bar : ElastoplasticBar
        poisson : float
        pinned : array, shape (M, 2)
        """
        count, d = vectors.shape
        alike = all(np.ndim(p) == 0 for p in (bar.young, bar.yield_stress, bar.hardening))
        free = np.zeros((count, 5), dtype=bool)
        free[:, 1:3] = pinned
        free[:, 3:5] = pinned if d == 3 else True
        return BeamArrays(
            np.linalg.norm(vectors, axis=1),
            along.place,
            along.weight,
            np.ascontiguousarray([one.fibres.T for one in sections]),
            kind,
            1.0 / np.array([one.shear for one in sections]),
            free,
            *bar.per_bar(1 if alike else count),
            poisson,
            d == 2,
        )

    @property
    def points(self) -> int:
        """Fibres of all sections of a beam."""
        return len(self.place) * self.fibres.shape[2]
