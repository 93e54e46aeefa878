"""The form "variational": a slip system, from the lattice or at random, trained in closed loop on whole walks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Annotated, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from pydantic import Field

from microtann.data.increments import Dataset, Increments
from microtann.errors import ConfigurationError
from microtann.forms.variational.clusters.cluster_start import is_clusterable
from microtann.forms.variational.clusters.field_start import holds_fields
from microtann.forms.variational.cone_flow import ConeFlow
from microtann.forms.variational.cone_update import prepare_cone_flow
from microtann.forms.variational.convergence import verdict
from microtann.forms.variational.convex_energy import ConvexEnergy, with_convex_network
from microtann.forms.variational.data_start import is_discoverable, slips_from_data
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.group_start import clustered_system, evolution_of, system_of_fields
from microtann.forms.variational.held_elasticity import (
    Hold,
    elasticity_of,
    elasticity_of_dataset,
    hold_elasticity,
    unheld,
)
from microtann.forms.variational.idle_slips import size_of_slips, without_idle_slips
from microtann.forms.variational.known_coordinates import VISITED, KnownCoordinates
from microtann.forms.variational.open_reduction import open_reduction, with_open_states
from microtann.forms.variational.random_start import best_start, random_system, trial_updates
from microtann.forms.variational.reduction_fit import SMALLEST, fitted_reduction
from microtann.forms.variational.scaled_walks import ScaledWalks, emphasised, measured_walks, moving_rows, to_walks
from microtann.forms.variational.shown_settings import shown_by
from microtann.forms.variational.slip_reduction import SlipSystem
from microtann.forms.variational.slip_start import is_reducible, reduced_slips
from microtann.forms.variational.slip_update import prepare_flow
from microtann.forms.variational.unused_settings import unused_beside_others, unused_by_start
from microtann.forms.variational.viscous_flow import ViscousFlow, rate_independent, viscous
from microtann.forms.variational.walk_loss import Reference, loss_terms, reference_of, states_along
from microtann.microstructure.metric_of_data import metric_in
from microtann.numbers.configuration import configuration
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.form import CompiledUpdate, register
from microtann.tann.information import TrainingRecord
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction
from microtann.training.descent_and_polish import at_round_off
from microtann.training.form import Phase, TrainableForm, tell_notes
from microtann.training.objective import Terms
from microtann.training.optimise import Method, descent
from microtann.training.preparation import require_memory_for, scale_of

FULL_RATE_ERROR = 1e-2
"""Relative error from which the descent starts at its full rate; below, the rate falls in proportion."""
VALIDATION_WALKS = 60


@register
@configuration
class Variational(TrainableForm):
    """Coupled slips that minimise an incremental energy: the laws of thermodynamics hold for any weights."""

    name: ClassVar[str] = "variational"
    parts: ClassVar[tuple[type[eqx.Module], ...]] = (
        ResidualReduction,
        DecoupledQuadraticEnergy,
        MultisurfaceFlow,
        ViscousFlow,
        ConvexEnergy,
        ConeFlow,
    )
    compiled: ClassVar[tuple[CompiledUpdate, ...]] = (
        CompiledUpdate(DecoupledQuadraticEnergy, MultisurfaceFlow, prepare_flow),
        CompiledUpdate(DecoupledQuadraticEnergy, ConeFlow, prepare_cone_flow),
    )
    runs_away: ClassVar[bool] = False
    weights: ClassVar[Mapping[str, float]] = {"stress": 1.0, "energy": 0.5}

    states: Annotated[int, Field(ge=1, description="Most internal state variables; a lattice may need fewer.")] = (
        24
    )
    slips: Annotated[
        int,
        Field(
            ge=0, description="Slips of the states, which may be more than these; 0 takes three for two states."
        ),
    ] = 0
    group_size: Annotated[
        int,
        Field(
            ge=1,
            description="Slips of a random start that flow together, by their Euclidean norm: 1 are slips alone, "
            "as of bars and fibres; 3 suit solids in the plane, 5 solids in space.",
        ),
    ] = 1
    groups: Annotated[
        int,
        Field(ge=0, description="Groups of slips that flow together; 0 takes three components for two states."),
    ] = 0
    from_lattice: Annotated[
        bool,
        Field(
            description="Whether to start from the microstructure that the data come from, if they tell: the "
            "slips of a lattice, or clusters of points that flow together."
        ),
    ] = True
    from_coordinates: Annotated[
        bool,
        Field(
            description="Whether else to start from the slips that the internal coordinates show, where these "
            "have no more than 110 principal components and show the most of them, or from clusters of points "
            "whose plastic strains they hold; the last choice is a random system."
        ),
    ] = True
    seed: Annotated[int, Field(ge=0, description="Seed of the random start and of the order of the data.")] = 0
    starts: Annotated[
        int,
        Field(
            ge=1,
            description="Random slip systems, from as many seeds, of which the best on the validation walks "
            "after a tenth of the updates, and 100 at least, is trained; they are descended in turn. There is but "
            "one start from a lattice.",
        ),
    ] = 1
    updates: Annotated[
        int,
        Field(
            ge=0, description="Updates of stochastic gradient descent (Adam); 0 leaves a reduced lattice as it is."
        ),
    ] = 3000
    batch: Annotated[int, Field(ge=1, description="Walks per update.")] = 16
    learning_rate: Annotated[
        float,
        Field(gt=0.0, description="Rate at the start of the descent; it falls to a thousandth along a cosine."),
    ] = 1e-2
    prune: Annotated[
        float,
        Field(
            ge=0.0,
            description="Weight of an L1 norm of the slips, relative to its value at the start, in the loss of"
            " the descent, which silences slips; those that have fallen silent are left out, with "
            "the states that none moves, and the rest is trained again without the weight. 1e-3 to"
            " 1e-1 are usual: the more, the fewer slips and states.",
        ),
    ] = 0.0
    convex: Annotated[
        int,
        Field(
            ge=0,
            description="Hidden units of an input-convex network that is added to the quadratic energy, for "
            "materials whose hardening is not linear; 0 leaves the energy quadratic, as that of "
            "any lattice of bars with linear hardening is. There is no compiled update with it, so"
            " that training and recall take many times as long.",
        ),
    ] = 0
    viscosity: Annotated[
        float,
        Field(
            ge=0.0,
            description="η of a power law η |γ̇|^m by which the resistances of the slips grow with their "
            "speed, γ in scaled energies; 0 is rate-independent. Slips are learnt without it, as "
            "from slow processes, and get it afterwards.",
        ),
    ] = 0.0
    rate_exponent: Annotated[float, Field(gt=0.0, description="m of this power law.")] = 1.0

    @property
    def _most_slips(self) -> int:
        return self.slips or self.groups * self.group_size or -(-3 * self.states // 2)

    def _most_groups(self, size: int) -> int:
        """Return how many groups of some size there may be."""
        return self.groups or -(-self._most_slips // size)

    def unused(self) -> Iterable[str]:
        """Return a sentence for every setting that has no effect beside the others."""
        return unused_beside_others(asdict(self), asdict(type(self)()))

    def start(self, dataset: Dataset) -> MaterialPoint:
        """Return a slip system with a reduction that is taken from the data; encoder and decoder are left open.

        Its elastic response is that of the lattice or of the data, and training leaves it alone, unless elastic
        increments follow no linear law.

        Raises
        ------
        InputError
            If the data hold no walk from the virgin state, or hold internal coordinates but too few elastic
            increments or nothing irreversible.
        """
        data = dataset.training
        slips = self._most_slips
        require_memory_for(self.states, slips, moving_rows(data).size)
        scaling = scale_of(data)
        reduction = open_reduction(dataset, scaling, self.from_lattice)
        found, r = bool(reduction.coordinates), len(reduction.deviation)
        v, y = data.strain.shape[1], len(scaling.driving)

        def point_of(system: SlipSystem) -> MaterialPoint:
            z, evolution = len(system.coupling), evolution_of(system)
            if isinstance(evolution, ConeFlow) and (self.convex or self.viscosity):
                raise ConfigurationError(
                    "groups of slips flow in a quadratic energy at any rate alike: leave convex, viscosity at 0"
                )
            point = MaterialPoint(
                reduction=with_open_states(reduction, z),
                energy=DecoupledQuadraticEnergy(
                    jnp.asarray(system.elastic), jnp.asarray(system.coupling), jnp.zeros((y - v, y - v))
                ),
                evolution=evolution,
                scaling=scaling,
                components=v,
            )
            return with_convex_network(point, self.convex, self.seed) if self.convex else point

        if self.from_lattice and is_reducible(dataset):
            system = reduced_slips(dataset, scaling, self.states, slips).system
            self._tell_unused(system, of_lattice=True)
            reduced = point_of(system)
            return self._hold(reduced, dataset)(reduced)
        if self.from_lattice and is_clusterable(dataset):
            reduced = point_of(clustered_system(dataset, scaling, self.states, self._most_groups))
            return self._hold(reduced, dataset)(reduced)
        known = elasticity_of_dataset(dataset, scaling)
        hold = unheld if known is None else hold_elasticity(known)
        if self.from_coordinates and self.group_size == 1 and found and is_discoverable(dataset, r):
            shown = slips_from_data(dataset, scaling, reduction, self.states, slips, self.seed)
            if shown is not None:
                self._tell_unused(shown, of_lattice=False)
                return hold(point_of(shown))
        if self.from_coordinates and found and holds_fields(dataset):
            return hold(point_of(system_of_fields(dataset, scaling, self.states, self._most_groups)))
        seeds = range(self.seed, self.seed + self.starts)
        sizes = (self.group_size,) * self._most_groups(self.group_size)
        starts = [point_of(random_system(seed, y, self.states, sizes, known)) for seed in seeds]
        return self._best([hold(point) for point in starts], dataset)

    @classmethod
    def of_point(cls, point: MaterialPoint) -> Variational:
        """Return the form with the states, slips and their groups, convex network and viscosity of a point."""
        return cls(**shown_by(point))

    def with_states(self, states: int) -> Variational:
        """Return the form with another number of states, and slips in proportion."""
        return replace(self, states=states, slips=round(self._most_slips * states / self.states))

    def go_on(self, point: MaterialPoint, dataset: Dataset) -> MaterialPoint:
        """Return a point whose slips are learnt further; its reduction is taken from the data, and left open."""
        opening = open_reduction(dataset, point.scaling, self.from_lattice)
        return replace(rate_independent(point), reduction=with_open_states(opening, point.states))

    def to_batch(self, point: MaterialPoint, data: Increments) -> ScaledWalks:
        """Return the walks of increments in scaled variables."""
        return to_walks(point, data)

    def reference(self, batch: ScaledWalks) -> Reference:
        """Return the mean squares of the targets."""
        return reference_of(batch)

    def terms(self, point: MaterialPoint, batch: ScaledWalks, reference: Reference) -> dict[str, Float[Array, ""]]:
        """Return the relative mean squares of the errors in closed loop.

        Parameters
        ----------
        point : MaterialPoint
            What is trained.
        batch : ScaledWalks
            In scaled variables.
        reference : Reference
            Mean squares of the targets in the training data.
        """
        return loss_terms(point, batch, reference)

    def phases(self) -> tuple[Phase, ...]:
        """Return the descent, if there is to be one, and another one after pruning."""
        if not self.updates:
            return ()
        descent = Phase("descent", self.updates, self._descent, settled=at_round_off)
        refit = Phase("refit", self.updates, self._refit, settled=at_round_off)
        return (descent, refit) if self.prune > 0.0 else (descent,)

    def validation(self, point: MaterialPoint, dataset: Dataset) -> Callable[[MaterialPoint], Terms]:
        """Return the weighted terms of the loss on validation walks, as a function of the point."""
        metric = metric_in(dataset.provenance, dataset.microstructure, dataset.components)
        held_out, walks = (
            emphasised(measured_walks(point, data, metric), data, dataset.emphasis)
            for data in (dataset.validation, dataset.training)
        )
        most = None if dataset.emphasis else VALIDATION_WALKS  # what is emphasised comes last
        chosen = jax.tree.map(lambda a: a[:most], held_out)
        weighted = self.weighted(reference_of(walks))
        return lambda trained: weighted(trained, chosen)

    def finish(self, point: MaterialPoint, dataset: Dataset) -> MaterialPoint:
        """Return the point with encoder and decoder by least squares, on its own states along the walks.

        Where these do not go, they are those of the lattice, if it is known.
        """
        reduction = point.reduction
        assert isinstance(reduction, ResidualReduction)
        if not reduction.coordinates:
            return viscous(point, self.viscosity, self.rate_exponent)
        walks, rows = to_walks(point, dataset.training), moving_rows(dataset.training)
        seen = dataset.training.with_coordinates
        there = (rows >= 0) & seen[rows]
        state = self.visited_states(point, dataset.training)[seen[rows][rows >= 0]]
        known = KnownCoordinates.of(dataset) if self.from_lattice and self.prune == 0.0 else None
        fitted = fitted_reduction(
            reduction,
            dataset.training.coordinates_next[rows[there]],
            np.asarray(walks.driving)[there],
            state,
            SMALLEST if known is None else VISITED,
        )
        if known is not None:
            fitted = known.completed(
                fitted, lambda: reduced_slips(dataset, point.scaling, self.states, self._most_slips), state
            )
        trained = replace(point, reduction=fitted.without_unused())
        return viscous(trained, self.viscosity, self.rate_exponent)

    def visited_states(self, point: MaterialPoint, data: Increments) -> Float[np.ndarray, "m z"]:
        """Return the states of the model itself along the walks, without viscosity."""
        point = rate_independent(point)
        return np.asarray(states_along(point, to_walks(point, data)))[moving_rows(data) >= 0]

    def verdict(self, history: Sequence[TrainingRecord]) -> str:
        """Return whether the descent has converged, and what would help if not."""
        return verdict(history)

    def _best(self, points: Sequence[MaterialPoint], dataset: Dataset) -> MaterialPoint:
        """Return the best on the validation walks after a tenth of the updates."""
        updates, validate = trial_updates(self.updates, 0.1), self.validation(points[0], dataset)
        short = replace(self, updates=updates)
        return best_start(points, lambda point: short._descent(point, dataset), validate, updates)

    def _refit(self, point: MaterialPoint, dataset: Dataset) -> Method:
        pruned = without_idle_slips(point, to_walks(point, dataset.training))
        return replace(self, prune=0.0)._descent(pruned, dataset)

    def _descent(self, point: MaterialPoint, dataset: Dataset) -> Method:
        metric = metric_in(dataset.provenance, dataset.microstructure, dataset.components)
        walks = emphasised(measured_walks(point, dataset.training, metric), dataset.training, dataset.emphasis)
        reference = reference_of(walks)
        loss = self.loss(reference)
        error = float(jnp.sqrt(jax.jit(loss)(point, jax.tree.map(lambda a: a[:VALIDATION_WALKS], walks))))
        terms = self.weighted(reference)
        before = size_of_slips(point) if self.prune > 0.0 else jnp.ones(())

        hold = self._hold(point, dataset)

        def lowered(moved: MaterialPoint, batch: ScaledWalks) -> Terms:
            held = hold(moved)
            if self.prune == 0.0:
                return terms(held, batch)
            return terms(held, batch) | {"slips": self.prune * size_of_slips(held) / before}

        method = descent(
            point,
            lowered,
            walks,
            updates=self.updates,
            size=self.batch,
            learning_rate=self.learning_rate * (1.0 if self.prune > 0.0 else min(1.0, error / FULL_RATE_ERROR)),
            seed=self.seed,
            block_updates=min(self.updates, 100),
        )
        return method._replace(point=lambda parameters: hold(method.point(parameters)))

    def _tell_unused(self, system: SlipSystem, of_lattice: bool) -> None:
        given, usual = (asdict(form) for form in (self, type(self)()))
        tell_notes(unused_by_start(given, usual, system, of_lattice))

    def _hold(self, point: MaterialPoint, dataset: Dataset) -> Hold:
        """Return what gives moved points the elastic response of ``point``, if it is known."""
        known = self.from_lattice and (is_reducible(dataset) or is_clusterable(dataset))
        if not known and elasticity_of_dataset(dataset, point.scaling) is None:
            return unheld
        return hold_elasticity(elasticity_of(point))
