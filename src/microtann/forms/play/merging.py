"""Merging of play mechanisms that a random start has found more than once."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.forms.variational.slip_reduction import root_of
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.evolution import PlayMechanisms
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction

Array = NDArray[np.float64]
IDLE = 1e-6
"""A mechanism whose encoder is smaller than this fraction of the largest never flows."""


def merge_mechanisms(point: MaterialPoint, tolerance: float) -> MaterialPoint:
    """Return the point with each set of equal mechanisms replaced by one, and without idle ones.

    Two mechanisms move together if coupling and encoder, divided by the resistance, agree up to a common sign:
    they are then one mechanism cut in two. The sum of their energies and dissipations is that of one mechanism
    with the root of the sum of squares of the resistances. A mechanism whose encoder vanishes never flows in the
    data: what it stores is elastic energy, and is added there. The decoder is left to be fitted again.

    Parameters
    ----------
    point : MaterialPoint
        Of the form "play".
    tolerance : float
        Largest relative difference within a set.
    """
    energy, evolution, reduction = point.energy, point.evolution, point.reduction
    assert isinstance(energy, DecoupledQuadraticEnergy)
    assert isinstance(evolution, PlayMechanisms)
    assert isinstance(reduction, ResidualReduction)
    resistance = np.exp(np.asarray(evolution.log_resistance))
    inputs = energy.coupling.shape[1]
    features = np.concatenate([energy.coupling, reduction.encoder], axis=1) / resistance[:, None]
    largest = np.linalg.norm(features[:, inputs:], axis=1).max()
    elastic = np.asarray(energy.elastic.T @ energy.elastic)
    coupling, encoder, logarithm = [], [], []
    for group in _groups(features, tolerance):
        sense = np.sign(features[group] @ features[group[0]])
        share = resistance[group] ** 2
        total = np.sqrt(share.sum())
        mean = (share * sense) @ features[group] / share.sum()
        if np.linalg.norm(mean[inputs:]) < IDLE * largest:
            elastic = elastic + total**2 * np.outer(mean[:inputs], mean[:inputs])
            continue
        coupling.append(mean[:inputs] * total)
        encoder.append(mean[inputs:] * total)
        logarithm.append(np.log(total))
    return replace(
        point,
        energy=replace(energy, coupling=jnp.asarray(coupling), elastic=jnp.asarray(root_of(elastic))),
        evolution=PlayMechanisms(jnp.asarray(logarithm)),
        reduction=replace(
            reduction, encoder=jnp.asarray(encoder), decoder=jnp.zeros((reduction.decoder.shape[0], len(encoder)))
        ),
    )


def _groups(features: Float[Array, "z f"], tolerance: float) -> list[list[int]]:
    """Return sets of rows that agree with the first of their set up to sign."""
    left = list(range(len(features)))
    groups = []
    while left:
        first = features[left[0]]
        sense = np.where(features[left] @ first < 0, -1.0, 1.0)
        apart = np.linalg.norm(sense[:, None] * features[left] - first, axis=1)
        together = [i for i, d in zip(left, apart, strict=True) if d <= tolerance * np.linalg.norm(first)]
        groups.append(together)
        left = [i for i in left if i not in together]
    return groups
