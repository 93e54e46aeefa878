"""The form "classical": NN_Z and NN_Ψ on internal state variables that the data name, without an autoencoder."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from microtann.data.increments import Dataset
from microtann.forms.published.learning import NetworkForm, Rate, Widths, check_stages
from microtann.forms.published.network_loss import check_weights
from microtann.forms.published.untrained_parts import given_states
from microtann.numbers.configuration import configuration
from microtann.tann.form import register
from microtann.tann.point import MaterialPoint
from microtann.training.form import Phase


@register
@configuration
class Classical(NetworkForm):
    """Energy and evolution as networks on given internal state variables: chosen groups of the data themselves.

    References
    ----------
    F. Masi, I. Stefanou, P. Vannucci and V. Maffi-Berthier, Thermodynamics-based artificial neural networks for
    constitutive modeling, J. Mech. Phys. Solids 147 (2021), 104277.
    """

    name: ClassVar[str] = "classical"

    epochs: Annotated[Widths, Field(min_length=1, description="Most epochs of every stage of training.")] = (600,)
    batch: Annotated[
        Widths, Field(min_length=1, description="Increments per update in every stage of training.")
    ] = (400,)
    learning_rate: Annotated[
        tuple[Rate, ...], Field(min_length=1, description="Learning rate at the start of every stage.")
    ] = (2e-3,)

    def __post_init__(self) -> None:
        check_stages("Classical", epochs=self.epochs, batch=self.batch, learning_rate=self.learning_rate)
        check_weights("Classical", training=self.weights)

    def start(self, dataset: Dataset) -> MaterialPoint:
        """Return untrained networks on the chosen internal coordinates."""
        return self.networks(dataset, lambda _: given_states(dataset))

    def phases(self) -> tuple[Phase, ...]:
        """Return Algorithm 2 with loss (12)."""
        return self.stages("training", self, (self.epochs, self.batch, self.learning_rate), ("reduction",))
