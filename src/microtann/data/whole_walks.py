"""Whole walks put together again from the increments of a set, for what is judged along them in closed loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.data.increments import Increments
from microtann.errors import InputError

Array = NDArray[np.float64]
ROUND_OFF = 1e-12
"""Relative difference up to which two strains are one."""


@dataclass(frozen=True, eq=False)
class WholeWalks:
    """B walks of up to T increments from the virgin state; a shorter one rests at its end.

    Parameters
    ----------
    strain, stress : array, shape (B, T, v)
        At the end of every increment.
    extra : array, shape (B, T, e)
        Extra state variables at the end of every increment.
    dt, energy, dissipation : array, shape (B, T)
    coordinates : array, shape (B, T, c)
        Internal coordinates at the end of every increment.
    there : bool array, shape (B, T)
        False after the end of a walk.
    """

    strain: Float[Array, "B T v"]
    stress: Float[Array, "B T v"]
    extra: Float[Array, "B T e"]
    dt: Float[Array, "B T"]
    energy: Float[Array, "B T"]
    dissipation: Float[Array, "B T"]
    coordinates: Float[Array, "B T c"]
    there: Bool[NDArray[np.bool_], "B T"]

    def __len__(self) -> int:
        return len(self.strain)


def whole_walks(data: Increments) -> WholeWalks:
    """Return the walks of a set of increments, which may be in any order.

    Raises
    ------
    InputError
        If no increment starts in the virgin state.
    """
    walks = list(_walks(data))
    if not walks:
        raise InputError(
            "no increment of the set starts in the virgin state, so that no walk can be followed in closed loop: "
            "keep whole walks in the data"
        )
    length = max(len(rows) for rows in walks)
    rows = np.stack([np.pad(walk, (0, length - len(walk)), mode="edge") for walk in walks])
    there = np.arange(length) < np.array([len(walk) for walk in walks])[:, None]
    return WholeWalks(
        strain=(data.strain + data.strain_increment)[rows],
        stress=data.stress_next[rows],
        extra=(data.extra + data.extra_increment)[rows],
        dt=data.dt[rows],
        energy=data.energy_next[rows],
        dissipation=np.where(there, data.dissipation[rows], 0.0),
        coordinates=data.coordinates_next[rows],
        there=there,
    )


def first_paths(data: Increments, count: int) -> Increments:
    """Return the increments of the first ``count`` paths, in the order of their numbers."""
    return data.take(np.isin(data.path, np.unique(data.path)[:count]))


def _walks(data: Increments) -> Iterator[Int[NDArray[np.int64], "T"]]:
    """Yield the rows of every walk from the virgin state whose increments follow one another."""
    order = np.lexsort((data.step, data.path))
    start, end = data.strain[order], (data.strain + data.strain_increment)[order]
    near = ROUND_OFF * np.abs(start).max(initial=0.0)
    follows = np.zeros(len(order), dtype=np.bool_)
    follows[1:] = (np.diff(data.path[order]) == 0) & (np.diff(data.step[order]) == 1)
    follows[1:] &= np.abs(start[1:] - end[:-1]).max(axis=1) <= near
    for rows in np.split(order, np.flatnonzero(~follows)[1:]) if len(order) else ():
        first = rows[0]
        if np.abs(data.strain[first]).max() <= near and not data.stress[first].any():
            yield rows
