"""A descent from a random start and a quasi-Newton polish, as forms of few parameters are trained."""

from __future__ import annotations

from microtann.data.increments import Dataset, Increments
from microtann.tann.point import MaterialPoint
from microtann.training.form import chosen_increments
from microtann.training.objective import Objective
from microtann.training.optimise import Method, descent, polish

SETTLED_LOSS = 1e-25
"""The polish ends below this loss: relative errors below 1e-12 are round-off of the data."""
SETTLED_CHANGE = 0.02
"""The polish ends when a block lowers the loss by less than this fraction."""


class DescentAndPolish(Objective):
    """The two optimisations of a form, to be inherited beside `TrainableForm`; its fields are the form's.

    Parameters
    ----------
    seed : int
    descent_updates, batch : int
        Updates of the descent and increments per update.
    learning_rate : float
        Rate at its start.
    polish_increments : int
        Increments that the polish sees, all at once.
    """

    seed: int
    descent_updates: int
    batch: int
    learning_rate: float
    polish_increments: int

    def descent(self, point: MaterialPoint, dataset: Dataset, frozen: tuple[str, ...] = ()) -> Method:
        """Return the descent on all increments that move, but for the parts that are frozen.

        Parameters
        ----------
        point : MaterialPoint
            Where to begin.
        dataset : Dataset
        frozen : tuple of str
            Parts that are not trained.
        """
        batch = self.to_batch(point, moving(dataset.training))
        return descent(
            point,
            self.weighted(self.reference(batch)),
            batch,
            updates=self.descent_updates,
            size=self.batch,
            learning_rate=self.learning_rate,
            seed=self.seed,
            frozen=frozen,
        )

    def polish(self, point: MaterialPoint, dataset: Dataset) -> Method:
        """Return the polish on some of the increments that move."""
        data = moving(dataset.training)
        chosen = self.to_batch(point, chosen_increments(data, self.polish_increments, self.seed))
        return polish(point, self.weighted(self.reference(self.to_batch(point, data))), chosen)


def moving(data: Increments) -> Increments:
    """Drop zero increments, under which a return map rests if it is consistent.

    They would teach nothing, and they lie on the yield surface of whatever has just flowed, where the loss has
    kinks that keep the polish from converging.
    """
    return data.take((data.strain_increment != 0).any(axis=1) | (data.extra_increment != 0).any(axis=1))


def settled(now: float, before: float) -> bool:
    """Return whether a polish is at its end, from the loss after the last block and after the one before."""
    return now < SETTLED_LOSS or now > (1.0 - SETTLED_CHANGE) * before


def at_round_off(now: float, _before: float) -> bool:
    """Return whether there is nothing left to learn but round-off of the data."""
    return now < SETTLED_LOSS


def no_worse(after: float, before: float) -> bool:
    """Return whether a loss has not risen."""
    return after <= max((1.0 + SETTLED_CHANGE) * before, SETTLED_LOSS)
