"""The pyramid as a hexahedron whose top is one point, in the words of scikit-fem, which has none."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]


class ElementPyramid1:
    """A linear pyramid: N = (1 − r or r)(1 − s or s)(1 − t) at the base, and t at the top.

    The reference coordinates (r, s, t) are those of VTK, which fill the unit cube; its face t = 1 is the top. In
    them all is polynomial, so that the quadrature of a hexahedron integrates as exactly as there.
    """

    doflocs = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float64)

    def lbasis(self, at: Float[Array, "3 p"], node: int) -> tuple[Float[Array, "p"], Float[Array, "3 p"]]:
        """Return a shape function and its derivatives at reference coordinates."""
        r, s, t = at
        if node == len(self.doflocs) - 1:
            return t, np.stack([np.zeros_like(t), np.zeros_like(t), np.ones_like(t)])
        (a, slope_a), (b, slope_b) = (
            (x, 1.0) if place else (1.0 - x, -1.0) for x, place in zip((r, s), self.doflocs[node, :2], strict=True)
        )
        return a * b * (1.0 - t), np.stack([slope_a * b * (1.0 - t), a * slope_b * (1.0 - t), -a * b])
