"""The losses of the paper: with internal coordinates (Eq. 13), and with internal state variables (Eq. 12)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from pydantic import Field

from microtann.data.increments import Increments
from microtann.errors import ConfigurationError
from microtann.tann.autoencoder import Autoencoder
from microtann.tann.point import Increment, MaterialPoint
from microtann.training.objective import Objective
from microtann.training.preparation import driving_variables

ErrorMeasure = Literal["mae", "mse"]
"""Mean absolute error (Eq. 11), or mean squared error."""
Weight = Annotated[float, Field(ge=0.0)]
"""Weight λ of a term of the loss; 0 leaves it out."""
JacobianTerm = Literal["exact", "probe", "none"]
"""How ∇ED is held to the identity: in all directions, along differences of data, or not at all."""


class PublishedBatch(NamedTuple):
    """Increments in the scaled variables of a model; "inside" are states, or the coordinates of an encoder.

    The evolution sees "seen", which is "inside" unless noise has been added to it.
    """

    driving: Float[Array, "n y"]
    increment: Float[Array, "n y"]
    dt: Float[Array, "n"]
    stress: Float[Array, "n v"]
    stress_next: Float[Array, "n v"]
    energy_next: Float[Array, "n"]
    dissipation: Float[Array, "n"]
    inside: Float[Array, "n k"]
    inside_next: Float[Array, "n k"]
    seen: Float[Array, "n k"]


class TargetSizes(NamedTuple):
    """Sizes of the targets in the training data, by which errors are divided."""

    stress: Float[Array, ""]
    energy: Float[Array, ""]
    dissipation: Float[Array, ""]
    inside: Float[Array, ""]


class _IncrementLoss(Objective):
    """What both losses share.

    Parameters
    ----------
    error : {"mae", "mse"}
        Errors are relative to the largest size of a target with "mae", which is what scaling all data to [−1, 1]
        means, and to its root mean square with "mse".
    """

    error: ErrorMeasure

    @abstractmethod
    def inside(self, point: MaterialPoint) -> Callable[[Array, Array], Array]:
        """Return what becomes of internal coordinates and driving variables of one point in a batch."""

    def to_batch(self, point: MaterialPoint, data: Increments) -> PublishedBatch:
        """Return increments in scaled variables."""
        driving, increment = driving_variables(data, point.scaling)
        stress, energy = np.asarray(point.scaling.stress(point.components)), float(point.scaling.energy)
        inside = jax.jit(jax.vmap(self.inside(point)))
        before = inside(data.coordinates, driving)
        arrays = (
            driving,
            increment,
            data.dt,
            data.stress / stress,
            data.stress_next / stress,
            data.energy_next / energy,
            data.dissipation / energy,
            before,
            inside(data.coordinates_next, driving + increment),
            before,
        )
        return PublishedBatch(*(jnp.asarray(a) for a in arrays))

    def reference(self, batch: PublishedBatch) -> TargetSizes:
        """Return the sizes of the targets: increments of stress and states, energy and dissipation."""
        change, moved = batch.stress_next - batch.stress, batch.inside_next - batch.inside
        return TargetSizes(*(self._size(a) for a in (change, batch.energy_next, batch.dissipation, moved)))

    def _size(self, target: Float[Array, "..."]) -> Float[Array, ""]:
        size = jnp.max(jnp.abs(target)) if self.error == "mae" else jnp.sqrt(jnp.mean(target**2))
        return jnp.where(size == 0.0, 1.0, size)

    def mean(self, error: Float[Array, "..."], size: Float[Array, ""] | float) -> Float[Array, ""]:
        """Return the mean of absolute or squared errors relative to a size."""
        relative = error / jnp.asarray(size, error.dtype)
        return jnp.mean(jnp.abs(relative)) if self.error == "mae" else jnp.mean(relative**2)

    def material_terms(
        self, result: Increment, batch: PublishedBatch, reference: TargetSizes
    ) -> dict[str, Float[Array, ""]]:
        """Return the terms of energy, stress and dissipation, ℓ(Ψ), ℓ(ΔS) and ℓ(D).

        Parameters
        ----------
        result : Increment
            What the model says, scaled.
        batch : PublishedBatch
        reference : TargetSizes
        """
        return {
            "stress": self.mean(result.stress - batch.stress_next, reference.stress),
            "energy": self.mean(result.energy - batch.energy_next, reference.energy),
            "dissipation": self.mean(result.dissipation - batch.dissipation, reference.dissipation),
        }


class StatesLoss(_IncrementLoss):
    """Loss of increments whose internal state variables are known (Eq. 12, Algorithm 2).

    They are encoded once, with the reduction that the point has when the batch is made. A form that learns by it
    has the weights as hyper-parameters.

    Parameters
    ----------
    state_weight, energy_weight, stress_weight, dissipation_weight : float
        λ of the terms of Ż, Ψ, ΔS and D.
    """

    state_weight: float
    energy_weight: float
    stress_weight: float
    dissipation_weight: float

    @property
    def weights(self) -> Mapping[str, float]:
        """Weights λ of the terms."""
        return {"state": self.state_weight, **self.material_weights}

    @property
    def material_weights(self) -> Mapping[str, float]:
        """Weights of the terms that both losses have."""
        return {
            "energy": self.energy_weight,
            "stress": self.stress_weight,
            "dissipation": self.dissipation_weight,
        }

    def inside(self, point: MaterialPoint) -> Callable[[Array, Array], Array]:
        """Return the encoder."""
        return point.reduction.encode

    def terms(
        self, point: MaterialPoint, batch: PublishedBatch, reference: TargetSizes
    ) -> dict[str, Float[Array, ""]]:
        """Return the terms of Eq. 12; that of Ż is the error of Z at t + Δt.

        Parameters
        ----------
        point : MaterialPoint
        batch : PublishedBatch
            Its ``inside`` are internal state variables.
        reference : TargetSizes
        """
        result = _advance(point, batch, batch.inside, batch.seen)
        state = self.mean(result.state - batch.inside_next, reference.inside)
        return {"state": state, **self.material_terms(result, batch, reference)}


@dataclass(frozen=True)
class CoordinatesLoss(_IncrementLoss):
    """Loss of increments whose internal coordinates are known (Eq. 13, Algorithm 1), with the autoencoder.

    Parameters
    ----------
    error : {"mae", "mse"}
    jacobian : {"exact", "probe", "none"}
        How ∇ED is held to the identity. Its rank is at most the number of states, so that it can be the identity
        along the data only, where probes look, one per increment.
    term_weights : mapping
        λ of the terms of ξ, ∇ED, Ψ, ΔS and D.
    """

    error: ErrorMeasure
    jacobian: JacobianTerm
    term_weights: Mapping[str, float] = field(
        default_factory=lambda: dict.fromkeys(("coordinates", "jacobian", "energy", "stress", "dissipation"), 1.0)
    )

    @property
    def weights(self) -> Mapping[str, float]:
        """Weights λ of the terms."""
        return self.term_weights

    def inside(self, point: MaterialPoint) -> Callable[[Array, Array], Array]:
        """Return the scaling of coordinates to [−1, 1]."""
        return _autoencoder(point).scaled

    def terms(
        self, point: MaterialPoint, batch: PublishedBatch, reference: TargetSizes
    ) -> dict[str, Float[Array, ""]]:
        """Return the terms of Eq. 13.

        Parameters
        ----------
        point : MaterialPoint
        batch : PublishedBatch
            Its ``inside`` are internal coordinates.
        reference : TargetSizes
        """
        reduction = _autoencoder(point)
        state = jax.vmap(reduction.encoder)(batch.inside)
        result = _advance(point, batch, state, state)
        decode = jax.vmap(reduction.decode_scaled)
        coordinates = self.mean(decode(state) - batch.inside, 1.0)
        coordinates_next = self.mean(decode(result.state) - batch.inside_next, 1.0)
        return {
            "coordinates": coordinates + coordinates_next,
            "jacobian": self._identity(reduction, batch.inside),
            **self.material_terms(result, batch, reference),
        }

    def _identity(self, reduction: Autoencoder, scaled: Float[Array, "n c"]) -> Float[Array, ""]:
        if self.jacobian == "none":
            return jnp.zeros((), scaled.dtype)
        if self.jacobian == "exact":
            return self.mean(jax.vmap(reduction.identity_defects)(scaled), 1.0)
        directions = jnp.roll(scaled, 1, axis=0) - scaled  # a batch is in random order
        return self.mean(jax.vmap(reduction.identity_defect)(scaled, directions), 1.0)


def check_weights(form: str, **losses: Mapping[str, float]) -> None:
    """Refuse losses whose weights are all zero.

    Parameters
    ----------
    form : str
        Its name in the sentence.
    **losses : mapping
        Weights of a loss by term, by the name of the loss.

    Raises
    ------
    ConfigurationError
    """
    for name, weights in losses.items():
        if not any(weights.values()):
            listed = ", ".join(f"{term}_weight" for term in weights)
            raise ConfigurationError(f"{form}: all weights of the loss ({name}) are 0: give one of {listed}")


def _advance(
    point: MaterialPoint, batch: PublishedBatch, state: Float[Array, "n z"], seen: Float[Array, "n z"]
) -> Increment:
    return jax.vmap(point.scaled_increment)(batch.driving, state, batch.increment, batch.dt, batch.stress, seen)


def _autoencoder(point: MaterialPoint) -> Autoencoder:
    assert isinstance(point.reduction, Autoencoder)
    return point.reduction
