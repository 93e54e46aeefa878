"""Random slip systems: what holds for them holds by construction, whatever the weights."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.information import Information
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction
from microtann.tann.scaling import Scaling
from microtann.tann.trained_model import TANN


def random_normals(seed: int, states: int, slips: int) -> np.ndarray:
    """Return random normals of sizes from a tenth to ten."""
    draw = np.random.default_rng(seed)
    return draw.standard_normal((states, slips)) * np.exp(draw.uniform(-2.3, 2.3, slips))


def random_slip_tann(seed: int, states: int, slips: int, components: int = 6, extra: int = 0) -> TANN:
    """Return a variational TANN with random parameters, which decodes a single number."""
    draw = np.random.default_rng(seed)
    y = components + extra

    def normal(*shape: int) -> jnp.ndarray:
        return jnp.asarray(draw.standard_normal(shape))

    point = MaterialPoint(
        reduction=ResidualReduction(
            normal(1, y), jnp.ones(1), jnp.ones((1, 1)), jnp.ones(1), normal(states, 1), normal(1, states)
        ),
        energy=DecoupledQuadraticEnergy(normal(y, y), normal(states, y), normal(extra, extra)),
        evolution=MultisurfaceFlow(jnp.asarray(random_normals(seed, states, slips))),
        scaling=Scaling(jnp.exp(normal(y)), jnp.exp(normal(1))[0]),
        components=components,
    )
    names = tuple(f"extra {i}" for i in range(extra))
    return TANN(point, Information("variational", components, {"x": (1,)}, extra_names=names))
