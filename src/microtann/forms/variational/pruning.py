"""Slips that training has silenced are left out, and the states that no slip moves any more.

A slip is silenced by a weight on the size |nᵢ| of its normal, the inverse of its resistance: the sum of these is
an L1 norm of the slip system. Where a slip stops flowing, nothing but this weight acts on it, and its resistance
grows for good.

References
----------
R. Tibshirani, Regression shrinkage and selection via the lasso, J. Royal Statistical Society B 58 (1996), 267-288.
"""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.walks import Walks
from microtann.slips.projection import follow_slips
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction

IDLE = 1e-3
"""Share of the mean dissipation of a slip below which it is left out."""
RANK_TOLERANCE = 1e-9


def size_of_slips(point: MaterialPoint) -> Float[Array, ""]:
    """Return Σ |nᵢ|."""
    assert isinstance(point.evolution, MultisurfaceFlow)
    return jnp.sqrt(jnp.sum(point.evolution.normals**2, axis=0) + 1e-30).sum()


def without_idle_slips(point: MaterialPoint, walks: Walks) -> MaterialPoint:
    """Return a point without the slips that hardly move along walks, and with as many states as the others move.

    What the states at rest would take of a strain is stored elastically, so that nothing else changes.

    Parameters
    ----------
    point : MaterialPoint
        Of coupled slips.
    walks : Walks
    """
    energy, evolution, reduction = point.energy, point.evolution, point.reduction
    assert isinstance(energy, DecoupledQuadraticEnergy)
    assert isinstance(evolution, MultisurfaceFlow)
    assert isinstance(reduction, ResidualReduction)
    slips = follow_slips(evolution.normals, energy.coupling, walks.increment)
    moved = np.abs(np.asarray(slips)).sum(axis=(0, 1))
    flowing = moved > IDLE * moved.mean()
    normals = np.asarray(evolution.normals)[:, flowing]
    basis, size, _ = np.linalg.svd(normals, full_matrices=True)
    rank = int((size > RANK_TOLERANCE * size[0]).sum())
    coupling = np.asarray(energy.coupling)
    at_rest = basis[:, rank:].T @ coupling
    elastic = np.asarray(energy.elastic)
    stored = elastic.T @ elastic + at_rest.T @ at_rest
    values, vectors = np.linalg.eigh(stored)
    r = reduction.encoder.shape[1]
    return replace(
        point,
        reduction=replace(reduction, encoder=jnp.zeros((rank, r)), decoder=jnp.zeros((r, rank))),
        energy=replace(
            energy,
            elastic=jnp.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T),
            coupling=jnp.asarray(basis[:, :rank].T @ coupling),
        ),
        evolution=MultisurfaceFlow(jnp.asarray(basis[:, :rank].T @ normals)),
    )
