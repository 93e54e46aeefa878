"""What an optimisation lowers: increments as a batch, terms of a loss, their weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from microtann.data.increments import Dataset, Increments
from microtann.tann.point import MaterialPoint

VALIDATION_INCREMENTS = 4000

Terms = dict[str, Float[Array, ""]]
"""Terms of a loss by name, weighted."""


class Objective(ABC):
    """A loss: how increments become a batch, and the terms that are compared on it."""

    @property
    @abstractmethod
    def weights(self) -> Mapping[str, float]:
        """Weights λ of the terms of the loss; terms that are not named are left out."""

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

    def reference(self, batch: PyTree) -> PyTree:
        """Return the sizes that the terms are divided by, from the batch of all training data; () if none."""
        return ()

    def weighted(self, reference: PyTree) -> Callable[[MaterialPoint, PyTree], Terms]:
        """Return the weighted terms as a function of point and batch; an optimisation lowers their sum."""

        def weighted(point: MaterialPoint, batch: PyTree) -> Terms:
            terms = self.terms(point, batch, reference)
            return {name: weight * terms[name] for name, weight in self.weights.items()}

        return weighted

    def loss(self, reference: PyTree) -> Callable[[MaterialPoint, PyTree], Float[Array, ""]]:
        """Return the sum of the weighted terms as a function of point and batch."""
        weighted = self.weighted(reference)
        return lambda point, batch: sum(weighted(point, batch).values(), jnp.asarray(0.0))

    def validation(self, point: MaterialPoint, dataset: Dataset) -> Callable[[MaterialPoint], Terms]:
        """Return the weighted terms on validation increments, as a function of the point."""
        chosen = self.to_batch(point, dataset.validation.take(slice(0, VALIDATION_INCREMENTS)))
        weighted = self.weighted(self.reference(self.to_batch(point, dataset.training)))
        return lambda trained: weighted(trained, chosen)
