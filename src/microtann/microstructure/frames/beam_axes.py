"""Directions of beams: along them, and the two across them in which they bend."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import CellError

Array = NDArray[np.float64]
ALIKE = 6
"""Digits to which components of a direction are compared, so that copies of a beam choose the same axis."""
ALONG = 1e-6
"""Part of a direction that must be across the beam for it to say where y is."""


def beam_axes(vectors: Float[Array, "m d"], up: Float[Array, "m d"] | None = None) -> Float[Array, "m d d"]:
    """Return the axes of beams as rows: along the beam, y, and in space z.

    Parameters
    ----------
    vectors : array, shape (m, d)
        From the first to the second end.
    up : array, shape (m, d), optional
        In space y is as near to this direction as can be; by default to the coordinate axis that is most nearly
        across the beam. In the plane y is a quarter turn to the left.

    Raises
    ------
    CellError
        If the direction given for y lies along the beam.
    """
    along = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    if along.shape[1] == 2:
        return np.stack([along, np.column_stack([-along[:, 1], along[:, 0]])], axis=1)
    if up is None:
        up = np.eye(3)[np.argmin(np.round(np.abs(along), ALIKE), axis=1)]
    y = up - np.einsum("mi,mi->m", up, along)[:, None] * along
    size = np.linalg.norm(y, axis=1, keepdims=True)
    if (size <= ALONG * np.linalg.norm(up, axis=1, keepdims=True)).any():
        bad = int(np.argmin(size / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-300)))
        raise CellError(f"the direction across beam {bad} lies along it: give another one")
    y /= size
    return np.stack([along, y, np.cross(along, y)], axis=1)
