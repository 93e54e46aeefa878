"""Nodes amid a bar in two pieces lie on its line, to the accuracy of coordinates in files.

Two bars that meet alone at a node carry nothing unless they are in line: a kink that comes from the digits of a
file would take them out of the lattice.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.sparse import coo_array, eye_array
from scipy.sparse.linalg import spsolve

from microtann.microstructure.bars.cells.copies import COORDINATE_ROUND_OFF, COORDINATE_TOLERANCE

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


def straightened(
    nodes: Float[Array, "n d"], ends: Int[IntArray, "m 2"], vectors: Float[Array, "m d"], size: float
) -> Float[Array, "n d"]:
    """Return by how much distinct nodes that join two bars are moved onto the line of these.

    Parameters
    ----------
    nodes : array, shape (n, d)
        Distinct nodes.
    ends : integer array, shape (m, 2)
        Distinct nodes at the ends of the distinct bars.
    vectors : array, shape (m, d)
        From their first to their second ends.
    size : float
        Of the cell.
    """
    moves = np.zeros_like(nodes)
    amid, neighbour, offset = _between_two_bars(len(nodes), ends, vectors)
    one, other = offset[:, 0], offset[:, 1]
    lengths = np.linalg.norm(offset, axis=2)
    share = lengths[:, 0] / lengths.sum(axis=1)  # how far along the line from one end to the other
    kink = (1.0 - share)[:, None] * one + share[:, None] * other  # from the node to the line
    nearly = (np.linalg.norm(kink, axis=1) <= COORDINATE_TOLERANCE * size) & ((one * other).sum(axis=1) < 0)
    amid, neighbour, share, kink = amid[nearly], neighbour[nearly], share[nearly], kink[nearly]
    if not (np.linalg.norm(kink, axis=1) > COORDINATE_ROUND_OFF * size).any():
        return moves
    # the moves of nodes in one line depend on each other: move = kink + (1 − share) move₁ + share move₂
    row = np.full(len(nodes), -1)
    row[amid] = np.arange(len(amid))
    weights, columns = np.stack([1.0 - share, share], axis=1), row[neighbour]
    inside = columns >= 0
    rows = np.broadcast_to(np.arange(len(amid))[:, None], columns.shape)
    shape = (len(amid), len(amid))
    coupling = coo_array((weights[inside], (rows[inside], columns[inside])), shape=shape)
    # a line without an end is held by a small part of the identity
    system = ((1.0 + 1e-9) * eye_array(len(amid)) - coupling).tocsc()
    moves[amid] = np.asarray(spsolve(system, kink)).reshape(kink.shape)
    return moves


def _between_two_bars(
    count: int, ends: Int[IntArray, "m 2"], vectors: Float[Array, "m d"]
) -> tuple[Int[IntArray, "k"], Int[IntArray, "k 2"], Float[Array, "k 2 d"]]:
    """Return the nodes that join two bars, their neighbours, and the vectors to these."""
    at = np.concatenate([ends[:, 0], ends[:, 1]])
    other = np.concatenate([ends[:, 1], ends[:, 0]])
    towards = np.concatenate([vectors, -vectors])
    order = np.argsort(at, kind="stable")
    first = np.searchsorted(at[order], np.arange(count))
    amid = np.flatnonzero(np.bincount(at, minlength=count) == 2)
    which = order[first[amid][:, None] + np.arange(2)]
    return amid, other[which], towards[which]


def may_join_two_bars(count: int, of_node: Int[IntArray, "N"], bars: Int[IntArray, "M 2"]) -> bool:
    """Return whether some distinct node may join two bars only, from the numbers of listed copies.

    Parameters
    ----------
    count : int
        Number of distinct nodes.
    of_node : integer array, shape (N,)
        Distinct node of every listed one.
    bars : integer array, shape (M, 2)
        Listed nodes at the ends of the listed bars.
    """
    copies = np.bincount(of_node, minlength=count)
    return bool((np.bincount(of_node[bars].ravel(), minlength=count) <= 2 * copies).any())
