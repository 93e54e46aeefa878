"""The terms of the loss: relative squared errors of the response along whole walks, in closed loop."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from microtann.cones.cone_projection import follow_group_forces, follow_groups
from microtann.forms.variational.cone_flow import ConeFlow
from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.minimum import minimise, slips_of_minimum
from microtann.forms.variational.scaled_walks import ScaledWalks
from microtann.slips.projection import follow_forces, follow_slips
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.point import MaterialPoint


class Reference(NamedTuple):
    """Mean squares of the targets over the training data; infinite for an energy that these do not hold."""

    stress: Float[Array, ""]
    energy: Float[Array, ""]


def reference_of(walks: ScaledWalks) -> Reference:
    """Return the mean squares that make the terms of the loss relative."""
    stress = _mean(_measured(walks.stress, walks) ** 2, walks.weight)
    energy = _mean(walks.energy[..., None] ** 2, walks.weight)
    return Reference(stress, jnp.where(energy > 0.0, energy, jnp.inf))


def states_along(point: MaterialPoint, walks: ScaledWalks) -> Float[Array, "B T z"]:
    """Return Z after every increment, from the virgin state on.

    In a quadratic energy whole walks are followed at once, else an increment at a time.
    """
    energy, evolution = point.energy, point.evolution
    if isinstance(evolution, ConeFlow):
        assert isinstance(energy, DecoupledQuadraticEnergy)
        driven = walks.increment @ energy.coupling.T
        return walks.driving @ energy.coupling.T - follow_group_forces(evolution.sizes, evolution.normals, driven)
    assert isinstance(evolution, MultisurfaceFlow)
    if isinstance(energy, ConvexEnergy):
        return _followed(evolution, energy, walks)
    assert isinstance(energy, DecoupledQuadraticEnergy)
    force = follow_forces(evolution.normals, energy.coupling, walks.increment)
    return walks.driving @ energy.coupling.T - force


def slips_along(point: MaterialPoint, walks: ScaledWalks) -> Float[Array, "B T s"]:
    """Return the slips γ of every increment, from the virgin state on; not to be differentiated."""
    energy, evolution = point.energy, point.evolution
    if isinstance(evolution, ConeFlow):
        assert isinstance(energy, DecoupledQuadraticEnergy)
        return follow_groups(evolution.sizes, evolution.normals, walks.increment @ energy.coupling.T)[1]
    assert isinstance(evolution, MultisurfaceFlow)
    if isinstance(energy, DecoupledQuadraticEnergy):
        return follow_slips(evolution.normals, energy.coupling, walks.increment)
    assert isinstance(energy, ConvexEnergy)
    states = _followed(evolution, energy, walks)
    before = jnp.concatenate([jnp.zeros_like(states[:, :1]), states[:, :-1]], axis=1)
    one = jax.vmap(slips_of_minimum, in_axes=(None, None, 0, 0))
    return jax.vmap(one, in_axes=(None, None, 0, 0))(energy, evolution.normals, walks.driving, before)


def _followed(evolution: MultisurfaceFlow, energy: ConvexEnergy, walks: ScaledWalks) -> Float[Array, "B T z"]:
    """Return Z after every increment, one increment at a time."""

    def advance(state: Float[Array, "B z"], driving: Float[Array, "B y"]) -> tuple[Array, Array]:
        after = jax.vmap(minimise, in_axes=(None, None, 0, 0))(energy, evolution.normals, driving, state)
        return after, after

    virgin = jnp.zeros((len(walks.driving), evolution.normals.shape[0]))
    _, states = jax.lax.scan(advance, virgin, jnp.swapaxes(walks.driving, 0, 1))
    return jnp.swapaxes(states, 0, 1)


def loss_terms(point: MaterialPoint, walks: ScaledWalks, reference: Reference) -> dict[str, Float[Array, ""]]:
    """Return the relative mean square of every term.

    The states are those of the model itself along the walks, so that what is learnt is what recall will do. Energy
    and stress say together what is dissipated; where the energy is not known, the stress alone is learnt from.

    Parameters
    ----------
    point : MaterialPoint
    walks : ScaledWalks
        In its scaled variables.
    reference : Reference
        Mean squares that the terms are relative to.
    """
    state = states_along(point, walks)
    value_and_slope = jax.vmap(jax.vmap(jax.value_and_grad(point.energy.__call__)))
    energy, conjugate = value_and_slope(walks.driving, state)
    stress_error = conjugate[..., : point.components] - walks.stress
    energy_error = (energy - walks.energy)[..., None]
    return {
        "stress": _mean(_measured(stress_error, walks) ** 2, walks.weight) / reference.stress,
        "energy": _mean(energy_error**2, walks.weight) / reference.energy,
    }


def _measured(stress: Float[Array, "B T v"], walks: ScaledWalks) -> Float[Array, "B T v"]:
    """Return stresses as their errors count."""
    return stress if walks.measure is None else jnp.einsum("bij,btj->bti", walks.measure, stress)


def _mean(values: Float[Array, "B T v"], weight: Float[Array, "B T"]) -> Float[Array, ""]:
    return jnp.sum(values * weight[..., None]) / (jnp.sum(weight) * values.shape[-1])
