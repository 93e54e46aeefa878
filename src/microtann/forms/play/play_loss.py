"""The terms of the loss: relative squared errors of an increment (cf. paper, Eqs. 12 and 13)."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from microtann.data.increments import Increments
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction
from microtann.training.preparation import driving_variables


class Batch(NamedTuple):
    """Increments in the scaled variables of a model; residual coordinates as whitened principal components."""

    driving: Float[Array, "n y"]
    increment: Float[Array, "n y"]
    dt: Float[Array, "n"]
    residual: Float[Array, "n r"]
    residual_next: Float[Array, "n r"]
    stress: Float[Array, "n v"]
    stress_next: Float[Array, "n v"]
    energy_next: Float[Array, "n"]
    dissipation: Float[Array, "n"]


class PlayReference(NamedTuple):
    """Mean squares of the targets over the training data."""

    stress: Float[Array, ""]
    energy: Float[Array, ""]
    dissipation: Float[Array, ""]


def to_batch(point: MaterialPoint, data: Increments) -> Batch:
    """Return increments in the scaled variables of ``point``."""
    driving, increment = driving_variables(data, point.scaling)
    stress, energy = np.asarray(point.scaling.stress(point.components)), float(point.scaling.energy)
    reduction = point.reduction
    assert isinstance(reduction, ResidualReduction)
    principal = jax.jit(jax.vmap(reduction.principal))
    return Batch(
        *(
            jnp.asarray(a)
            for a in (
                driving,
                increment,
                data.dt,
                principal(data.coordinates, driving),
                principal(data.coordinates_next, driving + increment),
                data.stress / stress,
                data.stress_next / stress,
                data.energy_next / energy,
                data.dissipation / energy,
            )
        )
    )


def play_reference(batch: Batch) -> PlayReference:
    """Return the mean squares that make the terms of the loss relative."""
    return PlayReference(
        jnp.mean(batch.stress_next**2), jnp.mean(batch.energy_next**2), jnp.mean(batch.dissipation**2)
    )


def play_terms(point: MaterialPoint, batch: Batch, reference: PlayReference) -> dict[str, Float[Array, ""]]:
    """Return the relative mean square of every term.

    The states at t and t + Δt are encoded from the data; the evolution must lead from one to the other ("state"),
    and the energy must give stress and dissipation by its derivatives. The linear decoder has a closed form and
    is fitted afterwards (`microtann.training.decoder`).

    This asks for no order of the increments and for an encoder, which the closed loop of coupled slips does not
    (`microtann.forms.variational.walk_loss`): it is another way to learn, not another material.

    Parameters
    ----------
    point : MaterialPoint
        Of the form "play".
    batch : Batch
        In its scaled variables.
    reference : PlayReference
        Mean squares that the terms are relative to.
    """
    reduction = point.reduction
    assert isinstance(reduction, ResidualReduction)
    before = batch.residual @ reduction.encoder.T
    encoded = batch.residual_next @ reduction.encoder.T
    result = jax.vmap(point.scaled_increment)(batch.driving, before, batch.increment, batch.dt)
    start = jax.vmap(jax.grad(point.energy.__call__))(batch.driving, before)[:, : point.components]
    size = jax.lax.stop_gradient(jnp.mean(encoded**2))
    return {
        "stress": jnp.mean((result.stress - batch.stress_next) ** 2) / reference.stress,
        "stress_start": jnp.mean((start - batch.stress) ** 2) / reference.stress,
        "energy": jnp.mean((result.energy - batch.energy_next) ** 2) / reference.energy,
        "dissipation": jnp.mean((result.dissipation - batch.dissipation) ** 2) / reference.dissipation,
        "state": jnp.mean((result.state - encoded) ** 2) / size,
    }
