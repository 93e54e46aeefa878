"""Cells with inclusions or voids at random places."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.protocol import Material
from microtann.materials.von_mises import VonMises
from microtann.microstructure.continuum.solid import Solid
from microtann.microstructure.continuum.voxel_cells import solid_of_function

Array = NDArray[np.float64]
TRIES = 5_000
"""Places that are tried before the balls are said not to fit."""
CLEARANCE = 1.15
"""Least distance of the centres of two balls over their diameter."""


def random_inclusions(
    count: int = 6,
    radius: float = 0.12,
    matrix: Material | None = None,
    inclusion: Material | None = None,
    void: bool = False,
    dimension: int = 2,
    divisions: int | None = None,
    seed: int = 0,
) -> Solid:
    """Return a unit cell with equal balls at random places, which do not touch one another.

    Parameters
    ----------
    count : int
        Balls in the cell.
    radius : float
        Of each, over the edge of the cell.
    matrix, inclusion : Material, optional
        By default as of `microtann.inclusion_cell`.
    void : bool
        Whether the balls are void, in place of an inclusion.
    dimension : int
        2: fibres seen along their axes; 3: spheres.
    divisions : int, optional
        Elements along an edge of the cell: an element is of the phase that its centre is in. By default 20 in the
        plane and 8 in space.
    seed : int
        Of the places.

    Raises
    ------
    CellError
        If the balls do not fit, or an argument is out of its range.

    Examples
    --------
    >>> import microtann as mt
    >>> cell = mt.random_inclusions(3, 0.15, seed=1)
    >>> sorted(cell.volume_fractions)
    ['phase 0', 'phase 1']
    """
    if dimension not in (2, 3):
        raise CellError(f"a cell has 2 or 3 dimensions, got {dimension!r}")
    if void and inclusion is not None:
        raise CellError("balls are void or have a material, not both")
    plane = "strain" if dimension == 2 else None
    centres = _places(count, radius, dimension, seed)
    number = (20 if dimension == 2 else 8) if divisions is None else divisions

    def phase_of(places: Array) -> NDArray[np.bool_]:
        return np.asarray((_distances(places, centres) < radius).any(axis=1))

    phases: dict[int, Material] = {0: VonMises(plane=plane) if matrix is None else matrix}
    if not void:
        phases[1] = LinearElastic.isotropic(10.0, 0.25, plane) if inclusion is None else inclusion
    return solid_of_function(phase_of, phases, (number,) * dimension, voids=(1,) if void else ())


def _places(count: int, radius: float, dimension: int, seed: int) -> Float[Array, "n d"]:
    """Return centres at random, one after another where there is room.

    Parameters
    ----------
    count : int
    radius : float
    dimension : int
    seed : int
    """
    if count < 1 or not 0.0 < radius < 0.5:
        raise CellError(f"there is at least one ball of a radius between 0 and 1/2, got {count!r} of {radius!r}")
    rng = np.random.default_rng(seed)
    found = np.empty((0, dimension))
    for _ in range(TRIES):
        place = rng.random((1, dimension))
        if not len(found) or _distances(place, found).min() > 2.0 * CLEARANCE * radius:
            found = np.concatenate([found, place])
        if len(found) == count:
            return found
    raise CellError(
        f"{count} balls of radius {radius:g} do not fit into the cell, {len(found)} did: take fewer or smaller"
    )


def _distances(places: Float[Array, "p d"], centres: Float[Array, "n d"]) -> Float[Array, "p n"]:
    """Return distances in the periodic medium of unit cells."""
    apart = (places[:, None] - centres + 0.5) % 1.0 - 0.5
    return np.asarray(np.linalg.norm(apart, axis=2))
