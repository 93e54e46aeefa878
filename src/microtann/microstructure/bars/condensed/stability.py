"""Refuse cells whose nodes can move without stretching a bar, with the names of the nodes and their motion."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import linalg
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from microtann.errors import CellError
from microtann.microstructure.bars.cells.cell import UnitCell

Array = NDArray[np.float64]
MECHANISM_TOLERANCE = 1e-11
"""An elastic stiffness of the fluctuation below this fraction of the largest is a mechanism."""

NO_BENDING = "bars carry axial forces and no bending, so that a frame or a honeycomb does not stand by its joints"

NAMED = 8
"""At most so many nodes are named in a message."""


def check_connected(cell: UnitCell) -> None:
    """Refuse a cell of which a part is joined to the rest by no bar.

    Raises
    ------
    CellError
        It names the nodes of the smallest part.
    """
    nodes = cell.distinct_nodes
    start, end = nodes.of_node[cell.bars].T
    graph = coo_array((np.ones(len(start)), (start, end)), shape=(nodes.count, nodes.count))
    parts, label = connected_components(graph, directed=False)
    if parts > 1:
        smallest = int(np.argmin(np.bincount(label)))
        inside = np.flatnonzero(label[nodes.of_node] == smallest)
        raise CellError(
            f"the cell falls into {parts} parts that no bar joins: nothing joins "
            f"{_names(inside)} to the rest; add bars between them or remove a part"
        )


def check_rigid(cell: UnitCell, operator: Float[Array, "f f"]) -> None:
    """Refuse a cell that is a mechanism.

    Parameters
    ----------
    cell : UnitCell
    operator : array, shape (f, f)
        Elastic stiffness of the fluctuation, the first distinct node held.

    Raises
    ------
    CellError
        It names the nodes and the motion.
    """
    values, vectors = linalg.eigh(operator)
    if values[0] > MECHANISM_TOLERANCE * values[-1]:
        return
    count = int((values <= MECHANISM_TOLERANCE * values[-1]).sum())
    motion = np.vstack([np.zeros(cell.dimension), vectors[:, 0].reshape(-1, cell.dimension)])
    alike = np.abs(motion[:, None] - motion[None]).max(axis=2) < 1e-6 * np.abs(motion).max()
    motion -= motion[alike.sum(axis=1).argmax()]  # the largest set of nodes that move together rests
    size = np.abs(motion).max(axis=1)
    moving = size > 0.1 * size.max()
    _, first = np.unique(cell.distinct_nodes.of_node, return_index=True)
    worst = int(size.argmax())
    direction = ", ".join(f"{c:.3g}" for c in motion[worst] / np.abs(motion[worst]).max() + 0.0)
    how = f"as node {first[worst]} along ({direction})"
    raise CellError(
        f"the cell is a mechanism ({count} free motion{'s' * (count > 1)}): {_names(np.sort(first[moving]))} can "
        f"move without stretching any bar, {how}; {NO_BENDING}: add bars that hold them"
    )


def _names(nodes: NDArray[np.int64]) -> str:
    listed = ", ".join(map(str, nodes[:NAMED]))
    more = f" and {len(nodes) - NAMED} more" if len(nodes) > NAMED else ""
    return f"node{'s' * (len(nodes) > 1)} {listed}{more}"
