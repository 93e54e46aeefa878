"""Random groups of slips: what holds for them holds by construction, whatever the weights."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

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
