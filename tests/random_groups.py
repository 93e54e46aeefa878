"""Random groups of slips: what holds for them holds by construction, whatever the weights."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from microtann.forms.laws.growing_flow import GrowingFlow, HardeningEnergy
from microtann.forms.variational.cone_flow import ConeFlow
from microtann.tann.trained_model import TANN
from random_slips import random_slip_tann

MIXED = (1, 3, 5, 1, 3)
"""Components of groups."""


def random_group_tann(
    seed: int, states: int, sizes: tuple[int, ...] = MIXED, components: int = 6, extra: int = 0
) -> TANN:
    """Return a variational TANN of groups with random parameters, which decodes a single number."""
    tann = random_slip_tann(seed, states, sum(sizes), components, extra)
    normals = np.asarray(tann.point.evolution.normals) / np.sqrt(np.repeat(sizes, sizes))  # type: ignore[attr-defined]
    return replace(tann, point=replace(tann.point, evolution=ConeFlow(jnp.asarray(normals), sizes)))


def random_growing_tann(sizes: tuple[int, ...] = (3, 1, 2), extra: int = 0) -> TANN:
    """Return random groups with all laws at once, linear and root viscosity, one without an elastic domain."""
    draw, slips = np.random.default_rng(1), random_slip_tann(1, 4, sum(sizes), components=3, extra=extra)
    groups, point = len(sizes), slips.point
    energy = HardeningEnergy(
        point.energy,  # type: ignore[arg-type]
        jnp.asarray(draw.uniform(0.1, 0.5, groups)),
        jnp.asarray(draw.uniform(0.1, 0.5, (groups, 2))),
        jnp.asarray(draw.uniform(-1.0, 1.0, (groups, 2))),
    )
    evolution = GrowingFlow(
        0.3 * point.evolution.normals,  # type: ignore[attr-defined]
        jnp.asarray([0.7, 0.5, 0.0]),
        jnp.asarray([0.3, 0.4, 0.5]),
        jnp.asarray([1.0, 0.5, 1.0]),
        sizes,
    )
    states = 4 + groups
    reduction = replace(
        point.reduction,
        encoder=jnp.zeros((states, point.reduction.encoder.shape[1])),  # type: ignore[attr-defined]
        decoder=jnp.zeros((point.reduction.decoder.shape[0], states)),  # type: ignore[attr-defined]
    )
    point = replace(point, energy=energy, evolution=evolution, reduction=reduction)
    return TANN(point, replace(slips.information, form="laws"))
