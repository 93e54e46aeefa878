"""Plastic strains among the internal coordinates of data that say nothing of the microstructure."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.data.increments import Dataset
from microtann.numbers.coordinates import columns
from microtann.training.elastic_rows import elastic_increments

Array = NDArray[np.float64]
AT_REST = 1e-6
"""Change in elastic increments, over the largest value, of what counts as unchanged there."""
MOST_COMPONENTS = 6
"""Of the plastic strain of a point."""
FEWEST_POINTS = 2
"""Of several components each."""
SAMPLES = 500
"""Increments that are looked at."""


def plastic_field(dataset: Dataset) -> Int[NDArray[np.int64], "p a"] | None:
    """Return the columns of the plastic strains of points, a row a point; None if the data hold none.

    It is the largest group of coordinates, of the shape (p, a) with a ≤ 6 or (p,) with p > 6, whose values elastic
    increments leave as they are, and which both grow and fall in others, as what accumulates does not.
    """
    data, found = dataset.training, None
    elastic, there = elastic_increments(data), data.with_coordinates
    at_rest, flowing = (_some(np.flatnonzero(which & there)) for which in (elastic, ~elastic))
    if len(flowing) == 0:
        return None
    for name, part in columns(dataset.coordinate_shapes).items():
        shape = tuple(dataset.coordinate_shapes[name])
        points = len(shape) == 1 and shape[0] > MOST_COMPONENTS  # else it may be the components of one point
        tensors = len(shape) == 2 and shape[0] >= FEWEST_POINTS and shape[1] <= MOST_COMPONENTS
        if not (points or tensors):
            continue
        still, moved = (
            data.coordinates_next[rows, part] - data.coordinates[rows, part] for rows in (at_rest, flowing)
        )
        size = np.abs(data.coordinates_next[flowing, part]).max()
        unchanged = np.abs(still).max(initial=0.0) <= AT_REST * size
        both_ways = moved.min() < -AT_REST * size and moved.max() > AT_REST * size
        if unchanged and both_ways and (found is None or moved.shape[1] > found.size):
            found = np.arange(part.start, part.stop).reshape(shape[0], -1)
    return found


def orthonormal_maps(components: int) -> list[Float[Array, "a k"]]:
    """Return maps from the components of a plastic strain to some in which its norm may be Euclidean.

    Data do not say what their components are: they may be orthonormal already, or those of a symmetric tensor
    without volume, 11, 22, 12 or 11, 22, 33, 12 or 11, 22, 33, 23, 13, 12, with shears γ = 2ε or ε.

    Parameters
    ----------
    components : int
        Of the data, a.
    """
    maps = [np.eye(components)]
    normal = {3: 2, 4: 3, 6: 3}.get(components)
    if normal is not None:
        tensor = np.eye(3) - 1.0 / 3.0
        if normal == 2:  # the strain 33 is what the others leave of the volume
            tensor = np.hstack([np.eye(2), -np.ones((2, 1))])
        planar = np.array([[1.0, -1.0, 0.0], [1.0, 1.0, -2.0]]) / np.sqrt([[2.0], [6.0]])
        for shear in (np.sqrt(0.5), np.sqrt(2.0)):
            whole = np.zeros((components, components - normal + 2))
            whole[:normal, :2] = tensor @ planar.T
            whole[normal:, 2:] = shear * np.eye(components - normal)
            maps.append(whole)
    return maps


def _some(rows: Int[NDArray[np.int_], "n"]) -> Int[NDArray[np.int_], "k"]:
    return rows[:: max(1, len(rows) // SAMPLES)]
