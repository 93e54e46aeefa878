"""What a form of TANN says about its learning; `microtann.training.train` runs it and knows no form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from microtann.data.increments import Dataset, Increments
from microtann.tann.form import Form
from microtann.tann.point import MaterialPoint
from microtann.training.optimise import Loss, Method
from microtann.training.training_range import encoded_states

VALIDATION_INCREMENTS = 4000


def never_settled(_now: float, _before: float) -> bool:
    """Return False: a phase goes on to its last update."""
    return False


@dataclass(frozen=True)
class Phase:
    """A part of a training run: one optimisation, from its start until it has settled.

    Parameters
    ----------
    name : str
    updates : int
        The most it will do.
    method : callable
        The optimisation of a point on a data set, ready to run.
    enter : callable, optional
        What is done to the point before the phase (merging states, say); None in return leaves the phase out.
    settled : callable
        Whether the phase ends, from the training loss after the last block of updates and after the one before.
    accept : callable, optional
        Whether what ``enter`` did may stand, from the training loss at the end of the phase and that of the point
        before; else the point becomes again what it was.
    """

    name: str
    updates: int
    method: Callable[[MaterialPoint, Dataset], Method]
    enter: Callable[[MaterialPoint], MaterialPoint | None] | None = None
    settled: Callable[[float, float], bool] = never_settled
    accept: Callable[[float, float], bool] | None = None


class TrainableForm(Form, ABC):
    """A form that can be trained: a frozen dataclass whose fields are the hyper-parameters, with their ranges.

    A subclass is decorated by `microtann.configuration.configuration` and `microtann.tann.form.register`; its
    docstring's "Parameters" are the help of the command line. The hyper-parameter ``seed`` decides what is random.
    """

    weights: ClassVar[Mapping[str, float]]
    """Weights λ of the terms of the loss."""

    @abstractmethod
    def start(self, dataset: Dataset) -> MaterialPoint:
        """Return the untrained parts, built from data and hyper-parameters.

        Raises
        ------
        InputError
            If the data cannot determine a model.
        """

    @abstractmethod
    def to_batch(self, point: MaterialPoint, data: Increments) -> PyTree:
        """Return increments as the terms of the loss take them: arrays with one row per increment."""

    @abstractmethod
    def terms(self, point: MaterialPoint, batch: PyTree, reference: PyTree) -> dict[str, Float[Array, ""]]:
        """Return the terms of the loss.

        Parameters
        ----------
        point : MaterialPoint
        batch : arrays
            Some rows of `to_batch`.
        reference : arrays
            What `reference` returned for the training data.
        """

    @abstractmethod
    def phases(self) -> tuple[Phase, ...]:
        """Return the phases of training, in their order."""

    def reference(self, batch: PyTree) -> PyTree:
        """Return what makes the terms relative, from the batch of all training increments; by default nothing."""
        return ()

    def finish(self, point: MaterialPoint, dataset: Dataset) -> MaterialPoint:
        """Return the trained point after what ends the learning, such as the fit of a decoder."""
        return point

    def visited_states(self, point: MaterialPoint, data: Increments) -> Float[np.ndarray, "m z"] | None:
        """Return the internal state variables of a trained point in increments, whose range goes into the model.

        By default they are encoded from the internal coordinates, and followed by the evolution over every
        increment; a form without an encoder says here which states it went through. None leaves their range
        unknown.
        """
        return encoded_states(point, data)

    def loss(self, reference: PyTree) -> Loss:
        """Return the weighted sum of the terms as a function of point and batch."""

        def loss(point: MaterialPoint, batch: PyTree) -> Float[Array, ""]:
            terms = self.terms(point, batch, reference)
            return sum((weight * terms[name] for name, weight in self.weights.items()), jnp.asarray(0.0))

        return loss

    def validation(self, point: MaterialPoint, dataset: Dataset) -> Callable[[MaterialPoint], Float[Array, ""]]:
        """Return the loss on validation increments, as a function of the point."""
        chosen = self.to_batch(point, dataset.validation.take(slice(0, VALIDATION_INCREMENTS)))
        loss = self.loss(self.reference(self.to_batch(point, dataset.training)))
        return lambda trained: loss(trained, chosen)


def chosen_increments(data: Increments, count: int, seed: int) -> Increments:
    """Return ``count`` random increments, in their order, or all if there are no more."""
    order = np.random.default_rng(seed).permutation(len(data))
    return data.take(np.sort(order[:count]))
