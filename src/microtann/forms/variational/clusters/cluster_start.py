"""Groups for a TANN from a microstructure with plastic points: clusters of these, exactly condensed."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.cones.group_system import GroupSystem
from microtann.data.increments import Dataset
from microtann.errors import InputError
from microtann.forms.variational.clusters.point_groups import (
    PointGroups,
    condensed_groups,
    point_groups,
    principal_unknowns,
)
from microtann.forms.variational.clusters.point_histories import point_histories
from microtann.microstructure.plastic_points import PlasticPoints
from microtann.numbers.coordinates import columns

Array = NDArray[np.float64]


def is_clusterable(dataset: Dataset) -> bool:
    """Return whether a data set tells the plastic strains of points that its microstructure can condense."""
    points = _points(dataset)
    if points is None or dataset.extra_names:
        return False
    shape = tuple(dataset.coordinate_shapes.get(points.coordinate, ()))
    count, a = len(points.volume_fraction), points.components
    return shape == (count, a) or (a == 1 and shape == (count,))


def clustered_groups(dataset: Dataset, states: int, count: int) -> GroupSystem:
    """Return the system of groups of the microstructure of a data set, in its own units.

    Its hessian is the unit matrix.

    Parameters
    ----------
    dataset : Dataset
        That is clusterable.
    states : int
        Most unknowns.
    count : int
        Most groups.

    Raises
    ------
    InputError
        If nothing yields in the data.
    """
    points = _points(dataset)
    assert points is not None
    groups = groups_in_data(dataset, points, count)
    return principal_unknowns(condensed_groups(points, groups), groups.motion, states)


def groups_in_data(dataset: Dataset, points: PlasticPoints, count: int) -> PointGroups:
    """Return clusters of points by how they flow in the training data.

    Parameters
    ----------
    dataset : Dataset
    points : PlasticPoints
    count : int
        Most groups.

    Raises
    ------
    InputError
        If nothing yields in the data.
    """
    rows = np.flatnonzero(dataset.training.with_coordinates)
    histories = point_histories(dataset.training.coordinates_next, rows, point_columns(dataset, points))
    if not np.abs(histories).max(initial=0.0) > 0.0:
        raise InputError("nothing yields in the data: use larger increments or longer walks")
    return point_groups(histories, points.volume_fraction, points.resistance, count)


def point_columns(dataset: Dataset, points: PlasticPoints) -> Int[NDArray[np.int64], "p a"]:
    """Return where the plastic strains of every point stand in a row of internal coordinates."""
    part = columns(dataset.coordinate_shapes)[points.coordinate]
    return np.arange(part.start, part.stop).reshape(len(points.volume_fraction), points.components)


def scaled_groups(system: GroupSystem, strain: Float[Array, "v"], energy: float) -> GroupSystem:
    """Return a system with unit hessian in strains and energies over their scales, and with unit resistances.

    Parameters
    ----------
    system : GroupSystem
        Whose hessian is the unit matrix.
    strain : array, shape (v,)
        Scale of every component.
    energy : float
        Scale of the energy per volume.
    """
    root = np.sqrt(energy)
    columns_of_groups = np.repeat(root / system.resistance, system.sizes)
    return GroupSystem(
        system.elasticity * strain * strain[:, None] / energy,
        system.coupling * strain / root,
        system.hessian,
        system.directions * columns_of_groups,
        system.sizes,
        np.ones(system.count),
    )


def _points(dataset: Dataset) -> PlasticPoints | None:
    known = dataset.microstructure
    return known.plastic_points() if known is not None and known.solvable else None
