"""What a cell cannot carry, in words: parts that no bar joins, free motions, strains without stiffness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import linalg
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from microtann.errors import CellError
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.copies import COORDINATE_ROUND_OFF, COORDINATE_TOLERANCE
from microtann.numbers import voigt

Array = NDArray[np.float64]
LEAST_STIFFNESS = 1e-11
"""Elastic stiffness of the fluctuation, relative to the largest, that round-off does not hide."""

NO_STIFFNESS = 1e-11
"""Elastic stiffness against a strain, relative to the largest, that counts as none."""

NO_BENDING = "bars carry axial forces and no bending, so that a frame or a honeycomb does not stand by its joints"

NAMED = 8
"""At most so many nodes are named in a message."""


def told_parts(
    cell: UnitCell, elongation: Float[Array, "m v"], stiffness: Float[Array, "m m"], weight: Float[Array, "m"]
) -> str:
    """Return in words that a cell falls into parts which carry side by side; empty if bars join all nodes.

    Parameters
    ----------
    cell : UnitCell
    elongation : array, shape (m, v)
        Bar strains per average strain.
    stiffness : array, shape (m, m)
        Of the distinct bars, the fluctuation in equilibrium.
    weight : array, shape (m,)
        Volume fraction times Young's modulus.

    Raises
    ------
    CellError
        If a part carries nothing on its own; it names its nodes.
    """
    nodes = cell.distinct_nodes
    start, end = nodes.of_node[cell.bars].T
    graph = coo_array((np.ones(len(start)), (start, end)), shape=(nodes.count, nodes.count))
    parts, label = connected_components(graph, directed=False)
    if parts == 1:
        return ""
    of_bar = label[start[cell.distinct_bars.representative]]
    least = NO_STIFFNESS * float((weight @ elongation**2).max())
    carried = [
        float(np.abs(elongation[bars].T @ stiffness[np.ix_(bars, bars)] @ elongation[bars]).max())
        for bars in (np.flatnonzero(of_bar == part) for part in range(parts))
    ]
    idle = np.array(carried) <= least
    size = np.bincount(label)
    named = int(np.argmin(np.where(idle, size, size.max() + 1))) if idle.any() else int(np.argmin(size))
    text = (
        f"the cell falls into {parts} parts that no bar joins: nothing joins "
        f"{_names(np.flatnonzero(label[nodes.of_node] == named))} to the rest"
    )
    if idle.any():
        raise CellError(f"{text}, and alone they carry nothing; add bars between them or remove a part")
    return f"{text}, and every part carries on its own"


def check_contrast(operator: Float[Array, "f f"]) -> None:
    """Refuse a cell whose bars differ so much in stiffness that round-off of the stiff ones hides the soft ones.

    Parameters
    ----------
    operator : array, shape (f, f)
        Elastic stiffness of the fluctuation, of what is not held.

    Raises
    ------
    CellError
    """
    bound = LEAST_STIFFNESS * float(np.abs(operator).sum(axis=1).max())  # the largest eigenvalue is no larger
    shifted = operator.copy()
    shifted[np.diag_indices_from(shifted)] -= bound
    try:
        linalg.cholesky(shifted, overwrite_a=True, check_finite=False)
    except linalg.LinAlgError:
        values = linalg.eigvalsh(operator)
        if values[0] <= LEAST_STIFFNESS * values[-1]:
            softer = values[-1] / max(values[0], 1e-300)
            raise CellError(
                f"the cell is nearly a mechanism: some motion of its nodes is {softer:.0e} times softer than "
                "others: use bars of more equal stiffness"
            ) from None


def told_freedom(cell: UnitCell, elasticity: Float[Array, "v v"], affine: Float[Array, "v v"]) -> str:
    """Return in words which motions are free and against which strains there is no stiffness; empty if none.

    Parameters
    ----------
    cell : UnitCell
    elasticity : array, shape (v, v)
        Elastic stiffness of the cell.
    affine : array, shape (v, v)
        The same without fluctuation.

    Raises
    ------
    CellError
        If the cell has no stiffness at all.
    """
    motions = told_motions(cell)
    values, vectors = linalg.eigh(elasticity)
    if values[-1] <= NO_STIFFNESS * np.abs(affine).max():
        how = f": {motions}" if motions else ""
        raise CellError(f"the cell is a mechanism without any stiffness{how}; {NO_BENDING}: add bars that hold it")
    soft = vectors[:, values <= NO_STIFFNESS * values[-1]].T
    parts = []
    if motions:
        parts.append(
            f"{motions}; stress, energy and dissipation do not depend on it, and displacements leave it out"
        )
    if len(soft):
        strains = ", ".join(
            strain_in_words(vector, voigt.LABELS[cell.dimension]) for vector in simplest_basis(soft)
        )
        parts.append(f"the cell has no stiffness against a strain of {strains}; {NO_BENDING}")
    if parts:
        parts += [text for text in [_told_faces(cell)] if text]
    return "; ".join(parts)


def told_motions(cell: UnitCell) -> str:
    """Return in words which nodes of a cell can move without stretching a bar; empty if none can."""
    free = cell.free_motions
    if not free.count:
        return ""
    nodes = cell.distinct_nodes
    ends = nodes.of_node[cell.bars[cell.distinct_bars.representative]]
    local = free.local(np.bincount(ends.ravel(), minlength=nodes.count))
    size = np.abs(local).max(axis=2)
    moving = np.flatnonzero((size > 0.1).any(axis=0))
    first = nodes.first
    easiest = int((size > 0.1).sum(axis=1).argmin())
    worst = int(size[easiest].argmax())
    direction = ", ".join(f"{c:.3g}" for c in np.round(local[easiest, worst] / size[easiest, worst], 6) + 0.0)
    slack = f" (by no more than {free.stretch:.0e} of the cell)" if free.stretch > COORDINATE_ROUND_OFF else ""
    motions = f"{free.count} free motion{'s' * (free.count > 1)}"
    return (
        f"the cell has {motions}: {_names(np.sort(first[moving]))} can move without stretching any bar{slack}, as "
        f"node {first[worst]} along ({direction})"
    )


def simplest_basis(rows: Float[Array, "k v"]) -> Float[Array, "k v"]:
    """Return a basis of the same space in which every vector names as few components as may be."""
    pivots = linalg.qr(rows, mode="r", pivoting=True)[1][: len(rows)]
    basis = np.linalg.solve(rows[:, pivots], rows)
    largest = np.abs(basis).argmax(axis=1)
    return basis / basis[np.arange(len(basis)), largest][:, None]


def strain_in_words(vector: Float[Array, "v"], labels: Sequence[str]) -> str:
    """Return a strain as a sum of components, the largest with factor one."""
    text = ""
    for value, label in zip(vector, labels, strict=True):
        if abs(value) < 1e-6:
            continue
        factor = "" if abs(abs(value) - 1.0) < 1e-6 else f"{abs(value):.3g}·"
        sign = "-" if value < 0 else "+" if text else ""
        text += f" {sign} {factor}{label}"
    return text.strip().replace("- ", "-", 1) if text.startswith(" - ") else text.strip()


def _told_faces(cell: UnitCell) -> str:
    """Return in words which nodes lie on a face of the box without a copy on the opposite one, if any do."""
    distinct = cell.distinct_nodes
    fractional = cell.nodes @ np.linalg.inv(cell.periods)
    low, high = fractional.min(axis=0), fractional.max(axis=0)
    alone = np.zeros(len(fractional), dtype=bool)
    for axis in np.flatnonzero(np.abs(high - low - 1.0) <= COORDINATE_TOLERANCE):
        on_low = np.abs(fractional[:, axis] - low[axis]) <= COORDINATE_TOLERANCE
        on_high = np.abs(fractional[:, axis] - high[axis]) <= COORDINATE_TOLERANCE
        alone |= on_low & ~np.isin(distinct.of_node, distinct.of_node[on_high])
        alone |= on_high & ~np.isin(distinct.of_node, distinct.of_node[on_low])
    if not alone.any():
        return ""
    verb = "lies" if alone.sum() == 1 else "lie"
    return f"{_names(np.flatnonzero(alone))} {verb} on a face of the box without a copy on the opposite one"


def _names(nodes: NDArray[np.int64]) -> str:
    listed = ", ".join(map(str, nodes[:NAMED]))
    more = f" and {len(nodes) - NAMED} more" if len(nodes) > NAMED else ""
    return f"node{'s' * (len(nodes) > 1)} {listed}{more}"
