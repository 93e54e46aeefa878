"""Clusters of points that flow together, each up to a size and directions of its own."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.forms.variational.clusters.common_motion import closeness, common_motion
from microtann.numbers.evenly_spread import evenly_spread

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
SAMPLE = 1_500
"""Points among which clusters are looked for; the others join the closest."""
FEEBLE = 1e-3
"""Fraction of the largest history below which a smaller one counts as alike to none."""
STILL = 1e-9
"""Fraction of the largest history below which a point does not flow."""
ROUNDS = 15
"""Most reassignments of points to the motions of the clusters."""
INNER_ROUNDS = 5
"""Alternations by which a motion is found for a reassignment."""
NONE = -1
"""Label of points that do not flow."""


def clusters_of(
    histories: Float[Array, "p a r"], volume: Float[Array, "p"], resistance: Float[Array, "p"], count: int
) -> Int[Labels, "p"]:
    """Return the cluster of every point, 0 to at most ``count`` − 1, or −1 of those that do not flow.

    Points are merged by Ward's method where the products of their histories with themselves are alike, which do
    not ask in which directions a point flows; then each joins the common motion that takes most of its history.

    Parameters
    ----------
    histories : array, shape (p, a, r)
    volume, resistance : array, shape (p,)
        Of every point; where the resistance is infinite, none flows.
    count : int
        Most clusters.
    """
    labels = np.full(len(histories), NONE)
    size = np.sqrt(np.sum(histories**2, axis=(1, 2)))
    flowing = np.flatnonzero((size > STILL * size.max()) & np.isfinite(resistance))
    if len(flowing) == 0:
        return labels
    sample = flowing[evenly_spread(len(flowing), SAMPLE)]
    here, c, k = histories[sample], volume[sample], resistance[sample]
    found = merged_points(here, count)
    for _ in range(ROUNDS):
        motions = _motions(here, c, k, found)
        moved = _closest(here, motions)
        if (moved == found).all():
            break
        found = moved
    motions = _motions(here, c, k, found)
    labels[flowing] = _closest(histories[flowing], motions)
    return labels


def merged_points(histories: Float[Array, "m a r"], count: int) -> Int[Labels, "m"]:
    """Return clusters by Ward's method on the normalised products αᵀα of the histories.

    Parameters
    ----------
    histories : array, shape (m, a, r)
    count : int
        Most clusters.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    m, a, r = histories.shape
    if count >= m:
        return np.arange(m)
    size = np.sqrt(np.sum(histories**2, axis=(1, 2)))
    unit = histories / np.maximum(size, FEEBLE * size.max())[:, None, None]
    rows = unit.reshape(m * a, r)
    alike = np.stack(
        [np.add.reduceat(np.sum((point @ rows.T) ** 2, axis=0), np.arange(0, m * a, a)) for point in unit]
    )
    own = np.maximum(np.sqrt(np.diag(alike)), FEEBLE**2)
    squares = np.maximum(2.0 - 2.0 * alike / own / own[:, None], 0.0)
    np.fill_diagonal(squares, 0.0)
    tree = linkage(np.sqrt(squareform(squares, checks=False)), "ward")
    return _numbered(fcluster(tree, count, "maxclust"))


def _motions(
    histories: Float[Array, "m a r"],
    volume: Float[Array, "m"],
    resistance: Float[Array, "m"],
    labels: Int[Labels, "m"],
) -> list[Float[Array, "a r"]]:
    """Return the common motion of every cluster."""
    members = (np.flatnonzero(labels == number) for number in range(labels.max() + 1))
    return [common_motion(histories[own], volume[own], resistance[own], INNER_ROUNDS).motion for own in members]


def _closest(histories: Float[Array, "m a r"], motions: list[Float[Array, "a r"]]) -> Int[Labels, "m"]:
    """Return the motion that takes most of every history; numbers of those that no point joins are closed up."""
    return _numbered(np.argmax(np.stack([closeness(histories, motion) for motion in motions]), axis=0))


def _numbered(labels: Int[NDArray[np.signedinteger], "m"]) -> Int[Labels, "m"]:
    return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.int64)
