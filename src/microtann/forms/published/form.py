"""The form "published": Algorithm 1 with the autoencoder, Algorithm 2 without, then training in closed loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

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
from microtann.training.selection import StateCount

ENCODER = {2: (192, 96, 48, 24), 3: (352, 176, 88, 44)}
STATES = {2: 12, 3: 22}
PAPER: Mapping[str, Any] = {
    "residual": False,
    "initial": "random",
    "optimiser": "nadam",
    "decay": 1.0,
    "patience": 200,
    "epochs": (2500,),
    "batch": (100,),
    "learning_rate": (1e-3,),
    "tuning_epochs": (1000,),
    "tuning_batch": (100,),
    "tuning_rate": (1e-3,),
    "loop_epochs": (),
}
"""Section IV.A: raw coordinates, random weights, NAdam, batches of 100, early stopping, which there came after
some 2500 and 1000 epochs. The paper gives neither learning rates nor patience; 1e-3 is the default of NAdam."""


@register
@configuration
class Published(NetworkForm):
    """Autoencoder, energy and evolution as networks, trained together and then fine-tuned, as published."""

    name: ClassVar[str] = "published"
    recipes: ClassVar[Mapping[str, Mapping[str, Any]]] = {"ours": {}, "paper": PAPER}

    states: Annotated[
        Width | None,
        Field(
            description="Internal state variables. If not given, 12 in two and 22 in three dimensions, as "
            "published, and from a linear start no more than directions in which the coordinates move by 2 % of "
            "the largest."
        ),
    ] = None
    reduction: Annotated[
        Literal["autoencoder", "pod"],
        Field(description="Nonlinear autoencoder, or proper orthogonal decomposition, which needs no training."),
    ] = "autoencoder"
    residual: Annotated[
        bool, Field(description="Whether the elastic response is taken off the coordinates first.")
    ] = True
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
    epochs: Annotated[
        Widths,
        Field(
            description="Most epochs of every stage of training (Algorithm 1); none leaves the autoencoder as it "
            "starts."
        ),
    ] = ()
    batch: Annotated[Widths, Field(description="Increments per update in every stage of training.")] = (400,)
    learning_rate: Annotated[
        tuple[Rate, ...], Field(description="Learning rate at the start of every stage of training.")
    ] = (2e-3,)
    tuning_epochs: Annotated[
        Widths, Field(description="Most epochs of every stage of the fine tuning (Algorithm 2).")
    ] = (60,)
    tuning_batch: Annotated[
        Widths, Field(description="Increments per update in every stage of the fine tuning.")
    ] = (400,)
    tuning_rate: Annotated[
        tuple[Rate, ...], Field(description="Learning rate at the start of every stage of the fine tuning.")
    ] = (3e-3,)
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
        self.check_closed_loop("Published")
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
        few = self.states is None and self.initial == "linear"
        states = StateCount(self.states or STATES[dimension], few)
        hidden = self.encoder_widths or ENCODER[dimension]
        key = jax.random.split(jax.random.key(self.seed), 3)[0]

        def reduce(scaling: Scaling) -> Reduction:
            if self.reduction == "pod":
                return pod(dataset, scaling, states, self.residual)
            linear = self.initial == "linear"
            return autoencoder(dataset, scaling, states, hidden, self.tied, self.residual, key, linear=linear)

        return self.networks(dataset, reduce)

    def phases(self) -> tuple[Phase, ...]:
        """Return Algorithm 1 with loss (13), Algorithm 2 with loss (12) on the states found, then closed loop."""
        first = self.epochs, self.batch, self.learning_rate
        tuning = self.tuning_epochs, self.tuning_batch, self.tuning_rate
        frozen = ("reduction",)
        if self.reduction == "pod":
            single = self.stages("training", self, first, frozen)
        else:
            together = CoordinatesLoss(self.error, self.jacobian, self.coordinates_weights)
            single = self.stages("training", together, first, ())
        return (*single, *self.stages("tuning", self, tuning, frozen), *self.closed_loop())
