"""Increments put together to the walks they come from, on which a response is learnt in closed loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from numpy.typing import NDArray

from microtann.data.increments import Increments
from microtann.data.whole_walks import walk_rows
from microtann.errors import InputError
from microtann.microstructure.strain_metric import StrainMetric
from microtann.tann.point import MaterialPoint
from microtann.training.preparation import driving_variables


class ScaledWalks(NamedTuple):
    """B walks of T moving increments from the virgin state, in the scaled variables of a model.

    Parameters
    ----------
    driving, increment : array, shape (B, T, y)
        Driving variables at the end of every increment, and their increments.
    stress : array, shape (B, T, v)
    energy : array, shape (B, T)
        Zero if the data do not hold it.
    weight : array, shape (B, T)
        What an increment counts, 1 unless the data say otherwise; 0 where a walk has ended and rests.
    measure : array, shape (B, v, v), optional
        M of every walk: errors of stresses count as those of M S; without it as they are.
    """

    driving: Float[Array, "B T y"]
    increment: Float[Array, "B T y"]
    stress: Float[Array, "B T v"]
    energy: Float[Array, "B T"]
    weight: Float[Array, "B T"]
    measure: Float[Array, "B v v"] | None = None


def moving_rows(data: Increments) -> Int[NDArray[np.int64], "B T"]:
    """Return the rows of the moving increments of every walk from the virgin state; −1 after its end.

    Raises
    ------
    InputError
        If no increment starts in the virgin state, or nothing moves.
    """
    moving = (data.strain_increment != 0).any(axis=1) | (data.extra_increment != 0).any(axis=1)
    walks = [rows[moving[rows]] for rows in walk_rows(data) if moving[rows].any()]
    if not walks:
        raise InputError("all increments of the walks are zero: there is nothing to learn from")
    result = np.full((len(walks), max(len(rows) for rows in walks)), -1, dtype=np.int64)
    for number, rows in enumerate(walks):
        result[number, : len(rows)] = rows
    return result


def measured_walks(point: MaterialPoint, data: Increments, metric: StrainMetric) -> ScaledWalks:
    """Return the walks with errors of stresses as a metric measures them.

    Parameters
    ----------
    point : MaterialPoint
    data : Increments
    metric : StrainMetric
    """
    walks = to_walks(point, data)
    if metric.is_uniform:
        return walks
    measure = metric.unit.T / np.linalg.norm(metric.unit, 2)
    return walks._replace(measure=jnp.broadcast_to(measure, (len(walks.weight), *measure.shape)))


def emphasised(walks: ScaledWalks, data: Increments, emphasis: Mapping[int, float]) -> ScaledWalks:
    """Return walks whose increments count in the loss as a data set says of their paths.

    Parameters
    ----------
    walks : ScaledWalks
    data : Increments
        From which they were put together.
    emphasis : mapping
        Of `microtann.data.increments.Dataset`.
    """
    if not emphasis:
        return walks
    counts = np.array([emphasis.get(int(path), 1.0) for path in data.path[moving_rows(data)[:, 0]]])
    return walks._replace(weight=walks.weight * counts[:, None])


def to_walks(point: MaterialPoint, data: Increments) -> ScaledWalks:
    """Return the walks of increments in the scaled variables of ``point``."""
    rows = moving_rows(data)
    driving, increment = driving_variables(data, point.scaling)
    there = (rows >= 0).astype(np.float64)
    rows = np.where(
        rows >= 0, rows, np.maximum.accumulate(rows, axis=1)
    )  # a walk that has ended stays where it is
    scale, energy = np.asarray(point.scaling.stress(point.components)), float(point.scaling.energy)
    stored = np.zeros_like(data.energy_next) if "energy" in data.unknown else data.energy_next
    return ScaledWalks(
        *(
            jnp.asarray(a)
            for a in (
                (driving + increment)[rows],
                increment[rows] * there[..., None],
                (data.stress_next / scale)[rows],
                (stored / energy)[rows],
                there,
            )
        )
    )
