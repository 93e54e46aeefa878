"""Whole walks put together again from the increments of a set, for what is judged along them in closed loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.data.increments import Increments
from microtann.errors import InputError

Array = NDArray[np.float64]
ROUND_OFF = 1e-12
"""Fraction of the largest value up to which two strains are one, and a state is virgin."""


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
        Energy and dissipation are NaN if the data do not hold them.
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
    walks = walk_rows(data)
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


def strain_paths(data: Increments) -> Float[Array, "B T v"]:
    """Return the total strains at the end of every increment of walks that can be followed side by side.

    Parameters
    ----------
    data : Increments
        Of walks of equal length from the virgin state that never start again, in any order.

    Raises
    ------
    InputError
        If there are no such walks.
    """
    walks = whole_walks(data)
    if len(walks) != len(np.unique(data.path)) or walks.there.size != len(data):
        raise InputError(
            "the increments do not make walks of equal length from the virgin state, which could be followed side "
            "by side: one is shorter, starts elsewhere, or starts again on its way"
        )
    return walks.strain


def first_paths(data: Increments, count: int) -> Increments:
    """Return the increments of the first ``count`` paths, in the order of their numbers."""
    return data.take(np.isin(data.path, np.unique(data.path)[:count]))


def walk_rows(data: Increments) -> list[Int[NDArray[np.int64], "T"]]:
    """Return the rows of every walk from the virgin state, in the order of its steps.

    Parameters
    ----------
    data : Increments
        In any order; a walk ends where a step is missing or does not start where the one before ended.

    Raises
    ------
    InputError
        If no increment starts in the virgin state.
    """
    pieces = consecutive_rows(data)
    first = np.array([rows[0] for rows in pieces], dtype=np.int64)
    start = np.concatenate([data.strain, data.extra], axis=1)
    virgin = np.abs(start[first]).max(axis=1, initial=0.0) <= ROUND_OFF * np.abs(start).max(initial=0.0)
    energies = () if "energy" in data.unknown else (data.energy[:, None],)
    for values in (data.stress, *energies):
        virgin &= np.abs(values[first]).max(axis=1) <= ROUND_OFF * np.abs(values).max(initial=0.0)
    walks = [rows for rows, whole in zip(pieces, virgin, strict=True) if whole]
    if not walks:
        raise InputError(
            "no increment of the data starts in the virgin state, so that no response can be followed from there: "
            "keep whole walks in the data"
        )
    return walks


def consecutive_rows(data: Increments) -> list[Int[NDArray[np.int64], "T"]]:
    """Return the rows of every piece of a path whose increments follow each other, in the order of its steps.

    Parameters
    ----------
    data : Increments
        In any order; a piece ends where a step is missing or does not start where the one before ended.
    """
    order = np.lexsort((data.step, data.path))
    start = np.concatenate([data.strain, data.extra], axis=1)[order]
    end = start + np.concatenate([data.strain_increment, data.extra_increment], axis=1)[order]
    near = ROUND_OFF * np.abs(start).max(initial=0.0)
    continues = np.zeros(len(order), dtype=np.bool_)
    continues[1:] = (np.diff(data.path[order]) == 0) & (np.diff(data.step[order]) == 1)
    continues[1:] &= np.abs(start[1:] - end[:-1]).max(axis=1) <= near
    first = np.flatnonzero(~continues)
    return np.split(order, first[1:]) if len(order) else []
