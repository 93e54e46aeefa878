"""Groups of a few unknowns in place of all plastic strains of the points: transformation field analysis.

Every cluster of points has one motion z_g, in which each takes part in a size and directions of its own. The
energy of these modes with the fluctuation in equilibrium is exact, and so is their dissipation: what is lost is
what the points do beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.cones.group_system import GroupSystem
from microtann.forms.variational.clusters.clustering import clusters_of
from microtann.forms.variational.clusters.common_motion import common_motion
from microtann.forms.variational.slip_reduction import RANK_TOLERANCE
from microtann.microstructure.plastic_points import PlasticPoints
from microtann.numbers.singular_vectors import singular_vectors
from microtann.system.memory import require_memory

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PointGroups:
    """Clusters of points, their modes, and how these moved in the data.

    Parameters
    ----------
    cluster : integer array, shape (p,)
        Of every point; −1 where none flows.
    modes : array, shape (p, a, G a)
        Plastic strains of the points are the modes times the amplitudes z, those of a cluster one after another.
    resistance : array, shape (G,)
        κ: dissipation per |Δz_g| and unit volume.
    motion : array, shape (r, G a)
        z in an orthonormal basis of the states of the data.
    """

    cluster: Int[NDArray[np.int64], "p"]
    modes: Float[Array, "p a m"]
    resistance: Float[Array, "G"]
    motion: Float[Array, "r m"]

    @property
    def sizes(self) -> Int[NDArray[np.int64], "G"]:
        """Components of every group."""
        return np.full(len(self.resistance), self.modes.shape[1])


def point_groups(
    histories: Float[Array, "p a r"], volume: Float[Array, "p"], resistance: Float[Array, "p"], count: int
) -> PointGroups:
    """Return clusters of points with their modes.

    Parameters
    ----------
    histories : array, shape (p, a, r)
        Plastic strains of every point in r combinations of states.
    volume, resistance : array, shape (p,)
        c and k of every point; where k is infinite, none flows.
    count : int
        Most groups.
    """
    cluster = clusters_of(histories, volume, resistance, count)
    (p, a, r), groups = histories.shape, int(cluster.max()) + 1
    require_memory(f"the modes of {groups} groups of {p} points", 8.0 * p * a * groups * a, "use fewer states")
    modes, kappa, motion = np.zeros((p, a, groups, a)), np.empty(groups), np.empty((r, groups, a))
    for number in range(groups):
        own = np.flatnonzero(cluster == number)
        found = common_motion(histories[own], volume[own], resistance[own])
        modes[own, :, number] = found.share[:, None, None] * found.turn
        kappa[number] = (volume[own] * resistance[own]) @ found.share
        motion[:, number] = found.motion.T
    return PointGroups(cluster, modes.reshape(p, a, -1), kappa, motion.reshape(r, -1))


def condensed_groups(points: PlasticPoints, groups: PointGroups) -> GroupSystem:
    """Return the system of groups with the amplitudes of their modes as unknowns.

    Parameters
    ----------
    points : PlasticPoints
    groups : PointGroups
        Of these points.
    """
    energy = points.project(groups.modes)
    return GroupSystem.of_unknowns(
        energy.elasticity, energy.coupling, energy.hessian, groups.sizes, groups.resistance
    )


def principal_unknowns(system: GroupSystem, motion: Float[Array, "r s"], states: int) -> GroupSystem:
    """Return the same groups with at most ``states`` unknowns, in which the hessian is the unit matrix.

    Kept are the leading principal components, in energy, of how the unknowns moved. What the others would take of
    a strain is stored elastically, so that the elastic response stays as it is.

    Parameters
    ----------
    system : GroupSystem
    motion : array, shape (r, s)
        Unknowns in r states of the data.
    states : int
        Most unknowns.
    """
    values, vectors = np.linalg.eigh(system.hessian)
    kept = values > RANK_TOLERANCE * values[-1]
    root = np.sqrt(values[kept])[:, None] * vectors[:, kept].T
    inverse = (vectors[:, kept] / np.sqrt(values[kept])).T
    if states < len(root):
        leading = singular_vectors(motion @ root.T)[2][:states]
        root, inverse = leading @ root, leading @ inverse
    return GroupSystem(
        system.elasticity,
        inverse @ system.coupling,
        np.eye(len(root)),
        root @ system.directions,
        system.sizes,
        system.resistance,
    )
