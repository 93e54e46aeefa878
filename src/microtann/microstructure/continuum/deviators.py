"""Orthonormal components of plastic strains without trace, whose norm is that of the tensor."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]
_SHEAR = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0]) ** 0.5
"""From Mandel's components of a strain to those with engineering shear."""


def _basis(shears: tuple[int, ...]) -> Float[Array, "a 6"]:
    """Return orthonormal deviators in Mandel's components: two of the normal ones, then the given shears."""
    found = np.zeros((2 + len(shears), 6))
    found[0, :3] = np.array([1.0, -1.0, 0.0]) / np.sqrt(2.0)
    found[1, :3] = np.array([1.0, 1.0, -2.0]) / np.sqrt(6.0)
    found[np.arange(2, len(found)), shears] = 1.0
    return found


DEVIATORS = {d: _basis(shears) * _SHEAR for d, shears in {2: (5,), 3: (3, 4, 5)}.items()}
"""Strains (a, 6) with engineering shear of unit components, by the dimension of the cell: 3 or 5 of them."""
COMPONENTS_OF = {d: (_basis(shears) / _SHEAR).T for d, shears in {2: (5,), 3: (3, 4, 5)}.items()}
"""Takes strains (..., 6) with engineering shear to their components (..., a), by the dimension of the cell."""
