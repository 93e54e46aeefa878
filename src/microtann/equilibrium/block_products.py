"""Products of block matrices that the set-up of multigrid takes, shared by threads in pieces of the rows.

The pieces do not depend on the number of threads, and neither does any bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import sparse

from microtann.equilibrium.block_matmul_kernel import count_blocks, multiply_blocks
from microtann.system.crew import Crew

Array = NDArray[np.float64]
PIECES = 32
"""Pieces of the rows that threads share."""


def block_matmul(one: Any, other: Any, crew: Crew) -> Any:
    """Return the product of two matrices of blocks; indices are not sorted.

    Blocks of six columns, which the rigid-body modes of a body in space make, have a compiled kernel; others, of
    bodies in the plane, SciPy multiplies, by one thread.

    Parameters
    ----------
    one, other : sparse array
        In blocks that fit each other.
    crew : Crew
    """
    (height, inner), width = one.blocksize, other.blocksize[1]
    if width != 6:
        return one @ other
    rows, columns = one.shape[0] // height, other.shape[1] // width
    pattern, other_pattern = _pattern(one), _pattern(other)
    count = np.zeros(rows, dtype=np.int32)

    def counted(first: int, last: int) -> None:
        bounds = rows * first // PIECES, rows * last // PIECES
        count_blocks(*bounds, *pattern, *other_pattern, columns, count)

    crew.share(counted, PIECES)
    indptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    indices = np.empty(int(indptr[-1]), dtype=np.int32)
    data = np.empty((len(indices), height, width))
    values, other_values, found = (np.ascontiguousarray(part).ravel() for part in (one.data, other.data, data))
    widest = int(count.max(initial=0))

    def multiplied(first: int, last: int) -> None:
        bounds = rows * first // PIECES, rows * last // PIECES
        given = (height, inner, *pattern, values, *other_pattern, other_values)
        multiply_blocks(*bounds, *given, columns, widest, indptr, indices, found)

    crew.share(multiplied, PIECES)
    return sparse.bsr_array((data, indices, indptr), shape=(one.shape[0], other.shape[1]))


def shared_product(matrix: Any, crew: Crew) -> Callable[[Float[Array, "n"]], Float[Array, "m"]]:
    """Return a function that multiplies a block matrix with a vector.

    Parameters
    ----------
    matrix : sparse array
        In blocks.
    crew : Crew
    """
    height, rows = matrix.blocksize[0], len(matrix.indptr) - 1
    pieces = []
    for i in range(PIECES):
        first, last = rows * i // PIECES, rows * (i + 1) // PIECES
        begin, end = matrix.indptr[first], matrix.indptr[last]
        part = matrix.data[begin:end], matrix.indices[begin:end], matrix.indptr[first : last + 1] - begin
        pieces.append((first, last, sparse.bsr_array(part, shape=(height * (last - first), matrix.shape[1]))))

    def product(vector: Array) -> Array:
        image = np.empty(matrix.shape[0])

        def share(begin: int, end: int) -> None:
            for first, last, part in pieces[begin:end]:
                image[height * first : height * last] = part @ vector

        crew.share(share, PIECES)
        return image

    return product


def _pattern(matrix: Any) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return matrix.indptr.astype(np.int32, copy=False), matrix.indices.astype(np.int32, copy=False)
