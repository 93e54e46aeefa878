"""Random TANNs: what holds for them holds by construction, whatever the weights."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.evolution import PlayMechanisms
from microtann.tann.information import Information
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction
from microtann.tann.scaling import Scaling
from microtann.tann.trained_model import TANN


def random_tann(seed: int = 0, components: int = 6, extra: int = 0, states: int = 9) -> TANN:
    """Return a TANN with random parameters, five nodes' worth of coordinates and no lattice."""
    draw = np.random.default_rng(seed)
    y, r, coordinates = components + extra, 7, 12

    def normal(*shape: int) -> jnp.ndarray:
        return jnp.asarray(draw.normal(size=shape))

    point = MaterialPoint(
        reduction=ResidualReduction(
            elastic=normal(coordinates, y),
            weight=jnp.exp(normal(coordinates)),
            vectors=jnp.asarray(np.linalg.qr(draw.normal(size=(coordinates, r)))[0]),
            deviation=jnp.exp(normal(r)),
            encoder=normal(states, r),
            decoder=normal(r, states),
        ),
        energy=DecoupledQuadraticEnergy(
            elastic=normal(y, y), coupling=normal(states, y), extra=normal(extra, extra)
        ),
        evolution=PlayMechanisms(log_resistance=normal(states) - 1.0),
        scaling=Scaling(jnp.exp(normal(y)), jnp.exp(normal(1))[0]),
        components=components,
    )
    information = Information(
        form="play",
        components=components,
        coordinate_shapes={"displacement": (3, 2), "force": (6,)},
        extra_names=tuple(f"extra {i}" for i in range(extra)),
        units={"strain": "1", "stress": "Pa"},
    )
    return TANN(point, information)
