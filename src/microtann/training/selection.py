"""Which internal coordinates a form learns from, and whether they can carry so many internal state variables."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.data.increments import Dataset, Increments
from microtann.errors import InputError
from microtann.numbers.configuration import nearest
from microtann.numbers.coordinates import columns
from microtann.training.preparation import COMPONENT_SAMPLES, COMPONENT_TOLERANCE

Array = NDArray[np.float64]
HARDLY_MOVES = 0.02
"""Directions that move by less than this share of the largest are no states of a free network, whose errors are of
that size: in recall it would not find back in them."""


def with_groups(dataset: Dataset, names: Sequence[str]) -> Dataset:
    """Return the data with the named groups of coordinates only, in that order; all without names.

    Raises
    ------
    InputError
        If the data hold no group of a name.
    """
    if not names:
        return dataset
    known = columns(dataset.coordinate_shapes)
    for name in names:
        if name not in known:
            raise InputError(
                f"the data have no internal coordinates {name!r}: {nearest(name, known)}"
                f"they have {', '.join(known) or 'none'}"
            )
    chosen = np.concatenate([np.arange(known[name].start, known[name].stop) for name in names])
    return replace(
        dataset,
        training=_columns(dataset.training, chosen),
        validation=_columns(dataset.validation, chosen),
        test=_columns(dataset.test, chosen),
        coordinate_shapes={name: dataset.coordinate_shapes[name] for name in names},
    )


def check_states(states: int, coordinates: Float[Array, "n c"]) -> None:
    """Refuse more internal state variables than coordinates, and warn of more than the rank of the data.

    Parameters
    ----------
    states : int
    coordinates : array, shape (n, c)
        What is reduced, every column of order one.

    Raises
    ------
    InputError
    """
    if states > coordinates.shape[1]:
        raise InputError(
            f"{states} internal state variables cannot be found in {coordinates.shape[1]} internal coordinates: "
            "ask for fewer"
        )
    rank = rank_of(coordinates)
    if states > rank:
        warnings.warn(
            f"the internal coordinates of the data have rank {rank}: {states} internal state variables are more "
            "than a linear reduction needs",
            stacklevel=2,
        )


class StateCount(NamedTuple):
    """How many internal state variables are wanted.

    Parameters
    ----------
    most : int
    few : bool
        Whether directions in which the coordinates hardly move are left out.
    """

    most: int
    few: bool = False


def enough_states(wanted: StateCount, coordinates: Float[Array, "n c"]) -> int:
    """Return the number of internal state variables that are found in coordinates.

    Parameters
    ----------
    wanted : StateCount
    coordinates : array, shape (n, c)
        What is reduced, every column of order one.

    Raises
    ------
    InputError
        If more are wanted than there are coordinates.
    """
    if wanted.few:
        return max(1, min(wanted.most, rank_of(coordinates, HARDLY_MOVES)))
    check_states(wanted.most, coordinates)
    return wanted.most


def rank_of(coordinates: Float[Array, "n c"], tolerance: float = COMPONENT_TOLERANCE) -> int:
    """Return the number of directions in which coordinates vary, by default by more than round-off.

    Parameters
    ----------
    coordinates : array, shape (n, c)
    tolerance : float
        Singular values, relative to the largest, that count.
    """
    chosen = coordinates[:: max(1, len(coordinates) // COMPONENT_SAMPLES)]
    singular = np.linalg.svd(chosen - chosen.mean(axis=0), compute_uv=False)
    return int(np.count_nonzero(singular > tolerance * singular[0])) if singular[0] > 0.0 else 0


def check_moving(dataset: Dataset) -> None:
    """Refuse data in which a strain component or an extra state variable never changes: its effect is not in them.

    Raises
    ------
    InputError
    """
    data = dataset.training
    names = list(dataset.strain_names) or [f"strain component {i}" for i in range(data.strain.shape[1])]
    moved = np.concatenate([data.strain + data.strain_increment, data.extra + data.extra_increment], axis=1)
    still = np.flatnonzero(np.ptp(moved, axis=0) == 0.0)
    if still.size:
        name = [*names, *dataset.extra_names][still[0]]
        raise InputError(
            f"{name} is constant in the training data, which cannot tell what it does: let it vary, or leave "
            "it out"
        )


def _columns(data: Increments, chosen: Int[NDArray[np.int64], "k"]) -> Increments:
    return replace(
        data, coordinates=data.coordinates[:, chosen], coordinates_next=data.coordinates_next[:, chosen]
    )
