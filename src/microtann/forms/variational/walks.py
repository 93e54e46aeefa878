"""Increments put together to the walks they come from, on which a response is learnt in closed loop."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from numpy.typing import NDArray

from microtann.data.increments import Increments
from microtann.errors import InputError
from microtann.tann.point import MaterialPoint
from microtann.training.preparation import driving_variables

VIRGIN = 1e-12
"""A state is virgin if strain, stress and energy are below this fraction of their largest values."""


class Walks(NamedTuple):
    """B walks of T moving increments from the virgin state, in the scaled variables of a model.

    Parameters
    ----------
    driving, increment : array, shape (B, T, y)
        Driving variables at the end of every increment, and their increments.
    stress : array, shape (B, T, v)
    energy : array, shape (B, T)
    weight : array, shape (B, T)
        1, or 0 where a walk has ended and rests.
    """

    driving: Float[Array, "B T y"]
    increment: Float[Array, "B T y"]
    stress: Float[Array, "B T v"]
    energy: Float[Array, "B T"]
    weight: Float[Array, "B T"]


def walk_rows(data: Increments) -> Int[NDArray[np.int64], "B T"]:
    """Return the rows of the moving increments of every walk from the virgin state; −1 after its end.

    Parameters
    ----------
    data : Increments
        In any order; a walk ends where a step is missing or does not start where the one before ended.

    Raises
    ------
    InputError
        If no increment starts in the virgin state.
    """
    order = np.lexsort((data.step, data.path))
    path, step = data.path[order], data.step[order]
    strain = np.concatenate([data.strain, data.extra], axis=1)[order]
    end = strain + np.concatenate([data.strain_increment, data.extra_increment], axis=1)[order]
    size = np.abs(strain).max(initial=0.0)
    continues = np.zeros(len(order), dtype=np.bool_)
    continues[1:] = (path[1:] == path[:-1]) & (step[1:] == step[:-1] + 1)
    continues[1:] &= np.abs(strain[1:] - end[:-1]).max(axis=1) <= VIRGIN * size
    first = np.flatnonzero(~continues)
    virgin = np.abs(strain[first]).max(axis=1) <= VIRGIN * size
    for values in (data.stress, data.energy[:, None]):
        virgin &= np.abs(values[order][first]).max(axis=1) <= VIRGIN * np.abs(values).max(initial=0.0)
    moving = (data.strain_increment != 0).any(axis=1) | (data.extra_increment != 0).any(axis=1)
    walks = []
    for start, stop in zip(first, np.append(first[1:], len(order)), strict=True):
        rows = order[start:stop]
        if virgin[np.searchsorted(first, start)] and moving[rows].any():
            walks.append(rows[moving[rows]])
    if not walks:
        raise InputError(
            "no increment of the data starts in the virgin state, so that no response can be followed from there: "
            "write whole walks into the data, or train another form"
        )
    result = np.full((len(walks), max(len(rows) for rows in walks)), -1, dtype=np.int64)
    for number, rows in enumerate(walks):
        result[number, : len(rows)] = rows
    return result


def to_walks(point: MaterialPoint, data: Increments) -> Walks:
    """Return the walks of increments in the scaled variables of ``point``."""
    rows = walk_rows(data)
    driving, increment = driving_variables(data, point.scaling)
    there = (rows >= 0).astype(np.float64)
    rows = np.where(
        rows >= 0, rows, np.maximum.accumulate(rows, axis=1)
    )  # a walk that has ended stays where it is
    scale, energy = np.asarray(point.scaling.stress(point.components)), float(point.scaling.energy)
    return Walks(
        *(
            jnp.asarray(a)
            for a in (
                (driving + increment)[rows],
                increment[rows] * there[..., None],
                (data.stress_next / scale)[rows],
                (data.energy_next / energy)[rows],
                there,
            )
        )
    )
