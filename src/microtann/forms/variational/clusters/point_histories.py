"""How plastic strains of points move in some states of the data, in few numbers for a point.

What tells points apart are the products of their histories with each other. These are kept in an orthonormal basis
of the leading combinations of states, which is far shorter than the list of states; points are read a block at a
time, so that the memory does not grow with their number but for the result.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.numbers.evenly_spread import evenly_spread

Array = NDArray[np.float64]
STATES = 600
"""Most states that are looked at."""
LEFT_OUT = 1e-6
"""Combinations of states with less than this fraction of the largest mean square are left out."""
BLOCK = 2_000
"""Points that are read at once."""


def point_histories(
    values: Float[Array, "n c"], rows: Int[NDArray[np.int64], "k"], columns: Int[NDArray[np.int64], "p a"]
) -> Float[Array, "p a r"]:
    """Return the histories of points in an orthonormal basis of combinations of states.

    Parameters
    ----------
    values : array, shape (n, c)
        Internal coordinates in n states, a row each.
    rows : integer array, shape (k,)
        Rows from which the histories are taken; evenly spread ones stand for very many.
    columns : integer array, shape (p, a)
        Where the components of every point stand in a row.
    """
    p, a = columns.shape
    rows = rows[evenly_spread(len(rows), STATES)]
    blocks = [columns[start : start + BLOCK].ravel() for start in range(0, p, BLOCK)]
    products = np.zeros((len(rows), len(rows)))
    for block in blocks:
        read = values[np.ix_(rows, block)]
        products += read @ read.T
    sizes, states = np.linalg.eigh(products)
    basis = states[:, sizes > LEFT_OUT * sizes[-1]]
    return np.concatenate([values[np.ix_(rows, block)].T @ basis for block in blocks]).reshape(p, a, -1)
