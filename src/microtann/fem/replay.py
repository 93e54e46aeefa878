"""The path that Gauss points have followed, taken again from the displacements that a result keeps.

A result keeps the displacements of every equilibrium, and no strain: the strains at a few Gauss points follow from
these without more memory.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.fem.element_operator import gauss_strains
from microtann.fem.model import Result
from microtann.materials.protocol import Material, State

Array = NDArray[np.float64]


def strain_histories(result: Result, points: Int[NDArray[np.int64], "n"]) -> Float[Array, "n T v"]:
    """Return the strains of some Gauss points at all equilibria of a result, parts of cut increments included.

    Parameters
    ----------
    result : Result
    points : integer array, shape (n,)
        Numbers of Gauss points, counted cell by cell.
    """
    mesh = result.mesh
    cells = np.unique(mesh.cells_of(points)[0])
    place = np.searchsorted(mesh.gauss_points(cells), points)
    return _strains(result, cells)[place]


def durations(result: Result) -> Float[Array, "T"]:
    """Return how long it took from one equilibrium to the next."""
    return np.diff([time for time, _ in result.accepted()], prepend=0.0)


def follow(
    material: Material, strain: Float[Array, "n T v"], dt: Float[Array, "T"]
) -> Iterator[tuple[Float[Array, "n v"], State]]:
    """Yield stress and state of a material along strain histories from the virgin state.

    Parameters
    ----------
    material : Material
    strain : array, shape (n, T, v)
        Strains of n points at T times, in Voigt order with engineering shear.
    dt : array, shape (T,)
        Durations of the increments.
    """
    state, before = material.initial_state(len(strain)), np.zeros_like(strain[:, 0])
    for present, duration in zip(strain.transpose(1, 0, 2), dt, strict=True):
        stress, _, state = material.update(present - before, state, float(duration), False)
        before = present
        yield stress, state


def _strains(result: Result, cells: Int[NDArray[np.int64], "k"]) -> Float[Array, "p T v"]:
    """Return the strains at all Gauss points of some cells."""
    found = [
        gauss_strains(result.mesh, cells, displacement, result.mean_dilatation)
        for _, displacement in result.accepted()
    ]
    return np.stack(found, axis=1)
