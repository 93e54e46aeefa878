"""The form "laws": groups of slips whose resistances grow with what has flowed and with the rate of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Annotated, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from pydantic import Field

from microtann.cones.growing_projection import follow_growing_forces
from microtann.data.increments import Dataset, Increments
from microtann.forms.laws.growing_flow import GrowingFlow, HardeningEnergy
from microtann.forms.laws.growing_update import prepare_growing_flow
from microtann.forms.laws.timed_walks import TimedWalks, timed_rows, to_timed_walks
from microtann.forms.variational.held_elasticity import Hold, elasticity_of_dataset, hold_elasticity, unheld
from microtann.forms.variational.random_start import best_start, random_system, trial_updates
from microtann.forms.variational.reduction_fit import fitted_reduction
from microtann.forms.variational.walk_loss import Reference
from microtann.numbers.configuration import configuration
from microtann.numbers.singular_vectors import singular_vectors
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.form import CompiledUpdate, register
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction
from microtann.tann.scaling import Scaling
from microtann.training.descent_and_polish import at_round_off, settled
from microtann.training.form import Phase, TrainableForm
from microtann.training.objective import Terms
from microtann.training.optimise import Method, descent, polish
from microtann.training.preparation import (
    driving_variables,
    elastic_response,
    require_memory_for,
    residual_components,
    scale_of,
)

DEVIATORS: dict[int, int] = {6: 5, 3: 3}
"""Components of a deviator by those of the strain."""
LEAST_EXPONENT = 0.02
"""Smallest power of the rate that is learnt: below, a viscosity is hardly told from a resistance at rest."""
VALIDATION_WALKS = 60
TRIALS = 0.15
"""Share of the updates after which the best of several starts goes on."""


@register
@configuration
class Laws(TrainableForm):
    """Groups whose resistances grow by hardening, saturation and viscosity: the laws of phases, learnt."""

    name: ClassVar[str] = "laws"
    parts: ClassVar[tuple[type[eqx.Module], ...]] = (
        ResidualReduction,
        DecoupledQuadraticEnergy,
        HardeningEnergy,
        GrowingFlow,
    )
    compiled: ClassVar[CompiledUpdate] = CompiledUpdate(HardeningEnergy, GrowingFlow, prepare_growing_flow)
    runs_away: ClassVar[bool] = False
    weights: ClassVar[Mapping[str, float]] = {"stress": 1.0, "energy": 0.5}

    states: Annotated[int, Field(ge=1, description="Internal state variables, beside one for every group.")] = 5
    groups: Annotated[int, Field(ge=1, description="Groups of slips that flow together.")] = 1
    group_size: Annotated[
        int,
        Field(ge=0, description="Slips of a group; 0 takes 5 in space and 3 in the plane, those of deviators."),
    ] = 0
    hardening: Annotated[
        bool, Field(description="Whether resistances grow in proportion to what has flowed (isotropic hardening).")
    ] = True
    saturations: Annotated[
        int, Field(ge=0, description="Terms Q (1 - exp(-b p)) by which they grow up to a saturation (Voce).")
    ] = 1
    viscosity: Annotated[
        bool, Field(description="Whether they grow with a power of the rate; durations must vary in the data.")
    ] = True
    elastic_domain: Annotated[
        bool,
        Field(
            description="Whether groups resist at rest; viscoelastic ones do not. Data without elastic increments "
            "have no such domain if there is a viscosity."
        ),
    ] = True
    rate_exponent: Annotated[float, Field(gt=0.0, le=1.0, description="This power.")] = 1.0
    learn_exponent: Annotated[
        bool, Field(description="Whether this power is learnt too, one for every group, from rate_exponent on.")
    ] = False
    seed: Annotated[int, Field(ge=0, description="Seed of the random start and of the order of the data.")] = 0
    starts: Annotated[
        int,
        Field(
            ge=1,
            description="Random starts, from as many seeds, of which the best on the validation walks after a "
            "part of the updates goes on.",
        ),
    ] = 1
    updates: Annotated[int, Field(ge=1, description="Updates of stochastic gradient descent (Adam).")] = 2000
    batch: Annotated[int, Field(ge=1, description="Walks per update.")] = 16
    learning_rate: Annotated[
        float, Field(gt=0.0, description="Rate at its start, which falls along a cosine.")
    ] = 3e-2
    polish_updates: Annotated[
        int, Field(ge=0, description="Most updates of the quasi-Newton polish at the end (L-BFGS).")
    ] = 500
    polish_walks: Annotated[int, Field(ge=1, description="Walks that the polish sees, all at once.")] = 60

    def unused(self) -> Iterable[str]:
        """Return a sentence for every setting that has no effect beside the others."""
        if self.learn_exponent and not self.viscosity:
            yield "learn_exponent is not used: the groups have no viscosity"

    def start(self, dataset: Dataset) -> MaterialPoint:
        """Return random groups with a reduction from the data; of several starts the best after a few updates.

        Raises
        ------
        InputError
            If the data hold no walk from the virgin state, or nothing irreversible.
        """
        data = dataset.training
        scaling = scale_of(data)
        driving, increment = driving_variables(data, scaling)
        v, y = data.strain.shape[1], driving.shape[1]
        size = self.group_size or int(DEVIATORS.get(v) or v)
        require_memory_for(self.states, self.groups * size, timed_rows(data).size)
        found = data.coordinates.shape[1] > 0
        elastic = elastic_response(data, increment) if found else np.zeros((0, y))
        weight, vectors, deviation = (
            residual_components(dataset, driving + increment, increment, elastic)
            if found
            else (np.zeros(0), np.zeros((0, 0)), np.zeros(0))
        )
        z, r = self.states + self.groups, len(deviation)
        reduction = ResidualReduction(
            jnp.asarray(elastic),
            jnp.asarray(weight),
            jnp.asarray(vectors),
            jnp.asarray(deviation),
            encoder=jnp.zeros((z, r)),
            decoder=jnp.zeros((r, z)),
        )
        known = elasticity_of_dataset(dataset, scaling)
        resists = self.elastic_domain and (known is not None or not self.viscosity)
        pace = float(np.median(data.dt)) ** self.rate_exponent

        def point_of(seed: int) -> MaterialPoint:
            system = random_system(seed, y, self.states, (size,) * self.groups, known)
            one, terms = np.ones(self.groups), np.ones((self.groups, self.saturations))
            energy = HardeningEnergy(
                DecoupledQuadraticEnergy(
                    jnp.asarray(system.elastic), jnp.asarray(system.coupling), jnp.zeros((y - v, y - v))
                ),
                jnp.asarray(0.3 * self.hardening * one),
                jnp.asarray(0.3 * terms),
                jnp.asarray(np.log(1.0 + np.arange(self.saturations)) * terms),
            )
            evolution = GrowingFlow(
                jnp.asarray(evened(system.normals, size)),
                jnp.asarray(resists * one),
                jnp.asarray(np.sqrt(0.1 * pace) * self.viscosity * one),
                jnp.asarray(self.rate_exponent * one),
                (size,) * self.groups,
            )
            return self._hold(dataset, scaling)(MaterialPoint(reduction, energy, evolution, scaling, v))

        return self._best([point_of(self.seed + i) for i in range(self.starts)], dataset)

    def to_batch(self, point: MaterialPoint, data: Increments) -> TimedWalks:
        """Return the walks of increments in scaled variables."""
        return to_timed_walks(point, data)

    def reference(self, batch: TimedWalks) -> Reference:
        """Return the mean squares of the targets."""
        return _reference_of(batch)

    def terms(self, point: MaterialPoint, batch: TimedWalks, reference: Reference) -> dict[str, Float[Array, ""]]:
        """Return the relative mean squares of the errors in closed loop.

        Parameters
        ----------
        point : MaterialPoint
            What is trained.
        batch : TimedWalks
            In scaled variables.
        reference : Reference
            Mean squares of the targets in the training data.
        """
        energy, conjugate = jax.vmap(jax.vmap(jax.value_and_grad(point.energy.__call__)))(
            batch.driving, growing_states(point, batch)
        )
        return {
            "stress": _mean((conjugate[..., : point.components] - batch.stress) ** 2, batch) / reference.stress,
            "energy": _mean((energy - batch.energy)[..., None] ** 2, batch) / reference.energy,
        }

    def phases(self) -> tuple[Phase, ...]:
        """Return the descent and the polish."""
        descended = Phase("descent", self.updates, self._descent, settled=at_round_off)
        polished = Phase("polish", self.polish_updates, self._polish, settled=settled)
        return (descended, polished) if self.polish_updates else (descended,)

    def validation(self, point: MaterialPoint, dataset: Dataset) -> Callable[[MaterialPoint], Terms]:
        """Return the weighted terms of the loss on validation walks, as a function of the point."""
        chosen = jax.tree.map(lambda a: a[:VALIDATION_WALKS], to_timed_walks(point, dataset.validation))
        weighted = self.weighted(_reference_of(to_timed_walks(point, dataset.training)))
        return lambda trained: weighted(trained, chosen)

    def finish(self, point: MaterialPoint, dataset: Dataset) -> MaterialPoint:
        """Return the point with encoder and decoder by least squares, on its own states along the walks."""
        reduction = point.reduction
        assert isinstance(reduction, ResidualReduction)
        rows = timed_rows(dataset.training)
        there = rows >= 0
        driving = np.asarray(to_timed_walks(point, dataset.training).driving)[there]
        state = self.visited_states(point, dataset.training)
        coordinates = dataset.training.coordinates_next[rows[there]]
        return replace(point, reduction=fitted_reduction(reduction, coordinates, driving, state).without_unused())

    def visited_states(self, point: MaterialPoint, data: Increments) -> Float[np.ndarray, "m z"]:
        """Return the states of the model itself along the walks."""
        return np.asarray(growing_states(point, to_timed_walks(point, data)))[timed_rows(data) >= 0]

    def _hold(self, dataset: Dataset, scaling: Scaling) -> Hold:
        """Return what gives points powers in range and, if elastic increments tell it, the elastic response."""
        known = elasticity_of_dataset(dataset, scaling)
        hold = unheld if known is None else hold_elasticity(known)

        def held(point: MaterialPoint) -> MaterialPoint:
            energy, evolution = point.energy, point.evolution
            assert isinstance(energy, HardeningEnergy)
            assert isinstance(evolution, GrowingFlow)
            point = replace(point, evolution=replace(evolution, exponent=self._exponent(evolution.exponent)))
            quadratic = hold(replace(point, energy=energy.quadratic)).energy
            assert isinstance(quadratic, DecoupledQuadraticEnergy)
            return replace(point, energy=replace(energy, quadratic=quadratic))

        return held

    def _exponent(self, moved: Float[Array, "G"]) -> Float[Array, "G"]:
        """Return the given powers, or those that a descent moves, held in range without stopping it there."""
        if not self.learn_exponent:
            return jnp.full_like(moved, self.rate_exponent)
        return moved + jax.lax.stop_gradient(jnp.clip(moved, LEAST_EXPONENT, 1.0) - moved)

    def _best(self, points: list[MaterialPoint], dataset: Dataset) -> MaterialPoint:
        """Return the best on the validation walks after a part of the updates."""
        updates, validate = trial_updates(self.updates, TRIALS), self.validation(points[0], dataset)
        short = replace(self, updates=updates)
        return best_start(points, lambda point: short._descent(point, dataset), validate, updates)

    def _descent(self, point: MaterialPoint, dataset: Dataset) -> Method:
        walks, hold = to_timed_walks(point, dataset.training), self._hold(dataset, point.scaling)
        terms = self.weighted(_reference_of(walks))
        method = descent(
            point,
            lambda moved, batch: terms(hold(moved), batch),
            walks,
            updates=self.updates,
            size=self.batch,
            learning_rate=self.learning_rate,
            seed=self.seed,
            block_updates=min(self.updates, 100),
        )
        return method._replace(point=lambda parameters: hold(method.point(parameters)))

    def _polish(self, point: MaterialPoint, dataset: Dataset) -> Method:
        walks, hold = to_timed_walks(point, dataset.training), self._hold(dataset, point.scaling)
        terms = self.weighted(_reference_of(walks))
        chosen = jax.tree.map(lambda a: a[: self.polish_walks], walks)
        method = polish(point, lambda moved, batch: terms(hold(moved), batch), chosen)
        return method._replace(point=lambda parameters: hold(method.point(parameters)))


def evened(normals: Float[np.ndarray, "z m"], size: int) -> Float[np.ndarray, "z m"]:
    """Return directions that are orthogonal within every group and of one length, as far as there are so many."""
    parts = []
    for first in range(0, normals.shape[1], size):
        part = normals[:, first : first + size]
        left, lengths, right = singular_vectors(part)
        parts.append(np.sqrt(np.mean(lengths**2)) * left @ right)
    return np.concatenate(parts, axis=1)


def growing_states(point: MaterialPoint, walks: TimedWalks) -> Float[Array, "B T zG"]:
    """Return (Z, p) after every increment, from the virgin state on."""
    energy, evolution = point.energy, point.evolution
    assert isinstance(energy, HardeningEnergy)
    assert isinstance(evolution, GrowingFlow)
    coupling = energy.quadratic.coupling
    force, grown = follow_growing_forces(
        evolution.sizes, evolution.normals, evolution.laws(energy), walks.increment @ coupling.T, walks.dt
    )
    return jnp.concatenate([walks.driving @ coupling.T - force, grown], axis=-1)


def _reference_of(walks: TimedWalks) -> Reference:
    """Return the mean squares of the targets; infinite for an energy that the data do not hold."""
    energy = _mean(walks.energy[..., None] ** 2, walks)
    return Reference(_mean(walks.stress**2, walks), jnp.where(energy > 0.0, energy, jnp.inf))


def _mean(values: Float[Array, "B T v"], walks: TimedWalks) -> Float[Array, ""]:
    return jnp.sum(values * walks.weight[..., None]) / (jnp.sum(walks.weight) * values.shape[-1])
