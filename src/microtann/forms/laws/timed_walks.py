"""Walks with the durations of their increments: rest counts, since what is viscous relaxes."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from numpy.typing import NDArray

from microtann.data.increments import Increments
from microtann.data.whole_walks import walk_rows
from microtann.errors import InputError
from microtann.tann.point import MaterialPoint
from microtann.training.preparation import driving_variables


class TimedWalks(NamedTuple):
    """B walks of T increments from the virgin state, in the scaled variables of a model.

    Parameters
    ----------
    driving, increment : array, shape (B, T, y)
        Driving variables at the end of every increment, and their increments.
    dt : array, shape (B, T)
        Durations, in the unit of time of the data.
    stress : array, shape (B, T, v)
    energy : array, shape (B, T)
        Zero if the data do not hold it.
    weight : array, shape (B, T)
        1, or 0 where a walk has ended.
    """

    driving: Float[Array, "B T y"]
    increment: Float[Array, "B T y"]
    dt: Float[Array, "B T"]
    stress: Float[Array, "B T v"]
    energy: Float[Array, "B T"]
    weight: Float[Array, "B T"]


def timed_rows(data: Increments) -> Int[NDArray[np.int64], "B T"]:
    """Return the rows of every walk from the virgin state that change strain or stress; −1 after its end.

    Raises
    ------
    InputError
        If no increment starts in the virgin state, or nothing changes.
    """
    moving = (data.strain_increment != 0).any(axis=1) | (data.extra_increment != 0).any(axis=1)
    moving |= (data.stress_next != data.stress).any(axis=1)
    walks = [rows[moving[rows]] for rows in walk_rows(data) if moving[rows].any()]
    if not walks:
        raise InputError("nothing changes in the walks: there is nothing to learn from")
    result = np.full((len(walks), max(len(rows) for rows in walks)), -1, dtype=np.int64)
    for number, rows in enumerate(walks):
        result[number, : len(rows)] = rows
    return result


def to_timed_walks(point: MaterialPoint, data: Increments) -> TimedWalks:
    """Return the walks of increments in the scaled variables of ``point``."""
    rows = timed_rows(data)
    driving, increment = driving_variables(data, point.scaling)
    there = (rows >= 0).astype(np.float64)
    rows = np.maximum.accumulate(rows, axis=1)  # a walk that has ended stays where it is
    scale, energy = np.asarray(point.scaling.stress(point.components)), float(point.scaling.energy)
    stored = np.zeros_like(data.energy_next) if "energy" in data.unknown else data.energy_next
    arrays = (
        (driving + increment)[rows],
        increment[rows] * there[..., None],
        data.dt[rows],
        (data.stress_next / scale)[rows],
        (stored / energy)[rows],
        there,
    )
    return TimedWalks(*(jnp.asarray(array) for array in arrays))
