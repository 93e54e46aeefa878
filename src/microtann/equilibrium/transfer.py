"""Transfer of vectors between two levels of multigrid, shared by threads."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.block_rows_kernel import LANES
from microtann.equilibrium.half_product_kernel import pad_nodes
from microtann.equilibrium.transfer_kernels import (
    restrict_six,
    restrict_three,
    subtract_prolonged_six,
    subtract_prolonged_three,
)
from microtann.system.crew import Crew

Array = NDArray[np.float64]
PIECES = 32
"""Pieces of the nodes that threads share."""


class Transfer:
    """A prolongation P, kept in single precision.

    Parameters
    ----------
    prolongation : sparse array
        In blocks of a fine node and a coarse one, which has three or six unknowns.
    stride : int
        Places of a node in the fine vectors.
    crew : Crew
    """

    def __init__(self, prolongation: Any, stride: int, crew: Crew) -> None:
        self._height, self._width = prolongation.blocksize
        self._stride, self._crew = stride, crew
        self._fine, self._coarse = (prolongation.shape[i] // prolongation.blocksize[i] for i in range(2))
        self._restrict, self._prolong = (
            (restrict_three, subtract_prolonged_three)
            if self._width == 3
            else (restrict_six, subtract_prolonged_six)
        )
        indptr, indices = (
            np.asarray(part, dtype=np.int32) for part in (prolongation.indptr, prolongation.indices)
        )
        self._data = np.asarray(prolongation.data, dtype=np.float32).ravel()
        self._rows = (indptr, indices)
        blocks = np.argsort(indices, kind="stable").astype(np.int32)
        count = np.bincount(indices, minlength=self._coarse)
        nodes = np.repeat(np.arange(self._fine, dtype=np.int32), np.diff(indptr))[blocks]
        self._columns = (np.concatenate([[0], np.cumsum(count)]).astype(np.int32), nodes, blocks)

    def restrict(self, fine: Float[Array, "_"]) -> Float[Array, "_"]:
        """Return Pᵀ times a fine vector as the sweeps leave it.

        Parameters
        ----------
        fine : array, shape (nodes stride,)
        """
        coarse, scratch = np.empty(self._coarse * self._width), np.empty(self._coarse * LANES[self._width])

        def rows(first: int, last: int) -> None:
            bounds = self._coarse * first // PIECES, self._coarse * last // PIECES
            self._restrict(*bounds, *self._columns, self._data, self._height, self._stride, fine, scratch, coarse)

        self._crew.share(rows, PIECES)
        return coarse

    def subtract_prolonged(self, coarse: Float[Array, "_"], fine: Float[Array, "_"]) -> None:
        """Take P times a coarse vector off a fine one, in place.

        Parameters
        ----------
        coarse : array, shape (coarse nodes width,)
        fine : array, shape (nodes stride,)
        """
        padded = np.empty(self._coarse * LANES[self._width])
        pad_nodes(coarse, self._width, padded)

        def rows(first: int, last: int) -> None:
            bounds = self._fine * first // PIECES, self._fine * last // PIECES
            self._prolong(*bounds, *self._rows, self._data, self._height, self._stride, padded, fine)

        self._crew.share(rows, PIECES)
