"""What a form of TANN says about its learning; `microtann.training.train` runs it and knows no form."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, TypeVar, cast

import numpy as np

from microtann.data.increments import Dataset, Increments
from microtann.errors import ConfigurationError, InputError, ReadingNote
from microtann.numbers.configuration import to_table
from microtann.tann.form import Form
from microtann.tann.information import TrainingRecord
from microtann.tann.point import MaterialPoint
from microtann.training.objective import Objective
from microtann.training.optimise import Method
from microtann.training.training_range import encoded_states

T = TypeVar("T", bound="TrainableForm")


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
        The most it will do, counted in ``unit``.
    method : callable
        The optimisation of a point on a data set, ready to run.
    enter : callable, optional
        What is done to the point before the phase (merging states, say); None in return leaves the phase out.
    settled : callable
        Whether the phase ends, from the training loss after the last block of updates and after the one before.
    accept : callable, optional
        Whether what ``enter`` did may stand, from the training loss at the end of the phase and that of the point
        before; else the point becomes again what it was.
    objective : Objective, optional
        What its validation measures, where it is not the objective of the form.
    patience : int, optional
        Blocks of updates without a lower validation loss after which the phase ends (early stopping); it then
        leaves the point whose validation loss was the lowest.
    unit : str
        What the optimisation counts: "update" or "epoch".
    """

    name: str
    updates: int
    method: Callable[[MaterialPoint, Dataset], Method]
    enter: Callable[[MaterialPoint], MaterialPoint | None] | None = None
    settled: Callable[[float, float], bool] = never_settled
    accept: Callable[[float, float], bool] | None = None
    objective: Objective | None = None
    patience: int | None = None
    unit: str = "update"


class TrainableForm(Form, Objective, ABC):
    """A form that can be trained: a frozen dataclass whose fields are the hyper-parameters, with their ranges.

    A subclass is decorated by `configuration` and `microtann.tann.form.register`; what
    its fields describe is the help of the command line. The hyper-parameter ``seed`` decides what is random.
    A form is the objective of its phases, unless they name another.
    """

    runs_away: ClassVar[bool] = True
    """Whether models can run away; False where they cannot, whatever their weights."""
    recipes: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Hyper-parameters that go together, by a name for all of them."""

    @classmethod
    def by_recipe(cls: type[T], name: str, **settings: Any) -> T:
        """Return the form with the hyper-parameters of a recipe; those that are given win.

        Parameters
        ----------
        name : str
        **settings
            Hyper-parameters.

        Raises
        ------
        ConfigurationError
            If the form has no such recipe, or a value is not allowed.
        """
        if name not in cls.recipes:
            known = f"choose from {', '.join(cls.recipes)}" if cls.recipes else "it has none"
            raise ConfigurationError(f"the form {cls.name!r} has no recipe {name!r}: {known}")
        return cls(**{**cls.recipes[name], **settings})

    @abstractmethod
    def start(self, dataset: Dataset) -> MaterialPoint:
        """Return the untrained parts, built from data and hyper-parameters.

        Raises
        ------
        InputError
            If the data cannot determine a model.
        """

    @abstractmethod
    def phases(self) -> tuple[Phase, ...]:
        """Return the phases of training, in their order."""

    @classmethod
    def of_point(cls: type[T], point: MaterialPoint) -> T:
        """Return the form with the sizes that a trained point shows, to train it on.

        Raises
        ------
        InputError
            If the form does not train on.
        """
        raise _starts_anew(cls.name)

    def with_states(self: T, states: int) -> T:
        """Return the form with another number of states, and all that should go with it.

        Raises
        ------
        InputError
            If it has no such number.
        """
        return cast("T", changed(self, states=states))

    def go_on(self, point: MaterialPoint, dataset: Dataset) -> MaterialPoint:
        """Return a trained point ready for the phases of training on other data, in place of `start`.

        Parameters
        ----------
        point : MaterialPoint
            Of this form.
        dataset : Dataset
            Prepared by the form.

        Raises
        ------
        InputError
            If the form does not train on.
        """
        raise _starts_anew(self.name)

    def prepare(self, dataset: Dataset) -> Dataset:
        """Return the data as the form learns from them, such as chosen groups of internal coordinates.

        Raises
        ------
        InputError
            If the data do not fit the form.
        """
        return dataset

    def unused(self) -> Iterable[str]:
        """Return a sentence for every hyper-parameter that was given and does nothing beside the others."""
        return ()

    def for_increments(self, count: int) -> TrainableForm:
        """Return the form with batches that ``count`` increments fill, where its own are larger."""
        return self

    def with_updates_of(self, many: int, count: int) -> TrainableForm:
        """Return the form with as many updates on ``count`` increments as it would have on ``many``.

        A form whose training is counted in updates needs no change; one that counts epochs takes more of them.
        Its batches are those of `for_increments`.
        """
        return self.for_increments(count)

    def finish(self, point: MaterialPoint, dataset: Dataset) -> MaterialPoint:
        """Return the trained point after what ends the learning, such as the fit of a decoder."""
        return point

    def verdict(self, history: Sequence[TrainingRecord]) -> str:
        """Return a sentence on whether training has converged, which goes into the model; nothing if not known.

        It begins with "converged" or "not converged".
        """
        return ""

    def visited_states(self, point: MaterialPoint, data: Increments) -> Float[np.ndarray, "m z"] | None:
        """Return the internal state variables of a trained point in increments, whose range goes into the model.

        By default they are encoded from the internal coordinates, and followed by the evolution over every
        increment; a form without an encoder says here which states it went through. None leaves their range
        unknown.
        """
        return encoded_states(point, data)


def _starts_anew(name: str) -> InputError:
    return InputError(
        f"a model of the form {name!r} cannot be trained on, since this form starts from data alone: train a new "
        "one on more data, or one of the form 'variational'"
    )


def tell_notes(sentences: Iterable[str]) -> None:
    """Tell what a form takes otherwise than it was asked to.

    Warns
    -----
    ReadingNote
    """
    for sentence in sentences:
        warnings.warn(sentence, ReadingNote, stacklevel=3)


def form_table(form: TrainableForm) -> dict[str, Any]:
    """Return the name of a form and its hyper-parameters as plain values."""
    return {"form": form.name, **to_table(form)}


def changed(form: TrainableForm, **values: Any) -> TrainableForm:
    """Return a form with other hyper-parameters, checked.

    Raises
    ------
    InputError
        If the form has no such hyper-parameter, or a value is out of range.
    """
    missing = [key for key in values if key not in asdict(form)]  # type: ignore[call-overload]
    if missing:
        raise InputError(f"the form {form.name!r} has no hyper-parameter {missing[0]!r}: choose another form")
    return replace(form, **values)  # type: ignore[type-var]


def chosen_increments(data: Increments, count: int, seed: int) -> Increments:
    """Return ``count`` random increments, in their order, or all if there are no more.

    Parameters
    ----------
    data : Increments
    count : int
        Most increments to return.
    seed : int
        Of the random choice.
    """
    order = np.random.default_rng(seed).permutation(len(data))
    return data.take(np.sort(order[:count]))
