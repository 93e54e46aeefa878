"""Bars that are listed once, with the lattice translation of their second end, as in catalogues of lattices."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.microstructure.bars.cells.copies import lies_in_plane

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


def with_images(
    nodes: Float[Array, "N d"], bars: Int[IntArray, "M 2"], images: Array, periods: Array
) -> tuple[Float[Array, "P e"], Int[IntArray, "M 2"]]:
    """Return nodes with the images at which bars end, and bars that end there.

    Parameters
    ----------
    nodes : array, shape (N, d)
    bars : integer array, shape (M, 2)
    images : array, shape (M, d)
        Whole lattice translations of the second ends.
    periods : array, shape (d, d)
        Lattice vectors as rows. With two of them, nodes in space may lie in a plane z = const.

    Raises
    ------
    CellError
        If images or periods do not fit the nodes, or images are no whole numbers.
    """
    if periods.shape == (2, 2) and lies_in_plane(nodes):
        nodes = nodes[:, :2]
    d = nodes.shape[-1]
    if periods.shape != (d, d):
        raise CellError(f"the cell's periods must have shape ({d}, {d}), got {periods.shape}")
    if images.shape != (len(bars), d) or (images != np.rint(images)).any():
        raise CellError(f"images must be integers of shape ({len(bars)}, {d}), one translation per bar")
    beyond = np.flatnonzero(images.any(axis=1))
    key = np.column_stack([bars[beyond, 1], images[beyond]]).astype(np.int64)
    added, which = np.unique(key, axis=0, return_inverse=True)
    ends = bars.copy()
    ends[beyond, 1] = len(nodes) + which.reshape(-1)
    return np.vstack([nodes, nodes[added[:, 0]] + added[:, 1:] @ periods]), ends
