"""The form "published": Algorithm 1 with the autoencoder, then Algorithm 2 with the decoder frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Literal

import jax
from pydantic import Field

from microtann.data.increments import Dataset
from microtann.forms.published.learning import NetworkForm, Rate, Width, Widths, check_stages
from microtann.forms.published.network_loss import CoordinatesLoss, JacobianTerm, Weight, check_weights
from microtann.forms.published.untrained_parts import autoencoder, pod
from microtann.numbers.configuration import configuration
from microtann.tann.form import register
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import Reduction
from microtann.tann.scaling import Scaling
from microtann.training.form import Phase

ENCODER = {2: (192, 96, 48, 24), 3: (352, 176, 88, 44)}
STATES = {2: 12, 3: 22}


@register
@configuration
class Published(NetworkForm):
    """Autoencoder, energy and evolution as networks, trained together and then fine-tuned, as published."""

    name: ClassVar[str] = "published"

    states: Annotated[
        Width | None,
        Field(
            description="Internal state variables; 12 in two and 22 in three dimensions, as published, if not "
            "given."
        ),
    ] = None
    reduction: Annotated[
        Literal["autoencoder", "pod"],
        Field(description="Nonlinear autoencoder, or proper orthogonal decomposition, which needs no training."),
    ] = "autoencoder"
    residual: Annotated[
        bool, Field(description="Whether the elastic response is taken off the coordinates first.")
    ] = False
    tied: Annotated[bool, Field(description="Whether the decoder has the transposed weights of the encoder.")] = (
        True
    )
    encoder_widths: Annotated[
        Widths | None, Field(description="Neurons of the hidden layers of the encoder; as published if not given.")
    ] = None
    jacobian: Annotated[
        JacobianTerm,
        Field(
            description="How the derivative of decoder after encoder is held to the identity: in all "
            "directions, along differences of data, or not at all."
        ),
    ] = "probe"
    epochs: Annotated[Widths, Field(min_length=1, description="Most epochs of every stage of training.")] = (300,)
    batch: Annotated[
        Widths, Field(min_length=1, description="Increments per update in every stage of training.")
    ] = (400,)
    learning_rate: Annotated[
        tuple[Rate, ...], Field(min_length=1, description="Learning rate at the start of every stage.")
    ] = (2e-3,)
    tuning_epochs: Annotated[Widths, Field(description="Most epochs of every stage of the fine tuning.")] = (600,)
    tuning_batch: Annotated[
        Widths, Field(description="Increments per update in every stage of the fine tuning.")
    ] = (400,)
    tuning_rate: Annotated[
        tuple[Rate, ...], Field(description="Learning rate at the start of every stage of the fine tuning.")
    ] = (1e-3,)
    coordinates_weight: Annotated[
        Weight,
        Field(
            description="Weight λ of the reconstructed coordinates in the loss of the training; the tuning has"
            " the weight of the states instead."
        ),
    ] = 1.0
    jacobian_weight: Annotated[
        Weight,
        Field(
            description="Weight λ of the derivative of decoder after encoder in the loss of the training; the "
            "tuning has the weight of the states instead."
        ),
    ] = 1.0

    def __post_init__(self) -> None:
        check_stages("Published", epochs=self.epochs, batch=self.batch, learning_rate=self.learning_rate)
        tuning = {"tuning_epochs": self.tuning_epochs, "tuning_batch": self.tuning_batch}
        check_stages("Published", **tuning, tuning_rate=self.tuning_rate)
        check_weights("Published", training=self.coordinates_weights, tuning=self.weights)

    @property
    def coordinates_weights(self) -> Mapping[str, float]:
        """Weights λ of the terms of loss (13)."""
        own = {"coordinates": self.coordinates_weight, "jacobian": self.jacobian_weight}
        return {**own, **self.material_weights}

    def unused(self) -> Iterable[str]:
        """Return a sentence for every setting of the autoencoder where there is none."""
        if self.reduction != "pod":
            return ()
        usual = type(self)()
        names = ("tied", "encoder_widths", "jacobian", "coordinates_weight", "jacobian_weight")
        given = [name for name in names if getattr(self, name) != getattr(usual, name)]
        return tuple(f"{name} is not used: reduction = 'pod' has no autoencoder" for name in given)

    def start(self, dataset: Dataset) -> MaterialPoint:
        """Return untrained networks.

        Raises
        ------
        InputError
            If more internal state variables are asked for than there are coordinates.
        """
        dimension = 2 if dataset.components <= 3 else 3
        states = self.states or STATES[dimension]
        hidden = self.encoder_widths or ENCODER[dimension]
        key = jax.random.split(jax.random.key(self.seed), 3)[0]

        def reduce(scaling: Scaling) -> Reduction:
            if self.reduction == "pod":
                return pod(dataset, scaling, states, self.residual)
            linear = self.initial == "linear"
            return autoencoder(dataset, scaling, states, hidden, self.tied, self.residual, key, linear=linear)

        return self.networks(dataset, reduce)

    def phases(self) -> tuple[Phase, ...]:
        """Return Algorithm 1 with loss (13), then Algorithm 2 with loss (12) on what the encoder has found."""
        first = self.epochs, self.batch, self.learning_rate
        tuning = self.tuning_epochs, self.tuning_batch, self.tuning_rate
        frozen = ("reduction",)
        if self.reduction == "pod":
            return (*self.stages("training", self, first, frozen), *self.stages("tuning", self, tuning, frozen))
        together = CoordinatesLoss(self.error, self.jacobian, self.coordinates_weights)
        return (*self.stages("training", together, first, ()), *self.stages("tuning", self, tuning, frozen))
