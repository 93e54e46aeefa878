"""Slip systems of few states and slips from the complete one of a material.

A complete system is reduced twice. Slips whose histories go together are merged into one with a common profile;
and only the principal components of Z along the data are kept. Where there are no more slips than states, the
components in which the slips move are kept instead, so that these are not hindered. What the dropped components of
Z would take of a strain is stored elastically, so that the elastic response stays exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.numbers.singular_vectors import singular_vectors

Array = NDArray[np.float64]
RANK_TOLERANCE = 1e-9
"""Principal components of the states below this fraction of the largest are round-off."""


class SlipSystem(NamedTuple):
    """The arrays of a variational TANN.

    Parameters
    ----------
    elastic : array, shape (v, v)
        P of `microtann.tann.energy.DecoupledQuadraticEnergy`.
    coupling : array, shape (z, v)
        B of it.
    normals : array, shape (z, s)
        Of `microtann.forms.variational.flow.MultisurfaceFlow`, or of
    sizes : tuple of int, optional
        `microtann.forms.variational.cone_flow.ConeFlow`, whose groups have so many columns each.
    """

    elastic: Float[Array, "v v"]
    coupling: Float[Array, "z v"]
    normals: Float[Array, "z s"]
    sizes: tuple[int, ...] | None = None


class ReducedSlips(NamedTuple):
    """A smaller slip system, and how it belongs to the slips of the material.

    Parameters
    ----------
    system : SlipSystem
    slips_of_states : array, shape (m, z)
        γ of the material in states Z that merged slips lead to; with more slips than states, those of the least
        energy.
    states_of_slips : array, shape (z, m)
        Z of any γ.
    """

    system: SlipSystem
    slips_of_states: Float[Array, "m z"]
    states_of_slips: Float[Array, "z m"]


class CompleteSystem(NamedTuple):
    """All slips of a material, and how they moved in some states of the data.

    Parameters
    ----------
    elasticity : array, shape (v, v)
        Elastic stiffness C.
    coupling : array, shape (z, v)
        B: the energy is ½ E·C E − E·Bᵀ Z + ½ |Z|².
    normals : array, shape (z, m)
        Z = Σ nᵢ γᵢ, and slip i flows where |nᵢ · T| = 1.
    slipped : array, shape (n, m)
        γ in n states.
    """

    elasticity: Float[Array, "v v"]
    coupling: Float[Array, "z v"]
    normals: Float[Array, "z m"]
    slipped: Float[Array, "n m"]


def reduce_slips(complete: CompleteSystem, states: int, slips: int) -> ReducedSlips:
    """Return a smaller system.

    Parameters
    ----------
    complete : CompleteSystem
    states, slips : int
        How many it may have at most.
    """
    normals, slipped = complete.normals, complete.slipped
    profiles = merged_slips(slipped, np.linalg.norm(normals, axis=0), slips)
    merged = normals @ profiles
    if merged.shape[1] <= states:
        modes, size, _ = singular_vectors(merged)
        modes = modes.T
    else:
        _, size, modes = singular_vectors(slipped @ normals.T)
    basis = modes[: min(states, int((size > RANK_TOLERANCE * size[0]).sum()))]
    coupling = basis @ complete.coupling
    system = SlipSystem(root_of(complete.elasticity - coupling.T @ coupling), coupling, basis @ merged)
    alone = merged.shape[1] <= states
    slips_of_states = profiles @ np.linalg.pinv(system.normals) if alone else np.linalg.pinv(normals) @ basis.T
    return ReducedSlips(system, slips_of_states, basis @ normals)


def root_of(matrix: Float[Array, "y y"]) -> Float[Array, "y y"]:
    """Return P with PᵀP = matrix, for a symmetric matrix that is positive semi-definite but for round-off."""
    values, vectors = np.linalg.eigh(matrix)
    return np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T


def merged_slips(slipped: Float[Array, "n m"], weight: Float[Array, "m"], slips: int) -> Float[Array, "m s"]:
    """Return profiles of slips that flow together, in columns, whose resistances add up to 1.

    Ward's clustering of the histories says which slips go together; the profile of a set is the leading principal
    component of its histories, weighted by how far each slip moves Z.

    Parameters
    ----------
    slipped : array, shape (n, m)
        γ of every slip in every increment.
    weight : array, shape (m,)
        |nᵢ|: motion of Z per slip.
    slips : int
        Most sets.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    m = slipped.shape[1]
    set_of = fcluster(linkage(slipped.T, "ward"), slips, "maxclust") if slips < m else np.arange(m)
    profiles = np.zeros((m, len(np.unique(set_of))))
    for column, number in enumerate(np.unique(set_of)):
        members = np.flatnonzero(set_of == number)
        leading = singular_vectors(slipped[:, members] * weight[members])[2][0]
        profile = np.abs(leading) / weight[members]
        profiles[members, column] = profile / profile.sum()
    return profiles
