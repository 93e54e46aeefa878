"""A von Mises solid as one group of slips whose resistance grows: the closed form of a law."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from microtann.fem import VonMises
from microtann.forms.laws.growing_flow import GrowingFlow, HardeningEnergy
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction
from microtann.tann.scaling import Scaling


def point_of(solid: VonMises) -> MaterialPoint:
    """Return a von Mises solid as one group of five: Z = √K a with a the deviators of the plastic strain."""
    shear = solid.young / (2 * (1 + solid.poisson))
    bulk = solid.young / (3 * (1 - 2 * solid.poisson))
    stiffness, trace = 2 * shear + 2 / 3 * solid.hardening, np.array([1, 1, 1, 0, 0, 0.0])
    deviator = np.zeros((5, 6))
    deviator[0, :3], deviator[1, :3] = np.array([1, -1, 0]) / np.sqrt(2), np.array([1, 1, -2]) / np.sqrt(6)
    deviator[2:, 3:] = np.eye(3) / np.sqrt(2)
    left = np.sqrt(2 * shear - 4 * shear**2 / stiffness)
    elastic = np.vstack([np.sqrt(bulk) * trace, left * deviator])
    growth = solid.growth
    quadratic = DecoupledQuadraticEnergy(
        jnp.asarray(elastic), jnp.asarray(2 * shear / np.sqrt(stiffness) * deviator), jnp.zeros((0, 0))
    )
    one = jnp.ones(1)
    energy = HardeningEnergy(
        quadratic,
        np.sqrt(growth.hardening) * one,
        np.sqrt(growth.saturation) * one[:, None],
        np.log(growth.saturation_rate) * one[:, None],
    )
    flow = GrowingFlow(
        np.sqrt(1.5 * stiffness) * jnp.eye(5),
        np.sqrt(solid.yield_stress) * one,
        np.sqrt(growth.viscosity) * one,
        growth.rate_exponent * one,
        (5,),
    )
    empty = ResidualReduction(
        *(jnp.zeros(shape) for shape in ((0, 6), (0,), (0, 0), (0,))), jnp.zeros((6, 0)), jnp.zeros((0, 6))
    )
    return MaterialPoint(empty, energy, flow, Scaling(jnp.ones(6), jnp.ones(())), 6)
