"""What the forms with free networks share: the networks NN_Z and NN_Ψ, and training in stages by epochs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from pydantic import Field

from microtann.data.increments import Dataset, Increments
from microtann.errors import ConfigurationError
from microtann.forms.published.linear_start import quadratic_network
from microtann.forms.published.network_loss import ErrorMeasure, PublishedBatch, StatesLoss, Weight
from microtann.forms.published.network_update import prepare_networks, written_out_networks
from microtann.forms.published.state_noise import with_state_noise
from microtann.forms.published.stiffness import fit_stiffness, stress_missed
from microtann.forms.published.untrained_parts import energy_network, rate_network, unit_scales
from microtann.forms.published.window_loss import ClosedLoopLoss
from microtann.numbers.configuration import configuration
from microtann.tann.autoencoder import Autoencoder
from microtann.tann.form import CompiledUpdate
from microtann.tann.given_states import GivenStates
from microtann.tann.layers import Layers, RePU, TransposedLayers
from microtann.tann.network_energy import NetworkEnergy
from microtann.tann.pod import PODReduction
from microtann.tann.point import MaterialPoint
from microtann.tann.rate_network import RateNetwork
from microtann.tann.reduction import Reduction
from microtann.tann.scaling import Scaling
from microtann.training.epochs import OptimiserName, Precision, descent_in_epochs
from microtann.training.form import Phase, TrainableForm, tell_notes
from microtann.training.objective import Objective
from microtann.training.optimise import Method
from microtann.training.preparation import require_coordinates
from microtann.training.selection import check_moving, with_groups
from microtann.training.zero_increments import with_zero_increments

Width = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(gt=0.0)]
Widths = tuple[Width, ...]
MISSED_STRESS = 0.05
"""More than this of the stress, in root mean square, is told to be missed by a quadratic energy."""


@configuration
class NetworkForm(StatesLoss, TrainableForm):
    """Free networks for energy and evolution."""

    parts: ClassVar[tuple[type[eqx.Module], ...]] = (
        Autoencoder,
        PODReduction,
        GivenStates,
        NetworkEnergy,
        RateNetwork,
        Layers,
        TransposedLayers,
        RePU,
    )
    compiled: ClassVar[CompiledUpdate] = CompiledUpdate(
        NetworkEnergy, RateNetwork, prepare_networks, written_out_networks
    )

    coordinates: Annotated[
        tuple[str, ...],
        Field(
            description='Groups of internal coordinates of the data file, such as "displacement" and "force"; '
            "none means all."
        ),
    ] = ()
    seed: Annotated[int, Field(ge=0, description="Seed of all weights and of the order of the data.")] = 0
    evolution_widths: Annotated[
        Widths | None,
        Field(
            description="Neurons of the hidden layers of NN_Z; as published for two or three dimensions if not"
            " given."
        ),
    ] = None
    energy_widths: Annotated[
        Widths | None,
        Field(
            description="Neurons of the hidden layers of NN_Ψ; as published for two or three dimensions if not"
            " given."
        ),
    ] = None
    energy_power: Annotated[int, Field(ge=2, description="Power of the rectified power units of NN_Ψ.")] = 4
    error: Annotated[ErrorMeasure, Field(description="Mean absolute or mean squared errors.")] = "mae"
    optimiser: Annotated[
        OptimiserName,
        Field(
            description="Adam with Nesterov's momentum, or without, or in the eigenbasis of Shampoo's "
            "preconditioner."
        ),
    ] = "soap"
    precision: Annotated[
        Precision, Field(description="Precision of the training; recall is always of float64.")
    ] = "float32"
    decay: Annotated[
        float,
        Field(
            gt=0.0,
            le=1.0,
            description="Learning rate at the end of every stage over that at its start; it falls along a cosine.",
        ),
    ] = 1e-3
    energy_pace: Annotated[
        Annotated[float, Field(ge=0.0)] | None,
        Field(
            description="Learning rate of NN_Ψ over that of the others. If not given, 1 from a random start, and "
            "0 from a linear one, which keeps the quadratic energy; closed loop keeps the energy anyway."
        ),
    ] = None
    patience: Annotated[
        Annotated[int, Field(ge=1)] | None,
        Field(
            description="Epochs without a lower validation loss after which a stage ends, as published; the "
            "best point is kept. If not given, a stage goes on to its end and keeps the last "
            "point: where validation walks leave the range of the training data, their loss says "
            "little, and may be lowest long before the learning rate has fallen."
        ),
    ] = None
    zero_fraction: Annotated[
        float, Field(ge=0.0, description="Zero increments over increments that move; what the data lack is added.")
    ] = 0.2
    initial: Annotated[
        Literal["random", "linear"],
        Field(
            description="Weights at the start: at random; or such that the autoencoder passes on the principal"
            " components, the energy is the quadratic one that fits the data best, and nothing flows."
        ),
    ] = "linear"
    state_noise: Annotated[
        float,
        Field(
            ge=0.0,
            description="Noise on the given states, over their root mean square, in directions in which they "
            "do not move at a given strain; errors there would feed on themselves in recall.",
        ),
    ] = 0.0
    loop_epochs: Annotated[
        Widths,
        Field(
            description="Most epochs of every stage of the training in closed loop, in which the states are those "
            "of the model itself; none leaves it out."
        ),
    ] = (20,)
    loop_batch: Annotated[
        Widths, Field(description="Increments per update in every stage of the training in closed loop.")
    ] = (1000,)
    loop_rate: Annotated[
        tuple[Rate, ...],
        Field(description="Learning rate at the start of every stage of the training in closed loop."),
    ] = (1e-4,)
    loop_length: Annotated[
        int, Field(ge=1, description="Increments that are followed from an exact state in closed loop.")
    ] = 20
    state_weight: Annotated[
        Weight, Field(description="Weight λ of a term of the loss, relative to the others; 0 leaves the term out.")
    ] = 1.0
    energy_weight: Annotated[
        Weight, Field(description="Weight λ of a term of the loss, relative to the others; 0 leaves the term out.")
    ] = 1.0
    stress_weight: Annotated[
        Weight, Field(description="Weight λ of a term of the loss, relative to the others; 0 leaves the term out.")
    ] = 1.0
    dissipation_weight: Annotated[
        Weight, Field(description="Weight λ of a term of the loss, relative to the others; 0 leaves the term out.")
    ] = 1.0

    def prepare(self, dataset: Dataset) -> Dataset:
        """Return the data with the chosen coordinates, and with zero increments.

        Raises
        ------
        InputError
            If a strain component is constant, or there are no such coordinates.
        """
        chosen = with_groups(dataset, self.coordinates)
        require_coordinates(chosen)
        check_moving(chosen)
        return replace(chosen, training=with_zero_increments(chosen.training, self.zero_fraction, self.seed))

    def for_increments(self, count: int) -> NetworkForm:
        """Return the form with batches of an eighth of the increments at most."""
        most = max(1, count // 8)
        smaller: dict[str, Any] = {
            name: tuple(min(size, most) for size in value)
            for name, value in vars(self).items()
            if name.endswith("batch")
        }
        return replace(self, **smaller)

    def with_updates_of(self, many: int, count: int) -> NetworkForm:
        """Return the form with as many updates on ``count`` increments as it would have on ``many``."""
        large, small = self.for_increments(many), self.for_increments(count)
        longer: dict[str, Any] = {}
        for name in ("epochs", "tuning_epochs", "loop_epochs"):
            if getattr(self, name, ()):
                sizes = [getattr(form, name.replace("epochs", "batch")) for form in (large, small)]
                stages = zip(getattr(self, name), *sizes, strict=True)
                longer[name] = tuple(
                    max(1, round(epochs * (many // whole) / (count // part))) for epochs, whole, part in stages
                )
        return replace(small, **longer)

    def networks(self, dataset: Dataset, reduce: Callable[[Scaling], Reduction]) -> MaterialPoint:
        """Return an untrained point with a reduction that is built once the scales are known."""
        scaling = unit_scales(dataset.training)
        reduction = reduce(scaling)
        y, flat = scaling.driving.shape[0], dataset.components <= 3
        evolution = self.evolution_widths or (56 if flat else 88,) * 3
        energy = self.energy_widths or (48 if flat else 96,)
        keys = jax.random.split(jax.random.key(self.seed), 3)[1:]
        states = reduction.encode(jnp.zeros(reduction.coordinates), jnp.zeros(y)).shape[0]
        point = MaterialPoint(
            reduction=reduction,
            energy=energy_network(y, states, energy, self.energy_power, keys[0]),
            evolution=rate_network(
                dataset.training, scaling, states, evolution, keys[1], resting=self.initial == "linear"
            ),
            scaling=scaling,
            components=dataset.components,
        )
        return self.with_quadratic_energy(point, dataset.training) if self.initial == "linear" else point

    def with_quadratic_energy(self, point: MaterialPoint, data: Increments) -> MaterialPoint:
        """Return the point with the energy network that stands for the quadratic energy that fits best.

        The stress is asked not to change where states are moved in directions of which the data say nothing.
        """
        batch = StatesLoss.to_batch(self, point, data)
        stiffness = fit_stiffness(batch, with_state_noise(batch, 1.0, self.seed, next_too=True))
        inputs = np.concatenate([batch.driving + batch.increment, batch.inside_next], axis=1)
        assert isinstance(point.energy, NetworkEnergy)
        missed = stress_missed(stiffness, batch)
        if missed > MISSED_STRESS and not self.energy_pace:
            tell_notes(
                [
                    f"the quadratic energy that the training starts from, and keeps, misses the stress by "
                    f"{missed:.0%}: let it learn (energy_pace = 1e-3), take more states, or start from random "
                    "weights (initial = 'random')"
                ]
            )
        network = quadratic_network(point.energy, stiffness, inputs)
        return eqx.tree_at(lambda p: p.energy, point, network)

    def to_batch(self, point: MaterialPoint, data: Increments) -> PublishedBatch:
        """Return increments in scaled variables, with noise on the states if the form asks for it."""
        batch = super().to_batch(point, data)
        return with_state_noise(batch, self.state_noise, self.seed) if self.state_noise else batch

    def check_closed_loop(self, form: str) -> None:
        """Refuse stages in closed loop that are not complete.

        Raises
        ------
        ConfigurationError
        """
        loop = {"loop_epochs": self.loop_epochs, "loop_batch": self.loop_batch}
        check_stages(form, **loop, loop_rate=self.loop_rate)

    def closed_loop(self) -> tuple[Phase, ...]:
        """Return the phases in which the evolution learns from short walks in closed loop."""
        sizes = tuple(max(1, size // self.loop_length) for size in self.loop_batch)
        plan = self.loop_epochs, sizes, self.loop_rate
        return self.stages(
            "closed loop", ClosedLoopLoss(self, self.loop_length), plan, ("reduction", "energy"), short=True
        )

    def stages(
        self,
        name: str,
        objective: Objective,
        plan: tuple[tuple[int, ...], tuple[int, ...], tuple[float, ...]],
        frozen: tuple[str, ...],
        short: bool = False,
    ) -> tuple[Phase, ...]:
        """Return one phase for every stage of epochs, batch size and learning rate; a part of pace zero is frozen.

        Parameters
        ----------
        name : str
            Of the phases.
        objective : Objective
        plan : (tuple of int, tuple of int, tuple of float)
            Epochs, rows of a batch per update and learning rate of every stage.
        frozen : tuple of str
            Parts that are not trained.
        short : bool
            Whether a batch may be smaller where there are not so many rows.
        """
        pace = self.energy_pace
        if pace is None:
            pace = float(self.initial == "random")
        if pace == 0.0:
            frozen = (*frozen, "energy")

        def phase(number: int, epochs: int, size: int, rate: float) -> Phase:
            def method(point: MaterialPoint, dataset: Dataset) -> Method:
                batch = objective.to_batch(point, dataset.training)
                return descent_in_epochs(
                    point,
                    objective.weighted(objective.reference(batch)),
                    batch,
                    epochs=epochs,
                    size=min(size, len(batch.driving)) if short else size,
                    learning_rate=rate,
                    seed=self.seed,
                    decay=self.decay,
                    optimiser=self.optimiser,
                    precision=self.precision,
                    frozen=frozen,
                    pace={} if "energy" in frozen else {"energy": pace},
                )

            title = f"{name} {number}" if len(plan[0]) > 1 else name
            return Phase(title, epochs, method, objective=objective, patience=self.patience, unit="epoch")

        stages = zip(*plan, strict=True) if plan[0] else ()
        return tuple(phase(i, *stage) for i, stage in enumerate(stages, start=1))


def check_stages(form: str, **plan: tuple[object, ...]) -> None:
    """Refuse stages whose numbers of epochs, batch sizes and learning rates are not equally many.

    Without epochs there is no stage, whatever the others are.

    Raises
    ------
    ConfigurationError
    """
    if next(iter(plan.values())) and len({len(values) for values in plan.values()}) > 1:
        counts = ", ".join(f"{len(values)} in {name}" for name, values in plan.items())
        raise ConfigurationError(f"{form}: every stage needs one value of each, got {counts}")
