"""The order in which the nodes of a cell are eliminated, and the blocks of the factor that become non-zero.

Nodes interact only along bars, so the Cholesky factor of the fluctuation's stiffness is sparse, in the same places
for all material points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

Indices = NDArray[np.int64]


class Elimination(NamedTuple):
    """The blocks of the factor L of n − 1 free nodes; the first node is held.

    Blocks are numbered: first those of the diagonal, then those below it column by column. One more takes what
    the held node would get.

    Parameters
    ----------
    place : integer array, shape (n,)
        Place of every node in the order of elimination; that of the held node is n − 1.
    first : integer array, shape (n,)
        Where the blocks of every column begin among those below the diagonal, and where the last one ends.
    rows : integer array, shape (b,)
        Row of every block below the diagonal.
    block : integer array, shape (n, n)
        Number of the block in a row and column, symmetric; n − 1 + b for the held node and for blocks of zeros.
    """

    place: Int[Indices, "n"]
    first: Int[Indices, "n"]
    rows: Int[Indices, "b"]
    block: Int[Indices, "n n"]


def eliminate(ends: Int[Indices, "m 2"], nodes: int) -> Elimination:
    """Order the nodes by least degree: the next is the one with the fewest neighbours, which then all touch.

    Parameters
    ----------
    ends : integer array, shape (m, 2)
        Nodes at the ends of the bars.
    nodes : int

    References
    ----------
    W. F. Tinney and J. W. Walker, Direct solutions of sparse network equations by optimally ordered triangular
    factorization, Proceedings of the IEEE 55, 1967.
    """
    neighbours: dict[int, set[int]] = {node: set() for node in range(1, nodes)}
    for one, other in ends.tolist():
        if one != other and one > 0 and other > 0:
            neighbours[one].add(other)
            neighbours[other].add(one)
    order, below = [], []
    while neighbours:
        node = min(neighbours, key=lambda each: (len(neighbours[each]), each))
        touching = neighbours.pop(node)
        for other in touching:
            neighbours[other] |= touching
            neighbours[other] -= {node, other}
        order.append(node)
        below.append(touching)
    free = len(order)
    place = np.full(nodes, free)
    place[order] = np.arange(free)
    columns = [np.sort(place[list(touching)]) for touching in below]
    first = np.concatenate([[0], np.cumsum([len(column) for column in columns])]).astype(np.int64)
    rows = np.concatenate([*columns, []]).astype(np.int64)
    block = np.full((nodes, nodes), free + len(rows))
    block[np.arange(free), np.arange(free)] = np.arange(free)
    column = np.repeat(np.arange(free), np.diff(first))
    block[rows, column] = block[column, rows] = free + np.arange(len(rows))
    return Elimination(place, first, rows, block)
