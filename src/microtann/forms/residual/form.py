"""The form "residual": modes of the residual coordinates, a fitted quadratic energy, a return map as a network."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from pydantic import Field

from microtann.data.increments import Dataset
from microtann.errors import ConfigurationError, InputError
from microtann.forms.published.network_loss import ErrorMeasure, StatesLoss, Weight, check_weights
from microtann.forms.published.stiffness import fit_quadratic_energy
from microtann.forms.residual.needless_neurons import (
    squared_error,
    without_needless_neurons,
    without_rare_neurons,
)
from microtann.forms.residual.return_map_update import prepare_return_map, written_out_network
from microtann.numbers.configuration import configuration
from microtann.tann.form import CompiledUpdate, register
from microtann.tann.layers import Activation, DeadZone, Layers, dense
from microtann.tann.pod import PODReduction
from microtann.tann.point import MaterialPoint
from microtann.tann.quadratic_energy import QuadraticEnergy
from microtann.tann.scaling import Scaling
from microtann.tann.state_network import StateNetwork
from microtann.training.descent_and_polish import DescentAndPolish, moving, no_worse, settled
from microtann.training.form import Phase, TrainableForm
from microtann.training.optimise import Method
from microtann.training.preparation import (
    driving_variables,
    elastic_response,
    require_coordinates,
    residual_components,
    scale_of,
)
from microtann.training.selection import check_states, with_groups

MOST_STATES = 22
MOST_ADDED = 1e-3
"""Most of the squared motion of the states that may be given up for fewer neurons, before they are polished."""
ACTIVATIONS: dict[str, Activation] = {"dead-zone": DeadZone(), "relu": jax.nn.relu}


@register
@configuration
class Residual(DescentAndPolish, StatesLoss, TrainableForm):
    """Modes of the residual internal coordinates, a convex quadratic energy, and a return map as a network."""

    name: ClassVar[str] = "residual"
    parts: ClassVar[tuple[type[eqx.Module], ...]] = (PODReduction, QuadraticEnergy, StateNetwork, Layers, DeadZone)
    compiled: ClassVar[CompiledUpdate] = CompiledUpdate(
        QuadraticEnergy, StateNetwork, prepare_return_map, written_out_network
    )
    states: Annotated[
        Annotated[int, Field(ge=1)] | None,
        Field(description="Internal state variables; as many as the rank of the data, up to 22, if not given."),
    ] = None
    coordinates: Annotated[
        tuple[str, ...],
        Field(
            description='Groups of internal coordinates of the data file, such as "displacement" and "force"; '
            "none means all."
        ),
    ] = ()
    seed: Annotated[int, Field(ge=0, description="Seed of all weights and of the order of the data.")] = 0
    widths: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(min_length=1, description="Neurons of the hidden layers of the return map."),
    ] = (96,)
    activation: Annotated[
        Literal["dead-zone", "relu"],
        Field(
            description="Of these neurons: zero between −1 and 1 and linear outside, as yield surfaces make "
            "it, or rectified linear."
        ),
    ] = "dead-zone"
    symmetric: Annotated[
        bool,
        Field(
            description="Whether a material yields in tension as in compression. Neurons with a dead zone then"
            " have no bias, with which two of them could share a yield surface, one a side, and go"
            " wrong far from it."
        ),
    ] = True
    descent_updates: Annotated[
        int, Field(ge=1, description="Updates of stochastic gradient descent (Adam) from the random start.")
    ] = 20000
    batch: Annotated[int, Field(ge=1, description="Increments per update.")] = 500
    learning_rate: Annotated[
        float,
        Field(gt=0.0, description="Rate at the start of the descent; it falls to a thousandth along a cosine."),
    ] = 5e-3
    polish_updates: Annotated[
        int,
        Field(
            ge=0,
            description="Most updates of the quasi-Newton polish (L-BFGS) that follows: a third of them with "
            "all neurons of a single hidden layer, the rest with those that are needed.",
        ),
    ] = 1500
    polish_increments: Annotated[int, Field(ge=1, description="Increments that the polish sees, all at once.")] = (
        8000
    )
    error: Annotated[ErrorMeasure, Field(description="Mean squared or mean absolute errors.")] = "mse"
    state_weight: Annotated[
        Weight,
        Field(
            description="Weight λ of the states in the loss, relative to the other terms; 0 leaves the term out."
        ),
    ] = 1.0
    energy_weight: Annotated[
        Weight,
        Field(
            description="Weight λ of the energy in the loss, relative to the other terms; 0 leaves the term out."
        ),
    ] = 1.0
    stress_weight: Annotated[
        Weight,
        Field(
            description="Weight λ of the stress in the loss, relative to the other terms; 0 leaves the term out."
        ),
    ] = 1.0
    dissipation_weight: Annotated[
        Weight,
        Field(
            description="Weight λ of the dissipation in the loss, relative to the other terms; 0 leaves the "
            "term out."
        ),
    ] = 1.0

    def __post_init__(self) -> None:
        check_weights("Residual", training=self.weights)
        if self.activation == "dead-zone" and len(self.widths) > 1:
            raise ConfigurationError(
                f"Residual: {len(self.widths)} hidden layers of dead zones pass no signal on: use one, "
                'or the activation "relu"'
            )

    def prepare(self, dataset: Dataset) -> Dataset:
        """Return the data with the chosen coordinates."""
        chosen = with_groups(dataset, self.coordinates)
        require_coordinates(chosen)
        return chosen

    def for_increments(self, count: int) -> Residual:
        """Return the form with batches of all increments at most."""
        return replace(self, batch=max(1, min(self.batch, count)))

    def start(self, dataset: Dataset) -> MaterialPoint:
        """Return a point whose modes and energy are fitted to the data, with a random return map.

        Raises
        ------
        InputError
            If the data hold too few elastic increments, or nothing irreversible happens in them.
        """
        data = dataset.training
        if len(data) < self.batch:
            raise InputError(
                f"a batch takes {self.batch} increments, but only {len(data)} are there: use smaller batches"
            )
        scaling = scale_of(data)
        reduction = self._modes(dataset, scaling)
        y, z = scaling.driving.shape[0], reduction.deviation.shape[0]
        network = dense(
            (y + z, *self.widths, z),
            ACTIVATIONS[self.activation],
            jax.random.key(self.seed),
            hidden_bias=not (self.symmetric and self.activation == "dead-zone"),
            last_bias=False,
        )
        untrained = MaterialPoint(
            reduction=reduction,
            energy=QuadraticEnergy(jnp.eye(y + z), jnp.zeros((y - dataset.components,) * 2)),
            evolution=StateNetwork(network),
            scaling=scaling,
            components=dataset.components,
        )
        energy = fit_quadratic_energy(self.to_batch(untrained, moving(data)))
        return eqx.tree_at(lambda point: point.energy, untrained, energy)

    def phases(self) -> tuple[Phase, ...]:
        """Return the descent of the return map, a polish of return map and energy, and one with fewer neurons."""
        all_neurons = self.polish_updates // 3 if len(self.widths) == 1 else self.polish_updates
        needed = self.polish_updates - all_neurons
        return (
            Phase("descent", self.descent_updates, self._return_map),
            Phase("polish", all_neurons, self._pruned, settled=settled),
            *((Phase("fewer neurons", needed, self._needed, settled=settled, accept=no_worse),) if needed else ()),
        )

    def finish(self, point: MaterialPoint, dataset: Dataset) -> MaterialPoint:
        """Leave out neurons that do nothing after the polish, if the loss does not rise without them."""
        data = moving(dataset.training)
        batch = self.to_batch(point, data)
        pruned, loss = without_rare_neurons(point, batch), jax.jit(self.loss(self.reference(batch)))
        return pruned if no_worse(float(loss(pruned, batch)), float(loss(point, batch))) else point

    def _return_map(self, point: MaterialPoint, dataset: Dataset) -> Method:
        return self.descent(point, dataset, frozen=("energy",))

    def _pruned(self, point: MaterialPoint, dataset: Dataset) -> Method:
        batch = self.to_batch(point, moving(dataset.training))
        return self.polish(without_rare_neurons(point, batch), dataset)

    def _needed(self, point: MaterialPoint, dataset: Dataset) -> Method:
        batch = self.to_batch(point, moving(dataset.training))
        allowed = min(math.sqrt(squared_error(point, batch)), MOST_ADDED)
        return self.polish(without_needless_neurons(point, batch, allowed), dataset)

    def _modes(self, dataset: Dataset, scaling: Scaling) -> PODReduction:
        driving, increment = driving_variables(dataset.training, scaling)
        elastic = elastic_response(dataset.training, increment)
        weight, vectors, deviation = residual_components(dataset, driving + increment, increment, elastic)
        rank = len(deviation)
        states = self.states or min(rank, MOST_STATES)
        if states > rank:
            inside = (dataset.training.coordinates_next - (driving + increment) @ elastic.T) * weight
            check_states(states, inside)
        kept = slice(0, min(states, rank))
        return PODReduction(
            *(jnp.asarray(np.asarray(a)) for a in (elastic, weight, vectors[:, kept], deviation[kept]))
        )
