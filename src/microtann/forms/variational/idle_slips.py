"""Slips that training has silenced are left out, and the states that no slip moves any more.

A slip, or a group of them, is silenced by a weight on the size |nᵢ| of its normal, the inverse of its resistance:
the sum of these is an L1 norm of the slip system. Where a slip stops flowing, nothing but this weight acts on it,
and its resistance grows for good.

References
----------
R. Tibshirani, Regression shrinkage and selection via the lasso, J. Royal Statistical Society B 58 (1996), 267-288.
"""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from microtann.cones.cone_projection import norms_of_groups
from microtann.forms.variational.cone_flow import ConeFlow
from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.scaled_walks import ScaledWalks
from microtann.forms.variational.slip_reduction import root_of
from microtann.forms.variational.walk_loss import slips_along
from microtann.numbers.singular_vectors import singular_vectors
from microtann.tann.energy import DecoupledQuadraticEnergy, Energy
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction

Numbers = NDArray[np.float64]
IDLE = 1e-3
"""Share of the mean dissipation of a slip below which it is left out."""
RANK_TOLERANCE = 1e-9


def size_of_slips(point: MaterialPoint) -> Float[Array, ""]:
    """Return Σ |nᵢ|, of groups Σ |N_g|."""
    evolution = point.evolution
    assert isinstance(evolution, MultisurfaceFlow | ConeFlow)
    square = jnp.sum(evolution.normals**2, axis=0)
    if isinstance(evolution, ConeFlow):
        return norms_of_groups(evolution.sizes, jnp.sqrt(square + 1e-30)).sum()
    return jnp.sqrt(square + 1e-30).sum()


def without_idle_slips(point: MaterialPoint, walks: ScaledWalks) -> MaterialPoint:
    """Return a point without the slips that hardly move along walks, and with as many states as the others move.

    What the states at rest would take of a strain is stored elastically, so that nothing else changes, in a
    quadratic energy as in a convex one.

    Parameters
    ----------
    point : MaterialPoint
        Of coupled slips.
    walks : ScaledWalks
    """
    energy, evolution, reduction = point.energy, point.evolution, point.reduction
    assert isinstance(evolution, MultisurfaceFlow | ConeFlow)
    assert isinstance(reduction, ResidualReduction)
    sizes = evolution.sizes if isinstance(evolution, ConeFlow) else (1,) * evolution.normals.shape[1]
    moved = np.asarray(norms_of_groups(sizes, slips_along(point, walks)).sum(axis=(0, 1)))
    kept = moved > IDLE * moved.mean()
    flowing = np.repeat(kept, sizes)
    normals = np.asarray(evolution.normals)[:, flowing]
    basis, size, _ = singular_vectors(normals, full=True)
    rank = int((size > RANK_TOLERANCE * size[0]).sum())
    left = tuple(np.array(sizes)[kept].tolist()) if isinstance(evolution, ConeFlow) else None
    directions = jnp.asarray(basis[:, :rank].T @ normals)
    r = reduction.encoder.shape[1]
    return replace(
        point,
        reduction=replace(reduction, encoder=jnp.zeros((rank, r)), decoder=jnp.zeros((r, rank))),
        energy=_restricted(energy, basis[:, :rank], basis[:, rank:]),
        evolution=MultisurfaceFlow(directions) if left is None else ConeFlow(directions, left),
    )


def _restricted(energy: Energy, moving: Float[Numbers, "z q"], resting: Float[Numbers, "z p"]) -> Energy:
    """Return the energy for states of which only those in a subspace ever move.

    Parameters
    ----------
    energy : DecoupledQuadraticEnergy or ConvexEnergy
    moving, resting : array, shapes (z, q), (z, p)
        Orthonormal bases of the subspace and of the rest, in which states are zero, as in the virgin material.
    """
    if isinstance(energy, ConvexEnergy):
        y = energy.directions.shape[1] - len(moving)
        directions = np.asarray(energy.directions)
        restricted = np.hstack([directions[:, :y], directions[:, y:] @ moving])
        quadratic = _quadratic_restricted(energy.quadratic, moving, resting)
        return replace(energy, quadratic=quadratic, directions=jnp.asarray(restricted))
    assert isinstance(energy, DecoupledQuadraticEnergy)
    return _quadratic_restricted(energy, moving, resting)


def _quadratic_restricted(
    energy: DecoupledQuadraticEnergy, moving: Float[Numbers, "z q"], resting: Float[Numbers, "z p"]
) -> DecoupledQuadraticEnergy:
    coupling, elastic = np.asarray(energy.coupling), np.asarray(energy.elastic)
    at_rest = resting.T @ coupling
    root = root_of(elastic.T @ elastic + at_rest.T @ at_rest)
    return replace(energy, elastic=jnp.asarray(root), coupling=jnp.asarray(moving.T @ coupling))
