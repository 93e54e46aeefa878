"""Groups for a TANN from the plastic strains of points alone, without a mesh, volumes or a law.

Points that flow together are clusters, whose amplitudes in every increment are the projections of what the points
do. The energy of strain and amplitudes follows from stress, energy and dissipation, and the resistances of the
groups from the dissipation: as it is Σ κ |Δz|, and as the forces on groups that flow have the size κ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.optimize import nnls

from microtann.cones.group_system import GroupSystem
from microtann.data.increments import Dataset, Increments
from microtann.forms.variational.clusters.joint_energy import Observed, joint_energy
from microtann.forms.variational.clusters.point_fields import orthonormal_maps, plastic_field
from microtann.forms.variational.clusters.point_groups import PointGroups, point_groups, principal_unknowns
from microtann.forms.variational.clusters.point_histories import point_histories

Array = NDArray[np.float64]
SAMPLES = 4_000
"""Most increments from which the energy is found."""
BLOCK_SIZE = 2e7
"""Numbers of a block of rows that are read at once."""
FLOWS = 1e-3
"""Motion of a group, over its largest, from which it counts as flowing."""
LEAST_SHARE = 0.1
"""Least resistance by dissipation over that by forces."""


def holds_fields(dataset: Dataset) -> bool:
    """Return whether a data set tells plastic strains of points, and what is stored and dissipated."""
    return not (dataset.extra_names or dataset.training.unknown) and plastic_field(dataset) is not None


def groups_of_fields(dataset: Dataset, states: int, most_groups: Callable[[int], int]) -> GroupSystem:
    """Return groups with unit hessian from the plastic strains of points in the data, in the units of these.

    Parameters
    ----------
    dataset : Dataset
        That holds fields.
    states : int
        Most unknowns.
    most_groups : callable
        Most groups of so many components.
    """
    data = dataset.training
    rows = np.random.default_rng(0).permutation(np.flatnonzero(data.with_coordinates))[:SAMPLES]
    best = amplitudes_of_fields(dataset, rows, most_groups)
    strain = data.strain[rows] + data.strain_increment[rows]
    seen = Observed(
        strain, best.before, best.after, data.stress_next[rows], data.energy_next[rows], data.dissipation[rows]
    )
    elasticity, coupling, hessian = joint_energy(seen)
    forces = best.sizes(strain @ coupling.T - best.after @ hessian)
    flowing = best.speed > FLOWS * best.speed.max(axis=0)
    by_force = np.array([np.median(force[flows]) for force, flows in zip(forces.T, flowing.T, strict=True)])
    resistance = np.sqrt(by_force * np.maximum(best.resistance, LEAST_SHARE * by_force))
    system = GroupSystem.of_unknowns(elasticity, coupling, hessian, best.groups.sizes, resistance)
    return principal_unknowns(system, best.after, states)


class Amplitudes(NamedTuple):
    """Amplitudes z of groups in n increments, and how well Σ κ |Δz| gives their dissipation.

    Parameters
    ----------
    groups : PointGroups
        In components in which the norm of a plastic strain is Euclidean.
    before, after : array, shape (n, m)
        z at the beginning and at the end.
    speed : array, shape (n, G)
        |Δz| of every group.
    resistance : array, shape (G,)
        κ ≥ 0.
    miss : float
        Root of the sum of squares of what is left.
    """

    groups: PointGroups
    before: Float[Array, "n m"]
    after: Float[Array, "n m"]
    speed: Float[Array, "n G"]
    resistance: Float[Array, "G"]
    miss: float

    def sizes(self, values: Float[Array, "n m"]) -> Float[Array, "n G"]:
        """Return the norm of every group."""
        return _norms(values, len(self.resistance))


def amplitudes_of_fields(
    dataset: Dataset, rows: Int[NDArray[np.int64], "n"], most_groups: Callable[[int], int]
) -> Amplitudes:
    """Return the amplitudes of clusters in some increments, in those components that suit the dissipation best.

    Parameters
    ----------
    dataset : Dataset
        That holds fields.
    rows : integer array, shape (n,)
        Of the training data.
    most_groups : callable
        Most groups of so many components.
    """
    field = plastic_field(dataset)
    assert field is not None
    maps = orthonormal_maps(field.shape[1])
    tried = [_amplitudes(dataset.training, rows, field, to_norm, most_groups) for to_norm in maps]
    return min(tried, key=lambda one: one.miss)


def _amplitudes(
    data: Increments,
    rows: Int[NDArray[np.int64], "n"],
    field: Int[NDArray[np.int64], "p a"],
    to_norm: Float[Array, "a k"],
    most_groups: Callable[[int], int],
) -> Amplitudes:
    """Return amplitudes of clusters, with plastic strains in components in which their norm may be Euclidean."""
    p, k = len(field), to_norm.shape[1]
    raw = point_histories(data.coordinates_next, np.flatnonzero(data.with_coordinates), field)
    histories = np.ascontiguousarray(np.einsum("par,ak->pkr", raw, to_norm))
    groups = point_groups(histories, np.ones(p), np.ones(p), most_groups(k))
    modes = groups.modes.reshape(p * k, -1)
    projection = np.einsum("ak,pkm->pam", to_norm, groups.modes).reshape(field.size, -1) / np.sum(modes**2, axis=0)
    before, after = (
        _projected(v, rows, field.ravel(), projection) for v in (data.coordinates, data.coordinates_next)
    )
    speed = _norms(after - before, len(groups.resistance))
    resistance, miss = nnls(speed, data.dissipation[rows])
    return Amplitudes(groups, before, after, speed, resistance, float(miss))


def _projected(
    values: Float[Array, "N c"],
    rows: Int[NDArray[np.int64], "n"],
    columns: Int[NDArray[np.int64], "q"],
    projection: Float[Array, "q m"],
) -> Float[Array, "n m"]:
    step = max(1, int(BLOCK_SIZE / len(columns)))
    blocks = (rows[start : start + step] for start in range(0, len(rows), step))
    return np.concatenate([values[np.ix_(block, columns)] @ projection for block in blocks])


def _norms(values: Float[Array, "n m"], groups: int) -> Float[Array, "n G"]:
    return np.linalg.norm(values.reshape(len(values), groups, -1), axis=2)
