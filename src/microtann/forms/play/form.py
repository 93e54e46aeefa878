"""The form "play": descent from a random start, polish, merging of equal mechanisms, and polish again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from pydantic import Field

from microtann.data.increments import Dataset, Increments
from microtann.forms.play.merging import merge_mechanisms
from microtann.forms.play.play_loss import Batch, PlayReference, play_reference, play_terms, to_batch
from microtann.forms.play.play_update_kernel import prepare_play
from microtann.numbers.configuration import configuration
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.evolution import PlayMechanisms
from microtann.tann.form import CompiledUpdate, register
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction
from microtann.training.decoder import fit_decoder
from microtann.training.descent_and_polish import DescentAndPolish, no_worse, settled
from microtann.training.form import Phase, TrainableForm
from microtann.training.preparation import (
    driving_variables,
    elastic_response,
    require_coordinates,
    require_memory_for,
    residual_components,
    scale_of,
)


@register
@configuration
class Play(DescentAndPolish, TrainableForm):
    """Independent play mechanisms on residual internal coordinates, with a quadratic energy."""

    name: ClassVar[str] = "play"
    parts: ClassVar[tuple[type[eqx.Module], ...]] = (ResidualReduction, DecoupledQuadraticEnergy, PlayMechanisms)
    compiled: ClassVar[CompiledUpdate] = CompiledUpdate(DecoupledQuadraticEnergy, PlayMechanisms, prepare_play)
    runs_away: ClassVar[bool] = False
    weights: ClassVar[Mapping[str, float]] = {
        "stress": 1.0,
        "stress_start": 0.5,
        "energy": 0.5,
        "dissipation": 0.3,
        "state": 0.5,
    }

    states: Annotated[
        int,
        Field(
            ge=1, description="Internal state variables to start with; play mechanisms found to be one are merged."
        ),
    ] = 22
    seed: Annotated[int, Field(ge=0, description="Seed of the random start and of the order of the data.")] = 0
    descent_updates: Annotated[
        int, Field(ge=1, description="Updates of stochastic gradient descent (Adam) from the random start.")
    ] = 8000
    batch: Annotated[int, Field(ge=1, description="Increments per update.")] = 1000
    learning_rate: Annotated[
        float,
        Field(gt=0.0, description="Rate at the start of the descent; it falls to a thousandth along a cosine."),
    ] = 5e-3
    polish_updates: Annotated[
        int, Field(ge=0, description="Most updates of the quasi-Newton polish (L-BFGS) that follows.")
    ] = 1500
    polish_increments: Annotated[int, Field(ge=1, description="Increments that the polish sees, all at once.")] = (
        8000
    )
    merge_tolerance: Annotated[
        float,
        Field(
            gt=0.0,
            description="Relative difference below which two mechanisms are tried as one; they stay so if the "
            "loss does not rise.",
        ),
    ] = 1e-3

    def start(self, dataset: Dataset) -> MaterialPoint:
        """Return a point whose fixed parts are taken from the training data, and the others at random.

        The elastic response A of the internal coordinates is the least-squares solution of Δξ = A Δy over the
        increments without dissipation; the residual ξ − A y is expressed in its principal components; encoder
        and energy start at random.

        Raises
        ------
        InputError
            If the data hold no internal coordinates or too few elastic increments, or nothing irreversible happens
            in them.
        """
        require_coordinates(dataset)
        require_memory_for(
            self.states, dataset.training.coordinates.shape[1], max(self.batch, self.polish_increments)
        )
        data = dataset.training
        scaling = scale_of(data)
        driving, increment = driving_variables(data, scaling)
        elastic = elastic_response(data, increment)
        weight, vectors, deviation = residual_components(dataset, driving + increment, increment, elastic)
        v, y, r, z = data.strain.shape[1], driving.shape[1], len(deviation), self.states
        keys = jax.random.split(jax.random.key(self.seed), 2)
        width = 1.0 / np.sqrt(z)
        return MaterialPoint(
            reduction=ResidualReduction(
                elastic=jnp.asarray(elastic),
                weight=jnp.asarray(weight),
                vectors=jnp.asarray(vectors),
                deviation=jnp.asarray(deviation),
                encoder=jax.random.normal(keys[0], (z, r)) * width / np.sqrt(r),
                decoder=jnp.zeros((r, z)),
            ),
            energy=DecoupledQuadraticEnergy(
                elastic=0.5 * jnp.eye(y),
                coupling=jax.random.normal(keys[1], (z, y)) * width,
                extra=jnp.zeros((y - v, y - v)),
            ),
            evolution=PlayMechanisms(log_resistance=jnp.full(z, np.log(0.5 * width))),
            scaling=scaling,
            components=v,
        )

    def to_batch(self, point: MaterialPoint, data: Increments) -> Batch:
        """Return increments in scaled variables."""
        return to_batch(point, data)

    def reference(self, batch: Batch) -> PlayReference:
        """Return the mean squares of the targets."""
        return play_reference(batch)

    def terms(self, point: MaterialPoint, batch: Batch, reference: PlayReference) -> dict[str, Float[Array, ""]]:
        """Return the relative mean squares of the errors.

        Parameters
        ----------
        point : MaterialPoint
            What is trained.
        batch : Batch
            In scaled variables.
        reference : PlayReference
            Mean squares of the targets in the training data.
        """
        return play_terms(point, batch, reference)

    def phases(self) -> tuple[Phase, ...]:
        """Return descent, polish, and a second polish if merging finds mechanisms that the first has made equal.

        Mechanisms are not merged before the polish: until then nothing tells two copies of one from two that are
        close.
        """
        return (
            Phase("descent", self.descent_updates, self.descent),
            Phase("polish", self.polish_updates, self.polish, settled=settled),
            Phase("refine", self.polish_updates, self.polish, self._merged, settled, no_worse),
        )

    def finish(self, point: MaterialPoint, dataset: Dataset) -> MaterialPoint:
        """Fit the decoder to the states that the evolution predicts."""
        reduction = point.reduction
        assert isinstance(reduction, ResidualReduction)
        batch = to_batch(point, dataset.training)
        before = batch.residual @ reduction.encoder.T
        result = jax.jit(jax.vmap(point.scaled_increment))(batch.driving, before, batch.increment, batch.dt)
        return replace(point, reduction=fit_decoder(reduction, result.state, np.asarray(batch.residual_next)))

    def _merged(self, point: MaterialPoint) -> MaterialPoint | None:
        merged = merge_mechanisms(point, self.merge_tolerance)
        return merged if merged.states < point.states else None
