"""Evolutions of slips and of groups, and the start of a TANN from clusters of points."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from microtann.cones.group_system import GroupSystem
from microtann.data.increments import Dataset
from microtann.forms.variational.clusters.cluster_start import clustered_groups, scaled_groups
from microtann.forms.variational.clusters.field_start import groups_of_fields
from microtann.forms.variational.cone_flow import ConeFlow
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.slip_reduction import SlipSystem, root_of
from microtann.tann.scaling import Scaling


def evolution_of(system: SlipSystem) -> MultisurfaceFlow | ConeFlow:
    """Return the evolution of a system: slips where every group has one component."""
    normals = jnp.asarray(system.normals)
    if system.sizes is None or max(system.sizes) == 1:
        return MultisurfaceFlow(normals)
    return ConeFlow(normals, system.sizes)


def clustered_system(
    dataset: Dataset, scaling: Scaling, states: int, most_groups: Callable[[int], int]
) -> SlipSystem:
    """Return the arrays of a TANN whose groups are clusters of the points of a microstructure.

    Parameters
    ----------
    dataset : Dataset
        That is clusterable.
    scaling : Scaling
    states : int
        Most states.
    most_groups : callable
        Most groups of so many components.

    Raises
    ------
    InputError
        If nothing yields in the data.
    """
    known = dataset.microstructure
    points = None if known is None else known.plastic_points()
    assert points is not None
    system = clustered_groups(dataset, states, most_groups(points.components))
    return arrays_of(scaled_groups(system, np.asarray(scaling.driving), float(scaling.energy)))


def system_of_fields(
    dataset: Dataset, scaling: Scaling, states: int, most_groups: Callable[[int], int]
) -> SlipSystem:
    """Return the arrays of a TANN whose groups are clusters of points of which only the plastic strains are known.

    Parameters
    ----------
    dataset : Dataset
        That holds fields.
    scaling : Scaling
    states : int
        Most states.
    most_groups : callable
        Most groups of so many components.
    """
    system = groups_of_fields(dataset, states, most_groups)
    return arrays_of(scaled_groups(system, np.asarray(scaling.driving), float(scaling.energy)))


def arrays_of(system: GroupSystem) -> SlipSystem:
    """Return the arrays of a TANN of a system with unit hessian and unit resistances, in scaled units."""
    coupling = system.coupling
    sizes = tuple(int(size) for size in system.sizes)
    return SlipSystem(root_of(system.elasticity - coupling.T @ coupling), coupling, system.directions, sizes)
